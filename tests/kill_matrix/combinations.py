"""Sets of lawful variants that go together, drawn by hypothesis."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = 20
FEWEST, MOST = 2, 5


def drawn(names: Sequence[str], count: int) -> list[str]:
    """So many different sets of variants, the same for the same names."""
    if len(names) < FEWEST or not count:
        return []
    found: dict[str, None] = {}

    @seed(SEED)
    @settings(
        max_examples=count * 2,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.sampled_from(sorted(names)), min_size=FEWEST, max_size=MOST, unique=True))
    def keep(chosen: list[str]) -> None:
        found["+".join(sorted(chosen))] = None

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keep()
    return list(found)[:count]
