"""What any plain JSON answer of this API keeps; the judges of each endpoint name their clauses."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fixtures.transport import http_dates
from fixtures.transport.document import decoder, loads, parse
from fixtures.transport.exchange import Exchange
from schemas.outcomes import Untestable
from suites.engine.judge import schema_invariant
from suites.engine.verify import deviation, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from json import JSONDecoder

    from schemas.records import Finding
    from schemas.validate import BodySchema

TOLERANCE = 300.0  # seconds
CHARSET = re.compile(r"charset\s*=\s*\"?([\w-]+)", re.IGNORECASE)
UTF8 = ("utf-8", "utf8")


def plain(operation: str, exchange: Exchange) -> bool:
    """Whether the exchange is a whole, plain answer of this operation with status 200."""
    request = exchange.request
    return request.operation == operation and exchange.ok and not request.streamed


def lawful(kind: str, exchange: Exchange) -> bool:
    """Whether the request need not be refused.

    Where one is answered that has to be, its own clause says so; what such an answer looks like is
    no second deviation. Whoever names no model has no right to an answer.
    """
    nameless = not exchange.request.model
    return not nameless and not _refusals(exchange.law.bodies[kind], exchange.request.body)


def unranked(kind: str, exchange: Exchange, field: str) -> bool:
    """Whether the request has another field that no document ranks with this one.

    Engines suspend `stop` until `min_tokens` are written, or do not: both are lawful. A value that
    asks for nothing (null, 0, an empty list) takes no part.
    """
    asked = exchange.request.fields
    pairs = exchange.law.tables.requests[kind].unranked
    return any(field in pair and all(asked.get(each) for each in pair) for pair in pairs)


@lru_cache(maxsize=4096)  # every judge of an answer asks
def _refusals(schema: BodySchema, body: bytes) -> tuple[str, ...]:
    document = parse(body)
    return schema.refusals(document) if isinstance(document, dict) else ("ERR-400-02",)


def by_schema(kind: str) -> Callable[[Exchange], Iterator[Finding]]:
    """A judge that holds the body against a derived schema, each part in its own clause."""

    def judge(exchange: Exchange) -> Iterator[Finding]:
        if not isinstance(exchange.document, dict):
            raise Untestable("the body is not a JSON object")
        for each in exchange.law.bodies.violations(kind, exchange.document):
            yield deviation(
                exchange,
                each.expected,
                actual=each.actual,
                where=each.pointer or "/",
                clause=each.clause,
            )

    return judge


def judged_by_schema(kind: str, on: Callable[[Exchange], bool]) -> None:
    """Declare the judge of this kind for the exchanges that `on` chooses."""
    schema_invariant(kind, on=on)(by_schema(kind))


def is_strict_json(exchange: Exchange) -> Iterator[Finding]:
    """The body is UTF-8 JSON, and says so: no NaN, no documented key twice, nothing after it.

    JSON leaves it open what a key means that stands twice; of a deployment's own nobody reads it.
    """
    if exchange.media_type != "application/json":
        actual = exchange.header("content-type") or "no content type"
        yield deviation(exchange, "Content-Type: application/json", actual=actual)
    charset = CHARSET.search(exchange.header("content-type") or "")
    if charset and charset[1].lower() not in UTF8 and not exchange.body.isascii():
        # JSON knows no such parameter, but clients go by it, and read other letters.
        yield deviation(exchange, "UTF-8, or no charset", actual=charset[0])
    try:
        _no_twins(loads(exchange.body.decode("utf-8"), _strict(exchange.law.bodies.answered_names)))
    except ValueError as error:
        yield deviation(exchange, "one strict JSON document in UTF-8", actual=str(error)[:200])


def usage_adds_up(
    exchange: Exchange, parts: tuple[str, str], total: str = "total_tokens"
) -> Iterator[Finding]:
    """The total is the sum of its parts."""
    usage = exchange.value("usage")
    if not isinstance(usage, dict):
        raise Untestable("usage is not an object")
    values = [usage.get(name) for name in (*parts, total)]
    counts = [count for count in values if isinstance(count, int) and not isinstance(count, bool)]
    if len(counts) != 3:
        raise Untestable("usage lacks a count")
    if counts[0] + counts[1] != counts[2]:
        expected = f"{total} = {' + '.join(parts)}"
        yield deviation(exchange, expected, actual=show(usage), where="/usage")


def is_now(exchange: Exchange, field: str, tolerance: float = TOLERANCE) -> Iterator[Finding]:
    """A time in the body is the time of the exchange, by the client's clock or the server's."""
    yield from tells_now(exchange, exchange.value(field), field, tolerance)


def tells_now(
    exchange: Exchange, timestamp: object, field: str, tolerance: float = TOLERANCE
) -> Iterator[Finding]:
    """The same of a time that was read already: out of a chunk."""
    if not isinstance(timestamp, int | float) or isinstance(timestamp, bool):
        raise Untestable(f"{field} is no number")
    clocks = [exchange.at, *_server_clock(exchange)]
    if all(abs(timestamp - clock) > tolerance + exchange.seconds for clock in clocks):
        timed(exchange)
        expected = f"within {tolerance:g} s of {int(clocks[-1])}"
        yield deviation(exchange, expected, actual=str(timestamp), where=f"/{field}")


def timed(exchange: Exchange) -> None:
    """Raise Untestable when nobody knows for certain when the exchange took place.

    Of a foreign recording it is known where the recorder's clock and the server's Date agree:
    times are left out, made up, or those of the conversion to HAR.
    """
    clocks = _server_clock(exchange)
    if exchange.foreign and not any(abs(exchange.at - each) <= TOLERANCE for each in clocks):
        raise Untestable("the recording does not tell for certain when it was made")


def _server_clock(exchange: Exchange) -> list[float]:
    seconds = http_dates.seconds(exchange.header("date"))
    return [] if seconds is None else [seconds]


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


class _Twins(dict[str, Any]):
    """The documented members of an object; `name` is one of them that stands twice, if any."""

    name: str = ""


def _strict(names: frozenset[str]) -> JSONDecoder:
    """Reads the members of these names alone: of a deployment's own there may be a million."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        known = [pair for pair in pairs if pair[0] in names]
        twins = _Twins(known)
        if len(twins) < len(known):
            counted = Counter(name for name, _ in known)
            twins.name = min(name for name, count in counted.items() if count > 1)
        return twins

    return decoder(parse_constant=_no_constant, object_pairs_hook=members)


def _no_twins(document: object) -> None:
    """Raise ValueError for a documented key that stands twice where documented keys lead."""
    left = [document]
    while left:
        value = left.pop()
        if isinstance(value, _Twins):
            if value.name:
                raise ValueError(f"the key {value.name!r} stands twice in one object")
            left += value.values()
        elif isinstance(value, list):
            left += value
