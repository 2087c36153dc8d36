"""Measures one fault: which clauses turn red, which check saw it, and at which tier."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fixtures.reference import faults
from schemas import profiles
from suites.engine.checks import TIERS
from tests import bench
from tests.kill_matrix import agreement, memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.verdicts import Outcome
    from suites.engine.checks import Check
    from tests.kill_matrix.memory import Memory

LAW = profiles.load(profiles.DEFAULT)

CLIENTS = ("sdk", "litellm")
MUCH = 3


@dataclass(frozen=True)
class Kill:
    """What became of one fault.

    `how` is the smallest tier that killed it, or the last that tried; `by` are checks that saw it,
    or the requests whose answers the invariants saw; `broken` are crashes of our own, and findings
    that expected what came.
    """

    name: str
    violates: tuple[str, ...]
    red: frozenset[str]
    how: str
    by: tuple[str, ...]
    broken: tuple[str, ...]
    sent: int
    seconds: float

    @property
    def killed(self) -> bool:
        """Whether a clause that it violates turned red."""
        return bool(self.red & set(self.violates))

    @property
    def collateral(self) -> frozenset[str]:
        """Red clauses that it does not violate."""
        return self.red - set(self.violates)

    def row(self) -> dict[str, Any]:
        """What the file says of it."""
        return {
            "violates": sorted(self.violates),
            "red": sorted(self.red),
            "killed": self.killed,
            "collateral": sorted(self.collateral),
            "tier": self.how,
            "by": list(self.by),
            "sent": self.sent,
            "seconds": round(self.seconds, 2),
            **({"broken": list(self.broken)} if self.broken else {}),
        }


@dataclass(frozen=True)
class Run:
    """What one run came to. `how` names its tier, and what was special about it."""

    how: str
    outcome: Outcome
    sent: int

    def seen(self, violates: tuple[str, ...]) -> frozenset[str]:
        """The violated clauses, of any gate; of those in `violates` also what repeats a part."""
        return frozenset(
            one.clause.id
            for one in self.outcome.clauses
            if one.findings or (one.folded and one.clause.id in violates)
        )


def kill(root: str, known: Memory, name: str) -> Kill:
    """Run ever more of the suite on a fault, until it is killed."""
    violates = faults.load().entries[name].violates
    began = time.perf_counter()
    runs: list[Run] = []
    for run in _harder(root, known, name, violates):
        runs.append(run)
        if run.how != TIERS[0] and run.seen(violates) & set(violates):
            break
    seen = [run for run in runs if run.seen(violates) & set(violates)]
    best = (seen or runs)[-1]
    return Kill(
        name=name,
        violates=violates,
        red=frozenset().union(*(run.seen(violates) for run in runs)),
        how=(seen[0] if seen else best).how,
        by=_witnesses(best, violates),
        broken=tuple(dict.fromkeys(line for run in runs for line in _broken(run.outcome))),
        sent=sum(run.sent for run in runs),
        seconds=time.perf_counter() - began,
    )


def _broken(outcome: Outcome) -> Iterator[str]:
    """What the suite itself did wrong."""
    yield from (one.reason for one in outcome.harness)
    yield from agreement.agreeing(outcome)


def _harder(root: str, known: Memory, name: str, violates: tuple[str, ...]) -> Iterator[Run]:
    """One run after the other, the cheapest first."""
    own = memory.Memory()
    for tier in TIERS:
        report = memory.examine(root, known, tier, fault=name, own=own)
        yield Run(tier, report.outcome, report.sent)
    url = f"{root}/fault/{name}/v1"
    if any(bench.area(clause) in CLIENTS for clause in violates):
        verdicts = bench.examine(url, *violates, of=bench.starts_a_client)
        yield Run("other clients", verdicts.outcome, len(verdicts.exchanges))
    if name.startswith("fuzz-"):
        verdicts = bench.examine(url, of=_drawn_on(violates))
        yield Run("deep, drawn", verdicts.outcome, len(verdicts.exchanges))


def _drawn_on(violates: tuple[str, ...]) -> Any:
    """Chooses the checks that draw requests where a fault may show."""
    clauses = LAW.clauses
    routes = {clauses[clause].endpoint for clause in violates}

    def chosen(case: Check) -> bool:
        return case.last and ("all" in routes or case.label.rpartition(" ")[0] in routes)

    return chosen


def _witnesses(run: Run, violates: tuple[str, ...]) -> tuple[str, ...]:
    """A few of those who saw what the fault violates."""
    said = [one for one in run.outcome.clauses if one.clause.id in violates]
    return tuple(dict.fromkeys(f.exchange for one in said for f in one.findings))[:MUCH]
