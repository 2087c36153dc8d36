"""The deployment as a process: its line, its sockets, its end."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from tests.reference.conftest import ROOT
from tests.reference.local import BEARER, chat_body, events, joined

COMMAND = [sys.executable, "-m", "fixtures.reference"]


def raw(url: str, request: bytes) -> bytes:
    """Whatever comes back on a socket of its own."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), 5) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while data := connection.recv(65536):
            answer += data
        return answer


def test_it_starts_fast_and_goes_with_its_parent() -> None:
    begun = time.monotonic()
    command = [*COMMAND, "--port", "0", "--until-stdin-closes"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    line = process.stdout.readline()
    started = time.monotonic() - begun
    assert line.startswith("listening on http://127.0.0.1:")
    url = line.split()[-1]
    stream = {"headers": BEARER, "json": chat_body("Tell me about bees", stream=True)}
    with httpx.stream("POST", f"{url}/chat/completions", **stream) as reply:  # type: ignore[arg-type]
        next(reply.iter_raw())
        process.stdin.close()
        assert process.wait(5) == 0
    assert process.stdout.read() == ""
    process.stdout.close()
    assert started < 2  # alone it is a third of a second; this machine may be busy


def test_faults_and_variants_are_listed() -> None:
    for option, name in (
        ("--list-faults", "stream-forgets-done"),
        ("--list-variants", "stream-crlf"),
    ):
        listed = subprocess.run(
            [*COMMAND, option], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert f"{name}: " in listed.stdout
    wrong = subprocess.run([*COMMAND, "--fault", "x"], cwd=ROOT, capture_output=True, check=False)
    assert wrong.returncode == 2


def test_sixteen_are_served_at_once(process_url: str) -> None:
    def ask(number: int) -> str:
        body = chat_body(f"Repeat exactly: MARK-{number}", stream=number % 2 == 0)
        url = f"{process_url}/v1/chat/completions"
        reply = httpx.post(url, headers=BEARER, json=body)
        if number % 2 == 0:
            return joined(events(reply))
        return str(reply.json()["choices"][0]["message"]["content"])

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(16))) == [f"MARK-{number}" for number in range(16)]


def test_chunks_arrive_one_after_the_other(process_url: str) -> None:
    body = chat_body("Count from 1 to 120", stream=True)
    url = f"{process_url}/v1/chat/completions"
    with httpx.stream("POST", url, headers=BEARER, json=body) as reply:
        arrivals = [time.monotonic() for _ in reply.iter_raw()]
    assert len(arrivals) > 20
    assert arrivals[-1] - arrivals[0] > 0.1


def test_a_cut_connection_is_cut(process_url: str) -> None:
    url = f"{process_url}/fault/stream-cuts-connection/v1/chat/completions"
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(url, headers=BEARER, json=chat_body("Count to 20", stream=True))


def test_a_bad_request_does_not_poison_its_connection(process_url: str) -> None:
    url = f"{process_url}/v1/chat/completions"
    with httpx.Client(headers=BEARER) as client:
        assert client.post(url, content=b"{").status_code == 400
        assert client.post(url, json=chat_body()).status_code == 200
        with client.stream("POST", url, json=chat_body("Count to 900", stream=True)) as reply:
            next(reply.iter_raw())
        assert client.post(url, json=chat_body()).status_code == 200


def test_connections_are_closed_on_demand(process_url: str) -> None:
    url = f"{process_url}/variant/closes-connections/v1/models"
    assert httpx.get(url, headers=BEARER).headers["connection"] == "close"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xe9\xff\r\n\r\n", 401),
        (b"GET /v1/models HTTP/1.1\r\nHost: x\r\nX-\xe9: 1\r\n\r\n", 400),
        (b"GET /v1/models HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 400),
        (b"GET /v1/models/%ff%00 HTTP/1.1\r\nHost: x\r\n\r\n", 401),
        (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /v1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /v1 HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n", 401),
        (b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", 401),
    ],
)
def test_broken_http_is_refused_in_json(process_url: str, request_: bytes, status: int) -> None:
    head, _, body = raw(process_url, request_).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"content-type: application/json" in head
    assert b'{"error":' in body
