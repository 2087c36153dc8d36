"""Whole runs over recorded traffic; and real traffic of three services, where it is at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fixtures.session import har_import
from reports.evidence import whole
from schemas import profiles
from suites.engine import catalogue, judge
from tests.rig import runs
from tests.rig.entries import ANSWER, entry

LAW = profiles.load("openai")

ROOT = Path(__file__).parents[2]
# Real exchanges of live services as HAR; they are no part of this repository.
FOLDER = Path(os.environ.get("CONFORMANCE_RECORDINGS", ROOT.parent / "shared" / "recordings"))
RECORDINGS = sorted(FOLDER.glob("*.har"))

# What each of these services really does, looked at by hand. Nothing of it blocks.
ALIAS = "the answer names the snapshot that an alias stands for"
KNOWN = {
    "CHAT-RESP-MODEL-01": ALIAS,
    "RESP-OUT-MODEL-01": ALIAS,
    "STREAM-CHAT-FINAL-01": "OpenRouter repeats the finish_reason in its usage chunk",
}


def test_recordings_are_at_hand() -> None:
    if not RECORDINGS:
        pytest.skip(f"no *.har in {FOLDER}: name their folder in $CONFORMANCE_RECORDINGS")
    assert all(path.stat().st_size for path in RECORDINGS)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_real_services_are_accused_of_nothing_else(path: Path) -> None:
    catalogue.invariants()
    found = har_import.load([(path.name, whole(path))], LAW.operations.values())
    assert not found.passed_over
    exchanges = [exchange for _, exchange in found.exchanges]
    judgements = [
        *(j for each in exchanges for j in judge.judge(each, LAW)),
        *judge.judge_run(exchanges, LAW),
    ]
    assert not [each.reason for each in judgements if each.result == "harness_error"]
    broken = {
        finding.clause: (finding.exchange, finding.expected, finding.actual)
        for each in judgements
        for finding in each.findings
        if LAW.promises(finding.clause)
    }
    assert set(broken) <= set(KNOWN), broken
    assert {LAW.clauses[clause].gate for clause in broken} <= {"report"}


def har(path: Path, *entries: Any) -> str:
    """The option that names a file of these entries."""
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), "utf-8")
    return f"--har={path}"


def test_fault_in_a_recording_ends_with_1(tmp_path: Path) -> None:
    wrong = {**ANSWER, "id": "chatcmpl-2", "choices": []}
    good, bad = har(tmp_path / "a.har", entry()), har(tmp_path / "b.har", entry(answer=wrong))
    run = runs.start(tmp_path, good, bad)
    run.no_traceback()
    assert (run.exit_status, run.verdict["verdict"]) == (1, "NOT CONFORMANT")
    assert run.verdict["requests"] == 0
    assert run.verdict["recording"]["exchanges"] == 2
    violated = [row for row in run.clauses.values() if row["verdict"] == "violated"]
    assert {each["exchange"] for row in violated for each in row["findings"]} == {"b.har-0"}
    evidence = json.loads((run.folder / "exchanges.har").read_text("utf-8"))["log"]["entries"]
    assert [each["_id"] for each in evidence] == ["a.har-0", "b.har-0"]


def test_recording_without_a_fault_is_incomplete(tmp_path: Path) -> None:
    run = runs.start(tmp_path, har(tmp_path / "a.har", entry()), "--profile=openai")
    run.no_traceback()
    assert (run.exit_status, run.verdict["verdict"]) == (6, "INCOMPLETE")
    assert run.clauses["CHAT-RESP-JSON-01"]["verdict"] == "met"
    assert run.clauses["MODELS-LIST-01"]["reason"] == "no recorded exchange speaks of it"
    assert any(line.startswith("nothing is wrong in what was recorded") for line in run.summary)


def test_recording_of_nothing_ends_with_5(tmp_path: Path) -> None:
    run = runs.start(tmp_path, har(tmp_path / "a.har", entry("https://example.com/logo.png")))
    run.no_traceback()
    assert (run.exit_status, run.verdict["verdict"]) == (5, "INCOMPLETE")
    assert not any("nothing is wrong" in line for line in run.summary)


@pytest.mark.parametrize("option", ["--har=none.har", f"--har={ROOT / 'README.md'}"])
def test_wrong_file_is_refused_in_one_line(tmp_path: Path, option: str) -> None:
    run = runs.start(tmp_path, option)
    run.no_traceback()
    assert run.exit_status == 4
    (line,) = [each for each in run.err.splitlines() if each]
    assert line.startswith("ERROR: --har ")


def test_own_evidence_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    run = runs.start(tmp_path, har(tmp_path / "report" / "exchanges.har", entry()))
    assert run.exit_status == 4
    assert "add --report-dir=DIR" in run.err
