"""Invariants: what holds for every exchange of an endpoint, whoever sent it and why.

An invariant is a pure function of one exchange; it judges probes, fuzzed requests and recorded
traffic alike. Those that compare exchanges are functions of a whole run.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from fixtures.transport.exchange import Exchange
from schemas.contract import Contract
from schemas.outcomes import Untestable
from schemas.records import Finding, Judgement, Observation, Result
from suites.engine.bounds import Kept
from suites.engine.schema_clauses import clauses_of

Outcomes: TypeAlias = Iterable[Finding | Observation]
OneJudge: TypeAlias = Callable[[Exchange], Outcomes]
RunJudge: TypeAlias = Callable[[Sequence[Exchange]], Outcomes]


@dataclass(frozen=True)
class Invariant:
    """A judge and the clauses that it decides; `applies` chooses the exchanges.

    `also` are clauses that it may find broken, without being able to say that they are met.
    """

    clauses: tuple[str, ...]
    applies: Callable[[Exchange], bool]
    judge: OneJudge
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunInvariant:
    """A judge of what holds between the exchanges that `applies` chooses."""

    clauses: tuple[str, ...]
    applies: Callable[[Exchange], bool]
    judge: RunJudge


@dataclass(frozen=True)
class SchemaInvariant:
    """A judge of one kind of body: which clauses it decides, the tables of a contract say."""

    kind: str
    applies: Callable[[Exchange], bool]
    judge: OneJudge


@dataclass(frozen=True)
class Rules:
    """All that is judged under one contract."""

    one: tuple[Invariant, ...]
    run: tuple[RunInvariant, ...]

    @property
    def covered(self) -> frozenset[str]:
        """All clauses that some invariant decides."""
        every: list[Rule] = [*self.one, *self.run]
        return frozenset(clause for rule in every for clause in rule.clauses)


Rule: TypeAlias = Invariant | RunInvariant
INVARIANTS: list[Invariant | SchemaInvariant] = []
RUN_INVARIANTS: list[RunInvariant] = []


def invariant(
    *clauses: str, on: Callable[[Exchange], bool], also: tuple[str, ...] = ()
) -> Callable[[OneJudge], OneJudge]:
    """Declare what holds for every exchange that `on` chooses.

    With one clause, findings need not name it. Raising Untestable leaves the clauses unjudged for
    this exchange: something that another clause speaks of is broken.
    """

    def declare(judge: OneJudge) -> OneJudge:
        INVARIANTS.append(Invariant(clauses, on, judge, also))
        return judge

    return declare


def schema_invariant(
    kind: str, *, on: Callable[[Exchange], bool]
) -> Callable[[OneJudge], OneJudge]:
    """Declare a judge of bodies of this kind: its clauses are those of the kind's schema."""

    def declare(judge: OneJudge) -> OneJudge:
        INVARIANTS.append(SchemaInvariant(kind, on, judge))
        return judge

    return declare


def over_run(*clauses: str, on: Callable[[Exchange], bool]) -> Callable[[RunJudge], RunJudge]:
    """Declare what holds between all exchanges of a run that `on` chooses."""

    def declare(judge: RunJudge) -> RunJudge:
        RUN_INVARIANTS.append(RunInvariant(clauses, on, judge))
        return judge

    return declare


@cache
def rules(contract: Contract) -> Rules:
    """What is judged under this contract, by the judges that are imported by now."""
    return Rules(
        one=tuple(
            _of_kind(rule, contract) if isinstance(rule, SchemaInvariant) else rule
            for rule in INVARIANTS
            if isinstance(rule, Invariant) or rule.kind in contract.bodies.kinds
        ),
        run=tuple(RUN_INVARIANTS),
    )


def _of_kind(rule: SchemaInvariant, contract: Contract) -> Invariant:
    spoken = clauses_of(contract.bodies[rule.kind].schema)
    return Invariant(spoken.always, rule.applies, rule.judge, spoken.ever)


