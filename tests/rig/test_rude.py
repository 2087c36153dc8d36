"""What is lawful below HTTP's surface, however rude: the client reads it as any other answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.redaction.secret import Redactor, Secret
from fixtures.transport.budget import Allowance
from fixtures.transport.client import Client
from fixtures.transport.exchange import NOT_JSON, Exchange, Failure, Request, parse
from fixtures.transport.limits import Limits
from schemas.outcomes import Inconclusive
from suites.engine import verify
from tests.rig import liars

if TYPE_CHECKING:
    from pathlib import Path

LIST = Request("GET", "/models")
LIMITS = Limits(total=20.0, idle=10.0)


def asked(folder: Path, liar: liars.Liar, request: Request = LIST) -> Exchange:
    """What a client of ours makes of this peer's answer."""
    secret = Secret("marker-key-4711-abcdef")
    with liars.serving(liar) as running:
        client = Client(
            running.url, secret, Redactor.of(secret), Allowance(folder), lambda _: None, LIMITS
        )
        try:
            return client.send(request)
        finally:
            client.close()


@pytest.mark.parametrize(
    "liar",
    [
        liars.continues_a_thousand_times,
        liars.extends_its_chunks,
        liars.sends_ten_thousand_headers,
        liars.sends_one_byte_chunks,
        liars.nests_nine_hundred_deep,
    ],
)
def test_a_rude_answer_is_an_answer(tmp_path: Path, liar: liars.Liar) -> None:
    exchange = asked(tmp_path, liar)
    assert exchange.ok, exchange.detail
    assert exchange.document["object"] == "list"
    assert not list(verify.accepted(exchange))


def test_a_refusal_of_a_stream_may_have_many_lines(tmp_path: Path) -> None:
    body = b'{"model": "a", "stream": true}'
    stream = Request("POST", "/chat/completions", body, "application/json")
    exchange = asked(tmp_path, liars.refuses_with_much_space, stream)
    assert exchange.answered, exchange.detail
    assert not list(verify.refused(exchange))


def test_a_head_that_is_too_long_to_read_is_nobodys_fault(tmp_path: Path) -> None:
    exchange = asked(tmp_path, liars.sends_two_megabytes_of_headers)
    assert exchange.failure is Failure.OVERSIZE
    with pytest.raises(Inconclusive, match="head of the answer is longer"):
        verify.conclusive(exchange)


def test_what_is_nested_as_deep_as_python_allows_is_read_and_shown() -> None:
    deep = b"[" * 4800 + b"]" * 4800
    document = parse(deep)
    assert document is not NOT_JSON
    assert document == parse(deep)
    assert len(verify.show(document)) <= verify.SHOWN + 1
    assert parse(b"[" * 100_000) is NOT_JSON
