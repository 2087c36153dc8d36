"""The summary at the end of a run."""

from __future__ import annotations

import json

from reports import terminal
from schemas import inputs
from schemas.records import Judgement, Result
from tests.reports import samples

LATE = Judgement((samples.BLOCKS,), "test_it[late]", Result.INCONCLUSIVE, "no answer within 60 s")


def printed(*judgements: Judgement) -> list[str]:
    built = samples.run(*judgements)
    inputs.checked(json.loads(json.dumps(built)), "verdict")
    return [line for line, _ in terminal.lines(built)]


def test_check_that_could_not_judge_is_named_beside_another_verdict() -> None:
    expected = (
        f"inconclusive: no answer within 60 s: one check of {samples.BLOCKS}, which is violated"
    )
    assert expected in printed(samples.found(samples.FINDING), LATE)


def test_clause_that_is_inconclusive_is_named_once() -> None:
    lines = [line for line in printed(LATE) if "no answer within 60 s" in line]
    assert lines == [f"inconclusive: no answer within 60 s: {samples.BLOCKS}"]
