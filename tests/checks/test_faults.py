"""Each fault of the reference deployment is killed by the clause that it violates, and by no other.

This is the rule that no check lands before it was seen red. A selection: the kill matrix has all.
"""

from __future__ import annotations

import zlib

import pytest

from fixtures.reference import faults
from suites import catalogue
from tests import bench

# What only drawn requests provoke, tests/fuzz proves; what other clients notice, tests/clients.
CLIENTS = ("sdk", "litellm")
ALL = {
    name: fault
    for name, fault in faults.load().entries.items()
    if not name.startswith("fuzz-") and bench.area(fault.violates[0]) not in CLIENTS
}


# One of so many is run on each change; `python -m tests.kill_matrix` runs them all.
SHARE = 40


def chosen() -> list[str]:
    """The first fault of each area, and some that change with the catalogue."""
    first = {bench.area(fault.violates[0]): name for name, fault in reversed(ALL.items())}
    seed = len(ALL)
    turn = [name for name in ALL if zlib.crc32(f"{seed} {name}".encode()) % SHARE == 0]
    return sorted({*first.values(), *turn})


@pytest.fixture(scope="module")
def honest(reference: str) -> bench.Verdicts:
    """All checks on the honest reference."""
    return bench.examine(f"{reference}/v1")


def test_honest_reference_violates_nothing(honest: bench.Verdicts) -> None:
    assert not honest.violated, honest.told()
    assert not honest.outcome.harness, honest.told()


@pytest.mark.parametrize("name", chosen())
def test_fault_is_killed_by_its_clause(reference: str, name: str) -> None:
    clauses = set(ALL[name].violates)
    assert clauses & set(catalogue.tiers()), f"no check decides any of {sorted(clauses)}"
    areas = tuple({bench.area(clause) for clause in clauses})
    for tier in ("standard", "deep"):
        verdicts = bench.examine(f"{reference}/fault/{name}/v1", areas=areas, tier=tier)
        if verdicts.violated & clauses:
            break
    assert not verdicts.outcome.harness, verdicts.told()
    assert verdicts.violated & clauses, verdicts.told(*clauses)
    assert len(verdicts.violated - clauses) <= 1, verdicts.told()
