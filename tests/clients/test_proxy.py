"""The recording proxy hands on what was sent, and keeps it."""

from __future__ import annotations

import socket
import threading

import httpx
import pytest

from fixtures.target import plain_requests
from fixtures.transport.exchange import Exchange, Failure
from fixtures.transport.proxy import Proxy
from schemas.outcomes import Inconclusive, NotRun
from suites.clients import reading, runs
from tests import bench
from tests.rig import liars

BODY = {
    "model": "cai-llama-3-1-8b-slim",
    "messages": [{"role": "user", "content": "Say OK"}],
    "max_tokens": 8,
}


def post(proxy: Proxy, name: str = "one", key: str = "", **fields: object) -> httpx.Response:
    """Ask what a client of this name asks, with its token or another key."""
    headers = {"Authorization": f"Bearer {key or proxy.token(name)}"}
    body = {**BODY, **fields}
    url = f"{proxy.url(name)}/chat/completions"
    return httpx.post(url, json=body, headers=headers, trust_env=False)


def recorded(reference: str, path: str, *, key: str = "", **fields: object) -> Exchange:
    with bench.deployment(f"{reference}/{path}") as dut, Proxy(dut.client, ("one",)) as proxy:
        answer = post(proxy, "one", key, **fields)
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


def test_key_of_the_operator_replaces_the_token_alone(reference: str) -> None:
    exchange = recorded(reference, "v1", key="another")
    assert exchange.status == 401
    assert exchange.request.authorization == (b"Bearer another",)
    assert bench.BENCH_KEY not in repr(recorded(reference, "v1"))


def test_key_that_the_deployment_repeats_does_not_reach_the_client() -> None:
    with (
        liars.serving(liars.repeats_the_key) as running,
        bench.deployment(running.url) as dut,
        Proxy(dut.client, ("one",)) as proxy,
    ):
        answer = post(proxy)
    stars = "*" * len(bench.BENCH_KEY)
    assert answer.headers["x-key"] == f"a{stars}"
    assert answer.text == f"[{stars}]{bench.BENCH_KEY[:3]}"
    assert proxy.exchanges["one"][0].leaks


def test_compressed_answer_is_read(reference: str) -> None:
    exchange = recorded(reference, "variant/zips-when-asked/v1")
    assert exchange.header("content-encoding") == "gzip"
    assert exchange.document["choices"]


