"""From judgements to verdicts: the only place where it is decided.

Every report, the exit status and the headline are drawn from what stands here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from schemas.records import NO_FORMS, Forms, Judgement, Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reports.waivers import Waiver
    from schemas.contract import Clause
    from schemas.records import Finding, Observation

TIERS = ("smoke", "standard", "deep")
GATES = ("block", "warn", "report")  # what does most comes first


class Headline(StrEnum):
    """The verdict on the deployment, in the words of the report."""

    CONFORMANT = "CONFORMANT"
    WITH_WAIVERS = "CONFORMANT WITH WAIVERS"
    NOT_CONFORMANT = "NOT CONFORMANT"
    INCOMPLETE = "INCOMPLETE"
    UNREACHABLE = "UNREACHABLE"


UNJUDGED = (Result.INCONCLUSIVE, Result.UNTESTABLE)  # verdicts of the same names

# The exit statuses of a run that came to its end; 2 to 5 are pytest's.
EXIT_CONFORMANT = 0
EXIT_VIOLATED = 1
EXIT_HARNESS = 3
EXIT_INCOMPLETE = 6
EXIT_WAIVER = 7


@dataclass(frozen=True)
class Scope:
    """What this version of the suite can say: the smallest tier that decides each clause.

    `unpromised` gives the reason why a clause does not hold for the profile.
    """

    tiers: Mapping[str, str]
    tier: str
    unpromised: Mapping[str, str] = field(default_factory=dict)

    def holds(self, clause: str) -> bool:
        """Whether the run's tier decides this clause."""
        return clause in self.tiers and TIERS.index(self.tiers[clause]) <= TIERS.index(self.tier)


@dataclass(frozen=True)
class ClauseVerdict:
    """The verdict on one clause, with all that led to it.

    `example` is the exchange that fewest other checks looked at: the one that was sent for it.
    `unjudged` are the checks of it that could not judge, where the verdict is another. `because`
    are the violated clauses that it would only repeat, `folded` what it found of them.
    """

    clause: Clause
    verdict: Verdict
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    observations: tuple[Observation, ...] = ()
    exchanges: int = 0
    forms: Forms = NO_FORMS
    waiver: Waiver | None = None
    example: str = ""
    unjudged: tuple[Judgement, ...] = ()
    because: tuple[str, ...] = ()
    folded: tuple[Finding, ...] = ()

    @property
    def gate(self) -> str:
        """What a violation does to the run."""
        return self.clause.gate


