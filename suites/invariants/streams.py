"""What any event stream of this API keeps, whichever endpoint sends it.

The chat and responses judges name their own clauses for these; the rules stand here once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fixtures.transport.document import decoder, loads
from fixtures.transport.exchange import Exchange, Failure
from fixtures.transport.sse import DONE, Event
from schemas.outcomes import Untestable
from suites.engine.verify import deviation, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schemas.records import Finding

# A payload without its field name, or with one that is none: SSE knows `data` in small letters.
LOST = re.compile(r"(?!data:)(?:[Dd][Aa][Tt][Aa]\s*:\s*)?(?:\{\s*\"|\[DONE\])")
LINE_END = re.compile(r"\r\n|\r|\n")
CUT = (Failure.TRUNCATED, Failure.OVERSIZE)


def streamed(operation: str, exchange: Exchange) -> bool:
    """Whether the exchange is a stream of this operation that can be judged.

    A stream that stalled is left to the probes, unless it stalled after its sentinel.
    """
    return (
        exchange.request.operation == operation
        and exchange.is_stream
        and (exchange.answered or exchange.failure in CUT or _stalled_after_done(exchange))
    )


def content_type(exchange: Exchange) -> Iterator[Finding]:
    """The media type is text/event-stream."""
    if exchange.media_type != "text/event-stream":
        actual = exchange.header("content-type") or "no content type"
        yield deviation(exchange, "Content-Type: text/event-stream", actual=actual)


def framing(exchange: Exchange) -> Iterator[Finding]:
    """Each event is closed by a blank line, and its payload stands in `data:` lines."""
    if _is_json(exchange):
        raise Untestable("a JSON body where a stream was asked for")
    if not exchange.events:
        start = exchange.body[:80].decode("utf-8", "replace")
        actual = f"no event in {len(exchange.body)} bytes: {show(start)}"
        yield deviation(exchange, "events in `data:` lines, closed by blank lines", actual=actual)
    for line in lost(exchange):
        expected = "a payload after `data: `"
        yield deviation(exchange, expected, actual=f"a line that no reader takes: {show(line)}")
    payloads = {each.data for each in exchange.payloads}
    for number, event in enumerate(exchange.events):
        where = f"event {number}, bytes {event.start} to {event.end}"
        if event.data not in payloads:
            actual = f"{event.data.count(chr(10)) + 1} payloads without a blank line between them"
            yield deviation(exchange, "a blank line after each event", actual=actual, where=where)
        elif not event.closed and not exchange.failure:
            actual = f"the stream ends after {show(event.data[:40])} without a blank line"
            yield deviation(exchange, "a blank line after each event", actual=actual, where=where)


def lost(exchange: Exchange) -> list[str]:
    """Payloads that every reader passes over, because their line has no `data:` or another one."""
    return exchange.derived(_lost)


def _lost(exchange: Exchange) -> list[str]:
    # SSE knows three ends of a line; U+2028, which a text may hold, is none of them.
    whole_lines = LINE_END.split(exchange.body.decode("utf-8", "replace"))
    if exchange.failure:
        whole_lines = whole_lines[:-1]
    return [line[:80] for line in whole_lines if LOST.match(line)]


def payload(exchange: Exchange) -> Iterator[Finding]:
    """Each payload but the sentinel is one JSON object."""
    for number, event in enumerate(_payloads(exchange)):
        if event.data == DONE or (not event.closed and exchange.failure):
            continue
        if not isinstance(_strict(event.data), dict):
            where = f"event {number}, bytes {event.start} to {event.end}"
            yield deviation(exchange, "one JSON object", actual=show(event.data[:120]), where=where)


# How many [DONE] a stream may hold, and what is expected in words, by the profile's sentinel.
SENTINELS: Mapping[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "required": ((1,), ("exactly one `data: [DONE]`, at the end",)),
    "optional": ((0, 1), ("no `data: [DONE]`", "exactly one, at the end")),
    "absent": ((0,), ("no `data: [DONE]`",)),
}


def sentinel(exchange: Exchange) -> Iterator[Finding]:
    """The stream ends with exactly one `data: [DONE]`, or with none where the profile says so."""
    payloads = _payloads(exchange)
    count = sum(event.data == DONE for event in payloads)
    lawful, expected = SENTINELS[_promised(exchange)]
    if count in lawful:
        return
    end = "the connection was cut" if exchange.failure else "the stream ended"
    last = show(payloads[-1].data[:80]) if payloads else "nothing"
    actual = f"{count} times [DONE]" if count else f"{end} after {last}, without [DONE]"
    yield deviation(exchange, *expected, actual=actual)


def _promised(exchange: Exchange) -> str:
    """What the profile says of the sentinel of this stream; required where it is silent."""
    operation = exchange.law.operations.get(exchange.request.operation)
    return exchange.law.done_sentinel.get(operation.name, "required") if operation else "required"


def completion(exchange: Exchange) -> Iterator[Finding]:
    """Nothing follows the sentinel, and the response completes."""
    payloads = _payloads(exchange)
    done = next((n for n, event in enumerate(payloads) if event.data == DONE), None)
    if done is None:
        raise Untestable("no sentinel to follow")
    for number, event in enumerate(payloads[done:], done):
        if event.data != DONE:
            where = f"event {number}, byte {event.start}"
            actual = show(event.data[:120])
            yield deviation(exchange, "nothing after [DONE]", actual=actual, where=where)
    if exchange.failure:
        actual = f"{exchange.failure} after [DONE]"
        yield deviation(exchange, "the end of the response after [DONE]", actual=actual)


def _strict(text: str) -> object:
    """The JSON of a payload, or None: NaN, which Python reads, breaks every other client."""
    try:
        return loads(text, STRICT)
    except ValueError:
        return None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _payloads(exchange: Exchange) -> tuple[Event, ...]:
    if not exchange.payloads:
        raise Untestable("there is no event to judge")
    return exchange.payloads


def _is_json(exchange: Exchange) -> bool:
    return isinstance(exchange.document, dict)


def _stalled_after_done(exchange: Exchange) -> bool:
    return exchange.failure is Failure.STALLED and any(e.data == DONE for e in exchange.payloads)


STRICT = decoder(parse_constant=_no_constant)
