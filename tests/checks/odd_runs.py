"""Whole runs on odd answers: everything that this suite says of them, and where it crashes.

`python -m tests.checks.odd_runs judges` holds every change at every place of every documented
answer against all invariants, for as long as it may. `… checks --tier standard --seconds 600` runs
the checks on deployments that answer oddly at one place, `… scattered` on such that answer oddly
here and there. Each ends with 1 and names the changes when anything of the suite crashed.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from fixtures.session import embedded
from schemas import profiles
from schemas.records import Result
from suites.engine import catalogue, checks, judge
from tests.bench import BENCH_KEY
from tests.checks import odd
from tests.checks.recorded import record
from tests.kill_matrix import memory
from tests.kill_matrix.memory import SEED, Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from fixtures.transport.exchange import Exchange, Request
    from schemas.records import Judgement


LAW = profiles.load(profiles.DEFAULT)
WHOLLY = 0.2  # of the scattered changes are of whole answers
MOST = 500  # runs; the time ends them


@dataclass(frozen=True)
class Oddity:
    """One change of what one operation answers: `exchange` is the honest answer."""

    name: str
    exchange: Exchange
    change: Callable[[Exchange], Exchange]

    def concerns(self, request: Request) -> bool:
        """Whether the answer to this request is changed: same operation, same form."""
        mine = self.exchange.request
        return request.operation == mine.operation and request.streamed == mine.streamed

    def altered(self, exchange: Exchange) -> Exchange:
        """The answer, changed where it is of concern."""
        return self.change(exchange) if self.concerns(exchange.request) else exchange


@dataclass(frozen=True)
class Scattered:
    """Some answers to all operations changed, each in its own way, drawn from a number.

    One run shows each check many odd answers, and leaves it enough honest ones to begin with.
    """

    seed: int
    share: float

    @property
    def name(self) -> str:
        """The number that draws the same again."""
        return f"scattered {self.seed}, {self.share:.0%}"

    def concerns(self, _: Request) -> bool:
        """Whether the answer to this request may be changed: any may."""
        return True

    def altered(self, exchange: Exchange) -> Exchange:
        """The answer, changed or not: always the same to the same request."""
        draw = random.Random(f"{self.seed} {exchange.id}")
        if draw.random() > self.share:
            return exchange
        if draw.random() < WHOLLY:
            return draw.choice([*odd.WHOLE.values()])(exchange)
        places = odd.places(exchange)
        return (
            odd.changed(exchange, draw.choice(places), draw.choice(odd.CHANGES))
            if places
            else exchange
        )


Odd = TypeVar("Odd", Oddity, Scattered)


def oddities(recorded: Mapping[str, Exchange], each: int = len(odd.CHANGES)) -> Iterator[Oddity]:
    """Every place of every answer, with so many changes in turn."""
    turn = 0
    for name, exchange in recorded.items():
        for place in odd.places(exchange):
            for change in odd.in_turn(odd.CHANGES, turn, each):
                yield Oddity(f"{name}, {place}: {change}", exchange, odd.apply(place, change))
            turn += each


def whole(recorded: Mapping[str, Exchange]) -> Iterator[Oddity]:
    """Every answer with odd bodies, headers and statuses."""
    for name, exchange in recorded.items():
        for description, change in odd.WHOLE.items():
            yield Oddity(f"{name}, {description}", exchange, change)


def judged(oddity: Oddity, beside: Iterable[Exchange]) -> list[Judgement]:
    """What of the invariants crashes on the answer, by itself and twice in a run beside others."""
    catalogue.invariants()
    changed = oddity.change(oddity.exchange)
    run = [*beside, changed, changed.copy()]
    said = chain(judge.judge(changed, LAW), judge.judge_run(run, LAW))
    return [each for each in said if each.result is Result.HARNESS_ERROR]


def checked(
    base_url: str, honest: Memory, oddity: Oddity | Scattered, tier: str
) -> list[Judgement]:
    """Which checks crash on a deployment that answers so, of those that ask for such an answer."""
    crashed = []
    with memory.deployment(base_url, honest, Memory(), (tier, SEED), _nobody) as (dut, client, _):
        client.concerned = lambda _: False
        client.altered = oddity.altered
        for case in memory.ordered(tier):
            honestly = honest.runs[tier].get(case.name)
            if honestly is None or any(map(oddity.concerns, honestly.asked)):
                said = checks.execute(case, dut)
                crashed += [said] if said.result is Result.HARNESS_ERROR else []
    return crashed


def text(found: Sequence[tuple[Oddity | Scattered, Judgement]]) -> str:
    """Each crash once, with the first oddity that made it."""
    first: dict[str, str] = {}
    counted: Counter[str] = Counter()
    for oddity, said in found:
        place = said.reason.rpartition("(")[2]
        counted[place] += 1
        first.setdefault(place, f"{oddity.name}: {said.source} {said.clauses[0]}: {said.reason}")
    return "\n".join(f"{count} × {first[place]}" for place, count in counted.most_common())


def beside(recorded: Mapping[str, Exchange], oddity: Oddity) -> list[Exchange]:
    """What stands in a run beside an odd answer: the models, and the honest answer."""
    return [recorded["models"], oddity.exchange]


def _nobody(_: Exchange) -> None:
    """Hear an exchange, and judge nothing: the invariants have their own run."""


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=("judges", "checks", "scattered"))
    parser.add_argument("--tier", choices=checks.TIERS, default="smoke")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    os.environ[embedded.KEY_ENV] = BENCH_KEY
    running = embedded.Reference.start()
    try:
        recorded = record(running.base_url)
        work = [*oddities(recorded), *whole(recorded)]
        random.Random(asked.seed).shuffle(work)
        if asked.what == "judges":
            return _report(work, asked.seconds, lambda one: judged(one, beside(recorded, one)))
        tiers = checks.TIERS[: checks.TIERS.index(asked.tier) + 1]
        honest = memory.learn(running.base_url, tiers)
        url = running.base_url
        if asked.what == "scattered":
            shares = (0.1, 0.3, 0.6)
            runs = [Scattered(asked.seed + n, shares[n % len(shares)]) for n in range(MOST)]
            return _report(runs, asked.seconds, lambda one: checked(url, honest, one, asked.tier))
        return _report(work, asked.seconds, lambda one: checked(url, honest, one, asked.tier))
    finally:
        running.stop()


def _report(work: Sequence[Odd], seconds: float, run: Callable[[Odd], list[Judgement]]) -> int:
    found: list[tuple[Odd, Judgement]] = []
    until, done = time.monotonic() + seconds, 0
    every = max(1, len(work) // 500)
    for oddity in work:
        if time.monotonic() > until:
            break
        crashed = [(oddity, each) for each in run(oddity)]
        found += crashed
        done += 1
        if crashed or not done % every:
            sys.stdout.write(f"{done}: {text(crashed) or 'no crash'}\n")
            sys.stdout.flush()
    odd_ones = len({oddity.name for oddity, _ in found})
    summary = (
        f"{len(found)} crashes on {odd_ones} of {done} odd answers, of {len(work)} that there are"
    )
    sys.stdout.write(f"{summary}\n{text(found)}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
