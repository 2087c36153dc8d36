"""The recording proxy hands on what was sent, and keeps it."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from fixtures.exchange import Failure
from fixtures.outcomes import NotRun
from fixtures.proxy import Proxy
from tests import bench

if TYPE_CHECKING:
    from fixtures.exchange import Exchange

KEYS = frozenset({"placeholder"})
BODY = {
    "model": "cai-llama-3-1-8b-slim",
    "messages": [{"role": "user", "content": "Say OK"}],
    "max_tokens": 8,
}


def post(url: str, key: str = "placeholder", **fields: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    body = {**BODY, **fields}
    return httpx.post(f"{url}/chat/completions", json=body, headers=headers, trust_env=False)


def recorded(reference: str, path: str, *, key: str = "placeholder", **fields: object) -> Exchange:
    with bench.deployment(f"{reference}/{path}") as dut, Proxy(dut.client, KEYS, ("one",)) as proxy:
        answer = post(proxy.url("one"), key, **fields)
    exchange = proxy.exchanges["one"][0]
    assert answer.status_code == exchange.status
    assert answer.content == exchange.body
    return exchange


def test_answer_is_handed_on_and_kept(reference: str) -> None:
    exchange = recorded(reference, "v1")
    assert exchange.ok
    assert exchange.request.own_key
    assert exchange.request.route == "/chat/completions"
    assert exchange.request.document == BODY
    assert ("User-Agent", f"python-httpx/{httpx.__version__}") in exchange.request.headers


def test_stream_is_handed_on_as_it_comes(reference: str) -> None:
    exchange = recorded(reference, "v1", stream=True)
    assert exchange.is_stream
    assert len(exchange.chunks) > 1
    assert exchange.events[-1].done


def test_bytes_stay_as_they_are(reference: str) -> None:
    exchange = recorded(reference, "fault/chat-chunks-without-blank-lines/v1", stream=True)
    assert b"\n\n" not in exchange.body


def test_key_of_the_operator_replaces_the_placeholder_alone(reference: str) -> None:
    exchange = recorded(reference, "v1", key="another")
    assert exchange.status == 401
    assert exchange.request.authorization == (b"Bearer another",)
    assert bench.BENCH_KEY not in repr(recorded(reference, "v1"))


def test_compressed_answer_is_read(reference: str) -> None:
    exchange = recorded(reference, "variant/zips-when-asked/v1")
    assert exchange.header("content-encoding") == "gzip"
    assert exchange.document["choices"]


def test_cut_answer_is_cut(reference: str) -> None:
    with (
        bench.deployment(_truncating()) as dut,
        Proxy(dut.client, KEYS, ("one",)) as proxy,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        post(proxy.url("one"))
    assert proxy.exchanges["one"][0].failure is Failure.TRUNCATED


def test_budget_holds_for_clients_too(reference: str) -> None:
    with bench.deployment(f"{reference}/v1", request_budget=1) as dut:

        def spend() -> None:
            with Proxy(dut.client, KEYS, ("one",)) as proxy:
                post(proxy.url("one"))
                with pytest.raises(httpx.TransportError):
                    post(proxy.url("one"))

        with pytest.raises(NotRun, match="budget of 1 requests"):
            spend()


def test_redirect_leads_through_the_proxy(reference: str) -> None:
    with bench.deployment(f"{reference}/v1") as dut, Proxy(dut.client, KEYS, ("one",)) as proxy:
        url = proxy.url("one")
        assert url.endswith("/v1")
        assert not url.startswith(reference)


def test_exchanges_are_announced_once(reference: str) -> None:
    heard: list[Exchange] = []
    with bench.deployment(f"{reference}/v1", heard.append) as dut:
        with Proxy(dut.client, KEYS, ("one", "two")) as proxy:
            post(proxy.url("two"))
        assert not heard
        assert proxy.announce("one") == ()
        assert [each.id for each in proxy.announce("two")] == [each.id for each in heard]
    assert len(json.dumps([each.id for each in heard])) > 2


def _truncating() -> str:
    """A server that promises more than it sends."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        connection.close()

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}/v1"
