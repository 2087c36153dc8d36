"""All checks and invariants of the suite, loaded without pytest's collection.

Under pytest-xdist the controller collects nothing, and still has to know which clauses this
version of the suite can decide.
"""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from suites import checks, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent


@cache
def load() -> tuple[checks.Check, ...]:
    """Import every check and invariant; returns the checks in the order of their files."""
    invariants()
    _import("*/test_*.py")
    return tuple(checks.REGISTRY.values())


@cache
def invariants() -> None:
    """Import every invariant: the judge knows those that are imported, and judges from then on."""
    _import("invariants/*.py")


def _import(pattern: str) -> None:
    for path in sorted(ROOT.glob(pattern)):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        importlib.import_module(".".join(parts))


def tiers() -> Mapping[str, str]:
    """The smallest tier that decides each clause that this version can decide.

    What an invariant decides is decided by any traffic, so already in the smoke tier.
    """
    smallest: dict[str, str] = {}
    for case in load():
        old = smallest.get(case.clause, checks.TIERS[-1])
        smallest[case.clause] = min(old, case.tier, key=checks.TIERS.index)
    for clause in judge.covered():
        smallest.setdefault(clause, checks.TIERS[0])
    return smallest
