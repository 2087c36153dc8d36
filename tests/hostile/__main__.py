"""The suite against every hostile deployment.

python -m tests.hostile                        every second one, and reports/hostile.json
python -m tests.hostile --all                  all of it: twice as long
python -m tests.hostile --only 'echoes-*'      some of it
python -m tests.hostile --list                 names, kinds, and the verdicts that are right
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from tests.hostile import vices, watch
from tests.hostile.referee import MEGABYTE, ROOT, Bounds, Result, judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.hostile.ground import Deployment

OUT = ROOT / "reports" / "hostile.json"
HONEST = "honest"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.hostile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--only",
        action="append",
        default=[],
        metavar="GLOB",
        help="deployments of these names or kinds; repeatable",
    )
    add(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        help="runs at a time (default: %(default)s)",
    )
    add("--request-timeout", type=float, default=5.0, metavar="S")
    add("--tier", choices=("smoke", "standard", "deep"), help="run this tier on all of them")
    add(
        "--kill-after",
        type=float,
        default=Bounds.hard,
        metavar="S",
        help="seconds after which a run is killed (default: %(default)g)",
    )
    add("--out", type=Path, default=OUT, metavar="FILE", help="the JSON (default: %(default)s)")
    add("--all", action="store_true", help="run those, too, that are much like another")
    add("--list", action="store_true", help="print the list, and exit")
    return parser


def _named(deployment: Deployment, patterns: list[str]) -> bool:
    return any(fnmatch(n, p) for n in (deployment.name, deployment.kind) for p in patterns)


def _usual(deployment: Deployment) -> bool:
    """Whether it runs each time: one in two does, the same ones, and all that are asked much."""
    return deployment.tier != "smoke" or zlib.crc32(deployment.name.encode()) % 2 > 0


def row(result: Result) -> str:
    """One line of the table."""
    memory, written = result.memory / MEGABYTE, result.written / MEGABYTE
    figures = f"{result.seconds:6.1f} s {memory:6.0f} MB {written:6.1f} MB"
    verdict = f"{result.headline or '-'} {result.exit_status}"
    head = f"{'WRONG' if result.wrong else 'ok':5} {result.name:52} {verdict:18} {figures}"
    return "\n".join([head, *(f"        {each}" for each in result.wrong)])


def measured(deployments: Iterable[Deployment], asked: argparse.Namespace) -> list[Result]:
    """The results, printed as they come; the honest runs come first, one a tier."""
    bounds = Bounds(hard=asked.kill_after)
    chosen = list(deployments)
    tiers = {asked.tier or each.tier for each in chosen}
    honest = vices.load()[HONEST]
    bases: dict[str, Result] = {}
    for tier in sorted(tiers):
        bases[tier] = judge(honest, asked.request_timeout, None, bounds, tier)
        print(row(bases[tier]), flush=True)

    def one(deployment: Deployment) -> Result:
        tier = asked.tier or deployment.tier
        result = judge(deployment, asked.request_timeout, bases[tier], bounds, tier)
        print(row(result), flush=True)
        return result

    rest = [each for each in chosen if each.name != HONEST]
    # The long ones first, or the last one runs alone; kinds mixed, or slow ones meet.
    rest.sort(key=lambda each: (each.tier == "smoke", zlib.crc32(each.name.encode())))
    with ThreadPoolExecutor(asked.jobs) as pool:
        return [*bases.values(), *pool.map(one, rest)]


def main() -> int:
    """Run, print, write; 1 when anything is wrong."""
    asked = _parser().parse_args()
    every = vices.load()
    chosen = [d for d in every.values() if _named(d, asked.only or ["*"])]
    if not (asked.only or asked.all or asked.list):
        chosen = [each for each in chosen if _usual(each)]
    if asked.list:
        for each in chosen:
            lawful = " or ".join(sorted(f"{text} {code}" for text, code in each.lawful))
            print(f"{each.kind:10} {each.name:52} {each.tier:8} {lawful}")
        print(f"{len(chosen)} deployments")
        return 0
    if not chosen:
        print(f"no deployment is called {', '.join(asked.only)}: see --list", file=sys.stderr)
        return 4
    began = time.monotonic()
    watch.adopt_orphans()
    results = measured(chosen, asked)
    wrong = [each for each in results if each.wrong]
    asked.out.write_text(json.dumps([asdict(each) for each in results], indent=1), "utf-8")
    print(
        f"{len(results)} runs in {time.monotonic() - began:.0f} s, {len(wrong)} wrong; "
        f"at most {max(each.seconds for each in results):.0f} s, "
        f"{max(each.memory for each in results) / MEGABYTE:.0f} MB of memory, "
        f"{max(each.written for each in results) / MEGABYTE:.0f} MB written; "
        f"{sum(bool(each.leaked) for each in results)} with the key, "
        f"{sum(each.blind for each in results)} processes that could not be looked into: "
        f"{asked.out}"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
