"""How much is kept of what one judge finds: enough to see the defect, whatever was sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from schemas.records import Finding, Observation

KEPT = 19  # findings of one clause on one exchange, before the one that stands for all others
COUNTED = 1000  # findings of one judge, after which nobody looks for more


@dataclass
class Kept:
    """Observations, and the first findings of each clause on each exchange.

    One finding more stands for all others, and says how many they are.
    """

    observations: list[Observation] = field(default_factory=list)
    _first: list[Finding] = field(default_factory=list)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _next: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def add(self, item: Finding | Observation) -> None:
        """Keep this, or count it."""
        if isinstance(item, Observation):
            self.observations.append(item)
            return
        place = item.clause, item.exchange
        self._counts[place] += 1
        if self._counts[place] <= KEPT:
            self._first.append(item)
        else:
            self._next.setdefault(place, item)

    @property
    def full(self) -> bool:
        """Whether enough was found: a broken stream may hold a defect in each of its events."""
        return self._counts.total() >= COUNTED

    @property
    def findings(self) -> list[Finding]:
        """What was found, in order; the findings that stand for others come last."""
        return [*self._first, *map(self._with_more, self._next)]

    def _with_more(self, place: tuple[str, str]) -> Finding:
        after, more = self._next[place], self._counts[place] - KEPT - 1
        count = f"at least {more}" if self.full else more
        return replace(after, actual=f"{after.actual} (and {count} more)") if more else after
