"""Sets of lawful variants that go together, drawn by hypothesis."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = 20
FEWEST, MOST, SHARED = 2, 5, 2
# They send bytes in place of events, so they come last: nobody can change an event after them.
FRAMING = (
    *("comments-in-streams", "resp-flushes-rarely", "stream-comments", "stream-crlf"),
    *("stream-odd-cuts", "http-caches-answers"),
)
# Each gives refusals another shape, and the other one's no longer looks like a refusal of its own.
SHAPES = frozenset(
    {
        *("errors-as-a-list", "errors-as-problem-json", "errors-in-an-object"),
        *("errors-in-both-shapes", "refuses-with-detail", "refuses-with-422"),
        *("resp-gate-404", "resp-gate-500", "resp-gate-list"),
    }
)


def drawn(names: Sequence[str], count: int) -> list[str]:
    """So many different sets of variants, the same for the same names: few have much in common."""
    if len(names) < FEWEST or not count:
        return []
    found: dict[str, set[str]] = {}

    @seed(SEED)
    @settings(
        max_examples=count * 8,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.sampled_from(sorted(names)), min_size=FEWEST, max_size=MOST, unique=True))
    def keep(chosen: list[str]) -> None:
        mine = set(chosen)
        if len(mine & SHAPES) <= 1 and all(len(mine & other) <= SHARED for other in found.values()):
            found["+".join(sorted(chosen, key=_place))] = mine

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keep()
    return list(found)[:count]


def parted(names: Sequence[str], most: int) -> list[str]:
    """Each of these variants in one set, of so many that go together; neighbours are parted."""
    sets: list[list[str]] = [[] for _ in range(-(-len(names) // most))]
    for number, name in enumerate(names):
        turns = (sets[(number + step) % len(sets)] for step in range(len(sets)))
        alone = (each for each in turns if not (name in SHAPES and SHAPES & {*each}))
        next(alone).append(name)
    return ["+".join(sorted(each, key=_place)) for each in sets]


def _place(name: str) -> tuple[int, str]:
    return FRAMING.index(name) + 1 if name in FRAMING else 0, name