def test_cut_answer_is_cut(reference: str) -> None:
    with (
        bench.deployment(_truncating()) as dut,
        Proxy(dut.client, ("one",)) as proxy,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        post(proxy)
    assert proxy.exchanges["one"][0].failure is Failure.TRUNCATED


def test_budget_holds_for_clients_too(reference: str) -> None:
    with bench.deployment(f"{reference}/v1", request_budget=1) as dut:

        def spend() -> None:
            with Proxy(dut.client, ("one",)) as proxy:
                post(proxy)
                with pytest.raises(httpx.TransportError):
                    post(proxy)

        with pytest.raises(NotRun, match="budget of 1 requests"):
            spend()


def test_redirect_leads_through_the_proxy(reference: str) -> None:
    with bench.deployment(f"{reference}/v1") as dut, Proxy(dut.client, ("one",)) as proxy:
        url = proxy.url("one")
        assert url.endswith("/v1")
        assert not url.startswith(reference)


def test_exchanges_are_recorded_when_they_end_and_announced_once(reference: str) -> None:
    heard: list[Exchange] = []
    kept: list[Exchange] = []
    with bench.deployment(f"{reference}/v1", heard.append) as dut:
        dut.client.record = kept.append
        with Proxy(dut.client, ("one", "two")) as proxy:
            post(proxy, "two")
            assert [each.id for each in kept] == [each.id for each in proxy.exchanges["two"]]
        assert not heard
        assert proxy.announce("one") == ()
        assert [each.id for each in proxy.announce("two")] == [each.id for each in heard]
    assert len(kept) == len(heard) == 1


PRINTED = ("your-compactifai-api-key", "YOUR_API_KEY", "your-api-key", "ollama", "sk-x")


@pytest.mark.parametrize("key", PRINTED)
def test_another_process_that_knows_the_documents_gets_nothing(key: str) -> None:
    """The key goes out with the token of the client alone, and not with another client's."""
    with (
        liars.serving(liars.honest) as running,
        bench.deployment(running.url) as dut,
        Proxy(dut.client, ("one", "two")) as proxy,
    ):
        for given in (key, proxy.token("two"), proxy.token("one")[:-1], proxy.token("one").upper()):
            httpx.get(
                f"{proxy.url('one')}/models",
                headers={"Authorization": f"Bearer {given}"},
                trust_env=False,
            )
        httpx.get(f"{proxy.url('one')}/models", trust_env=False)
    assert running.requests == 5
    assert bench.BENCH_KEY.encode() not in b"".join(running.heard)


def test_token_is_drawn_for_each_client_and_run() -> None:
    with bench.deployment("http://127.0.0.1:1/v1") as dut:
        tokens = []
        for _ in range(2):
            with Proxy(dut.client, ("one", "two")) as proxy:
                tokens += [proxy.token("one"), proxy.token("two")]
    assert len({*tokens}) == 4
    assert all(len(bytes.fromhex(token)) * 8 >= 128 for token in tokens)


TARGETS = {
    "another port": "{port}/steal",
    "no slash": "9/steal",
    "credentials": "@127.0.0.1:{port}/v1/models",
    "a suffix of the host": ".evil.invalid/v1/models",
    "another scheme": "http://127.0.0.1:{port}/v1/models",
    "two slashes": "//127.0.0.1:{port}/v1/models",
    "the server itself": "*",
    "the root": "/",
    "beside the base": "/v1x/models",
    "above the base": "/admin",
    "dots": "/v1/../admin",
    "dots at the end": "/v1/..",
    "one dot": "/v1/./models",
    "encoded dots": "/v1/%2e%2e/admin",
    "half encoded dots": "/v1/.%2E/admin",
    "dots encoded twice": "/v1/%252e%252e/admin",
    "encoded slash": "/v1/..%2fadmin",
    "dots with a parameter": "/v1/..;x=1/admin",
    "backslash": "/v1/..\\..\\admin",
    "encoded backslash": "/v1/..%5cadmin",
    "fragment": "/v1/models#@evil.invalid",
    "dots around a control character": "/v1/.%09./admin",
    "dots after a zero": "/v1/%00../admin",
    "dots around a line end, encoded twice": "/v1/.%250d%250a./admin",
}


def raw(proxy: Proxy, target: str, host: str = "") -> bytes:
    """What the proxy answers to a request of the client `one` with exactly this target."""
    address = proxy.addresses["one"].removeprefix("http://")
    server, _, port = address.partition(":")
    lines = [
        *(f"GET {target} HTTP/1.1", f"Host: {host or address}", "Connection: close"),
        *(f"Authorization: Bearer {proxy.token('one')}", "", ""),
    ]
    with socket.create_connection((server, int(port)), timeout=10) as wire:
        wire.sendall("\r\n".join(lines).encode())
        return b"".join(iter(lambda: wire.recv(65536), b""))


@pytest.mark.parametrize("name", TARGETS)
def test_target_outside_the_deployment_goes_nowhere(name: str) -> None:
    with (
        liars.serving(liars.honest) as elsewhere,
        liars.serving(liars.honest) as running,
        bench.deployment(running.url) as dut,
        Proxy(dut.client, ("one",)) as proxy,
    ):
        port = elsewhere.url.rpartition(":")[2].partition("/")[0]
        answer = raw(proxy, TARGETS[name].format(port=port))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert (elsewhere.connections, running.connections) == (0, 0)
    assert not proxy.exchanges["one"]
    assert len(proxy.refused["one"]) == 1


INSIDE = (
    *("/v1/models", "/v1/models?a=../b", "/v1/models/a%2Fb"),
    *("/v1/models/@cf/x", "/v1", "/v1//x"),
    *("/v1/models/a%09b", "/v1/models/a%0d%0ab", "/v1/models/a%00", "/v1/models/a%5cb"),
)


@pytest.mark.parametrize("target", INSIDE)
def test_target_inside_the_deployment_is_handed_on_as_it_is(target: str) -> None:
    with (
        liars.serving(liars.honest) as running,
        bench.deployment(running.url) as dut,
        Proxy(dut.client, ("one",)) as proxy,
    ):
        assert raw(proxy, target).startswith(b"HTTP/1.1 200 ")
    assert running.heard[0].startswith(f"GET {target} HTTP/1.1\r\n".encode())
    assert not proxy.refused["one"]


@pytest.mark.parametrize("host", ["evil.invalid", "localhost", "127.0.0.1", "127.0.0.1:1"])
def test_name_that_leads_here_by_another_way_is_refused(host: str) -> None:
    """A page in a browser whose name was bound to this machine's address speaks with its name."""
    with (
        liars.serving(liars.honest) as running,
        bench.deployment(running.url) as dut,
        Proxy(dut.client, ("one",)) as proxy,
    ):
        assert raw(proxy, "/v1/models", host).startswith(b"HTTP/1.1 400 ")
    assert not running.connections


def test_only_this_machine_can_connect() -> None:
    with bench.deployment("http://127.0.0.1:1/v1") as dut, Proxy(dut.client, ("one",)) as proxy:
        assert all(
            each.getsockname()[0] == "127.0.0.1"
            for server in proxy._servers
            for each in server.sockets
        )


def test_request_that_would_lead_out_is_a_finding() -> None:
    request = plain_requests.post("/chat/completions", {"model": "a"})
    whole = Exchange("x", request, 200, (("Content-Type", "application/json"),))
    ran = runs.Ran("chat", "client 1.0", "", exchanges=(whole,), refused=("GET /admin: outside",))
    found = [each.actual for each in reading.works(ran, lambda _: "")]
    assert "GET /admin: outside" in found
    alone = runs.Ran("chat", "client 1.0", "", refused=("GET /admin: outside",))
    with pytest.raises(Inconclusive, match="GET /admin: outside"):
        reading.sent(alone)


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
