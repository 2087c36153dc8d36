"""The sign-off report: what it shows, and in which order."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from reports import excerpt, signoff, timeline, view
from reports.waivers import Waiver
from schemas import profiles
from schemas.records import Finding, Forms
from tests.reports import samples

if TYPE_CHECKING:
    from pathlib import Path

LAW = profiles.load(profiles.DEFAULT)

WAIVER = Waiver(samples.BLOCKS, "until 4.2", "jane", "GW-812", date(2026, 12, 31), line=3)
ONE = samples.entry("x1", '{"choices": [1, 2], "id": "chatcmpl-1"}')


def drawn(**more: object) -> tuple[str, str]:
    """HTML and Markdown of a run with one finding."""
    document = samples.run(
        samples.found(samples.FINDING),
        samples.met(samples.STREAMS),
        samples.observed("logit_bias", "ignored"),
        har=[ONE],
        **more,  # type: ignore[arg-type]
    )
    shown = view.of(document, {"x1": ONE})
    return signoff.html(shown), signoff.markdown(shown)


def test_violated_clause_is_shown_with_all_that_proves_it() -> None:
    clause = samples.CLAUSES[samples.BLOCKS]
    for text in drawn():
        for words in ("NOT CONFORMANT", clause.id, clause.statement, "a 4xx status", "HTTP 200"):
            assert words in text
        assert "curl -sS -i -X POST http://localhost/v1/chat/completions" in text
    page, markdown = drawn()
    assert page.index(f'id="{clause.id}"') < page.index('id="counts"')
    assert markdown.index(clause.id) < markdown.index("## Counts")
    assert "<mark>[1, 2]</mark>" in page


def test_waiver_is_shown_with_owner_and_expiry() -> None:
    for text in drawn(waivers=(WAIVER,)):
        assert "CONFORMANT WITH WAIVERS" in text
        for words in ("until 4.2", "jane", "GW-812", "2026-12-31"):
            assert words in text


def test_fingerprint_observations_and_strength_are_shown() -> None:
    question = next(each.question for each in LAW.observations.values() if each.key == "logit_bias")
    for text in drawn(deployment={"headers": {"server": ["uvicorn"]}}):
        assert "server: uvicorn" in text
        assert samples.DIGEST in text
        assert question in text.replace("\\", "")
        for clause in (samples.BLOCKS, samples.STREAMS, samples.WARNS):
            assert clause in text
    assert "It is asked." in drawn()[0]


def test_reasons_of_what_was_not_decided_are_shown() -> None:
    for text in drawn():
        assert "filtered, or nothing was exchanged that it speaks of" in text


def test_faults_found_are_reported_where_they_were_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert all("not measured" in text for text in drawn()) or view.KILLED.exists()
    rows = {samples.BLOCKS: {"seen": dict.fromkeys("abcd", 1), "unseen": {"e": 1}}}
    (tmp_path / "kill-matrix.json").write_text(json.dumps({"clauses": rows}))
    monkeypatch.setattr(view, "KILLED", tmp_path / "kill-matrix.json")
    assert all("4 of 5" in text for text in drawn())


def test_what_only_the_deployment_does_is_distinguished_from_its_control() -> None:
    document = samples.run(samples.found(samples.FINDING), har=[ONE])
    row = next(each for each in document["clauses"] if each["id"] == samples.BLOCKS)
    row["findings"][0]["control"] = "only here"
    shown = view.of(document, {"x1": ONE})
    assert "only here" in signoff.html(shown)
    assert "only here" in signoff.markdown(shown)


def test_forms_that_the_tier_left_out_are_counted() -> None:
    some = replace(samples.met(samples.BLOCKS), forms=Forms(2, 5))
    every = replace(samples.met(samples.STREAMS), forms=Forms(3, 3))
    shown = view.of(samples.run(some, every), {})
    assert signoff.html(shown).count("2 of its 5 forms; more of them at --tier deep") == 1
    markdown = signoff.markdown(shown)
    assert f"| {samples.BLOCKS} | block | met | 1 | 2 of 5 |" in markdown
    assert f"| {samples.STREAMS} | block | met | 1 | all |" in markdown


def test_findings_that_differ_in_ids_alone_are_one() -> None:
    findings = [
        Finding(("one",), f"the stream chatcmpl-{number:032x} ended", exchange=f"x{number}")
        for number in range(9)
    ]
    document = samples.run(samples.found(*findings))
    (row,) = view.of(document, {})["violated"]
    assert [each["again"] for each in row["shown"]] == [8]


def test_markdown_is_added_to_the_summary_of_a_job(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "signoff.md").write_text("# CONFORMANT\n")
    summary = tmp_path / "summary"
    summary.write_text("before\n")
    monkeypatch.setenv(signoff.SUMMARY, str(summary))
    signoff.summarise(tmp_path)
    assert summary.read_text() == "before\n# CONFORMANT\n\n"
    monkeypatch.delenv(signoff.SUMMARY)
    signoff.summarise(tmp_path)
    assert summary.read_text() == "before\n# CONFORMANT\n\n"


STREAM = 'data: {"a": 1}\n\n: comment\n\ndata: {"b": {"ü": [7, 8]}}\n\ndata: [DONE]\n\n'
JSON = ' {"x": "}\\"{", "a/b": {"~": [10, {"deep": "value"}]}, "u": "ü", "z": 5} '
# body, place, and what is marked; None where nothing can be
PLACES = {
    "member": (JSON, "/z", "5"),
    "element": (JSON, "/a~1b/~0/0", "10"),
    "deep member": (JSON, "/a~1b/~0/1/deep", '"value"'),
    "after other letters": (JSON, "/u", '"ü"'),
    "missing member": (JSON, "/a~1b/none", '{"~": [10, {"deep": "value"}]}'),
    "missing at the top": (JSON, "/none", None),
    "with a command behind it": (JSON, "/z; replay: pytest suites/fuzz", "5"),
    "bytes": (STREAM, "event 0, bytes 0 to 7", "data: {"),
    "byte": (STREAM, "event 0, byte 0", 'data: {"a": 1}'),
    "byte of a body": (JSON, "byte 1", "{"),
    "event": (STREAM, "event 1", 'data: {"b": {"ü": [7, 8]}}'),
    "member of an event": (STREAM, "event 1, /b/ü/1", "8"),
    "last event": (STREAM, "event 2", "data: [DONE]"),
    "event that never came": (STREAM, "event 9", None),
    "bytes beyond the end": (STREAM, "bytes 900 to 910", None),
    "not JSON": ("<html>", "/z", None),
    "cut JSON": ('{"a": [1, 2', "/a/1", "2"),
    "too deep": ("[" * 5000, "/0/0", None),
    "no place": (JSON, "", None),
}


@pytest.mark.parametrize("name", PLACES)
def test_place_is_marked(name: str) -> None:
    body, where, expected = PLACES[name]
    pieces = excerpt.pieces(body, where)
    marked = [piece.text for piece in pieces if piece.kind == "mark"]
    assert marked == ([] if expected is None else [expected])
    if len(body) < excerpt.WHOLE:
        assert "".join(piece.text for piece in pieces) == body


def test_long_body_is_cut_around_the_place_and_says_so() -> None:
    body = json.dumps({"a": "x" * 50_000, "b": "here", "c": "y" * 50_000})
    pieces = excerpt.pieces(body, "/b")
    assert [piece.kind for piece in pieces] == ["gap", "", "mark", "", "gap"]
    assert sum(len(piece.text) for piece in pieces) < 2 * excerpt.AROUND + 200
    ends = excerpt.pieces(body, "")
    assert ends[0].text.startswith('{"a"')
    assert ends[-1].text.endswith('y"}')


def test_streams_with_findings_come_first_and_are_few() -> None:
    rows = [
        samples.entry(f"x{n}", "data: {}\n\n", media="text/event-stream", chunks=n + 1)
        for n in range(1000)
    ]
    found = timeline.streams({row["_id"]: row for row in rows}, ["x3"])
    assert [row.exchange for row in found] == ["x3", *(f"x{n}" for n in (999, 998, 997, 996, 995))]
    assert len(found[1].ticks) == timeline.TICKS
    assert found[0].first == 10
    assert max(found[1].ticks) <= timeline.WIDTH
