"""The fuzz suite against its own faults, and what it takes: `python -m tests.fuzz --help`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.reference import faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from suites.engine.checks import Check

FAULTS = {name: each for name, each in faults.load().entries.items() if name.startswith("fuzz-")}


def drawn_on(operation: str) -> Callable[[Check], bool]:
    """Chooses the checks that draw requests of one operation."""
    return lambda case: case.last and case.label.startswith(f"{operation} ")
