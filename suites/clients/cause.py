"""What was on the wire when a client ended early: its own message often names a line of nothing.

"Expecting value: line 6" says neither which event it was, nor that the body was packed, or short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.transport.exchange import NOT_JSON
from fixtures.transport.sse import DONE
from suites.engine.verify import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.transport.exchange import Exchange

SHOWN = 120


def on_the_wire(exchange: Exchange) -> str:
    """The answer as bytes: status, type, encoding, length, and what in it no reader takes."""
    return "; ".join(_facts(exchange))


def _facts(exchange: Exchange) -> Iterator[str]:
    if not exchange.status:
        yield f"on the wire: {exchange.failure}"
        return
    yield f"on the wire: HTTP {exchange.status}, {exchange.media_type or 'no content type'}"
    encoding = exchange.header("content-encoding")
    if encoding:
        yield f"Content-Encoding {encoding}"
    announced = exchange.header("content-length")
    differs = announced and not encoding and announced != str(len(exchange.body))
    yield f"{len(exchange.body)} bytes" + (f" of {announced} announced" if differs else "")
    if exchange.failure:
        yield f"{exchange.failure} ({exchange.detail})" if exchange.detail else exchange.failure
    yield from _of_events(exchange) if exchange.is_stream else _of_json(exchange)


def _of_json(exchange: Exchange) -> Iterator[str]:
    if exchange.document is NOT_JSON:
        start = exchange.body[:SHOWN].decode("utf-8", "replace")
        yield f"no JSON: {show(start)}"


def _of_events(exchange: Exchange) -> Iterator[str]:
    yield f"{len(exchange.events)} events"
    read = zip(exchange.payloads, exchange.payload_documents, strict=True)
    for number, (event, document) in enumerate(read):
        if event.data != DONE and not isinstance(document, dict):
            where = f"event {number}, bytes {event.start} to {event.end}"
            yield f"{where}, is no JSON object: {show(event.data[:SHOWN])}"
            return
