"""Every answer of `GET /models` and `GET /models/{model_id}`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from fixtures.outcomes import Untestable
from suites.invariants import documents
from suites.judge import invariant
from suites.verify import deviation, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.exchange import Exchange
    from schemas.records import Finding


def lists(exchange: Exchange) -> bool:
    """Answers of the list route."""
    return documents.plain("GET /models", exchange)


def objects(exchange: Exchange) -> bool:
    """Answers of the retrieve route."""
    return documents.plain("GET /models/{model_id}", exchange)


documents.judged_by_schema("models.list", on=lists)
documents.judged_by_schema("models.object", on=objects)


@invariant("MODELS-LIST-04", on=lists)
def ids_are_unique(exchange: Exchange) -> Iterator[Finding]:
    """No id stands twice in a list, and none has white space at its ends."""
    data = exchange.value("data")
    ids = [entry.get("id") for entry in data if isinstance(entry, dict)]
    for name in {show(name) for name in ids if ids.count(name) > 1}:
        yield deviation(exchange, "each id once", actual=f"{name} more than once", where="/data")
    for name in (each for each in ids if isinstance(each, str)):
        if name != name.strip():
            yield deviation(exchange, "an id without white space", actual=show(name), where="/data")


@invariant("MODELS-GET-04", on=objects)
def the_object_is_the_one_asked_for(exchange: Exchange) -> Iterator[Finding]:
    """The object has the id that was asked for: no prefix, no other case, no other model."""
    asked = unquote(exchange.request.route.removeprefix("/models/"))
    told = exchange.value("id")
    if not isinstance(told, str):
        raise Untestable("the object has no id")
    if told != asked:
        expected = f"the model {show(asked)}, or a 4xx"
        yield deviation(exchange, expected, actual=f"the model {show(told)}", where="/id")
