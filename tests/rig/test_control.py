"""A second deployment beside the first: which violations are only here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from reports import compared
from tests.bench import BENCH_KEY
from tests.reports import samples
from tests.rig import runs

if TYPE_CHECKING:
    from pathlib import Path

CLAUSE = "STREAM-CHAT-DONE-01"
FINDING = {"expected": ["a thing"], "actual": "none", "where": "event 3", "exchange": "x"}
OTHER = {**FINDING, "expected": ["another thing"]}


def row(verdict: str, *findings: dict[str, Any]) -> dict[str, Any]:
    return {"id": samples.BLOCKS, "verdict": verdict, "findings": list(findings)}


def compare(folder: Path, here: dict[str, Any], there: dict[str, Any] | None) -> dict[str, Any]:
    """The document of a run with this clause, beside a control with that one."""
    if there:
        whole: Any = samples.run(clauses=(samples.BLOCKS,))
        document = {**whole, "clauses": [{**whole["clauses"][0], **there}]}
        (folder / "verdict.json").write_text(json.dumps(document), "utf-8")
    return compared.with_control(folder, "http://x/v1", {"clauses": [here]})


@pytest.mark.parametrize(
    ("here", "there", "side"),
    [
        (row("violated", FINDING), row("met"), "only here"),
        (row("violated", FINDING), row("observed"), "only here"),
        (row("violated", FINDING), row("not_applicable"), "only here"),
        (row("violated", FINDING), row("violated", FINDING), "both"),
        (row("waived", FINDING), row("violated", FINDING), "both"),
        (row("met"), row("violated", FINDING), "only control"),
        (row("untestable"), row("violated", FINDING), "only control"),
        (row("violated", FINDING), row("untestable"), "undecided"),
        (row("violated", FINDING), row("inconclusive"), "undecided"),
        (row("violated", FINDING), row("not_run"), "undecided"),
        (row("violated", FINDING), None, "undecided"),
        (row("met"), row("met"), None),
        (row("not_run"), None, None),
    ],
)
def test_each_violation_has_its_side(
    tmp_path: Path, here: dict[str, Any], there: dict[str, Any] | None, side: str | None
) -> None:
    document = compare(tmp_path, here, there)
    assert document["clauses"][0].get("control") == side
    assert [each["control"] for each in document["clauses"][0]["findings"]] == [side] * len(
        here["findings"]
    )
    assert sum(document["control"]["counts"].values()) == (side is not None)
    assert bool(document["control"]["only_control"]) == (side == "only control")


def test_findings_of_one_clause_may_differ(tmp_path: Path) -> None:
    elsewhere = {**FINDING, "where": "event 5", "actual": "nothing"}
    here = row("violated", FINDING, OTHER)
    clause = compare(tmp_path, here, row("violated", elsewhere))["clauses"][0]
    assert [each["control"] for each in clause["findings"]] == ["both", "only here"]


def start(folder: Path, url: str, control: str) -> runs.Run:
    """A small run with a control."""
    keys = {"COMPACTIFAI_API_KEY": BENCH_KEY, "COMPACTIFAI_CONTROL_API_KEY": BENCH_KEY}
    options = (f"--base-url={url}", f"--control-url={control}", "-q", "-k", "DONE")
    run = runs.start(folder, "suites/chat_stream", *options, **keys)
    run.no_traceback()
    return run


def test_fault_is_only_here(reference: str, tmp_path: Path) -> None:
    run = start(tmp_path, f"{reference}/fault/stream-forgets-done/v1", f"{reference}/v1")
    assert run.exit_status == 1
    assert run.clauses[CLAUSE]["control"] == "only here"
    assert {each["control"] for each in run.clauses[CLAUSE]["findings"]} == {"only here"}
    assert f"  only here: {CLAUSE}" in run.summary
    own = json.loads((run.folder / "control" / "verdict.json").read_text("utf-8"))
    assert own["deployment"]["base_url"] == f"{reference}/v1"
    assert own["suite"]["seed"] == run.verdict["suite"]["seed"]
    assert BENCH_KEY not in (run.folder / "control" / "output.txt").read_text("utf-8")


@pytest.mark.slow
def test_control_that_is_away_changes_nothing(reference: str, tmp_path: Path) -> None:
    run = start(tmp_path, f"{reference}/fault/stream-forgets-done/v1", "http://127.0.0.1:1/v1")
    assert run.exit_status == 1
    assert run.verdict["control"]["verdict"] == "UNREACHABLE"
    assert run.clauses[CLAUSE]["control"] == "undecided"
    (line,) = [line for line in run.summary if line.startswith("control ")]
    assert line.startswith("control http://127.0.0.1:1/v1: UNREACHABLE: no connection")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--control-url=x"], "--control-url x: write a whole URL"),
        (["--control-url=http://x/v1/models"], "write --control-url=http://x/v1"),
        (["--control-key-env=sk-12"], "--control-key-env takes the name of a variable"),
        (["--control-url=http://x/v1", "--har=a"], "do not go together"),
    ],
)
def test_mistake_is_reported_in_one_line(tmp_path: Path, options: list[str], message: str) -> None:
    run = runs.start(tmp_path, *options)
    assert run.exit_status == 4
    (line,) = [each for each in run.err.splitlines() if each]
    assert message in line
    assert "sk-12" not in line
