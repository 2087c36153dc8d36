"""Every answer of `GET /models` and `GET /models/{model_id}`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from schemas.outcomes import Untestable
from schemas.records import Observation
from suites.engine.judge import invariant, over_run
from suites.engine.verify import deviation, show
from suites.invariants import documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding

DAY = 24 * 60 * 60
REASONING = "-r"  # "Models ending in -r … enable reasoning by default": another name of one model


def lists(exchange: Exchange) -> bool:
    """Answers of the list route to whoever has a right to one."""
    return documents.plain("GET /models", exchange) and exchange.request.own_key


def objects(exchange: Exchange) -> bool:
    """Answers of the retrieve route. A path with dots may lawfully be taken for another one."""
    name = asked(exchange)
    whole = documents.plain("GET /models/{model_id}", exchange) and exchange.request.own_key
    return whole and bool(name) and ".." not in name


def either(exchange: Exchange) -> bool:
    """Answers of both routes."""
    return lists(exchange) or objects(exchange)


def asked(exchange: Exchange) -> str:
    """The id in the path of a request."""
    path = exchange.request.route.partition("?")[0]
    return unquote(path.removeprefix("/models/")).rstrip("/")


def entries(exchange: Exchange) -> list[dict[str, Any]]:
    """The models in a body: those of a list, or the one that was retrieved."""
    document = exchange.document
    found = document.get("data", [document]) if isinstance(document, dict) else []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def listed(exchanges: Iterable[Exchange]) -> frozenset[str]:
    """The ids that the lists among these exchanges name; none where nobody fetched a list."""
    found = (
        each.get("id") for exchange in exchanges if lists(exchange) for each in entries(exchange)
    )
    return frozenset(name for name in found if isinstance(name, str))


def judged_by_model(
    clause: str, on: Callable[[Exchange], bool], model_of: Callable[[Exchange], str | None]
) -> None:
    """Hold the model that answers name against the requested id; which one it is, is observed.

    Nobody is held to an id that no list names: that it is answered breaks another clause.
    """

    @invariant(clause, on=on)
    def model_is_observed(exchange: Exchange) -> Iterator[Observation]:
        """Whether model is the requested id or another name is observed."""
        model, wanted = model_of(exchange), exchange.request.model
        if model is None or not wanted:
            raise Untestable("there is no model to compare")
        side = "requested id" if model == wanted else "backend name"
        yield Observation("response_model_name", side)

    @over_run(clause, on=lambda each: on(each) or lists(each))
    def model_is_the_requested_one(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
        """model echoes the requested id, where that is a listed one."""
        known = listed(exchanges)
        for exchange in filter(on, exchanges):
            model, wanted = model_of(exchange), exchange.request.model
            named = bool(wanted) and (not known or wanted in known)
            if model is not None and named and model != wanted:
                yield deviation(
                    exchange, f"model {show(wanted)}", actual=show(model), where="/model"
                )


documents.judged_by_schema("models.list", on=lists)
documents.judged_by_schema("models.object", on=objects)
invariant("MODELS-LIST-01", on=lists)(documents.is_strict_json)
invariant("MODELS-GET-01", on=objects)(documents.is_strict_json)


@invariant("MODELS-LIST-04", on=lists)
def ids_are_unique(exchange: Exchange) -> Iterator[Finding]:
    """No id stands twice in a list."""
    data = exchange.value("data")
    if not isinstance(data, list):
        raise Untestable("data is no list")
    ids = Counter(show(entry.get("id")) for entry in data if isinstance(entry, dict))
    for name in sorted(name for name, count in ids.items() if count > 1):
        yield deviation(exchange, "each id once", actual=f"{name} more than once", where="/data")


@invariant("MODELS-OBJ-CREATED-01", on=either)
def no_model_is_from_the_future(exchange: Exchange) -> Iterator[Finding]:
    """No model is created later than a day from now, by the client's clock."""
    for entry in entries(exchange):
        created = entry.get("created")
        if isinstance(created, int) and exchange.at + DAY < created <= 9_999_999_999:
            documents.timed(exchange)
            expected = f"a Unix time in seconds that is not after {int(exchange.at)}"
            actual = f"{created} of {show(entry.get('id'))}"
            yield deviation(exchange, expected, actual=actual, where="created")


@invariant("MODELS-OBJ-PARAMS-01", on=either)
def the_number_of_parameters_is_not_blank(exchange: Exchange) -> Iterator[Finding]:
    """No parameters_number is blank; in which form it is written is open."""
    for entry in entries(exchange):
        number = entry.get("parameters_number")
        if isinstance(number, str) and not number.strip():
            actual = f"{show(number)} of {show(entry.get('id'))}"
            yield deviation(exchange, 'a string such as "3.28B"', actual=actual)


@invariant("MODELS-GET-04", on=objects)
def the_object_is_the_one_asked_for(exchange: Exchange) -> Iterator[Finding]:
    """The object has the id that was asked for: no prefix, no other case, no other model."""
    wanted, identifier = asked(exchange), exchange.value("id")
    if not isinstance(identifier, str):
        raise Untestable("the object has no id")
    if identifier not in (wanted, wanted.removesuffix(REASONING)):
        expected = f"the model {show(wanted)}, or a 4xx"
        yield deviation(exchange, expected, actual=f"the model {show(identifier)}", where="/id")
