"""A client that ends early is shown with what was on the wire, not with its own words alone."""

from __future__ import annotations

import pytest

from fixtures.target import plain_requests
from fixtures.transport.exchange import Chunk, Exchange, Failure, Request
from suites.clients.cause import on_the_wire

PLAIN = plain_requests.post("/chat/completions", {"model": "a"})
STREAM = plain_requests.post("/chat/completions", {"model": "a", "stream": True})
EVENTS = b'data: {"id": "1"}\n\ndata: {"id": \n\ndata: [DONE]\n\n'


@pytest.mark.parametrize(
    ("request_", "headers", "body", "failure", "told"),
    [
        (STREAM, (), EVENTS, None, ["3 events", "event 1, bytes 19 to 34", '{\\"id\\":']),
        (PLAIN, (("Content-Encoding", "gzip"),), b"", Failure.ENCODING, ["Content-Encoding gzip"]),
        (PLAIN, (("Content-Length", "9"),), b'{"a": 1', Failure.TRUNCATED, ["7 bytes of 9"]),
        (PLAIN, (("Content-Type", "text/html"),), b"<html>", None, ["text/html", "no JSON"]),
    ],
)
def test_the_cause_is_on_the_wire(
    request_: Request,
    headers: tuple[tuple[str, str], ...],
    body: bytes,
    failure: Failure | None,
    told: list[str],
) -> None:
    chunks = (Chunk(0.1, body),) if body else ()
    exchange = Exchange("x", request_, 200, headers=headers, chunks=chunks, failure=failure)
    said = on_the_wire(exchange)
    assert all(each in said for each in told), said