@dataclass(frozen=True)
class Outcome:
    """The verdicts of a run, and what follows from them.

    `harness` are crashes of the suite itself, apart from the deployment's failures; `stale` and
    `expired` are waivers that have to go; `obstacle` is the cause that ended the run before any
    check, `reachable` whether somebody answered at all; `unfinished` is why something was left out.
    """

    clauses: tuple[ClauseVerdict, ...]
    harness: tuple[Judgement, ...] = ()
    observations: tuple[Observation, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    stale: tuple[Waiver, ...] = ()
    expired: tuple[Waiver, ...] = ()
    obstacle: str = ""
    unfinished: str = ""
    reachable: bool = True
    strict: bool = False
    scope: Scope | None = None

    def blocking(self, said: ClauseVerdict) -> bool:
        """Whether this verdict, when it is bad, fails the run."""
        return said.gate == "block" or (self.strict and said.gate == "warn")

    @property
    def violated(self) -> tuple[ClauseVerdict, ...]:
        """Blocking clauses that are violated."""
        return tuple(
            said
            for said in self.clauses
            if said.verdict is Verdict.VIOLATED and self.blocking(said)
        )

    @property
    def open(self) -> tuple[ClauseVerdict, ...]:
        """Blocking clauses in the scope of the tier that were not decided."""
        undecided = (Verdict.UNTESTABLE, Verdict.INCONCLUSIVE, Verdict.NOT_RUN)
        return tuple(
            said
            for said in self.clauses
            if said.verdict in undecided
            and self.blocking(said)
            and (self.scope is None or self.scope.holds(said.clause.id))
        )

    @property
    def headline(self) -> Headline:
        """The verdict on the deployment. Nothing executed is never green."""
        if self.violated:
            return Headline.NOT_CONFORMANT
        if self.obstacle:
            return Headline.INCOMPLETE if self.reachable else Headline.UNREACHABLE
        judged = any(said.exchanges for said in self.clauses)
        if self.open or self.harness or self.unfinished or not judged:
            return Headline.INCOMPLETE
        if any(said.verdict is Verdict.WAIVED for said in self.clauses):
            return Headline.WITH_WAIVERS
        return Headline.CONFORMANT

    @property
    def exit_status(self) -> int:
        """0, 1, 3, 6 or 7. When several hold, 1 wins, then 7, then 3, then 6."""
        if self.violated:
            return EXIT_VIOLATED
        if self.stale or self.expired:
            return EXIT_WAIVER
        if self.harness:
            return EXIT_HARNESS
        good = (Headline.CONFORMANT, Headline.WITH_WAIVERS)
        return EXIT_CONFORMANT if self.headline in good else EXIT_INCOMPLETE


def decide(
    clauses: Iterable[Clause],
    judgements: Iterable[Judgement],
    scope: Scope,
    waivers: tuple[Waiver, ...] = (),
    *,
    today: date,
    obstacle: str = "",
    unfinished: str = "",
    reachable: bool = True,
    strict: bool = False,
) -> Outcome:
    """Weigh everything that was said of each clause."""
    # Where nothing could be judged, a word on the first look would only hide the one cause.
    judgements = () if obstacle else tuple(judgements)
    said: dict[str, list[Judgement]] = defaultdict(list)
    harness = []
    for judgement in judgements:
        if judgement.result is Result.HARNESS_ERROR:
            harness.append(judgement)
        for clause in judgement.clauses:
            said[clause].append(judgement)
    valid = tuple(waiver for waiver in waivers if not waiver.expired(today))
    asked = Counter(x for each in judgements if not _is_everywhere(each) for x in each.exchanges)
    verdicts = tuple(
        replace(
            _weigh(clause, said[clause.id], scope, valid, obstacle),
            example=_example(said[clause.id], asked),
        )
        for clause in clauses
    )
    verdicts = _without_repeats(verdicts)
    used = {each.waiver for each in verdicts if each.waiver}
    met = {each.clause.id for each in verdicts if each.verdict is Verdict.MET}
    return Outcome(
        clauses=verdicts,
        harness=tuple(harness),
        observations=tuple(seen for each in judgements for seen in each.observations),
        waivers=waivers,
        stale=tuple(w for w in valid if w not in used and w.clause in met),
        expired=tuple(waiver for waiver in waivers if waiver.expired(today)),
        obstacle=obstacle,
        unfinished=unfinished,
        reachable=reachable,
        strict=strict,
        scope=scope,
    )


def _weigh(
    clause: Clause,
    said: list[Judgement],
    scope: Scope,
    waivers: tuple[Waiver, ...],
    obstacle: str,
) -> ClauseVerdict:
    if clause.id in scope.unpromised:
        return ClauseVerdict(clause, Verdict.NOT_APPLICABLE, scope.unpromised[clause.id])
    findings = _findings(clause, said)
    covering = [w for w in waivers if any(w.covers(f, clause.endpoint) for f in findings)]
    left = [f for f in findings if not any(w.covers(f, clause.endpoint) for w in covering)]
    verdict, reason = _verdict(clause, said, scope, obstacle)
    if findings:
        verdict, reason = (Verdict.VIOLATED if left else Verdict.WAIVED), ""
    return ClauseVerdict(
        clause=clause,
        verdict=verdict,
        reason=reason,
        findings=findings,
        observations=tuple(
            seen for each in said if len(each.clauses) == 1 for seen in each.observations
        ),
        exchanges=len({exchange for each in said for exchange in each.exchanges}),
        forms=sum((each.forms for each in said), NO_FORMS),
        unjudged=tuple(
            each
            for each in said
            if each.result in UNJUDGED
            and each.result.value != verdict.value
            and not _is_everywhere(each)
        ),
        waiver=covering[0] if covering else None,
    )


def _without_repeats(verdicts: tuple[ClauseVerdict, ...]) -> tuple[ClauseVerdict, ...]:
    """The verdicts, where what repeats a violated part of itself is untestable because of it.

    No violation is taken back for a part that does less to the run.
    """
    violated = {each.clause.id: each for each in verdicts if each.verdict is Verdict.VIOLATED}
    said = []
    for each in verdicts:
        parts = [
            name
            for name, part in violated.items()
            if name != each.clause.id
            and GATES.index(part.gate) <= GATES.index(each.gate)
            and any(fnmatchcase(name, pattern) for pattern in each.clause.rests_on)
        ]
        repeats = each.verdict in (Verdict.VIOLATED, Verdict.UNTESTABLE) and parts
        said.append(_repeating(each, parts) if repeats else each)
    return tuple(said)


def _repeating(said: ClauseVerdict, parts: list[str]) -> ClauseVerdict:
    more = f" and {len(parts) - 1} more" if len(parts) > 1 else ""
    reason = f"because of {parts[0]}{more}"
    return replace(
        said,
        verdict=Verdict.UNTESTABLE,
        reason=reason,
        findings=(),
        because=tuple(parts),
        folded=said.findings,
    )


def _findings(clause: Clause, said: list[Judgement]) -> tuple[Finding, ...]:
    """What was found, without what the judge of all answers saw where a check had seen it."""
    found = [
        (_is_everywhere(each), finding)
        for each in said
        for finding in each.findings
        if finding.clause == clause.id
    ]
    seen = {(finding.exchange, finding.actual) for everywhere, finding in found if not everywhere}
    return tuple(
        finding
        for everywhere, finding in found
        if not (everywhere and (finding.exchange, finding.actual) in seen)
    )


def _is_everywhere(judgement: Judgement) -> bool:
    return judgement.source == "invariants"


def _example(said: list[Judgement], asked: Counter[str]) -> str:
    """The exchange that shows a clause best: found on, else sent for it alone, else any."""
    found = [finding.exchange for each in said for finding in each.findings if finding.exchange]
    own = [x for each in said if not _is_everywhere(each) for x in each.exchanges]
    heard = [x for each in said for x in each.exchanges]
    return next(iter(found or sorted(own, key=lambda x: asked[x]) or heard), "")


# What is said of one clause by several checks: the first that occurs decides.
PRECEDENCE = (
    (Result.UNTESTABLE, Verdict.UNTESTABLE),
    (Result.HARNESS_ERROR, Verdict.INCONCLUSIVE),
    (Result.INCONCLUSIVE, Verdict.INCONCLUSIVE),
    (Result.NOT_RUN, Verdict.NOT_RUN),
    (Result.JUDGED, Verdict.MET),
    (Result.NOT_APPLICABLE, Verdict.NOT_APPLICABLE),
)


def _verdict(
    clause: Clause, said: list[Judgement], scope: Scope, obstacle: str
) -> tuple[Verdict, str]:
    for result, verdict in PRECEDENCE:
        each = next((one for one in said if one.result is result), None)
        if each is None:
            continue
        if (
            verdict is Verdict.MET
            and clause.gate == "report"
            and any(one.observations for one in said)
        ):
            return Verdict.OBSERVED, ""
        return verdict, each.reason
    if obstacle:
        return Verdict.INCONCLUSIVE, obstacle
    if clause.id not in scope.tiers:
        return Verdict.NOT_RUN, "this version of the suite has no check for it"
    if not scope.holds(clause.id):
        return Verdict.NOT_RUN, f"only at --tier {scope.tiers[clause.id]}"
    return Verdict.NOT_RUN, "filtered, or nothing was exchanged that it speaks of"
