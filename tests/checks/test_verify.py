"""What a finding says that it expected is not what came."""

from __future__ import annotations

import pytest

from fixtures.target import plain_requests
from fixtures.transport.exchange import Chunk, Exchange, Failure
from suites.engine import verify

CHAT = plain_requests.post("/chat/completions", {"model": "a"})
ANSWERS = {
    "another status": (404, b"{}", None, "HTTP 200 with an answer to it"),
    "text": (200, b"1\n00:00:00,000 --> 00:00:01,000\nHello", None, "HTTP 200 with a JSON object"),
    "an array": (200, b"[]", None, "HTTP 200 with a JSON object"),
    "an error": (200, b'{"error": {"message": "No."}}', None, "HTTP 200 without an error inside"),
    "half": (200, b'{"id": ', Failure.TRUNCATED, "HTTP 200 with the whole answer"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_expected_names_what_is_lacking(name: str) -> None:
    status, body, failure, expected = ANSWERS[name]
    chunks = (Chunk(0.1, body),)
    exchange = Exchange("x", CHAT, status, chunks=chunks, failure=failure, confirmed=True)
    (finding,) = verify.accepted(exchange, "it")
    assert finding.expected[0].startswith(expected)
    assert finding.actual.startswith(f"HTTP {status}")
