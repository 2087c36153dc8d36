"""Faults of the reference deployment are killed by the clauses that they violate, and by no other.

This is the rule that no check lands before it was seen red. A selection that takes about a minute:
`python -m tests.kill_matrix` runs all of them, and writes what the tests of the matrix hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.reference import faults
from schemas import profiles
from schemas.records import Verdict
from suites.engine import catalogue
from tests import bench
from tests.kill_matrix import agreement, memory, selection
from tests.kill_matrix.published import Matrix

if TYPE_CHECKING:
    from tests.kill_matrix.memory import Memory

LAW = profiles.load(profiles.DEFAULT)

MEASURED = Matrix.read().faults


def test_honest_reference_violates_nothing(reference: str, honest: Memory) -> None:
    for tier in selection.TIERS:
        outcome = memory.examine(reference, honest, tier).outcome
        assert not outcome.harness, outcome.harness
        assert outcome.exit_status == 0
        assert not [one for one in outcome.clauses if one.verdict is Verdict.VIOLATED]


@pytest.mark.parametrize("name", selection.of_faults())
def test_fault_is_killed_by_its_clause(reference: str, honest: Memory, name: str) -> None:
    clauses = set(faults.load().entries[name].violates)
    assert clauses & set(catalogue.tiers(LAW)), f"no check decides any of {sorted(clauses)}"
    report = memory.examine(reference, honest, selection.TIERS[-1], fault=name)
    assert not report.outcome.harness, report.outcome.harness
    assert not [*agreement.agreeing(report.outcome)]
    known = set(MEASURED[name]["collateral"]) if name in MEASURED else set()
    assert len(report.violated - clauses - known) <= 1, report.text()
    if name in MEASURED or report.violated & clauses:
        assert report.violated & clauses, report.text(*clauses)
        return
    verdicts = bench.examine(f"{reference}/fault/{name}/v1", *clauses)
    assert verdicts.violated & clauses, verdicts.text(*clauses)
