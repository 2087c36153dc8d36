"""The published kill matrix is of the faults and variants that there are, and of these checks."""

from __future__ import annotations

import json

from fixtures.reference import faults, variants
from schemas import profiles
from tests.kill_matrix import combinations, published
from tests.kill_matrix.proof import UNBREAKABLE, UNMEASURED, UNPROVEN
from tests.kill_matrix.published import Matrix

LAW = profiles.load(profiles.DEFAULT)

AGAIN = "run `python -m tests.kill_matrix --update`, and commit reports/kill-matrix.json"
GATES = ("block", "warn")
CLAUSES = {each.id: each for each in LAW.clauses.values() if each.gate in GATES}
BROKEN = {clause for each in faults.load().entries.values() for clause in each.violates}


def test_each_clause_that_can_be_broken_has_a_fault() -> None:
    missing = CLAUSES.keys() - BROKEN - UNBREAKABLE.keys()
    assert not missing, f"write a fault for each of {sorted(missing)}"
    assert not UNBREAKABLE.keys() & BROKEN, "these have faults: take them out of UNBREAKABLE"


def test_faults_break_what_exists() -> None:
    assert LAW.clauses.keys() >= BROKEN


def test_every_fault_and_variant_was_measured() -> None:
    matrix = Matrix.read()
    assert faults.load().entries.keys() == matrix.faults.keys(), AGAIN
    measured = matrix.variants.keys()
    assert {*variants.lawful()} - UNMEASURED <= measured, AGAIN
    assert not UNMEASURED & measured, "these were measured: take them out of UNMEASURED"
    assert [n for n in faults.load().entries if not matrix.knows(n)] == [], AGAIN


def test_every_fault_is_killed_and_nothing_lawful_is_accused() -> None:
    matrix = Matrix.read()
    assert [name for name, row in matrix.faults.items() if not row["killed"]] == []
    assert [name for name, row in matrix.variants.items() if row["red"]] == []
    assert matrix.figures["collateral"] < 1
    assert matrix.good


def test_each_blocking_clause_kills_a_fault_of_its_own() -> None:
    clauses = Matrix.read().clauses
    blocking = {name for name, each in CLAUSES.items() if each.gate == "block"}
    silent = {name for name in blocking if not clauses[name]["seen"]} - UNBREAKABLE.keys()
    assert silent == UNPROVEN.keys(), "blocking clauses whose checks have seen no fault of theirs"


def test_file_is_what_is_read_of_it() -> None:
    text = published.PATH.read_text("utf-8")
    assert published.as_text(json.loads(text)) == text
    assert json.loads(text)["clauses"] == Matrix.read().clauses, AGAIN


def test_variants_are_many_and_sets_of_them_are_drawn_alike() -> None:
    names = sorted(variants.lawful())
    assert len(names) >= 40
    sets = combinations.drawn(names, 50)
    assert sets == combinations.drawn(names, 50)
    assert len(set(sets)) == 50
    assert {1, 2, 3, 4} >= {each.count("+") for each in sets}
