"""What takes too long for CI: thousands of drawn requests on everything that is lawful.

python -m tests.fuzz silent [--cases 20000] [--each 1000]   the reference, then each variant
python -m tests.fuzz silent --each 20000 --together 8       all cases on each, eight of them at once
python -m tests.fuzz faults [--tier standard]               all faults that only odd input shows
python -m tests.fuzz compare                                the same, by all other checks, and by
                                                            `schemathesis run` alone
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeAlias

from fixtures.reference import variants
from fixtures.session import embedded
from schemas import profiles
from schemas.outcomes import NotApplicable
from schemas.records import Result
from suites.engine import catalogue, judge
from suites.engine.speech import plain
from suites.fuzz import generated, paths, plan
from suites.fuzz.cases import Target, target
from suites.fuzz.drive import Hunt
from suites.fuzz.paths import MODELS
from tests import bench
from tests.fuzz import FAULTS
from tests.fuzz.compare import compare
from tests.kill_matrix import combinations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange
    from schemas.records import Judgement
    from suites.fuzz.cases import Case

LAW = profiles.load(profiles.DEFAULT)

SEED = "silence"
# Drawn requests of the deep tier, by operation.
DEEP = {name: one.drawn.deep for name, one in LAW.operations.items() if one.drawn}
# The cases by operation, for each choice of models.
Drawn: TypeAlias = dict[tuple[str, ...], dict[str, list["Case"]]]


@dataclass
class Heard:
    """All that is said of one deployment: a finding for each clause, and crashes of ours."""

    exchanges: list[Exchange] = field(default_factory=list)
    times: Counter[str] = field(default_factory=Counter)
    first: dict[str, object] = field(default_factory=dict)

    def announce(self, exchange: Exchange) -> None:
        """Judge one exchange as it comes."""
        self.exchanges.append(exchange)
        self.hear(judge.judge(exchange, LAW))

    def hear(self, judgements: Iterable[Judgement]) -> None:
        """Keep what was found, and what crashed."""
        for judgement in judgements:
            if judgement.result is Result.HARNESS_ERROR:
                self.say("harness", judgement.reason)
            for finding in judgement.findings:
                self.say(finding.clause, finding)

    def say(self, clause: str, what: object) -> None:
        """Keep one thing that was said."""
        self.times[clause] += 1
        self.first.setdefault(clause, what)


def silent(root: str, count: int, each: int, only: str, together: int) -> int:
    """Whether nothing is said of the reference, nor of any variant of such a name."""
    catalogue.load(LAW)
    drawn: Drawn = {}
    loud = [_loud(f"{root}/v1", "reference", (count, count, 0), drawn)]
    names = fnmatch.filter(variants.lawful(), only)
    for turn, name in enumerate(combinations.parted(names, together)):
        loud.append(_loud(f"{root}/variant/{name}/v1", name, (each, count, turn), drawn))
    return int(any(loud))


def _loud(base_url: str, name: str, part: tuple[int, int, int], drawn: Drawn) -> bool:
    """Send so many cases of so many, and print what is said of the answers."""
    each, count, turn = part
    heard = Heard()
    with bench.deployment(base_url, heard.announce, seed=SEED) as dut:
        models = _models(dut)
        if models not in drawn:  # the first are those of most variants, which share its cases
            drawn[models] = dict(_drawn(dut, each if drawn else count))
        share = min(1.0, each / sum(map(len, drawn[models].values())))
        began = time.perf_counter()
        hunts = [
            _hunt(dut, operation, _window(cases, round(len(cases) * share), turn))
            for operation, cases in drawn[models].items()
        ]
    for finding in (finding for hunt in hunts for finding in hunt.findings("")):
        heard.say(finding.clause, finding)
    heard.hear(judge.judge_run(heard.exchanges, LAW))
    sent, trouble = sum(hunt.sent for hunt in hunts), sum(hunt.troubled for hunt in hunts)
    counts = dict(heard.times) or "silent"
    seconds = time.perf_counter() - began
    print(f"{name}: {sent} cases, {trouble} inconclusive, {seconds:.0f} s, {counts}", flush=True)
    for clause, what in heard.first.items():
        print(f"    {clause}: {what}"[:700], flush=True)
    return bool(heard.times)


def _models(dut: Deployment) -> tuple[str, ...]:
    """The models that are listed, and those that are asked: for others, other cases are drawn."""
    asked = [
        _target(dut, operation).model
        for operation in DEEP
        if operation != MODELS and _served(dut, operation)
    ]
    return (*(str(entry["id"]) for entry in dut.cast.entries), *asked)


def _window(cases: list[Case], size: int, turn: int) -> list[Case]:
    """So many cases: the borders that come first, and as many that are others in each turn."""
    head, rest = cases[: size - size // 2], cases[size - size // 2 :]
    start = turn * (size // 2) % max(len(rest), 1)
    return head + (rest[start:] + rest[:start])[: size // 2]


def _drawn(dut: Deployment, count: int) -> Iterator[tuple[str, list[Case]]]:
    """So many cases in all, spread over the routes as the deep tier spreads them."""
    whole = sum(DEEP.values())
    for operation in DEEP:
        share = round(count * DEEP[operation] / whole)
        drawn: Iterable[Case]
        if not _served(dut, operation):
            continue
        if operation == MODELS:
            drawn = chain(
                paths.followed(dut), paths.used(dut), paths.tricks(dut), paths.drawn(dut, SEED)
            )
        else:
            hunted = _target(dut, operation)
            drawn = chain(plan.every(hunted), generated.cases(hunted, SEED))
        yield operation, list(islice(_distinct(drawn), share))


def _served(dut: Deployment, operation: str) -> bool:
    try:
        return bool(_target(dut, operation).model)
    except NotApplicable:
        return False


def _distinct(cases: Iterable[Case]) -> Iterator[Case]:
    seen: set[str] = set()
    for case in cases:
        if case.id not in seen:
            seen.add(case.id)
            yield case


def _hunt(dut: Deployment, operation: str, cases: list[Case]) -> Hunt:
    hunt = Hunt(_target(dut, operation), dut.once)
    hunt.run(cases)
    return hunt


def _target(dut: Deployment, operation: str) -> Target:
    if operation == MODELS:
        return Target(dut, LAW.operations[operation], dut.cast.model("chat"))
    one = LAW.operations[operation]
    return target(dut, one, plain(dut) if one.is_form else None)


def found(root: str, tier: str) -> int:
    """How many of the faults are found, by their clause and no other; what was sent, how long."""
    hits = requests = 0
    began = time.perf_counter()
    for name, fault in FAULTS.items():
        base = f"{root}/fault/{name}/v1"
        verdicts = bench.examine(base, of=lambda case: case.last and case.tier == tier, tier=tier)
        # Whatever crashes is seen by the judge of all answers, too.
        hit = set(fault.violates) <= verdicts.violated <= {*fault.violates, "ERR-5XX-01"}
        hits, requests = hits + hit, requests + len(verdicts.exchanges)
        print(
            f"{'found' if hit else 'MISSED'} {name}: {sorted(verdicts.violated)},"
            f" {len(verdicts.exchanges)} requests",
            flush=True,
        )
    seconds = time.perf_counter() - began
    print(f"{hits} of {len(FAULTS)} found, {requests} requests, {seconds:.0f} s")
    return 0


def main() -> int:
    """Start a reference deployment, and run what was asked for on it."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("silent", "faults", "compare"))
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--each", type=int, default=1_000)
    parser.add_argument("--only", metavar="NAME", default="*", help="variants, such as 'chat-*'")
    parser.add_argument("--together", type=int, default=1, help="variants in one deployment")
    parser.add_argument("--tier", choices=("standard", "deep"), default="standard")
    asked = parser.parse_args()
    os.environ[embedded.KEY_ENV] = bench.BENCH_KEY
    running = embedded.Reference.start()
    root = running.base_url.removesuffix("/v1")
    try:
        if asked.what == "silent":
            return silent(root, asked.cases, asked.each, asked.only, asked.together)
        return found(root, asked.tier) if asked.what == "faults" else compare(root)
    finally:
        running.stop()


if __name__ == "__main__":
    raise SystemExit(main())
