"""How many mistakes each tier makes on each route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.errors import mistakes
from suites.errors.mistakes import Act
from suites.support import routes

if TYPE_CHECKING:
    from collections.abc import Iterator


GROUPS = {
    "numbers": mistakes.NUMBERS,
    "words": mistakes.WORDS,
    "names": mistakes.NAMES,
    "bodies": mistakes.BODIES,
    "forms": mistakes.FORMS,
    "types": mistakes.TYPES,
    "edges": mistakes.EDGES,
    "media types": mistakes.MEDIA,
}


# How many acts of a group the standard tier sends; the deep one sends all. Routes share their
# reader, so the groups are sent to one of them, and of the others some first acts are asked.
STANDARD = {
    "numbers": 1,
    "words": 1,
    "bodies": 2,
    "forms": 1,
    "media types": 1,
}


ELSEWHERE: dict[str, int] = {}


def acts_of(operation: str, tier: str) -> Iterator[Act]:
    """What is done to the body of a route in this tier: each act in one of them."""
    few = STANDARD if operation == routes.CHAT else ELSEWHERE
    for name, acts in GROUPS.items():
        # "The API returns 400 or 500": on /responses, for a model that it does not serve.
        if operation == routes.RESPONSES and name == "names":
            continue
        most = few.get(name, 0)
        yield from acts[:most] if tier == "standard" else acts[most:]
