"""Runs checks on a deployment inside this process: what pytest does, without pytest.

The same functions as in a real run execute, judge and decide; only the reports are missing, so a
verdict on one of hundreds of faulty deployments costs milliseconds.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fixtures.session import run
from fixtures.target.probes import Probes
from fixtures.target.setup import Setup
from fixtures.transport.budget import Allowance
from reports.verdicts import ClauseVerdict, Outcome, Scope, decide
from schemas import profiles
from schemas.records import Judgement, Verdict
from suites.engine import catalogue, checks, judge, prerequisites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange, Request

KEY_ENV = "COMPACTIFAI_BENCH_KEY"
BENCH_KEY = "bench-key-0123456789"


@dataclass
class Held(Probes):
    """Exchanges that one process alone needs, kept in memory."""

    used: list[Request] = field(default_factory=list)

    def once(self, request: Request, send: Callable[[Request], Exchange]) -> Exchange:
        """As probes do."""
        self.used.append(request)
        if request.key not in self._held:
            self._held[request.key] = send(request)
        return self._held[request.key]


class Unbounded(Allowance):
    """A budget that nobody counts."""

    def take(self, count: int, asked: Sequence[float] = ()) -> float:
        """Nobody waits."""
        return 0.0

    def wait(self, _: float) -> bool:
        """Every pause is taken."""
        return True

    def spend(self, _: Exchange) -> None:
        """Nothing is counted."""


@dataclass(frozen=True)
class Verdicts:
    """The outcome of checks on one deployment, by clause."""

    outcome: Outcome
    exchanges: tuple[Exchange, ...]

    def __getitem__(self, clause: str) -> ClauseVerdict:
        return next(said for said in self.outcome.clauses if said.clause.id == clause)

    @property
    def violated(self) -> frozenset[str]:
        """The clauses that are violated, whatever their gate."""
        return frozenset(
            said.clause.id for said in self.outcome.clauses if said.verdict is Verdict.VIOLATED
        )

    @property
    def seen(self) -> frozenset[str]:
        """These, and the clauses that would only repeat one of them."""
        return self.violated | {said.clause.id for said in self.outcome.clauses if said.folded}

    def text(self, *clauses: str) -> str:
        """What was found, for a failing test to show."""
        rows = [
            f"{said.clause.id} {said.verdict} {said.reason} "
            f"{[(f.expected, f.actual, f.where) for f in said.findings[:2]]}"
            for said in self.outcome.clauses
            if said.clause.id in clauses or said.verdict is Verdict.VIOLATED
        ]
        rows += [f"harness: {each.source}: {each.reason}" for each in self.outcome.harness]
        return "\n".join(rows)


@contextmanager
def deployment(
    base_url: str,
    announce: Callable[[Exchange], None] = lambda _: None,
    *,
    key: str = BENCH_KEY,
    **options: Any,
) -> Iterator[Deployment]:
    """A deployment under test, connected to `announce`."""
    os.environ[KEY_ENV] = key
    defaults: dict[str, Any] = {"profile": "compactifai", "tier": "deep", "seed": "bench"}
    setup = Setup(base_url=base_url, key_env=KEY_ENV, **{**defaults, **options})
    with tempfile.TemporaryDirectory() as folder:
        run.prepare(Path(folder) / "run", setup)
        dut = run.join(Path(folder) / "run", announce)
        # Files under locks are what several processes need; here is one, in a hurry.
        dut.probes = Held(dut.probes.folder, base_url)
        if not {"request_budget", "token_budget", "rate_limit"} & options.keys():
            dut.client.allowance = Unbounded(dut.client.allowance.folder)
        try:
            yield dut
        finally:
            dut.client.close()


def written(case: checks.Check) -> bool:
    """Whether this check sends itself what somebody wrote.

    Drawn requests come last, and in hundreds; other clients take seconds to start.
    """
    return not case.last and not starts_a_client(case)


def starts_a_client(case: checks.Check) -> bool:
    """Whether this check runs other clients."""
    return case.function.__module__.startswith("suites.clients.")


def examine(
    base_url: str,
    *clauses: str,
    areas: tuple[str, ...] = (),
    of: Callable[[checks.Check], bool] = written,
    **options: Any,
) -> Verdicts:
    """Run the checks of these clauses and areas (all, when none is named), and decide."""
    exchanges: list[Exchange] = []
    judgements: list[Judgement] = []

    def announce(exchange: Exchange) -> None:
        exchanges.append(exchange)
        judgements.extend(judge.judge(exchange, dut.contract))

    with deployment(base_url, announce, **options) as dut:
        known = dut.contract.clauses
        tier = checks.TIERS.index(dut.setup.tier)
        for case in catalogue.load(dut.contract):
            wanted = case.clause in clauses or known[case.clause].area in areas
            within = checks.TIERS.index(case.tier) <= tier
            if of(case) and within and (wanted or not (clauses or areas)):
                judgements.append(checks.execute(case, dut))
        judgements.extend(judge.judge_run(exchanges, dut.contract))
        judgements.extend(prerequisites.unserved(dut.contract, dut.cast))
        judgements.extend(prerequisites.unoffered(dut))
        law = dut.contract
        scope = Scope(catalogue.tiers(law), dut.setup.tier, law.not_promised)
    outcome = decide(known.values(), judgements, scope, today=date(2026, 1, 1))
    return Verdicts(outcome, tuple(exchanges))


def area(clause: str) -> str:
    """The area of a clause."""
    return profiles.load(profiles.DEFAULT).clauses[clause].area
