"""The waiver file: what is refused, in one line with file, place and remedy."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from reports import waivers

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = {"CHAT-REQ-N-02", "CHAT-REQ-N-01"}
WHOLE = {
    "clause": '"CHAT-REQ-N-02"',
    "reason": '"The gateway answers n = 2 with one choice."',
    "owner": '"jane@example.com"',
    "ticket": '"GW-812"',
    "expires": "2026-12-31",
}


def row(**changes: str | None) -> str:
    """A waiver in TOML with these values changed; None leaves one out."""
    values = {**WHOLE, **changes}
    lines = [f"{name} = {value}" for name, value in values.items() if value is not None]
    return "\n".join(["[[waiver]]", *lines, ""])


def write(folder: Path, text: str) -> Path:
    path = folder / "waivers.toml"
    path.write_text(text, "utf-8")
    return path


def test_whole_file_is_read(tmp_path: Path) -> None:
    text = "# ours\n" + row() + "\n" + row(clause='"CHAT-REQ-N-01"', model='"a"')
    first, second = waivers.load(write(tmp_path, text), KNOWN)
    assert (first.clause, first.expires, first.line) == ("CHAT-REQ-N-02", date(2026, 12, 31), 2)
    assert (second.model, second.line) == ("a", 9)


def test_lines_are_an_editors_lines(tmp_path: Path) -> None:
    text = row(reason='"until\u2028next week"') + row(clause='"CHAT-REQ-N-01"')
    first, second = waivers.load(write(tmp_path, text), KNOWN)
    assert second.line - first.line == row().count("\n")


def test_empty_file_waives_nothing(tmp_path: Path) -> None:
    assert waivers.load(write(tmp_path, ""), KNOWN) == ()


REFUSED = {
    "unknown clause": (row(clause='"CHAT-REQ-N-99"'), "is no clause"),
    "wildcard": (row(clause='"CHAT-REQ-*"'), "is no clause; a waiver names exactly one"),
    "bare wildcard": (row(clause='"*"'), "is no clause"),
    "list of clauses": (row(clause='["CHAT-REQ-N-02"]'), "clause"),
    "no reason": (row(reason=None), "needs reason"),
    "empty reason": (row(reason='""'), "needs reason"),
    "blank reason": (row(reason='"  "'), "needs reason"),
    "no owner": (row(owner=None), "needs owner"),
    "no ticket": (row(ticket=None), "needs ticket"),
    "no date": (row(expires=None), "needs expires"),
    "no clause": (row(clause=None), "needs clause"),
    "date as text": (row(expires='"2026-12-31"'), "write a date"),
    "date with a time": (row(expires="2026-12-31T10:00:00Z"), "write a date"),
    "reason that is no text": (row(reason="7"), "reason"),
    "unknown key": (row(severity='"low"'), "unknown key severity"),
    "table that is not waiver": ('[[waver]]\nclause = "A"\n', "waver"),
    "one table instead of a list": (row().replace("[[waiver]]", "[waiver]"), r"\[\[waiver\]\]"),
    "a number instead of a list": ("waiver = 3\n", r"\[\[waiver\]\]"),
    "not TOML": ("[[waiver]\n", "not TOML"),
    "inline": ('waiver = [{clause = "CHAT-REQ-N-02"}]\n', r"\[\[waiver\]\]"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_mistake_is_refused(tmp_path: Path, name: str) -> None:
    text, message = REFUSED[name]
    with pytest.raises(waivers.WaiverError, match=message) as refused:
        waivers.load(write(tmp_path, text), KNOWN)
    refusal = str(refused.value)
    assert "\n" not in refusal
    assert "waivers.toml" in refusal


def test_second_row_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(waivers.WaiverError, match=r"waivers\.toml:8: "):
        waivers.load(write(tmp_path, row() + "\n" + row(owner=None)), KNOWN)


def test_twins_are_refused(tmp_path: Path) -> None:
    with pytest.raises(waivers.WaiverError, match="stands twice"):
        waivers.load(write(tmp_path, row() + row()), KNOWN)


def test_missing_file_and_folder_and_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(waivers.WaiverError, match="No such file"):
        waivers.load(tmp_path / "none.toml", KNOWN)
    with pytest.raises(waivers.WaiverError, match="directory"):
        waivers.load(tmp_path, KNOWN)
    path = tmp_path / "bytes.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(waivers.WaiverError, match="not TOML"):
        waivers.load(path, KNOWN)
