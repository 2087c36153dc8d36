"""The suite against every fault and every variant.

python -m tests.kill_matrix                       all of it, and reports/kill-matrix.json
python -m tests.kill_matrix --update              what is new since, into the same file
python -m tests.kill_matrix --only 'audio-*'      some of it, to the terminal alone
python -m tests.kill_matrix faults                faults alone; or: variants
python -m tests.kill_matrix flips --runs 20       20 runs on noisy deployments: the same verdicts?
"""

from __future__ import annotations

import argparse
import os
import time
import zlib
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from fixtures.reference import faults, variants
from suites.engine.checks import TIERS
from tests.kill_matrix import combinations, flips, kills, published, variant_runs, workers

if TYPE_CHECKING:
    from tests.kill_matrix.kills import Kill
    from tests.kill_matrix.memory import Memory
    from tests.kill_matrix.variant_runs import Silence


def _kill(root: str, known: Memory, name: str) -> Kill:
    return kills.kill(root, known, name)


def _silence(root: str, known: Memory, name: str) -> Silence:
    """Each variant is run at every tier; of their sets one in five at the deep one, too."""
    shallow = "+" in name and zlib.crc32(name.encode()) % 5
    return variant_runs.silence(root, known, name.split("+"), TIERS[:2] if shallow else TIERS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.kill_matrix",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("what", nargs="?", choices=("all", "faults", "variants", "flips"), default="all")
    add("--only", default="*", metavar="PATTERN", help="faults and variants of these names")
    # Deployments that are slow on purpose are waited for: two jobs a core keep it busy.
    add("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    add("--out", type=Path, metavar="FILE", help="the JSON")
    add("--combinations", type=int, default=50, help="sets of variants to draw")
    add("--update", action="store_true", help="keep what was measured of faults as they are now")
    add("--runs", type=int, default=20, help="how often flips runs the suite")
    return parser


def main() -> int:
    """Measure, tell, and write."""
    asked = _parser().parse_args()
    if asked.what == "flips":
        return flips.tell(asked.runs, asked.jobs)
    began = time.perf_counter()
    whole = (asked.only, asked.what) == ("*", "all")
    out = asked.out or (published.PATH if whole or asked.update else None)
    lies, moods = (
        [name for name in names if fnmatch(name, asked.only) and asked.what != no]
        for names, no in ((faults.load().entries, "variants"), (variants.lawful(), "faults"))
    )
    sets = combinations.drawn(moods, asked.combinations)
    matrix = published.Matrix.read(out) if asked.update and out else published.Matrix()
    known = workers.learned()
    for one in workers.each(_kill, [n for n in lies if not matrix.knows(n)], known, asked.jobs):
        matrix.faults[one.name] = one.row()
        print(published.line_of_kill(one), flush=True)
        _keep(matrix, out, began)
    if whole:
        matrix.variants = {n: row for n, row in matrix.variants.items() if n in {*moods, *sets}}
    new = [name for name in (*moods, *sets) if not matrix.heard(name)]
    for other in workers.each(_silence, new, known, asked.jobs):
        matrix.variants[other.name] = other.row()
        print(published.lines_of_silence(other), flush=True)
        _keep(matrix, out, began)
    print(published.summary(matrix.figures))
    return int(not matrix.good)


def _keep(matrix: published.Matrix, out: Path | None, began: float) -> None:
    """Write what is known so far: whoever interrupts the run can go on with `--update`."""
    matrix.seconds = time.perf_counter() - began
    if out:
        published.write(matrix, out)


if __name__ == "__main__":
    raise SystemExit(main())
