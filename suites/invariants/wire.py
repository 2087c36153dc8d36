"""Below what an answer holds: that all of it comes, as its head announces.

What an answer holds is judged by the other clauses where it came; where it did not, they rest on
this one. A stream that is cut is left to the clauses of its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.transport.exchange import Failure
from fixtures.transport.trouble import GATEWAY
from suites.engine.judge import invariant
from suites.engine.verify import BROKEN, WHOLE, describe, deviation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding


def begun(exchange: Exchange) -> bool:
    """Any answer of a documented route of which the head came, and no time-out ended it."""
    request = exchange.request
    ended = exchange.failure is None or exchange.failure in BROKEN
    own = exchange.law.binds(request.operation) and exchange.status not in GATEWAY
    return bool(exchange.status) and ended and own and request.method != "HEAD"


@invariant(WHOLE, on=begun)
def an_answer_comes_whole(exchange: Exchange) -> Iterator[Finding]:
    """A body has as many bytes as were announced, and unpacks by its Content-Encoding."""
    if exchange.failure is Failure.TRUNCATED and not exchange.is_stream:
        length = exchange.header("content-length")
        expected = f"a body of {length} bytes, as announced" if length else "a body that ends"
        actual = f"{len(exchange.body)} bytes, and the connection was cut: {describe(exchange)}"
        yield deviation(exchange, expected, actual=actual)
    elif exchange.failure is Failure.ENCODING and not exchange.answered:
        encoding = exchange.header("content-encoding")
        expected = f"a body in {encoding}, as its Content-Encoding says"
        yield deviation(exchange, expected, actual=f"{exchange.detail}: {describe(exchange)}")


__all__ = ["an_answer_comes_whole", "begun"]
