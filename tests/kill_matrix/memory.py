"""Runs the whole suite on a deployment that differs from the reference in one thing, quickly.

The honest reference is asked once. Of an altered one, only the requests that the alteration
concerns are sent; all others have the answers that the honest one gave, and a check that asked
nothing else says what it said. So every check of every area has its say on every fault, and a
fault costs what it touches.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fixtures.redaction.secret import Redactor, Secret
from fixtures.target.deployment import Deployment
from fixtures.target.setup import Setup
from fixtures.transport.client import Client
from fixtures.transport.exchange import Exchange, Request
from reports.verdicts import Outcome, Scope, decide
from schemas import profiles
from schemas.records import Verdict
from suites.engine import catalogue, checks, judge, prerequisites
from tests import bench
from tests.kill_matrix.affected_requests import alterations, concerns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fixtures.reference.alter import Alteration
    from schemas.records import Judgement

LAW = profiles.load(profiles.DEFAULT)

TODAY = date(2026, 1, 1)
SEED = "bench"
LISTING = Request("GET", "/models")


@dataclass
class CheckRun:
    """What one check said, what it asked, and the exchanges that were sent or remembered for it."""

    case: checks.Check
    judgement: Judgement
    asked: frozenset[Request]
    heard: tuple[Exchange, ...]


@dataclass
class Memory:
    """What one deployment answered, and what was said of it, at each tier."""

    answers: dict[tuple[str, ...], tuple[Exchange, ...]] = field(default_factory=dict)
    said: dict[int, tuple[Judgement, ...]] = field(default_factory=dict)
    runs: dict[str, dict[str, CheckRun]] = field(default_factory=dict)


@dataclass
class Remembering(Client):
    """Sends the requests that are of concern, and remembers the answers to all others.

    What the deployment itself answered at a smaller tier is remembered, too: a tier asks for equal
    requests once, and a larger one asks what the smaller did. `altered` is what becomes of an
    answer before a check sees it.
    """

    honest: Memory = field(default_factory=Memory)
    own: Memory = field(default_factory=Memory)
    concerned: Callable[[Request], bool] = lambda _: True
    altered: Callable[[Exchange], Exchange] = lambda exchange: exchange
    asked: list[Request] = field(default_factory=list)
    fresh: dict[tuple[str, ...], tuple[Exchange, ...]] = field(default_factory=dict)
    sent: int = 0
    remembers: bool = field(default=False, init=False)  # a copy that a check made does not

    def send(self, request: Request, control: Request | None = None) -> Exchange:
        """As a client does."""
        key = (request.key,)
        if known := self._known(key, [request]):
            return self.altered(known[-1])
        with self._listening(key):
            return self.altered(super().send(request, control))

    def send_together(self, requests: Sequence[Request]) -> list[Exchange]:
        """As a client does."""
        key = tuple(each.key for each in requests)
        if known := self._known(key, requests):
            return [self.altered(each) for each in known]
        with self._listening(key):
            return [self.altered(each) for each in super().send_together(requests)]

    def _known(self, key: tuple[str, ...], requests: Sequence[Request]) -> tuple[Exchange, ...]:
        self.asked += requests
        if not self.remembers:
            return ()
        memory = self.own if any(self.concerned(each) for each in requests) else self.honest
        known = memory.answers.get(key) or self.own.answers.get(key, ())
        for exchange in known:
            self.announce(exchange)
        return known

    @contextmanager
    def _listening(self, key: tuple[str, ...]) -> Iterator[None]:
        """Keep what is announced meanwhile as the answer to what was asked."""
        heard: list[Exchange] = []
        announce = self.announce

        def listen(exchange: Exchange) -> None:
            heard.append(exchange)
            announce(exchange)

        self.announce = listen
        try:
            yield
        finally:
            self.announce = announce
        self.sent += len(heard)
        if heard and self.remembers:
            self.fresh.setdefault(key, tuple(heard))


@dataclass(frozen=True)
class Report:
    """All that was said of one deployment at one tier, check by check."""

    tier: str
    runs: tuple[CheckRun, ...]
    said: Mapping[int, tuple[Judgement, ...]]
    unserved: tuple[Judgement, ...]
    sent: int

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was exchanged, once each."""
        return tuple({id(each): each for one in self.runs for each in one.heard}.values())

    @cached_property
    def outcome(self) -> Outcome:
        """What the run comes to."""
        judgements = [one.judgement for one in self.runs]
        judgements += [one for each in self.exchanges for one in self.said[id(each)]]
        judgements += [*judge.judge_run(self.exchanges, LAW), *self.unserved]
        scope = Scope(_decided(), self.tier, LAW.not_promised)
        return decide(LAW.clauses.values(), judgements, scope, today=TODAY)

    @property
    def violated(self) -> frozenset[str]:
        """The clauses that are violated, whatever their gate."""
        said = self.outcome.clauses
        return frozenset(one.clause.id for one in said if one.verdict is Verdict.VIOLATED)

    def text(self, *clauses: str) -> str:
        """What was found, for a failing test to show."""
        return bench.Verdicts(self.outcome, self.exchanges).text(*clauses)


