"""The suite against every fault and every variant.

python -m tests.kill_matrix                       all of it, and reports/kill-matrix.{json,md}
python -m tests.kill_matrix --only 'audio-*'      some of it, to the terminal alone
python -m tests.kill_matrix --flips 20            the verdicts of 20 runs on a noisy deployment
"""

from __future__ import annotations

import argparse
import os
import time
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from fixtures.reference import faults, variants
from tests.kill_matrix import combinations, crew, kills, published, silences

if TYPE_CHECKING:
    from tests.kill_matrix.kills import Kill
    from tests.kill_matrix.memory import Memory
    from tests.kill_matrix.silences import Silence


def _kill(root: str, known: Memory, name: str) -> Kill:
    return kills.kill(root, known, name)


def _silence(root: str, known: Memory, name: str) -> Silence:
    return silences.silence(root, known, name.split("+"))


def main() -> int:
    """Measure, tell, and write."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.kill_matrix",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="?", choices=("all", "faults", "variants"), default="all")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="faults and variants")
    parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 1))
    parser.add_argument("--out", type=Path, metavar="FILE", help="the JSON; .md stands beside it")
    parser.add_argument("--combinations", type=int, default=60, help="sets of variants to draw")
    asked = parser.parse_args()
    began = time.perf_counter()
    lies, moods = (
        [name for name in register.load().entries if fnmatch(name, asked.only) and asked.what != no]
        for register, no in ((faults, "variants"), (variants, "faults"))
    )
    sets = combinations.drawn(moods, asked.combinations)
    known = crew.learned()
    killed: dict[str, Kill] = {}
    for one in crew.each(_kill, lies, known, asked.jobs):
        killed[one.name] = one
        print(published.told_of_kill(one), flush=True)
    silent: dict[str, Silence] = {}
    for other in crew.each(_silence, [*moods, *sets], known, asked.jobs):
        silent[other.name] = other
        print(published.told_of_silence(other), flush=True)
    matrix = published.matrix(killed, silent, seconds=time.perf_counter() - began)
    out = asked.out or (published.PATH if (asked.only, asked.what) == ("*", "all") else None)
    if out:
        published.write(matrix, out)
    print(published.summary(matrix))
    return int(not published.good(matrix))


if __name__ == "__main__":
    raise SystemExit(main())
