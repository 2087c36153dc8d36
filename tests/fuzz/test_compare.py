"""What was measured side by side is of the faults that there are, and says what it says."""

from __future__ import annotations

import json

from tests.fuzz import FAULTS, compare

ENOUGH = 25
MEASURED = json.loads(compare.JSON.read_text("utf-8"))


def test_every_fault_was_measured() -> None:
    assert MEASURED["faults"].keys() == FAULTS.keys()


def test_the_table_says_what_was_measured() -> None:
    assert compare.table(MEASURED) == compare.TABLE.read_text("utf-8")


def test_enough_of_them_are_provoked_by_no_written_check() -> None:
    faults = MEASURED["faults"].values()
    assert sum(not row[compare.WRITTEN]["found"] for row in faults) >= ENOUGH


def test_the_fuzz_suite_found_each_fault_and_accused_nobody() -> None:
    missed = [name for name, row in MEASURED["faults"].items() if not row[compare.OURS]["found"]]
    assert not missed
    assert not MEASURED["on the honest reference"][compare.OURS]
