"""From judgements to verdicts, headline and exit status: a table of cases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from reports.verdicts import Headline, Outcome, Scope, decide
from reports.waivers import Waiver
from schemas.contract import Clause, Gate
from schemas.records import Finding, Judgement, Observation, Result, Verdict
from schemas.structure import SourceName

TODAY = date(2026, 6, 1)
A, B, W, R = "A-BLOCK-01", "B-BLOCK-01", "W-WARN-01", "R-REPORT-01"
GATES: dict[str, Gate] = {A: "block", B: "block", W: "warn", R: "report"}
SCOPE = Scope(tiers=dict.fromkeys(GATES, "standard"), tier="standard")
FOUND = Finding(("one choice",), "two choices", model="small", exchange="x1", clause=A)
WAIVER = Waiver(A, "known", "jane", "T-1", date(2026, 12, 31), line=3)


def clause(name: str, gate: Gate) -> Clause:
    return Clause(
        id=name,
        area="chat",
        statement="It holds.",
        level="MUST",
        gate=gate,
        kind="explicit",
        endpoint="POST /chat/completions",
        source=SourceName("api-reference"),
        section="Chat",
        quote="It holds.",
    )


CLAUSES = [clause(name, gate) for name, gate in GATES.items()]


def said(name: str, result: Result = Result.JUDGED, **more: Any) -> Judgement:
    """What one check says of one clause, after an exchange."""
    fields = {"source": f"test_{name}", "reason": "", "exchanges": ("x1",), **more}
    return Judgement((name,), result=result, **fields)


def met(*names: str) -> list[Judgement]:
    return [said(name) for name in names]


def weigh(*judgements: Judgement, **more: Any) -> Outcome:
    options = {"scope": SCOPE, "today": TODAY, **more}
    return decide(CLAUSES, judgements, **options)


def verdict(outcome: Outcome, name: str) -> Verdict:
    return next(each.verdict for each in outcome.clauses if each.clause.id == name)


VIOLATED = said(A, findings=(FOUND,))
SEEN = (Observation("temperature", "ignored"),)
CRASH = said(A, Result.HARNESS_ERROR, reason="KeyError")

# what is said of clause A (or R), and its verdict
ONE = {
    "nothing": ([], A, Verdict.NOT_RUN),
    "judged": (met(A), A, Verdict.MET),
    "found": ([VIOLATED], A, Verdict.VIOLATED),
    "found once, met twice": ([*met(A, A), VIOLATED], A, Verdict.VIOLATED),
    "found, and a prerequisite broken": (
        [said(A, Result.UNTESTABLE), VIOLATED],
        A,
        Verdict.VIOLATED,
    ),
    "found, and throttled": ([said(A, Result.INCONCLUSIVE), VIOLATED], A, Verdict.VIOLATED),
    "found, and crashed": ([CRASH, VIOLATED], A, Verdict.VIOLATED),
    "prerequisite broken": ([*met(A), said(A, Result.UNTESTABLE)], A, Verdict.UNTESTABLE),
    "throttled": ([*met(A), said(A, Result.INCONCLUSIVE)], A, Verdict.INCONCLUSIVE),
    "crashed": ([*met(A), CRASH], A, Verdict.INCONCLUSIVE),
    "over budget": ([*met(A), said(A, Result.NOT_RUN)], A, Verdict.NOT_RUN),
    "one model lacks it": ([said(A, Result.NOT_APPLICABLE), *met(A)], A, Verdict.MET),
    "every model lacks it": ([said(A, Result.NOT_APPLICABLE)], A, Verdict.NOT_APPLICABLE),
    "observed": ([said(R, observations=SEEN)], R, Verdict.OBSERVED),
    "observed under a gate that judges": ([said(A, observations=SEEN)], A, Verdict.MET),
    "observed and found": (
        [said(R, observations=SEEN, findings=(replace(FOUND, clause=R),))],
        R,
        Verdict.VIOLATED,
    ),
    "invariants of two clauses, one found": (
        [Judgement((A, B), "invariants", Result.JUDGED, findings=(FOUND,), exchanges=("x1",))],
        B,
        Verdict.MET,
    ),
}


@pytest.mark.parametrize("name", ONE)
def test_clause_has_the_verdict(name: str) -> None:
    judgements, which, expected = ONE[name]
    assert verdict(weigh(*judgements), which) is expected


@dataclass(frozen=True)
class Case:
    """What is said in a run, with which options, and what follows."""

    judgements: list[Judgement]
    headline: Headline
    exit_status: int
    options: dict[str, Any]


def case(judgements: list[Judgement], headline: Headline, exit_status: int, **options: Any) -> Case:
    return Case(judgements, headline, exit_status, options)


EXPIRED = replace(WAIVER, expires=date(2026, 5, 31))
STALE = replace(WAIVER, clause=B)
WARNED = said(W, findings=(replace(FOUND, clause=W),))
REPORTED = said(R, findings=(replace(FOUND, clause=R),))
OTHER = said(A, findings=(replace(FOUND, model="large"),))
RUNS = {
    "all met": case(met(A, B, W, R), Headline.CONFORMANT, 0),
    "warn and report are not run": case(met(A, B), Headline.CONFORMANT, 0),
    "a warning": case([*met(A, B), WARNED], Headline.CONFORMANT, 0),
    "a warning under --strict": case([*met(A, B), WARNED], Headline.NOT_CONFORMANT, 1, strict=True),
    "a warning not run under --strict": case(met(A, B), Headline.INCOMPLETE, 6, strict=True),
    "a report under --strict": case([*met(A, B, W), REPORTED], Headline.CONFORMANT, 0, strict=True),
    "violated": case([VIOLATED, *met(B)], Headline.NOT_CONFORMANT, 1),
    "violated and the rest not run": case([VIOLATED], Headline.NOT_CONFORMANT, 1),
    "one not run": case(met(A), Headline.INCOMPLETE, 6),
    "one untestable": case([*met(A), said(B, Result.UNTESTABLE)], Headline.INCOMPLETE, 6),
    "one inconclusive": case([*met(A), said(B, Result.INCONCLUSIVE)], Headline.INCOMPLETE, 6),
    "not applicable": case([*met(A), said(B, Result.NOT_APPLICABLE)], Headline.CONFORMANT, 0),
    "nothing said": case([], Headline.INCOMPLETE, 6),
    "nothing exchanged": case([said(name, exchanges=()) for name in GATES], Headline.INCOMPLETE, 6),
    "nothing applicable": case(
        [said(name, Result.NOT_APPLICABLE, exchanges=()) for name in GATES],
        Headline.INCOMPLETE,
        6,
    ),
    "the suite crashed": case([CRASH, *met(B)], Headline.INCOMPLETE, 3),
    "the suite crashed outside of any clause": case(
        [*met(A, B), Judgement((), "fixture", Result.HARNESS_ERROR)], Headline.INCOMPLETE, 3
    ),
    "waived": case([VIOLATED, *met(B)], Headline.WITH_WAIVERS, 0, waivers=(WAIVER,)),
    "waived on its last day": case(
        [VIOLATED, *met(B)], Headline.WITH_WAIVERS, 0, waivers=(replace(WAIVER, expires=TODAY),)
    ),
    "waived for this model": case(
        [VIOLATED, *met(B)], Headline.WITH_WAIVERS, 0, waivers=(replace(WAIVER, model="small"),)
    ),
    "waived for another model": case(
        [VIOLATED, *met(B)], Headline.NOT_CONFORMANT, 1, waivers=(replace(WAIVER, model="x"),)
    ),
    "waived for one of two models": case(
        [VIOLATED, OTHER, *met(B)],
        Headline.NOT_CONFORMANT,
        1,
        waivers=(replace(WAIVER, model="small"),),
    ),
    "each of two models waived": case(
        [VIOLATED, OTHER, *met(B)],
        Headline.WITH_WAIVERS,
        0,
        waivers=(replace(WAIVER, model="small"), replace(WAIVER, model="large")),
    ),
    "waived for another endpoint": case(
        [VIOLATED, *met(B)],
        Headline.NOT_CONFORMANT,
        1,
        waivers=(replace(WAIVER, endpoint="GET /models"),),
    ),
    "waiver stale": case(met(A, B), Headline.CONFORMANT, 7, waivers=(WAIVER,)),
    "waiver of a clause that was not run": case(met(B), Headline.INCOMPLETE, 6, waivers=(WAIVER,)),
    "waiver expired, clause met": case(met(A, B), Headline.CONFORMANT, 7, waivers=(EXPIRED,)),
    "waiver expired, clause violated": case(
        [VIOLATED, *met(B)], Headline.NOT_CONFORMANT, 1, waivers=(EXPIRED,)
    ),
    "violated wins over stale": case(
        [VIOLATED, *met(B)], Headline.NOT_CONFORMANT, 1, waivers=(STALE,)
    ),
    "stale wins over a crash": case([CRASH, *met(B)], Headline.INCOMPLETE, 7, waivers=(STALE,)),
    "stale wins over incomplete": case(met(B), Headline.INCOMPLETE, 7, waivers=(STALE,)),
    "a crash wins over incomplete": case([CRASH], Headline.INCOMPLETE, 3),
    "nobody there": case([], Headline.UNREACHABLE, 6, obstacle="no connection", reachable=False),
    "key refused": case([], Headline.INCOMPLETE, 6, obstacle="401"),
    "in a higher tier": case(
        met(A), Headline.CONFORMANT, 0, scope=replace(SCOPE, tiers={**SCOPE.tiers, B: "deep"})
    ),
    "in this tier": case(
        met(A),
        Headline.INCOMPLETE,
        6,
        scope=replace(SCOPE, tiers={**SCOPE.tiers, B: "deep"}, tier="deep"),
    ),
    "no check yet": case(met(A), Headline.CONFORMANT, 0, scope=Scope({A: "smoke"}, "standard")),
    "not promised": case(met(A), Headline.CONFORMANT, 0, scope=replace(SCOPE, unpromised={B: ""})),
    "not promised, and found": case(
        [VIOLATED, *met(B)], Headline.CONFORMANT, 0, scope=replace(SCOPE, unpromised={A: "no"})
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_run_ends_so(name: str) -> None:
    run = RUNS[name]
    outcome = weigh(*run.judgements, **run.options)
    assert (outcome.headline, outcome.exit_status) == (run.headline, run.exit_status)


GREEN = (Headline.CONFORMANT, Headline.WITH_WAIVERS)


@pytest.mark.parametrize("name", RUNS)
def test_zero_is_green_and_green_is_zero_or_a_waiver_to_delete(name: str) -> None:
    outcome = weigh(*RUNS[name].judgements, **RUNS[name].options)
    if outcome.exit_status == 0:
        assert outcome.headline in GREEN
    if outcome.headline in GREEN:
        assert outcome.exit_status in (0, 7)


def test_obstacle_is_the_reason_of_every_clause() -> None:
    outcome = weigh(obstacle="no connection", reachable=False)
    assert {each.verdict for each in outcome.clauses} == {Verdict.INCONCLUSIVE}
    assert {each.reason for each in outcome.clauses} == {"no connection"}


def test_clause_that_was_only_judged_offline_is_no_executed_evidence() -> None:
    outcome = weigh(*met(B), said(A, exchanges=()))
    assert next(each.exchanges for each in outcome.clauses if each.clause.id == A) == 0


def test_observations_of_every_judgement_are_kept() -> None:
    both = Judgement((A, B), "invariants", Result.JUDGED, observations=SEEN, exchanges=("x1",))
    assert weigh(both).observations == SEEN


def test_exchanges_are_counted_once() -> None:
    outcome = weigh(said(A, exchanges=("x1", "x2")), said(A, exchanges=("x2",)))
    assert next(each.exchanges for each in outcome.clauses if each.clause.id == A) == 2


def test_waiver_and_its_states_are_reported() -> None:
    outcome = weigh(VIOLATED, *met(B), waivers=(WAIVER, STALE, EXPIRED))
    assert next(each.waiver for each in outcome.clauses if each.clause.id == A) == WAIVER
    assert (outcome.stale, outcome.expired) == ((STALE,), (EXPIRED,))


@pytest.mark.parametrize(
    ("whole", "part", "repeats"),
    [
        (B, A, True),  # both block
        (W, A, True),
        (A, W, False),  # nothing that blocks hides behind a warning
        (R, W, True),
    ],
)
@pytest.mark.parametrize("pattern", ["exact", "*"])
def test_whole_repeats_no_part(whole: str, part: str, repeats: bool, pattern: str) -> None:
    rests_on = (part if pattern == "exact" else part[:3] + "*",)
    clauses = [replace(each, rests_on=rests_on) if each.id == whole else each for each in CLAUSES]
    found = [said(name, findings=(replace(FOUND, clause=name),)) for name in (whole, part)]
    outcome = decide(clauses, found, SCOPE, today=TODAY)
    assert verdict(outcome, part) is Verdict.VIOLATED
    assert verdict(outcome, whole) is (Verdict.UNTESTABLE if repeats else Verdict.VIOLATED)
    because = next(each.because for each in outcome.clauses if each.clause.id == whole)
    assert because == ((part,) if repeats else ())
    alone = decide(clauses, found[:1], SCOPE, today=TODAY)
    assert verdict(alone, whole) is Verdict.VIOLATED