def judge(exchange: Exchange, contract: Contract) -> Iterator[Judgement]:
    """What the invariants say of one exchange under this contract.

    What they derive from a long answer is not kept.
    """
    exchange = exchange.under(contract).looked_at()
    chosen: list[tuple[Rule, Any]] = []
    for rule in rules(contract).one:
        try:
            chosen += [(rule, exchange)] if rule.applies(exchange) else []
        except Exception as error:  # noqa: BLE001  (as in a judge itself)
            yield _crashed(rule, error, (exchange.id,))
    if exchange.cut and chosen:
        clauses = tuple(dict.fromkeys(clause for rule, _ in chosen for clause in rule.clauses))
        reason = str(exchange.cut)
        yield Judgement(
            clauses, "invariants", Result.INCONCLUSIVE, reason, exchanges=(exchange.id,)
        )
        return
    yield from _hear(chosen, (exchange.id,))


def judge_run(exchanges: Sequence[Exchange], contract: Contract) -> Iterator[Judgement]:
    """What the invariants over a whole run say."""
    for rule in rules(contract).run:
        # Each rule derives from a long answer anew: of ten thousand, all is too much to keep.
        fresh = (exchange.under(contract).looked_at() for exchange in exchanges)
        try:
            chosen = [each for each in fresh if not each.cut and rule.applies(each)]
        except Exception as error:  # noqa: BLE001  (as in a judge itself)
            yield _crashed(rule, error, ())
            continue
        if chosen:
            ids = tuple(exchange.id for exchange in chosen)
            yield from _hear([(rule, chosen)], ids)


def left_out(why: str) -> Iterator[Judgement]:
    """What is said of the clauses between exchanges where nobody came to judge them."""
    for rule in RUN_INVARIANTS:
        yield Judgement(rule.clauses, "invariants", Result.NOT_RUN, why)


def _hear(
    rules: Sequence[tuple[Rule, Any]],
    exchanges: tuple[str, ...],
) -> Iterator[Judgement]:
    """One judgement of all that was judged, and one for each judge that crashed."""
    judged: list[str] = []
    said: list[Finding | Observation] = []
    for rule, evidence in rules:
        try:
            outcomes = _named(rule, rule.judge(evidence))
        except Untestable:
            continue
        except Exception as error:  # noqa: BLE001  (a crash of ours must not look like a verdict)
            yield _crashed(rule, error, exchanges)
            continue
        said += outcomes
        judged += rule.clauses
        judged += [item.clause for item in outcomes if isinstance(item, Finding)]
    if judged:
        yield Judgement(
            clauses=tuple(dict.fromkeys(judged)),
            source="invariants",
            result=Result.JUDGED,
            findings=tuple(item for item in said if isinstance(item, Finding)),
            observations=tuple(item for item in said if isinstance(item, Observation)),
            exchanges=exchanges,
        )


def _crashed(rule: Rule, error: Exception, exchanges: tuple[str, ...]) -> Judgement:
    reason = crash(error)
    return Judgement(rule.clauses, "invariants", Result.HARNESS_ERROR, reason, exchanges=exchanges)


def _named(rule: Rule, said: Outcomes) -> list[Finding | Observation]:
    """Each finding with its clause: the judge's own where it names none. Of many, the first."""
    known = {*rule.clauses, *(rule.also if isinstance(rule, Invariant) else ())}
    kept = Kept()
    for item in said:
        if isinstance(item, Finding):
            finding = item if item.clause else replace(item, clause=rule.clauses[0])
            if finding.clause not in known:
                raise ValueError(f"{finding.clause} is not declared by the judge of {rule.clauses}")
            kept.add(finding)
            if kept.full:
                break
        else:
            kept.add(item)
    return [*kept.findings, *kept.observations]


def crash(error: Exception) -> str:
    """Type, message and last place of ours, without the values of variables."""
    here = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(here.filename).name}:{here.lineno})"
