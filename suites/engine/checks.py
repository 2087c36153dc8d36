"""What a check is, and how one is run.

A check is a function of the deployment under test that yields findings and observations. Its
clause is declared once, by the decorator; what the clause needs (capabilities, a plain request
that works) is declared beside the clause and seen to here, so no check skips by itself. The first
line of its docstring states the behaviour in the indicative: it is what the report shows.

    @check("CHAT-REQ-N-01")
    def test_one_completion_is_the_only_choice(dut: Deployment) -> Findings:
        \"""A request with n = 1 is answered with one choice.\"""
        yield from accepted(dut.chat(n=1))
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from schemas.outcomes import (
    Inconclusive,
    NoControl,
    NotApplicable,
    NotRecorded,
    NotRun,
    Unjudged,
    Untestable,
)
from schemas.records import NO_FORMS, ClauseNotMet, Finding, Judgement, Observation, Result
from suites.engine.bounds import Kept
from suites.engine.judge import crash
from suites.engine.prerequisites import require

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from schemas.contract import Contract

Findings: TypeAlias = Iterator[Finding | Observation]
# The cases of a check that tables drive: those of the contract that is asked.
Cases: TypeAlias = Callable[["Contract"], Iterable["Check"]]
Function: TypeAlias = Callable[..., Findings]

RESULTS = {
    NotApplicable: Result.NOT_APPLICABLE,
    NoControl: Result.NOT_APPLICABLE,
    Inconclusive: Result.INCONCLUSIVE,
    Untestable: Result.UNTESTABLE,
    NotRun: Result.NOT_RUN,
    NotRecorded: Result.NOT_RUN,
}
TIERS = ("smoke", "standard", "deep")


@dataclass(frozen=True)
class Check:
    """One function for one clause, with the row that it is run on where it drives a table.

    `tier` is the smallest tier that runs it; `sent` is False for checks that need no deployment;
    `needs` are roles beyond those that the clause itself names. `also` are clauses that the
    findings may name besides the check's own; `last` checks run after all others of their tier.
    """

    clause: str
    function: Function
    tier: str = "standard"
    sent: bool = True
    needs: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    also: tuple[str, ...] = ()
    last: bool = False

    @property
    def id(self) -> str:
        """What stands in brackets behind the function's name: the clause, and which case it is."""
        return f"{self.clause}, {self.label}" if self.label else self.clause

    @property
    def name(self) -> str:
        """The function's name with the clause, as pytest shows it."""
        return f"{self.function.__name__}[{self.id}]"

    @property
    def summary(self) -> str:
        """The first line of the docstring: the behaviour, in the indicative."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]


def case(clause: str, label: str, *, tier: str = "standard", **arguments: Any) -> Check:
    """One case of a check that a table drives, with what the function is called with."""
    return Check(clause, _undefined, tier, arguments=arguments, label=label)


@dataclass(frozen=True)
class Declared:
    """A check as it is written: its function, and the cases that a contract makes of it."""

    function: Function
    cases: Cases

    def under(self, contract: Contract) -> tuple[Check, ...]:
        """The checks of this declaration. Raises ValueError for a case that is not whole."""
        found = tuple(replace(each, function=self.function) for each in self.cases(contract))
        for each in found:
            _verify(each)
        return found


DECLARED: list[Declared] = []


def check(
    clause: str, *, tier: str = "standard", offline: bool = False, needs: tuple[str, ...] = ()
) -> Callable[[Function], Callable[..., None]]:
    """Declare the clause of a check."""
    return checks([Check(clause, _undefined, tier, not offline, needs)])


def checks(cases: list[Check] | Cases) -> Callable[[Function], Callable[..., None]]:
    """Declare a check that is run once for each case: a table's rows, each with its clause.

    What a table drives is a function of the contract.
    """

    def declare(function: Function) -> Callable[..., None]:
        mine = Declared(function, (lambda _: cases) if isinstance(cases, list) else cases)
        DECLARED.append(mine)

        @functools.wraps(function)
        def run(conformance: Any) -> None:
            conformance.judge()

        run.__signature__ = inspect.signature(_wants_conformance)  # type: ignore[attr-defined]
        run.declared = mine  # type: ignore[attr-defined]
        return run

    return declare


def execute(case: Check, dut: Deployment) -> Judgement:
    """Run one check and say how it ended. Never raises: a crash is the harness's own failure."""
    dut.used, dut.forms = [], []
    kept = Kept()
    result, reason = Result.JUDGED, ""
    try:
        dut.client.allowance.in_time()
        require(case, dut)
        for item in case.function(dut, **case.arguments):
            kept.add(item if isinstance(item, Observation) else _named(case, item))
    except Unjudged as why:
        # What was found before the check had to stop stays found.
        result = Result.JUDGED if kept.findings else RESULTS[type(why)]
        reason = str(why)
    except Exception as error:  # noqa: BLE001  (a crash of ours must not look like a verdict)
        result, reason, kept = Result.HARNESS_ERROR, crash(error), Kept(kept.observations)
    found = kept.findings
    return Judgement(
        clauses=tuple(dict.fromkeys((case.clause, *(each.clause for each in found)))),
        source=case.name,
        result=result,
        reason=reason,
        findings=tuple(found),
        observations=tuple(kept.observations),
        exchanges=tuple(dict.fromkeys(dut.used)),
        forms=sum(dut.forms, NO_FORMS),
    )


def _named(case: Check, finding: Finding) -> Finding:
    """The finding with the clause of its check, or with one that the check may name besides."""
    return finding if finding.clause in case.also else replace(finding, clause=case.clause)


def report(judgement: Judgement) -> None:
    """Raise ClauseNotMet when there is more to say than "met"."""
    if judgement.findings or judgement.result is not Result.JUDGED:
        raise ClauseNotMet(judgement)


def _verify(case: Check) -> None:
    if not case.summary:
        raise ValueError(f"{case.name} has no docstring: its first line is what the report shows")
    if case.tier not in TIERS:
        raise ValueError(f"{case.name}: tier {case.tier!r} is none of {', '.join(TIERS)}")


def _wants_conformance(conformance: Any) -> None:
    """The signature that pytest sees of each check."""


def _undefined(*_: Any) -> Findings:
    raise NotImplementedError("a check without a function")
