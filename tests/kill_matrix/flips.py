"""Whether verdicts flip: the suite run many times on deployments that are noisy and lawful."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tests.kill_matrix import memory, workers

if TYPE_CHECKING:
    from tests.kill_matrix.memory import Memory

NOISY = "model-is-random+http-is-slow"
TIER = "standard"
Verdicts = dict[str, str]


def _run(root: str, _: Memory, seed: str) -> Verdicts:
    """The verdict on each clause, with nothing remembered."""
    report = memory.examine(root, memory.Memory(), TIER, moods=NOISY.split("+"), seed=seed)
    return {one.clause.id: str(one.verdict) for one in report.outcome.clauses}


def tell(runs: int, jobs: int) -> int:
    """Print which clauses did not have one verdict, and how often; a status that says whether any.

    Every run has a seed of its own, as two runs of a CI job have.
    """
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for verdicts in workers.each(_run, [f"{n:02x}" for n in range(runs)], memory.Memory(), jobs):
        for clause, verdict in verdicts.items():
            seen[clause][verdict] += 1
    flipped = {clause: counts for clause, counts in seen.items() if len(counts) > 1}
    for clause, counts in flipped.items():
        print(f"{clause}: {', '.join(f'{verdict} {n}' for verdict, n in counts.most_common())}")
    print(f"{runs} runs on {NOISY}: {len(flipped)} of {len(seen)} clauses flipped")
    return int(bool(flipped))
