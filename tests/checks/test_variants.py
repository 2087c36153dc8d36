"""Lawful behaviours that differ from the reference's: the suite has nothing to say of them."""

from __future__ import annotations

import pytest

from fixtures.reference import variants
from tests import bench

# What a variant cannot touch need not be asked again: its name begins with what it alters.
TOUCHED: dict[str, tuple[str, ...]] = {
    "audio-": ("audio",),
    "completions-": ("completions", "completions-stream"),
    "resp-": ("responses", "responses-stream"),
    "models-of-an-owner": (),
    "models-only-one": (),
    "models-": ("models",),
    "auth-": ("auth", "errors"),
    "errors-with-": ("errors", "auth", "models"),
    "errors-end-": ("errors", "auth"),
}

# One of so many is run on each change; `python -m tests.kill_matrix` runs them all.
SHARE = 6


def chosen() -> list[str]:
    """Some variants, others as the catalogue grows."""
    names = list(variants.load().entries)
    return names[len(names) % SHARE :: SHARE]


@pytest.mark.parametrize("name", chosen())
def test_a_lawful_variant_violates_nothing(reference: str, name: str) -> None:
    areas = next((areas for prefix, areas in TOUCHED.items() if name.startswith(prefix)), ())
    verdicts = bench.examine(f"{reference}/variant/{name}/v1", areas=areas)
    assert not verdicts.outcome.harness, verdicts.told()
    assert not verdicts.violated, verdicts.told()
