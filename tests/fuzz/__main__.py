"""What takes too long for CI: thousands of drawn requests on everything that is lawful.

python -m tests.fuzz silent [--cases 20000] [--each 1000]   the reference, then each variant
python -m tests.fuzz faults [--tier standard]               all faults that only odd input shows
python -m tests.fuzz alone                                  the same, by `schemathesis run` alone
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from fixtures import embedded
from fixtures.reference import variants
from suites import catalogue, judge
from suites.fuzz import generated, paths, plan
from suites.fuzz.cases import Target, target
from suites.fuzz.drive import Hunt
from suites.fuzz.test_fuzz import DEEP, KINDS, MODELS, UPLOAD
from suites.speech import plain
from tests import bench
from tests.fuzz import FAULTS, alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fixtures.deployment import Deployment
    from fixtures.exchange import Exchange
    from suites.fuzz.cases import Case

SEED = "silence"


def silent(root: str, count: int, each: int) -> int:
    """Whether anything is said of the reference, or of a variant. The first loud one ends it."""
    catalogue.load()
    cases: dict[str, list[Case]] = {}
    loud = 0
    for name in ("", *variants.load().entries):
        base = f"{root}/variant/{name}/v1" if name else f"{root}/v1"
        began = time.perf_counter()
        found: Counter[str] = Counter()
        first: dict[str, Any] = {}

        def announce(exchange: Exchange) -> None:
            for judgement in judge.judge(exchange):
                for finding in judgement.findings:
                    found[finding.clause] += 1  # noqa: B023
                    first.setdefault(finding.clause, finding)  # noqa: B023

        with bench.deployment(base, announce, seed=SEED) as dut:
            cases = cases or dict(_drawn(dut, count))
            share = 1.0 if not name else each / count
            hunts = [_hunt(dut, on, some[: round(len(some) * share)]) for on, some in cases.items()]
        for hunt in hunts:
            for finding in hunt.findings(""):
                found[finding.clause] += 1
                first.setdefault(finding.clause, finding)
        sent = sum(hunt.sent for hunt in hunts)
        trouble = sum(hunt.troubled for hunt in hunts)
        seconds = time.perf_counter() - began
        print(
            f"{name or 'reference'}: {sent} cases, {trouble} inconclusive, {seconds:.0f} s,"
            f" {dict(found) or 'silent'}",
            flush=True,
        )
        for clause, finding in first.items():
            print(f"    {clause}: {finding}"[:700], flush=True)
        loud += bool(found)
    return int(bool(loud))


def _drawn(dut: Deployment, count: int) -> Iterator[tuple[str, list[Case]]]:
    """So many cases in all, spread over the routes as the deep tier spreads them."""
    whole = sum(DEEP.values())
    for operation in (*KINDS, MODELS):
        share = round(count * DEEP[operation] / whole)
        drawn: Iterable[Case]
        if operation == MODELS:
            drawn = chain(
                paths.followed(dut), paths.used(dut), paths.tricks(dut), paths.drawn(dut, SEED)
            )
        else:
            hunted = _target(dut, operation)
            drawn = chain(plan.every(hunted), generated.cases(hunted, SEED))
        yield operation, list(islice(_distinct(drawn), share))


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
        return Target(dut, "/models", "", "", dut.cast.model("chat"))
    return target(dut, operation, plain(dut) if operation == UPLOAD else None)


def found(root: str, tier: str) -> int:
    """How many of the faults are found, by their clause and no other; what was sent, how long."""
    hits = requests = 0
    began = time.perf_counter()
    for name, fault in FAULTS.items():
        base = f"{root}/fault/{name}/v1"
        verdicts = bench.examine(base, of=lambda case: case.last and case.tier == tier, tier=tier)
        hit = verdicts.violated == set(fault.violates)
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
    parser.add_argument("what", choices=("silent", "faults", "alone"))
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--each", type=int, default=1_000)
    parser.add_argument("--tier", choices=("standard", "deep"), default="standard")
    asked = parser.parse_args()
    os.environ[embedded.KEY_ENV] = bench.BENCH_KEY
    running = embedded.Reference.start()
    root = running.base_url.removesuffix("/v1")
    try:
        if asked.what == "silent":
            return silent(root, asked.cases, asked.each)
        return found(root, asked.tier) if asked.what == "faults" else alone.compare(root)
    finally:
        running.stop()


if __name__ == "__main__":
    raise SystemExit(main())
