"""The client against liars: whatever the peer does, one bounded exchange says what it was."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fixtures.redaction.secret import Redactor, Secret
from fixtures.transport import budget, network
from fixtures.transport.budget import Allowance
from fixtures.transport.client import Client
from fixtures.transport.exchange import NOT_JSON, Exchange, Failure, Request
from fixtures.transport.limits import Limits
from fixtures.transport.trouble import retry_after
from schemas.outcomes import NotRun
from tests.rig import liars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Connect = Callable[..., Client]

KEY = "marker-key-4711-abcdef"
QUICK = Limits(total=1.5, idle=1.0, connect=1.0, size=100_000, retry_after=5.0)
MODELS = Request("GET", "/models")
CHAT = Request("POST", "/chat/completions", b'{"model": "a"}', "application/json")


@pytest.fixture
def announced() -> list[Exchange]:
    """Every exchange that was announced."""
    return []


@pytest.fixture
def connect(tmp_path: Path, announced: list[Exchange]) -> Iterator[Connect]:
    """Makes clients with tight limits."""
    made: list[Client] = []

    def make(url: str, limits: Limits = QUICK, allowance: Allowance | None = None) -> Client:
        secret = Secret(KEY)
        allowance = allowance or Allowance(tmp_path)
        client = Client(url, secret, Redactor.of(secret), allowance, announced.append, limits)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fails when the block takes longer."""
    began = time.perf_counter()
    yield
    assert time.perf_counter() - began < seconds


# liar, how its exchange ends, the status that is recorded, how often it may be asked
BROKEN = [
    (liars.says_nothing, Failure.TIMEOUT, 0, 1),
    (liars.drips_its_headers, Failure.TIMEOUT, 0, 1),
    (liars.continues_forever, Failure.TIMEOUT, 0, 1),
    (liars.continues_at_once, Failure.TIMEOUT, 0, 1),
    (liars.drips_its_body, Failure.STALLED, 200, 1),
    (liars.stops_after_headers, Failure.STALLED, 200, 1),
    (liars.never_ends, Failure.OVERSIZE, 200, 1),
    (liars.sends_a_bomb, Failure.OVERSIZE, 200, 1),
    (liars.cuts_its_chunked_body, Failure.TRUNCATED, 200, 1),
    (liars.cuts_its_counted_body, Failure.TRUNCATED, 200, 1),
    (liars.hangs_up, Failure.CLOSED, 0, 2),
    (liars.greets_and_hangs_up, Failure.CLOSED, 0, 2),
    (liars.speaks_no_http, Failure.PROTOCOL, 0, 1),
    (liars.speaks_binary, Failure.PROTOCOL, 0, 1),
    (liars.sends_huge_headers, Failure.OVERSIZE, 0, 1),
    (liars.sends_bad_header_bytes, Failure.PROTOCOL, 0, 1),
    (liars.says_gzip_and_is_not, Failure.ENCODING, 200, 1),
    (liars.cuts_its_gzip, Failure.ENCODING, 200, 1),
]


@pytest.mark.parametrize(
    ("liar", "failure", "status", "asked"), BROKEN, ids=[row[0].__name__ for row in BROKEN]
)
def test_trouble_is_reported_by_name(
    connect: Connect, liar: liars.Liar, failure: Failure, status: int, asked: int
) -> None:
    with liars.serving(liar) as running, within(QUICK.total + 5):
        exchange = connect(running.url).send(CHAT)
    assert (exchange.failure, exchange.status) == (failure, status)
    assert running.requests == asked
    assert not exchange.answered
    assert sum(len(chunk.data) for chunk in exchange.chunks) <= QUICK.size + 1


def test_nobody_there_is_no_connection(connect: Connect) -> None:
    exchange = connect("http://127.0.0.1:1/v1").send(MODELS)
    assert (exchange.failure, exchange.status) == (Failure.CONNECT, 0)
    assert exchange.detail


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70, "a..b"])
def test_unknown_host_is_no_connection(connect: Connect, host: str) -> None:
    exchange = connect(f"http://{host}/v1").send(MODELS)
    assert exchange.failure is Failure.CONNECT


def test_bound_that_was_met_is_reported(connect: Connect) -> None:
    with liars.serving(liars.says_nothing) as running:
        assert connect(running.url).send(MODELS).detail == "nothing came for 1 s"
    with liars.serving(liars.drips_its_body) as running:
        assert connect(running.url).send(MODELS).detail == "1.5 s allowed"


def test_what_arrived_before_a_cut_is_kept(connect: Connect) -> None:
    with liars.serving(liars.cuts_its_chunked_body) as running:
        exchange = connect(running.url).send(MODELS)
    assert exchange.body.startswith(b"[1, 2")
    assert exchange.document is NOT_JSON


