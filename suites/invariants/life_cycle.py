"""The order of the events of a responses stream, as far as they are there.

No page prints the events: only the ends of the life cycle are asked for. What is there of items,
parts, numbers and ids must fit together; other types of events may stand anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from fixtures.target.responses_view import ENDS
from fixtures.transport.document import is_count
from schemas.outcomes import Untestable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fixtures.target.responses_view import StreamEvent

T = TypeVar("T")
# What was expected, what came, and at which event.
Fault = tuple[str, str, int | None]

BEGINS = ("response.created", "response.queued", "response.in_progress")
DELTA = "response.output_text.delta"
OPENS = {
    "response.output_item.added": "response.output_item.done",
    "response.content_part.added": "response.content_part.done",
}
# What is said inside a part. Of thoughts, some servers open no part, or one of a type of their own.
SAID = ("response.content_part.", "response.output_text.", "response.refusal.")
NUMBERS = ("sequence_number", "output_index", "content_index")


def faults_of_order(events: Sequence[StreamEvent], *, cut: bool) -> Iterator[Fault]:
    """What is out of order. Raises Untestable for a stream without any typed event."""
    ours = [each for each in events if each.type.startswith("response.")]
    if not ours:
        raise Untestable("no event of the stream has a type of the life cycle")
    yield from _beginning(ours)
    yield from _end(ours, failed=any(each.fails for each in events), cut=cut)
    yield from _numbers(events)
    yield from _first(_places(events), 1)
    for opening in OPENS:
        yield from _Nesting(opening, ours).faults()
    yield from _closed_texts(ours)


def texts_of_no_part(events: Sequence[StreamEvent]) -> Iterator[Fault]:
    """The first text whose item or part was not opened, in a stream that opens items or parts."""
    for opening, place, each in _first(_astray(events), 1):
        yield f"{opening} before a delta of {place}", "it did not come", each.number


def _astray(
    events: Sequence[StreamEvent],
) -> Iterator[tuple[str, tuple[Any, ...], StreamEvent]]:
    """Each text that names a place which was not opened, where places of this kind are."""
    for opening in OPENS:
        level = _Nesting(opening, events)
        if not any(each.type == opening for each in events):
            continue
        opened = set()
        for each in events:
            place = level.place(each)
            if place and each.type == opening:
                opened.add(place)
            elif place and each.type == DELTA and place not in opened:
                yield opening, place, each


def _beginning(ours: Sequence[StreamEvent]) -> Iterator[Fault]:
    if ours[0].type not in (*BEGINS, "response.failed"):
        yield "response.created first", ours[0].type, ours[0].number
    created = [n for n, each in enumerate(ours) if each.type == BEGINS[0]]
    if len(created) > 1:
        yield "response.created once", f"{len(created)} times", ours[created[1]].number
    elif created and created[0] > 0:
        yield "response.created first", f"after {ours[0].type}", ours[created[0]].number


def _end(ours: Sequence[StreamEvent], *, failed: bool, cut: bool) -> Iterator[Fault]:
    ends = [n for n, each in enumerate(ours) if each.type in ENDS]
    if not ends and not failed and not cut:
        yield "one event that ends the response", f"the last one is {ours[-1].type}", None
    if len(ends) > 1:
        actual = ", ".join(ours[n].type for n in ends)
        yield "one event that ends the response", actual, ours[ends[1]].number
    elif ends and ends[0] != len(ours) - 1:
        late = ours[ends[0] + 1]
        yield f"nothing after {ours[ends[0]].type}", late.type, late.number


def _numbers(events: Sequence[StreamEvent]) -> Iterator[Fault]:
    found = [(e.data["sequence_number"], e) for e in events if "sequence_number" in e.data]
    found = [(number, each) for number, each in found if is_count(number)]
    for (before, _), (number, each) in pairwise(found):
        if number <= before:
            yield f"a sequence_number above {before}", str(number), each.number
            return


def _places(events: Sequence[StreamEvent]) -> Iterator[Fault]:
    """What tells a place counts from 0; null is as good as nothing."""
    for each in events:
        for name in NUMBERS:
            value = each.data.get(name)
            if value is not None and not (is_count(value) and value >= 0):
                yield f"a whole number from 0 for {name}", repr(value)[:40], each.number


@dataclass
class _Nesting:
    """Items, or parts of items, that open and close; each event inside lies between the two."""

    opening: str
    events: Sequence[StreamEvent]
    opened: dict[tuple[Any, ...], StreamEvent] = field(default_factory=dict)
    closed: set[tuple[Any, ...]] = field(default_factory=set)

    def faults(self) -> Iterator[Fault]:
        """What is not between its opening and its closing; the first three."""
        if not any(each.type in (self.opening, OPENS[self.opening]) for each in self.events):
            return
        yield from _first(self._walk(), 3)
        ended = any(each.type == "response.completed" for each in self.events)
        for place in self.opened.keys() - self.closed if ended else ():
            yield f"{OPENS[self.opening]} of {place}", "it never came", self.opened[place].number

    def _walk(self) -> Iterator[Fault]:
        for each in self.events:
            place = self.place(each)
            if place is None:
                continue
            if each.type == self.opening and place not in self.opened:
                self.opened[place] = each
                continue
            problem = self._problem(each, place)
            if each.type == OPENS[self.opening]:
                self.closed.add(place)
            if problem:
                yield f"{each.type} of {place} inside its {self.opening}", problem, each.number

    def _problem(self, event: StreamEvent, place: tuple[Any, ...]) -> str:
        if event.type == self.opening:
            return "it was opened before"
        if place not in self.opened:
            # What text there is of no part is a clause of its own.
            return "" if event.type == DELTA else "it was not opened"
        if place in self.closed:
            return "it was closed before"
        if event.type == OPENS[self.opening] and _state(event) == "in_progress":
            return "what it closes is still in_progress"
        ids = {_id(self.opened[place]), _id(event)} - {None}
        return f"ids differ: {sorted(map(str, ids))}" if len(ids) > 1 else ""

    def place(self, event: StreamEvent) -> tuple[Any, ...] | None:
        """Where the event belongs; None when it has no place at this level."""
        parts = "part" in self.opening
        if parts and not event.type.startswith(SAID):
            return None
        names = ("output_index", "content_index") if parts else ("output_index",)
        place = tuple(event.data.get(name) for name in names)
        return place if all(is_count(each) for each in place) else None


def _closed_texts(ours: Sequence[StreamEvent]) -> Iterator[Fault]:
    """Where texts are closed at all or items are, each text that was begun is closed."""
    if not any(each.type in OPENS for each in ours) or ours[-1].type != "response.completed":
        return
    closed = {_indexes(each) for each in ours if each.type == "response.output_text.done"}
    begun = {_indexes(e): e for e in ours if e.type == DELTA}
    astray = {event.number for _, _, event in _astray(ours)}
    for place in begun.keys() - closed:
        if begun[place].number in astray:
            continue
        yield f"response.output_text.done of {place}", "it never came", begun[place].number


def _indexes(event: StreamEvent) -> tuple[int | None, int | None]:
    """The place of a text; None for what is missing, or is given oddly, which is a fault itself."""
    item, part = event.data.get("output_index"), event.data.get("content_index")
    return item if is_count(item) else None, part if is_count(part) else None


def _id(event: StreamEvent) -> str | None:
    item = event.data.get("item")
    name = item.get("id") if isinstance(item, dict) else event.data.get("item_id")
    return name if isinstance(name, str) and name else None


def _state(event: StreamEvent) -> object:
    item = event.data.get("item")
    return item.get("status") if isinstance(item, dict) else None


def _first(faults: Iterable[T], count: int) -> list[T]:
    return [fault for _, fault in zip(range(count), faults, strict=False)]
