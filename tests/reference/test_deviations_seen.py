"""What was reported of real servers is staged here, and seen where the documents forbid it."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.reference import faults, variants
from tests.kill_matrix.published import Matrix

PATH = Path(__file__).with_name("deviations_seen.yaml")
KINDS = ("faults", "variants", "outside")
# How many deviations of each kind were reported; their numbers have no gaps.
REPORTED = {"A": 28, "B": 30, "C": 9, "D": 14, "E": 9, "F": 12, "G": 18}
ROWS: list[dict[str, Any]] = yaml.safe_load(PATH.read_text("utf-8"))


@cache
def matrix() -> Matrix:
    return Matrix.read()


def test_each_deviation_has_its_row() -> None:
    ids = [row["id"] for row in ROWS]
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    expected = {f"{part}{number + 1}" for part, most in REPORTED.items() for number in range(most)}
    assert {re.sub("b$", "", name) for name in ids} == expected


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_each_row_says_one_thing_that_holds(row: dict[str, Any]) -> None:
    kinds = [kind for kind in KINDS if row.get(kind)]
    assert len(kinds) == 1, f"one of {KINDS}"
    assert {*row} == {"id", "what", *kinds}
    known = {"faults": faults.load().entries, "variants": variants.load().entries}
    if kinds != ["outside"]:
        named = row[kinds[0]]
        missing = [name for name in named if name not in known[kinds[0]]]
        assert not missing, f"there are no such {kinds[0]}"
        assert len({*named}) == len(named)


@pytest.mark.parametrize("row", [row for row in ROWS if "faults" in row], ids=lambda row: row["id"])
def test_each_fault_is_killed(row: dict[str, Any]) -> None:
    unseen = [name for name in row["faults"] if not matrix().knows(name)]
    assert not unseen, "not measured, or survived: run `python -m tests.kill_matrix --update`"


@pytest.mark.parametrize(
    "row", [row for row in ROWS if "variants" in row], ids=lambda row: row["id"]
)
def test_no_variant_is_accused(row: dict[str, Any]) -> None:
    loud = [name for name in row["variants"] if not matrix().heard(name)]
    assert not loud, "not measured, or accused: run `python -m tests.kill_matrix --update`"
