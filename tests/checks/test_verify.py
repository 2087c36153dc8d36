"""What a finding says that it expected is not what came."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fixtures.target import plain_requests
from fixtures.transport.exchange import Chunk, Exchange, Failure
from schemas.outcomes import Untestable
from schemas.records import Finding
from suites.engine import verify
from tests.kill_matrix import agreement

CHAT = plain_requests.post("/chat/completions", {"model": "a"})
ANSWERS = {
    "another status": (404, b"{}", None, "HTTP 200 with an answer to it"),
    "text": (200, b"1\n00:00:00,000 --> 00:00:01,000\nHello", None, "HTTP 200 with a JSON object"),
    "an array": (200, b"[]", None, "HTTP 200 with a JSON object"),
    "an error": (200, b'{"error": {"message": "No."}}', None, "HTTP 200 without an error inside"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_expected_names_what_is_lacking(name: str) -> None:
    status, body, failure, expected = ANSWERS[name]
    chunks = (Chunk(0.1, body),)
    exchange = Exchange("x", CHAT, status, chunks=chunks, failure=failure, confirmed=True)
    (finding,) = verify.accepted(exchange, "it")
    assert finding.expected[0].startswith(expected)
    assert finding.actual.startswith(f"HTTP {status}")


@pytest.mark.parametrize(
    ("cap", "status", "says", "blamed"),
    [
        (4096, 400, "This model's maximum context length is 2048 tokens.", False),
        (4096, 422, '{"code": "context_length_exceeded"}', False),
        (4096, 400, "max_tokens is unknown", True),
        (8, 400, "This model's maximum context length is 2048 tokens.", True),
        (4096, 500, "context", True),
    ],
)
def test_a_cap_above_the_context_of_a_model_is_no_value_of_every_model(
    cap: int, status: int, says: str, *, blamed: bool
) -> None:
    request = plain_requests.post("/chat/completions", {"max_tokens": cap})
    body = json.dumps({"error": {"message": says}}).encode()
    exchange = Exchange("x", request, status=status, chunks=(Chunk(0.0, body),))
    assert bool(list(verify.accepted(exchange))) is blamed


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("HTTP 200 with an answer", "HTTP 200, text/plain: 1 00:00", True),
        ("HTTP 200 with an answer to srt", "HTTP 200, text/plain: 1 00:00", True),
        ("HTTP 200 with a JSON object", "HTTP 200, text/plain: 1 00:00", False),
        ("a 4xx status with a JSON error to n = 2", 'HTTP 400, application/json: {"error"', True),
        ("a 4xx status with a JSON error to n = 2", "HTTP 400, text/html: <html>", False),
        ("HTTP 404", "HTTP 404, application/json: {}", True),
        ("exactly one choice", "exactly one choice", True),
        ("exactly one choice", "2 choices", False),
    ],
)
def test_a_finding_that_expects_what_came_is_seen(
    expected: str, actual: str, *, same: bool
) -> None:
    assert agreement.agrees(expected, Finding((expected,), actual)) is same


PLAIN, STREAM = CHAT, plain_requests.post("/chat/completions", {"model": "a", "stream": True})
HALF, ALL = b'{"error": {"message"', b'{"error": {"message": "No."}}'


@pytest.mark.parametrize("failure", [Failure.TRUNCATED, Failure.ENCODING])
def test_nothing_is_said_of_what_did_not_come_whole(failure: Failure) -> None:
    for status in (200, 404):
        exchange = Exchange("x", PLAIN, status, chunks=(Chunk(0.1, HALF),), failure=failure)
        with pytest.raises(Untestable, match=verify.WHOLE):
            list(verify.accepted(exchange))
        with pytest.raises(Untestable, match=verify.WHOLE):
            list(verify.refused(exchange))


def test_what_came_is_judged_whatever_its_frame() -> None:
    exchange = Exchange("x", PLAIN, 401, chunks=(Chunk(0.1, ALL),), failure=Failure.TRUNCATED)
    assert exchange.answered
    assert not list(verify.refused(replace(exchange, request=replace(PLAIN, authorization=()))))


def test_a_stream_that_is_cut_is_left_to_its_own_clauses() -> None:
    exchange = Exchange("x", STREAM, 200, chunks=(Chunk(0.1, ALL),), failure=Failure.TRUNCATED)
    assert not exchange.answered
    assert list(verify.accepted(exchange))
