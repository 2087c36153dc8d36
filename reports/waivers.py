"""Waivers: deviations that are known and accepted, kept with the deployment, never in the suite.

    [[waiver]]
    clause = "CHAT-REQ-N-02"
    reason = "The gateway answers n = 2 with one choice until release 4.2."
    owner = "jane@example.com"
    ticket = "GW-812"
    expires = 2026-12-31
    model = "gpt-oss-20b"       # optional: only findings on this model

A waiver names one clause: a wildcard would also waive what nobody has seen yet. One whose clause
is met is stale, one past its date has expired; both are said with the line to delete.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from schemas import inputs

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from schemas.records import Finding

NEEDED = ("clause", "reason", "owner", "ticket", "expires")
ALLOWED = (*NEEDED, "model", "endpoint")
LARGEST = 2**20
HEADER = re.compile(r"\s*\[\[\s*waiver\s*\]\]")


class WaiverError(ValueError):
    """A waiver file that cannot be used; the message is one line with file, place and remedy."""


@dataclass(frozen=True)
class Waiver:
    """One accepted deviation. `line` is where it begins in its file."""

    clause: str
    reason: str
    owner: str
    ticket: str
    expires: date
    model: str = ""
    endpoint: str = ""
    line: int = 0

    def covers(self, finding: Finding, endpoint: str) -> bool:
        """Whether the waiver speaks of this finding, whatever its date."""
        return (
            finding.clause == self.clause
            and self.model in ("", finding.model)
            and self.endpoint in ("", endpoint)
        )

    def expired(self, today: date) -> bool:
        """Whether its last day is past."""
        return today > self.expires


def load(path: Path, known: Collection[str]) -> tuple[Waiver, ...]:
    """The waivers of a file; `known` are the clause ids. Raises WaiverError."""
    try:
        text = inputs.read(path, LARGEST).decode("utf-8")
        document = tomllib.loads(text)
    except inputs.InputError as error:
        raise WaiverError(str(error)) from None
    except (ValueError, RecursionError) as error:
        raise WaiverError(f"{path}: not TOML: {inputs.shown(str(error))}") from None
    try:
        return _waivers(path, text, document, known)
    except WaiverError as error:
        raise WaiverError(inputs.shown(str(error))) from None


def _waivers(
    path: Path, text: str, document: dict[str, Any], known: Collection[str]
) -> tuple[Waiver, ...]:
    rows = document.pop("waiver", [])
    lines = [number for number, line in enumerate(text.split("\n"), 1) if HEADER.match(line)]
    if document:
        raise WaiverError(f"{path}: unknown table {next(iter(document))}: write [[waiver]]")
    tables = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    if not tables or len(rows) != len(lines):
        raise WaiverError(f"{path}: write each waiver as a table of its own under [[waiver]]")
    read = tuple(_read(f"{path}:{n}", row, n, known) for row, n in zip(rows, lines, strict=True))
    _no_twins(path, read)
    return read


def _read(where: str, row: dict[str, Any], line: int, known: Collection[str]) -> Waiver:
    unknown = sorted(set(row) - set(ALLOWED))
    if unknown:
        raise WaiverError(f"{where}: unknown key {unknown[0]}: known are {', '.join(ALLOWED)}")
    for key in row:
        if key != "expires" and not isinstance(row[key], str):
            raise WaiverError(f"{where}: {key} = {row[key]!r}: write one text")
    missing = [key for key in NEEDED if not str(row.get(key, "")).strip()]
    if missing:
        raise WaiverError(f"{where}: a waiver needs {', '.join(missing)}")
    if row["clause"] not in known:
        raise WaiverError(f"{where}: {row['clause']} is no clause; a waiver names exactly one")
    # A date with a time is a date, too, in Python.
    if type(row["expires"]) is not date:
        raise WaiverError(f"{where}: expires = {row['expires']}: write a date, as in 2026-12-31")
    return Waiver(**row, line=line)


def _no_twins(path: Path, waivers: tuple[Waiver, ...]) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    for each in waivers:
        first = seen.setdefault((each.clause, each.model, each.endpoint), each.line)
        if first != each.line:
            raise WaiverError(f"{path}:{each.line}: {each.clause} stands twice, see line {first}")
