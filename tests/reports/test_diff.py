"""What changed between two runs, and by whose doing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from reports import __main__ as command
from reports import diff
from reports.waivers import Waiver
from schemas.records import Judgement, Result
from tests.reports import samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

B = samples.BLOCKS
GOOD = samples.run(samples.met(B, samples.WARNS))
BAD = samples.run(samples.found(samples.FINDING), samples.met(samples.WARNS))
WARNED = samples.run(
    samples.met(B), samples.found(replace(samples.FINDING, exchange="x2"), clause=samples.WARNS)
)
WAIVED = samples.run(
    samples.found(samples.FINDING),
    samples.met(samples.WARNS),
    waivers=(Waiver(B, "known", "jane", "T-1", date(2026, 12, 31), line=1),),
)
THROTTLED = samples.run(
    Judgement((B,), "test_it", Result.INCONCLUSIVE, reason="429"), samples.met(samples.WARNS)
)


def with_clause(document: Any, **fields: Any) -> Any:
    """The run with other words in the first clause."""
    rows = [{**row, **(fields if row["id"] == B else {})} for row in document["clauses"]]
    return {**document, "clauses": rows}


def without_clause(document: Any) -> Any:
    return {**document, "clauses": [row for row in document["clauses"] if row["id"] != B]}


def with_suite(document: Any, **fields: Any) -> Any:
    return {**document, "suite": {**document["suite"], **fields}}


@dataclass(frozen=True)
class Case:
    """Two runs, how many regressions, and a line that is said."""

    before: Any
    after: Any
    regressions: int
    line: str


CASES = {
    "the same": Case(GOOD, GOOD, 0, ""),
    "newly violated": Case(GOOD, BAD, 1, f"newly violated: {B} [block] met -> violated"),
    "still violated": Case(BAD, BAD, 0, ""),
    "fixed": Case(BAD, GOOD, 0, f"fixed: {B} [block] violated -> met"),
    "a warning": Case(GOOD, WARNED, 0, f"newly violated: {samples.WARNS} [warn] met -> violated"),
    "a warning under --strict": Case(GOOD, {**WARNED, "strict": True}, 1, samples.WARNS),
    "newly waived": Case(BAD, WAIVED, 0, f"newly waived: {B} [block] violated -> waived"),
    "broken and waived at once": Case(GOOD, WAIVED, 0, f"newly waived: {B} [block] met -> waived"),
    "waiver gone": Case(WAIVED, BAD, 1, f"newly violated: {B} [block] waived -> violated"),
    "no longer decided": Case(GOOD, THROTTLED, 0, f"no longer decided: {B} [block] met -> inconc"),
    "violated after a throttled run": Case(THROTTLED, BAD, 1, "inconclusive -> violated"),
    "clause is new": Case(without_clause(GOOD), BAD, 0, "newly violated (suite): " + B),
    "clause is gone": Case(BAD, without_clause(BAD), 0, f"contract changed: {B}: removed"),
    "gate was raised": Case(with_clause(GOOD, gate="warn"), BAD, 0, "violated (its gate changed)"),
    "words were changed": Case(
        with_clause(GOOD, quote="other"), GOOD, 0, f"contract changed: {B}: quote was 'other'"
    ),
    "checks were rewritten": Case(
        with_clause(GOOD, judged_by="0" * 12),
        BAD,
        1,
        f"newly violated (deployment or suite): {B} [block] met -> violated (its checks changed)",
    ),
    "more was run": Case(
        with_suite(with_clause(GOOD, verdict="not_run"), tier="smoke"),
        BAD,
        0,
        "not_run -> violated (not run at --tier smoke)",
    ),
    "suite is newer": Case(
        with_suite(GOOD, version="0.0.9"), GOOD, 0, "suite changed, suite version: was 0.0.9"
    ),
    "contract is newer": Case(
        with_suite(GOOD, contract="1" * 64), GOOD, 0, "suite changed, contract: was 1111"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_difference_is_reported(name: str) -> None:
    case = CASES[name]
    found = diff.compare(case.before, case.after)
    assert len(found.regressions) == case.regressions
    lines = list(diff.lines(found))
    assert any(case.line in line for line in lines) if case.line else not lines


def test_models_and_observations_and_headers_are_the_deployments() -> None:
    seen = samples.observed("logit_bias", "ignored")
    before = samples.run(samples.met(B), seen)
    after = samples.run(
        samples.met(B),
        samples.observed("logit_bias", "honoured"),
        deployment={"listed": ["small", "tiny"], "headers": {"server": ["new"]}},
    )
    lines = list(diff.lines(diff.compare(before, after)))
    assert "model vanished: large" in lines
    assert "model appeared: tiny" in lines
    assert "observation logit_bias: was ignored, is honoured" in lines
    assert "deployment, headers: was nothing, is {'server': ['new']}" in lines


@pytest.mark.parametrize(
    ("before", "after", "status"), [(GOOD, BAD, 1), (GOOD, GOOD, 0), (BAD, GOOD, 0)]
)
def test_command_exits_with_1_on_a_regression(
    before: Any, after: Any, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples.save(tmp_path / "a", before)
    samples.save(tmp_path / "b", after)
    assert command.main(["diff", str(tmp_path / "a"), str(tmp_path / "b")]) == status
    assert ("1 regression" in capsys.readouterr().out) == (status == 1)


def empty(path: Path) -> None:
    path.mkdir()


def text(path: Path) -> None:
    path.write_text("no json")


def foreign(path: Path) -> None:
    path.write_text('{"format": 2}')


@pytest.mark.parametrize("make", [empty, text, foreign])
def test_what_is_no_run_is_refused_in_one_line(
    make: Callable[[Path], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / "x")
    for name in ("summary", "dossier"):
        assert command.main([name, str(tmp_path / "x")]) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert error.count("\n") == 1
