"""Sends drawn requests, makes a failing one smaller, and tells each cause once.

A cause is a symptom and the odd fields that bring it about; a case whose failure goes away with
the odd field of a known cause is one more example of it, and is counted only.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from schemas.outcomes import Inconclusive, NotRecorded, NotRun, Untestable
from suites.engine import verify
from suites.fuzz.cases import flat
from suites.fuzz.verdict import Defect, defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.transport.exchange import Exchange, Request
    from schemas.records import Finding
    from suites.fuzz.cases import Case, Odd, Target

# Requests to make one cause small, and all causes of a hunt.
SHRINKS = 40
ALL_SHRINKS = 120
EXAMPLES = 12
CAUSES = 12
TROUBLES = 8


@dataclass
class Cause:
    """One distinct defect: the smallest request that shows it, and how many others do."""

    case: Case
    defect: Defect
    exchange: Exchange
    origin: str
    times: int = 1


@dataclass(frozen=True)
class Asked:
    """An answer, and what is wrong with it."""

    exchange: Exchange
    wrong: Defect | None

    def shows(self, flaw: Defect) -> bool:
        """Whether the answer shows the same symptom."""
        return self.wrong is not None and self.wrong.symptom == flaw.symptom


@dataclass
class Hunt:
    """One hunt on one target: the causes found so far, and what was spent on them.

    `ask` gives the exchange of a request; `only` is the id of the only case to send, `most` the
    share of the run's budget, None for no bound. `patience` bounds the seconds that are `lost`
    waiting for answers that do not come; `spent` says that the run's budget is.
    """

    target: Target
    ask: Callable[[Request], Exchange]
    only: str = ""
    most: int | None = None
    patience: float = 180.0
    causes: dict[object, Cause] = field(default_factory=dict)
    sent: int = 0
    shrunk: int = 0
    troubled: int = 0
    lacking: NotRecorded | None = None
    lost: float = 0.0
    spent: bool = False

    def run(self, cases: Iterable[Case]) -> None:
        """Send the cases one after the other, until the budget or the patience ends."""
        seen: set[str] = set()
        for case in flat(cases) if self.only else cases:
            if case.id in seen or (self.only and case.id != self.only):
                continue
            seen.add(case.id)
            self._try(case)
            over = self.most is not None and self.sent >= self.most
            if over or self.spent or self.weary or len(self.causes) >= CAUSES:
                return

    @property
    def weary(self) -> bool:
        """Whether too much did not come back to go on."""
        return self.troubled > TROUBLES or self.lost > self.patience

    def findings(self, again: str) -> Iterator[Finding]:
        """One finding a cause; `again` is the command that replays a case, up to its id."""
        for cause in self.causes.values():
            found = verify.deviation(cause.exchange, *cause.defect.expected)
            more = f"; {cause.times} requests show it" if cause.times > 1 else ""
            places = ", ".join(f"/{name}" for name in cause.case.odd) or "the request"
            where = f"{places}{more}; replay: {again}{cause.origin}"
            yield replace(found, clause=cause.defect.clause, where=where)

    def _try(self, case: Case) -> None:
        """Send a case, and its parts where it is not answered: one of them may tell more."""
        asked = self._ask(case)
        if asked is None:
            return
        shown = self._shown()
        if not self.only and (asked.wrong or not asked.exchange.ok):
            for part in case.parts:
                if not self.weary:
                    self._try(part)
        if asked.wrong and self._shown() == shown and not self._known(case, asked.wrong):
            self._keep(case, asked.wrong, asked.exchange, case.id)

    def _shown(self) -> int:
        """How many cases have shown a cause so far."""
        return sum(cause.times for cause in self.causes.values())

    def _keep(self, case: Case, wrong: Defect, exchange: Exchange, origin: str) -> None:
        """Keep what a case shows, made small; what is left of the case may show more."""
        small, flaw, exchange = self._smaller(case, wrong, exchange)
        flaw = _named(self.target, small, flaw)
        if not flaw.clause:
            return
        key = (flaw.symptom, flaw.clause, *_causes(small))
        if key in self.causes:
            self.causes[key].times += 1
            return
        self.causes[key] = Cause(small, flaw, exchange, origin)
        rest = {name: value for name, value in case.odd.items() if name not in small.odd}
        if rest and small.odd and not self._tired:
            other = self.target.case(rest)
            asked = self._ask(other)
            if asked and asked.wrong:
                self._keep(other, asked.wrong, asked.exchange, origin)

    def _ask(self, case: Case) -> Asked | None:
        """What came of a case, or None when the environment stood in the way."""
        if not self.target.affords(case):  # also a part of one, and what was made smaller
            return None
        began = time.perf_counter()
        asked = None
        try:
            exchange = self.ask(case.request)
            self.sent += 1
            asked = Asked(exchange, defect(self.target, case, exchange))
        except (Inconclusive, Untestable):  # nothing came, or not the whole of it
            self.troubled += 1
        except NotRun:
            self.spent = True
            return None
        if asked is None or not asked.exchange.answered:
            self.lost += time.perf_counter() - began
        return asked

    def _known(self, case: Case, flaw: Defect) -> bool:
        """Whether the failure has a cause that is known: it goes away with the odd field."""
        for cause in self.causes.values():
            names = cause.case.odd.keys()
            if flaw.symptom != cause.defect.symptom or not names or not names <= case.odd.keys():
                continue
            rest = {name: value for name, value in case.odd.items() if name not in names}
            if cause.times > EXAMPLES or not self._fails(rest, flaw):
                cause.times += 1
                return True
        return False

    def _fails(self, odd: Odd, flaw: Defect) -> bool:
        again = self._ask(self.target.case(odd)) if odd else None
        return again is not None and again.shows(flaw)

    @property
    def _tired(self) -> bool:
        return self.shrunk >= ALL_SHRINKS or self.spent or self.weary

    def _smaller(
        self, case: Case, flaw: Defect, exchange: Exchange
    ) -> tuple[Case, Defect, Exchange]:
        """The same failure with fewer odd fields, and then with less in them."""
        best = (case, flaw, exchange)
        tries = 0
        for candidates in (_alone, _without, _values, _values):
            waiting = list(candidates(best[0].odd))
            while waiting and tries < SHRINKS and not self._tired:
                odd = waiting.pop(0)
                smaller = self.target.case(odd)
                if smaller.id == best[0].id:
                    continue
                tries, self.shrunk = tries + 1, self.shrunk + 1
                asked = self._ask(smaller)
                # More may be promised of less, and never the other way round.
                same = smaller.promise.standing in (best[0].promise.standing, "accepted")
                if asked and asked.wrong and same and asked.shows(flaw):
                    best = (smaller, asked.wrong, asked.exchange)
                    waiting = [] if candidates is _alone else list(candidates(odd))
        return best


def _named(target: Target, case: Case, flaw: Defect) -> Defect:
    """The defect with its clause. Several lawful fields that are refused together accuse nobody."""
    if not flaw.clause and len(case.odd) > 1:
        return flaw
    known = target.dut.contract.clauses.get(flaw.clause)
    mild = known is not None and known.gate == "report"
    return replace(flaw, clause="ERR-5XX-01" if "HTTP 5" in flaw.symptom else "") if mild else flaw


def _causes(case: Case) -> list[str]:
    """What tells a cause from another: the odd fields and the types of their values."""
    return [f"{name}:{type(value).__name__}" for name, value in case.odd.items()] or [case.label]


def _alone(odd: Odd) -> Iterator[Odd]:
    """Each field alone; a stream stays one."""
    kept = {"stream": odd["stream"]} if "stream" in odd else {}
    if len(odd) > 1:
        yield from ({**kept, name: value} for name, value in odd.items())


def _without(odd: Odd) -> Iterator[Odd]:
    """Half of the fields left out, then a quarter, and so on down to one."""
    names, size = list(odd), len(odd) // 2
    while size:
        for start in range(0, len(names), size):
            gone = names[start : start + size]
            yield {name: value for name, value in odd.items() if name not in gone}
        size //= 2


def _values(odd: Odd) -> Iterator[Odd]:
    for name, value in odd.items():
        yield from ({**odd, name: smaller} for smaller in _less(value))


def _less(value: Any) -> Iterator[Any]:
    """Smaller values of the same type: halves of texts and lists, fewer keys, less inside."""
    if isinstance(value, str | list) and len(value) > 1:
        half = len(value) // 2
        yield from (value[:half], value[half:])
    if isinstance(value, Mapping):
        if len(value) > 1:
            yield from ({k: v for k, v in value.items() if k != name} for name in value)
        for name, inner in value.items():
            yield from ({**value, name: less} for less in _less(inner))
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ([*value[:place], less, *value[place + 1 :]] for less in _less(inner))
