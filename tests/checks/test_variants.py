"""Lawful behaviours that differ from the reference's: the suite has nothing to say of them.

A selection: `python -m tests.kill_matrix` runs all of them, at all tiers, and many sets of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kill_matrix import selection, variant_runs

if TYPE_CHECKING:
    from tests.kill_matrix.memory import Memory


@pytest.mark.parametrize("names", selection.of_variants())
def test_a_lawful_variant_violates_nothing(reference: str, honest: Memory, names: str) -> None:
    silence = variant_runs.silence(reference, honest, names.split("+"), selection.TIERS)
    assert not silence.broken
    assert not silence.red, silence.lines
    assert not any(silence.exits.values()), silence.lines
