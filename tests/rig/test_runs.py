"""Whole runs, honest and faulty, held against what was promised of them."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from reports import writers
from tests.bench import BENCH_KEY
from tests.rig import runs

if TYPE_CHECKING:
    from pathlib import Path

KEY = {"COMPACTIFAI_API_KEY": BENCH_KEY}
SEED = ["--seed", "5eed5eed"]
# Steps of real clients need programs that a machine may lack, and are judged in files of their own.
FAST = ["--deselect", "suites/clients", "--deselect", "suites/fuzz"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> runs.Run:
    """The main job: no arguments but a fixed seed."""
    folder = tmp_path_factory.mktemp("alone")
    extra = ["--junitxml", str(folder / "junit.xml"), "--alluredir", str(folder / "allure")]
    return runs.start(folder, "-q", *SEED, *FAST, *extra)


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> runs.Run:
    """The same in four processes."""
    folder = tmp_path_factory.mktemp("four")
    extra = ["--junitxml", str(folder / "junit.xml")]
    return runs.start(folder, "-q", *SEED, *FAST, *extra, "-n", "4")


def test_honest_deployment_is_conformant(alone: runs.Run) -> None:
    alone.no_traceback()
    bad = ("violated", "untestable", "inconclusive")
    rows = alone.clauses.values()
    assert not [(row["id"], row["findings"]) for row in rows if row["verdict"] in bad]
    assert not alone.verdict["harness_errors"]


def test_processes_change_no_verdict(alone: runs.Run, four: runs.Run) -> None:
    four.no_traceback()
    verdicts = [
        {name: row["verdict"] for name, row in run.clauses.items()} for run in (alone, four)
    ]
    assert verdicts[0] == verdicts[1]
    assert four.exit_status == alone.exit_status


def test_processes_send_no_more_requests(alone: runs.Run, four: runs.Run) -> None:
    assert four.verdict["requests"] <= alone.verdict["requests"]


def test_evidence_holds_every_request(four: runs.Run) -> None:
    har = json.loads((four.folder / "exchanges.har").read_text("utf-8"))
    ids = [entry["_id"] for entry in har["log"]["entries"]]
    assert len(ids) == len(set(ids))
    # A check of hanging up in the middle announces nothing.
    assert 0 <= four.verdict["requests"] - len(ids) <= 1


def clause_cases(path: Path) -> dict[str, list[ET.Element]]:
    """The test cases of a JUnit file by the clause in their brackets."""
    found: dict[str, list[ET.Element]] = {}
    for case in ET.parse(path).getroot().iter("testcase"):
        clause = case.attrib["name"].partition("[")[2].rstrip("]").partition(",")[0]
        found.setdefault(clause, []).append(case)
    return found


@pytest.mark.parametrize("name", ["alone", "four"])
def test_junit_has_every_clause_that_was_judged(name: str, request: pytest.FixtureRequest) -> None:
    run: runs.Run = request.getfixturevalue(name)
    cases = clause_cases(run.folder.parent / "junit.xml")
    judged = {name for name, row in run.clauses.items() if row["exchanges"]}
    assert judged <= set(cases)
    assert "CHAT-RESP-JSON-01" in judged  # decided by an invariant alone


NEEDED = {"uuid", "name", "fullName", "historyId", "status", "stage", "start", "stop", "labels"}


def results(folder: Path) -> dict[str, dict[str, object]]:
    """The results in an Allure folder by clause."""
    rows = [json.loads(path.read_text("utf-8")) for path in folder.glob("*-result.json")]
    return {row["fullName"]: row for row in rows}


def test_allure_has_one_result_a_clause(alone: runs.Run) -> None:
    folder = alone.folder.parent / "allure"
    rows = results(folder)
    assert set(rows) == set(alone.clauses)
    for name, row in rows.items():
        assert set(row) >= NEEDED
        labels = {each["name"]: each["value"] for each in row["labels"]}  # type: ignore[attr-defined]
        clause = alone.clauses[name]
        assert labels["epic"] == clause["area"]
        assert labels["feature"] == clause["endpoint"]
        assert labels["story"] == clause["statement"]
        assert writers.markdown(clause["quote"]) in str(row["description"])
    assert (folder / "environment.properties").is_file()
    assert json.loads((folder / "categories.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def faulty(reference: str, tmp_path_factory: pytest.TempPathFactory) -> runs.Run:
    """A run on a deployment that forgets the end of its streams."""
    folder = tmp_path_factory.mktemp("faulty")
    extra = ["--junitxml", str(folder / "junit.xml"), "--alluredir", str(folder / "allure")]
    url = f"{reference}/fault/stream-forgets-done/v1"
    return runs.start(folder, "suites/chat_stream", "-q", "--base-url", url, *extra, **KEY)


BROKEN = "STREAM-CHAT-DONE-01"


def test_fault_is_reported_with_clause_expected_actual_and_command(faulty: runs.Run) -> None:
    faulty.no_traceback()
    assert faulty.exit_status == 1
    assert faulty.verdict["verdict"] == "NOT CONFORMANT"
    clauses = {name for name, row in faulty.clauses.items() if row["verdict"] == "violated"}
    assert clauses == {BROKEN}
    summary = "\n".join(faulty.summary)
    for finding in faulty.clauses[BROKEN]["findings"][:1]:
        for words in (BROKEN, finding["expected"][0], finding["actual"], finding["curl"]):
            assert words in summary
    assert "\x1b[" not in faulty.out


def test_command_sends_the_same_again(faulty: runs.Run) -> None:
    finding = faulty.clauses[BROKEN]["findings"][0]
    har = json.loads((faulty.folder / "exchanges.har").read_text("utf-8"))
    entries = {entry["_id"]: entry for entry in har["log"]["entries"]}
    done = subprocess.run(
        ["bash", "-c", finding["curl"]], env=KEY, capture_output=True, check=True, timeout=30
    )
    status = f"HTTP/1.1 {entries[finding['exchange']]['response']['status']} "
    assert done.stdout.startswith(status.encode())
    assert BENCH_KEY not in finding["curl"]
    assert shlex.split(finding["curl"])[0] == "curl"


def test_fault_is_red_in_junit_and_allure(faulty: runs.Run) -> None:
    folder = faulty.folder.parent
    red = [case.find("failure") is not None for case in clause_cases(folder / "junit.xml")[BROKEN]]
    assert any(red)
    row = results(folder / "allure")[BROKEN]
    assert row["status"] == "failed"
    for attachment in row["attachments"]:  # type: ignore[attr-defined]
        assert json.loads((folder / "allure" / attachment["source"]).read_text("utf-8"))["_id"]