def test_dead_connection_is_tried_once_more(connect: Connect, announced: list[Exchange]) -> None:
    with liars.serving(liars.hangs_up_once) as running:
        exchange = connect(running.url).send(MODELS)
    assert exchange.ok
    assert exchange.retries == 1
    assert running.requests == 2
    assert [each.failure for each in announced] == [Failure.CLOSED, None]


STREAM = Request("POST", "/chat/completions", b'{"stream": true}', "application/json")
FEW = replace(QUICK, size=8 * 1024 * 1024, events=1000, lines=10_000)


@pytest.mark.parametrize(
    ("liar", "detail"),
    [
        (liars.streams_without_end, "more than 1000 events"),
        (liars.comments_without_end, "more than 10000 lines of a stream"),
    ],
)
def test_events_are_bounded_as_bytes_are(connect: Connect, liar: liars.Liar, detail: str) -> None:
    with liars.serving(liar) as running:
        exchange = connect(running.url, FEW).send(STREAM)
    assert (exchange.failure, exchange.detail) == (Failure.OVERSIZE, detail)
    assert len(exchange.body) < 100_000


def test_bound_on_bytes_is_reported(connect: Connect) -> None:
    with liars.serving(liars.never_ends) as running:
        assert connect(running.url).send(MODELS).detail == "more than 100000 bytes"


def test_cookies_are_not_kept(connect: Connect) -> None:
    with liars.serving(liars.sets_cookies) as running:
        client = connect(running.url)
        client.send(MODELS)
        client.send(CHAT)
        assert not client._http.cookies
    assert b"cookie" not in b"".join(running.heard).lower()


