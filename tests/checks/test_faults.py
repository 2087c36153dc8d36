"""Each fault of the reference deployment is killed by the clause that it violates, and by no other.

This is the rule that no check lands before it was seen red, held for the whole catalogue.
"""

from __future__ import annotations

import pytest

from fixtures.reference import faults
from suites import catalogue
from tests import bench

# What only drawn requests provoke, tests/fuzz proves; what other clients notice, tests/clients.
CLIENTS = ("sdk", "litellm")
FAULTS = {
    name: fault
    for name, fault in faults.load().entries.items()
    if not name.startswith("fuzz-") and bench.area(fault.violates[0]) not in CLIENTS
}


@pytest.fixture(scope="module")
def honest(reference: str) -> bench.Verdicts:
    """All checks on the honest reference."""
    return bench.examine(f"{reference}/v1")


def test_honest_reference_violates_nothing(honest: bench.Verdicts) -> None:
    assert not honest.violated, honest.told()
    assert not honest.outcome.harness, honest.told()


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_killed_by_its_clause(reference: str, name: str) -> None:
    clauses = set(FAULTS[name].violates)
    checked = clauses & set(catalogue.tiers())
    assert checked, f"no check decides any of {sorted(clauses)}"
    areas = tuple({bench.area(clause) for clause in clauses})
    verdicts = bench.examine(f"{reference}/fault/{name}/v1", areas=areas)
    assert not verdicts.outcome.harness, verdicts.told()
    assert verdicts.violated & clauses, verdicts.told(*clauses)
    collateral = verdicts.violated - clauses
    assert len(collateral) <= 1, verdicts.told()