@cache
def _decided() -> Mapping[str, str]:
    """The tiers of the clauses that need no other client."""
    alone = {case.clause for case in catalogue.load(LAW) if not bench.starts_a_client(case)}
    alone |= judge.rules(LAW).covered
    return {clause: tier for clause, tier in catalogue.tiers(LAW).items() if clause in alone}


def learn(base_url: str, tiers: Sequence[str] = checks.TIERS) -> Memory:
    """Ask the honest reference everything, and keep it."""
    memory = Memory()
    for tier in tiers:
        report = _examine(base_url, memory, memory, tier, ())
        memory.runs[tier] = {one.case.name: one for one in report.runs}
    return memory


def examine(
    root: str,
    honest: Memory,
    tier: str,
    *,
    fault: str = "",
    moods: Sequence[str] = (),
    own: Memory | None = None,
    seed: str = SEED,
) -> Report:
    """Run every check that may see the difference that a fault and some variants make.

    `own` is what the same deployment answered to smaller tiers.
    """
    variants = f"/variant/{'+'.join(moods)}" if moods else ""
    url = f"{root}{f'/fault/{fault}' if fault else ''}{variants}/v1"
    mine = Memory() if own is None else own
    return _examine(url, honest, mine, tier, alterations(fault, moods), seed)


def chosen(case: checks.Check, tier: str) -> bool:
    """Whether this check is run: all but those that start other clients, or draw thousands."""
    within = checks.TIERS.index(case.tier) <= checks.TIERS.index(tier)
    return within and not bench.starts_a_client(case) and not (case.last and case.tier == "deep")


def _examine(
    base_url: str,
    honest: Memory,
    own: Memory,
    tier: str,
    altered: Sequence[Alteration],
    seed: str = SEED,
) -> Report:
    said: dict[int, tuple[Judgement, ...]] = {}
    heard: list[Exchange] = []

    def announce(exchange: Exchange) -> None:
        heard.append(exchange)
        known = honest.said.get(id(exchange), own.said.get(id(exchange)))
        said[id(exchange)] = tuple(judge.judge(exchange, LAW)) if known is None else known

    with deployment(base_url, honest, own, (tier, seed), announce) as (dut, client, held):
        client.concerned = concerns(altered, client)
        runs = []
        for case in ordered(tier):
            one = honest.runs.get(tier, {}).get(case.name)
            if one is None or any(client.concerned(each) for each in one.asked):
                heard.clear()
                client.asked.clear()
                held.used.clear()
                judgement = checks.execute(case, dut)
                asked = {*client.asked, *held.used, *((LISTING,) if case.sent else ())}
                one = CheckRun(case, judgement, frozenset(asked), tuple(heard))
            for each in one.heard:
                if id(each) not in said:
                    said[id(each)] = honest.said[id(each)]
            runs.append(one)
        for key, answers in client.fresh.items():
            own.answers.setdefault(key, answers)
        own.said.update(said)
        unserved = tuple(prerequisites.unserved(LAW, dut.cast))
        return Report(tier, tuple(runs), said, unserved, client.sent)


def ordered(tier: str) -> list[checks.Check]:
    """The checks of a tier in the order of a run: the smallest tier first, what is drawn last."""
    cases = [case for case in catalogue.load(LAW) if chosen(case, tier)]
    return sorted(cases, key=lambda case: (checks.TIERS.index(case.tier), case.last))


@contextmanager
def deployment(
    base_url: str,
    honest: Memory,
    own: Memory,
    asked: tuple[str, str],
    announce: Callable[[Exchange], None],
) -> Iterator[tuple[Deployment, Remembering, bench.Held]]:
    """A deployment whose client remembers; `asked` are the tier and the seed."""
    os.environ[bench.KEY_ENV] = bench.BENCH_KEY
    secret = Secret(bench.BENCH_KEY)
    setup = Setup(base_url, bench.KEY_ENV, LAW.name, *asked)
    # The folder is of this deployment alone: what hung elsewhere is asked.
    with tempfile.TemporaryDirectory() as folder:
        client = Remembering(
            base_url,
            secret,
            Redactor.of(secret),
            bench.Unbounded(Path(folder)),
            announce,
            setup.limits,
            LAW,
            honest,
            own,
        )
        client.remembers = True
        held = bench.Held(Path(), base_url)
        try:
            yield Deployment(client, held, LAW, setup), client, held
        finally:
            client.close()