def test_environment_has_no_proxy_for_this_machine(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with liars.serving(liars.honest) as running:
        assert connect(running.url).send(MODELS).ok
    assert network.proxy("http://api.example.com/v1") == "http://127.0.0.1:1"


def test_pauses_are_bounded_in_sum(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for the time: all processes of the run wait out of one purse."""
    monkeypatch.setattr(budget, "PATIENCE", 1.5)
    with liars.serving(liars.throttles_for_a_second) as running, within(8):
        client = connect(running.url)
        assert client.send(MODELS).waits == 1
        assert client.send(CHAT).waits == 0
        assert connect(running.url).send(MODELS).waits == 0
    assert running.requests == 4


def test_pauses_at_the_same_time_count_once(tmp_path: Path) -> None:
    allowance = budget.Allowance(tmp_path)
    assert all(allowance.wait(20) for _ in range(10))
    assert not allowance.wait(20 + budget.PATIENCE)


def test_answer_is_recorded_when_it_ended(connect: Connect) -> None:
    """And not when all attempts are through, of which the next may come much later."""
    kept: list[tuple[str, int]] = []
    with liars.serving(liars.throttles_forever) as running:
        client = connect(running.url)
        client.record = lambda exchange: kept.append((exchange.id, running.requests))
        client.send(MODELS)
    assert kept == [(f"{MODELS.key}~0", 1), (f"{MODELS.key}~1", 2), (MODELS.key, 3)]


def test_answers_to_requests_sent_together_are_recorded_one_by_one(connect: Connect) -> None:
    async def waits_for_chat(wire: liars.Wire) -> None:
        await asyncio.sleep(0.5 if wire.heard[-1].startswith(b"POST") else 0)
        await wire.say(liars.answer())

    kept: list[float] = []
    with liars.serving(waits_for_chat) as running:
        client = connect(running.url)
        client.record = lambda _: kept.append(time.perf_counter())
        client.send_together([CHAT, MODELS])
    assert kept[1] - kept[0] > 0.3


def test_attempts_have_names_of_their_own(connect: Connect, announced: list[Exchange]) -> None:
    with liars.serving(liars.throttles_forever) as running:
        exchange = connect(running.url).send(MODELS)
    assert [each.id for each in announced] == [f"{MODELS.key}~0", f"{MODELS.key}~1", MODELS.key]
    assert exchange == announced[-1]


def test_twins_that_are_sent_together_have_names_of_their_own(
    connect: Connect, announced: list[Exchange]
) -> None:
    with liars.serving(liars.honest) as running:
        connect(running.url).send_together([MODELS, MODELS, CHAT])
    assert len({each.id for each in announced}) == 3


def test_redirects_are_not_followed(connect: Connect) -> None:
    with liars.serving(liars.honest) as elsewhere:
        with liars.serving(liars.redirects_to(elsewhere.url)) as running:
            exchange = connect(running.url).send(MODELS)
        assert exchange.status == 307
        assert exchange.header("location") == elsewhere.url
        assert elsewhere.connections == 0


def test_throttling_is_waited_out(connect: Connect) -> None:
    with liars.serving(liars.throttles_once) as running, within(8):
        exchange = connect(running.url).send(MODELS)
    assert exchange.ok
    assert (exchange.waits, exchange.retries, running.requests) == (1, 1, 2)


def test_throttling_is_waited_out_a_bounded_number_of_times(connect: Connect) -> None:
    with liars.serving(liars.throttles_forever) as running, within(8):
        exchange = connect(running.url).send(MODELS)
    assert exchange.status == 429
    assert (exchange.waits, running.requests) == (2, 3)


def test_a_day_is_not_waited(connect: Connect) -> None:
    with liars.serving(liars.asks_for_a_day) as running, within(5):
        exchange = connect(running.url).send(MODELS)
    assert (exchange.status, exchange.waits, running.requests) == (429, 0, 1)


@pytest.mark.parametrize("liar", [liars.names_an_hour, liars.asks_in_riddles])
def test_unavailable_server_is_waited_for(connect: Connect, liar: liars.Liar) -> None:
    with liars.serving(liar) as running, within(9):
        exchange = connect(running.url).send(MODELS)
    assert exchange.ok
    assert (exchange.waits, running.requests) == (1, 2)


def test_gateway_is_asked_once_more(connect: Connect) -> None:
    with liars.serving(liars.stumbles_once) as running:
        assert connect(running.url).send(MODELS).ok
    with liars.serving(liars.stumbles_forever) as running:
        assert connect(running.url).send(MODELS).status == 502
    assert running.requests == 2


def test_trouble_stands_where_a_plain_request_is_answered(
    connect: Connect, announced: list[Exchange]
) -> None:
    async def hangs_up_on_chat(wire: liars.Wire) -> None:
        if not wire.heard[-1].startswith(b"POST"):
            await wire.say(liars.answer())

    with liars.serving(hangs_up_on_chat) as running:
        client = connect(running.url)
        exchange = client.send(CHAT, control=MODELS)
        assert exchange.confirmed
        assert announced[-1].confirmed
        assert len({each.id for each in announced}) == len(announced) == running.requests
    with liars.serving(liars.hangs_up) as running:
        assert not connect(running.url).send(CHAT, control=MODELS).confirmed


def test_dropped_connections_cost_no_attempt(connect: Connect) -> None:
    with liars.serving(liars.throttles_twice_and_drops_what_it_kept) as running:
        client = connect(running.url)
        assert client.send(MODELS).status == 200
        assert client.send(CHAT).status == 200


def test_compression_that_was_not_asked_for_is_read(connect: Connect) -> None:
    with liars.serving(liars.compresses_unasked) as running:
        exchange = connect(running.url).send(MODELS)
    assert b"accept-encoding: identity" in running.heard[0].lower()
    assert exchange.document == {"object": "list", "data": []}


def test_headers_above_ascii_are_kept(connect: Connect) -> None:
    with liars.serving(liars.sends_header_bytes_above_ascii) as running:
        assert connect(running.url).send(MODELS).header("x-a") == "caf\xe9"


def test_requests_go_out_as_they_are(connect: Connect) -> None:
    request = Request("POST", "/chat/completions", b"{", "text/plain", (("X-A", "caf\xe9"),))
    with liars.serving(liars.honest) as running:
        connect(running.url).send(request)
    top, _, body = running.heard[0].partition(b"\r\n\r\n")
    lines = top.split(b"\r\n")
    assert lines[0] == b"POST /v1/chat/completions HTTP/1.1"
    assert {b"X-A: caf\xe9", b"Content-Type: text/plain"} <= set(lines)
    assert f"Authorization: Bearer {KEY}".encode() in lines
    assert body == b"{"


@pytest.mark.parametrize("values", [(), (b"Bearer other",), (b"Basic x", b"Bearer y")])
def test_own_key_is_not_sent_beside_other_credentials(
    connect: Connect, values: tuple[bytes, ...]
) -> None:
    with liars.serving(liars.honest) as running:
        connect(running.url).send(Request("GET", "/models", authorization=values))
    assert KEY.encode() not in running.heard[0]
    assert running.heard[0].count(b"Authorization:") == len(values)


def test_netrc_adds_no_credentials(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with liars.serving(liars.honest) as running:
        connect(running.url).send(Request("GET", "/models", authorization=()))
    assert b"Authorization" not in running.heard[0]


def test_repeated_attempts_are_paid_from_the_budget(connect: Connect, tmp_path: Path) -> None:
    allowance = Allowance(tmp_path, requests=2)
    with liars.serving(liars.throttles_forever) as running:
        client = connect(running.url, allowance=allowance)
        assert client.send(MODELS).status == 429
        assert running.requests == 2
        with pytest.raises(NotRun, match="budget of 2 requests"):
            client.send(CHAT)
    assert allowance.spent()["sent"] == 2


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *(("", None), ("0", 0), ("7", 7), (" 7 ", 7), ("soon", None), ("-1", None), ("1.5", None)),
        *(("\xb2", None), ("9" * 400, float("inf")), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(value) == seconds
