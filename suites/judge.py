"""Invariants: what holds for every exchange of an endpoint, whoever sent it and why.

An invariant is a pure function of one exchange; it judges probes, fuzzed requests and recorded
traffic alike. Those that compare exchanges are functions of a whole run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from fixtures.exchange import Exchange
from fixtures.outcomes import Untestable
from schemas.records import Finding, Judgement, Observation, Result

Said: TypeAlias = Iterable[Finding | Observation]
OneJudge: TypeAlias = Callable[[Exchange], Said]
RunJudge: TypeAlias = Callable[[Sequence[Exchange]], Said]


@dataclass(frozen=True)
class Invariant:
    """A judge and the clauses that it decides; `applies` chooses the exchanges."""

    clauses: tuple[str, ...]
    applies: Callable[[Exchange], bool]
    judge: OneJudge


@dataclass(frozen=True)
class RunInvariant:
    """A judge of what holds between the exchanges that `applies` chooses."""

    clauses: tuple[str, ...]
    applies: Callable[[Exchange], bool]
    judge: RunJudge


INVARIANTS: list[Invariant] = []
RUN_INVARIANTS: list[RunInvariant] = []


def invariant(
    *clauses: str, on: Callable[[Exchange], bool]
) -> Callable[[OneJudge], OneJudge]:
    """Declare what holds for every exchange that `on` chooses.

    With one clause, findings need not name it. Raising Untestable leaves the clauses unjudged for
    this exchange: something that another clause speaks of is broken.
    """

    def declare(judge: OneJudge) -> OneJudge:
        INVARIANTS.append(Invariant(clauses, on, judge))
        return judge

    return declare


def over_run(
    *clauses: str, on: Callable[[Exchange], bool]
) -> Callable[[RunJudge], RunJudge]:
    """Declare what holds between all exchanges of a run that `on` chooses."""

    def declare(judge: RunJudge) -> RunJudge:
        RUN_INVARIANTS.append(RunInvariant(clauses, on, judge))
        return judge

    return declare


def judge(exchange: Exchange) -> Judgement | None:
    """What the invariants say of one exchange, or None when none applies."""
    judged: list[str] = []
    said: list[Finding | Observation] = []
    for rule in INVARIANTS:
        if not rule.applies(exchange):
            continue
        try:
            said += _named(rule.clauses, rule.judge(exchange))
        except Untestable:
            continue
        judged += rule.clauses
    if not judged:
        return None
    return _judgement(judged, said, (exchange.id,))


def judge_run(exchanges: Sequence[Exchange]) -> Iterator[Judgement]:
    """What the invariants over a whole run say."""
    for rule in RUN_INVARIANTS:
        chosen = [exchange for exchange in exchanges if rule.applies(exchange)]
        if chosen:
            said = _named(rule.clauses, rule.judge(chosen))
            yield _judgement(rule.clauses, said, tuple(each.id for each in chosen))


def covered() -> frozenset[str]:
    """All clauses that some invariant decides."""
    return frozenset(
        clause for rule in (*INVARIANTS, *RUN_INVARIANTS) for clause in rule.clauses
    )


def _named(clauses: tuple[str, ...], said: Said) -> list[Finding | Observation]:
    named: list[Finding | Observation] = []
    for item in said:
        if isinstance(item, Finding) and not item.clause:
            item = replace(item, clause=clauses[0])  # noqa: PLW2901
        if isinstance(item, Finding) and item.clause not in clauses:
            raise ValueError(f"{item.clause} is not declared by the judge of {clauses}")
        named.append(item)
    return named


def _judgement(
    clauses: Iterable[str], said: list[Finding | Observation], exchanges: tuple[str, ...]
) -> Judgement:
    return Judgement(
        clauses=tuple(dict.fromkeys(clauses)),
        source="invariants",
        result=Result.JUDGED,
        findings=tuple(item for item in said if isinstance(item, Finding)),
        observations=tuple(item for item in said if isinstance(item, Observation)),
        exchanges=exchanges,
    )
