"""Which faults and variants are run on each change: what is new, what is cheap, some in turn."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from fixtures.reference import faults, variants
from schemas import profiles
from suites.engine import checks
from tests import bench
from tests.kill_matrix import combinations
from tests.kill_matrix.kills import CLIENTS
from tests.kill_matrix.proof import UNMEASURED
from tests.kill_matrix.published import Matrix

LAW = profiles.load(profiles.DEFAULT)

TIERS = checks.TIERS[:2]
# Requests, the examination itself counted as some; a second takes about two hundred.
EXAMINED, FAULTS_COST, VARIANTS_COST = 40, 5_000, 4_000
SETS = 3


def of_faults() -> list[str]:
    """Faults that are not measured yet; for each clause the cheapest; then others, in turn."""
    matrix = Matrix.read()
    own = [
        name for name, each in faults.load().entries.items() if not _elsewhere(name, each.violates)
    ]
    new = [name for name in own if name not in matrix.faults]
    quick = [name for name in own if name not in new and matrix.faults[name]["tier"] in TIERS]
    quick.sort(key=lambda name: (matrix.faults[name]["sent"], name))
    cheapest: dict[str, str] = {}
    for name in quick:
        for clause in matrix.faults[name]["violates"]:
            if clause in matrix.faults[name]["red"]:
                cheapest.setdefault(clause, name)
    wanted = dict.fromkeys((*new, *cheapest.values(), *_in_turn(quick)))
    costs = {name: matrix.faults[name]["sent"] if name in matrix.faults else 200 for name in wanted}
    return list(_within(costs, FAULTS_COST))


def of_variants() -> list[str]:
    """Variants that are not measured yet, others in turn, and a few sets of them."""
    matrix = Matrix.read()
    names = [name for name in variants.lawful() if name not in UNMEASURED]
    new = [name for name in names if name not in matrix.variants]
    sets = combinations.drawn(names, 40)
    first = sorted(sets, key=_turn)[:SETS]
    costs = {
        name: matrix.variants[name]["sent"] if name in matrix.variants else 400
        for name in dict.fromkeys((*new, *first, *_in_turn(names)))
    }
    return list(_within(costs, VARIANTS_COST))


def _elsewhere(name: str, violates: tuple[str, ...]) -> bool:
    """Whether other tests run it: tests/fuzz what is drawn, tests/clients what clients notice."""
    return name.startswith("fuzz-") or any(bench.area(clause) in CLIENTS for clause in violates)


def _turn(name: str) -> int:
    """An order that changes with the contract and the number of faults: each has its turn."""
    salt = f"{LAW.digest} {len(faults.load().entries)}"
    return zlib.crc32(f"{salt} {name}".encode())


def _in_turn(names: list[str]) -> list[str]:
    return sorted(names, key=_turn)


def _within(costs: dict[str, int], most: int) -> Iterator[str]:
    """As many as the budget holds, in this order."""
    for name, sent in costs.items():
        most -= sent + EXAMINED
        if most < 0:
            return
        yield name
