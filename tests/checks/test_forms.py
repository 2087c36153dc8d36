"""What a check asks for at a tier is counted, so that the reports can say how much that was."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from schemas.records import Forms
from suites.support import probes

VALUES = tuple(range(12))


def dut(tier: str) -> Any:
    """As much of a deployment as the choice needs."""
    return SimpleNamespace(setup=SimpleNamespace(tier=tier), forms=[])


@pytest.mark.parametrize(("tier", "asked"), [("standard", 3), ("deep", 12)])
def test_first_values_are_counted(tier: str, asked: int) -> None:
    one = dut(tier)
    assert list(probes.at_tier(one, VALUES, 3)) == list(VALUES[:asked])
    assert one.forms == [Forms(asked, 12)]


@pytest.mark.parametrize(("tier", "asked"), [("standard", 3), ("deep", 9)])
def test_combinations_are_counted(tier: str, asked: int) -> None:
    one = dut(tier)
    assert len(probes.crossed_at_tier(one, "abc", "xyz")) == asked
    assert one.forms == [Forms(asked, 9)]


@pytest.mark.parametrize(("tier", "asked"), [("standard", 16), ("deep", 100)])
def test_of_a_thousand_alike_a_hundred_are_asked_at_most(tier: str, asked: int) -> None:
    one = dut(tier)
    chosen = probes.spread_at_tier(one, range(1000), 16)
    assert len(chosen) == len(set(chosen)) == asked
    assert (chosen[0], chosen[-1]) == (0, 999)
    assert one.forms == [Forms(asked, 1000)]
