"""Little liars: peers of three to ten lines, named by their vice, that speak bytes over a socket.

    with liars.serving(liars.drips_its_body) as liar:
        client.send(...)            # to liar.url
        assert liar.requests == 1

A liar is a coroutine function of one connection. What the reference deployment can do wrong above
HTTP stands in `fixtures/reference/faults/`; here is what goes wrong below.
"""

from __future__ import annotations

import asyncio
import gzip
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TypeAlias

LIST = b'{"object": "list", "data": []}'


@dataclass
class Wire:
    """One connection, and what came over all of them so far, this request included."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    heard: list[bytes]

    async def say(self, *parts: bytes, pause: float = 0.0) -> None:
        """Send these bytes, one part after the other."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(pause)

    @property
    def first(self) -> bool:
        """Whether this is the first request of all."""
        return len(self.heard) == 1


Liar: TypeAlias = Callable[[Wire], Awaitable[None]]


@dataclass
class Running:
    """A liar at work: where, and every request that it heard, byte for byte."""

    url: str
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def requests(self) -> int:
        """How many requests came."""
        return len(self.heard)


def head(status: str, *lines: str, length: int | None = None, keep: bool = False) -> bytes:
    """Status line and headers; without a length the body ends with the connection.

    A liar says that it will hang up unless it is to `keep` the connection, or seem to: a client
    that meets a silent end half-way through its next request has met another vice.
    """
    framing = [] if keep else ["Connection: close"]
    framing += [f"Content-Length: {length}"] if length is not None else []
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, *framing, "", ""]).encode("latin-1")


def answer(status: str = "200 OK", *lines: str, body: bytes = LIST, keep: bool = False) -> bytes:
    """A whole answer."""
    top = head(status, "Content-Type: application/json", *lines, length=len(body), keep=keep)
    return top + body


async def honest(wire: Wire) -> None:
    await wire.say(answer(keep=True))


async def says_nothing(wire: Wire) -> None:
    await asyncio.sleep(60)


async def drips_its_headers(wire: Wire) -> None:
    drops = [b"HTTP/1.1 200 OK\r\n", *(b"X-%d: y\r\n" % number for number in range(60))]
    await wire.say(*drops, pause=0.2)


async def drips_its_body(wire: Wire) -> None:
    await wire.say(head("200 OK", length=1000), *[b" "] * 1000, pause=0.2)


async def stops_after_headers(wire: Wire) -> None:
    await wire.say(head("200 OK", length=1000))
    await asyncio.sleep(60)


async def never_ends(wire: Wire) -> None:
    await wire.say(head("200 OK"), *[b"x" * 65536] * 10_000)


async def cuts_its_chunked_body(wire: Wire) -> None:
    await wire.say(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1, 2\r\n", b"ff\r\n"
    )


async def cuts_its_counted_body(wire: Wire) -> None:
    await wire.say(head("200 OK", length=1000), b"[1, 2")


async def hangs_up(wire: Wire) -> None:
    """Close without an answer."""


async def hangs_up_once(wire: Wire) -> None:
    if not wire.first:
        await wire.say(answer())


async def speaks_no_http(wire: Wire) -> None:
    await wire.say(b"220 mail.example.com ESMTP Postfix\r\n500 What?\r\n\r\n")


async def greets_and_hangs_up(wire: Wire) -> None:
    await wire.say(b"220 mail.example.com ESMTP Postfix\r\n")


async def speaks_binary(wire: Wire) -> None:
    await wire.say(bytes(range(256)) * 4)


def redirects_to(url: str) -> Liar:
    async def liar(wire: Wire) -> None:
        await wire.say(answer("307 Temporary Redirect", f"Location: {url}", body=b""))

    return liar


async def throttles_once(wire: Wire) -> None:
    await wire.say(answer("429 Too Many Requests", "Retry-After: 1") if wire.first else answer())


async def throttles_forever(wire: Wire) -> None:
    await wire.say(answer("429 Too Many Requests", "Retry-After: 0"))


async def throttles_twice_and_drops_what_it_kept(wire: Wire) -> None:
    throttled = answer("429 Too Many Requests", "Retry-After: 0", keep=True)
    await wire.say(throttled if len(wire.heard) < 3 else answer(keep=True))
    await _request(wire.reader)


async def asks_for_a_day(wire: Wire) -> None:
    await wire.say(answer("429 Too Many Requests", "Retry-After: 100000"))


async def names_an_hour(wire: Wire) -> None:
    date = formatdate(time.time() + 1, usegmt=True)
    first = answer("503 Service Unavailable", f"Retry-After: {date}")
    await wire.say(first if wire.first else answer())


async def asks_in_riddles(wire: Wire) -> None:
    first = answer("503 Service Unavailable", "Retry-After: \xb2")
    await wire.say(first if wire.first else answer())


async def stumbles_once(wire: Wire) -> None:
    await wire.say(answer("502 Bad Gateway") if wire.first else answer())


async def stumbles_forever(wire: Wire) -> None:
    await wire.say(answer("502 Bad Gateway"))


async def sends_a_bomb(wire: Wire) -> None:
    bomb = gzip.compress(bytes(20 * 1024 * 1024), 1)
    await wire.say(answer("200 OK", "Content-Encoding: gzip", body=bomb))


async def compresses_unasked(wire: Wire) -> None:
    await wire.say(answer("200 OK", "Content-Encoding: gzip", body=gzip.compress(LIST)))


async def says_gzip_and_is_not(wire: Wire) -> None:
    await wire.say(answer("200 OK", "Content-Encoding: gzip"))


async def cuts_its_gzip(wire: Wire) -> None:
    packed = gzip.compress(LIST)
    await wire.say(answer("200 OK", "Content-Encoding: gzip", body=packed[: len(packed) // 2]))


async def sends_huge_headers(wire: Wire) -> None:
    await wire.say(answer("200 OK", "X-Big: " + "x" * 2_000_000))


async def sends_bad_header_bytes(wire: Wire) -> None:
    await wire.say(b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\n{}")


async def sends_header_bytes_above_ascii(wire: Wire) -> None:
    await wire.say(answer("200 OK", "X-A: caf\xe9"))


async def continues_forever(wire: Wire) -> None:
    await wire.say(*[b"HTTP/1.1 100 Continue\r\n\r\n"] * 1000, pause=0.05)


async def continues_a_thousand_times(wire: Wire) -> None:
    await wire.say(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000 + answer())


async def extends_its_chunks(wire: Wire) -> None:
    parts = (LIST[:5], LIST[5:])
    chunks = b"".join(b'%x;why="no;t" ; x\r\n%s\r\n' % (len(part), part) for part in parts)
    top = head("200 OK", "Content-Type: application/json", "Transfer-Encoding: chunked")
    await wire.say(top + chunks + b"0;last\r\nX-Trailer: 1\r\nDigest: x\r\n\r\n")


async def sends_one_byte_chunks(wire: Wire) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in LIST + b" " * 5000)
    top = head("200 OK", "Content-Type: application/json", "Transfer-Encoding: chunked")
    await wire.say(top + chunks + b"0\r\n\r\n")


async def sends_ten_thousand_headers(wire: Wire) -> None:
    await wire.say(answer("200 OK", *(f"X-Rude-{number}: v" for number in range(10_000))))


async def repeats_the_key(wire: Wire) -> None:
    """In its headers, and in a body that comes in three parts and ends with its first letters."""
    key = wire.heard[-1].partition(b"Bearer ")[2].partition(b"\r\n")[0]
    body = b"[" + key + b"]" + key[:3]
    begin = head("200 OK", f"X-Key: a{key.decode()}", length=len(body))
    await wire.say(begin, body[:6], body[6:9], body[9:], pause=0.05)


async def sends_two_megabytes_of_headers(wire: Wire) -> None:
    await wire.say(answer("200 OK", *(f"X-Rude-{number}: {'v' * 200}" for number in range(10_000))))


async def refuses_with_much_space(wire: Wire) -> None:
    await wire.say(answer("400 Bad Request", body=b"\r\n" * 150_000 + b'{"detail": "no"}'))


async def nests_nine_hundred_deep(wire: Wire) -> None:
    deep = b'{"deeper":' * 900 + b"[]" + b"}" * 900
    await wire.say(answer(body=LIST[:-1] + b', "x_trace": ' + deep + b"}"))


async def continues_at_once(wire: Wire) -> None:
    while True:
        await wire.say(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


async def streams_without_end(wire: Wire) -> None:
    await wire.say(head("200 OK", "Content-Type: text/event-stream"))
    while True:
        await wire.say(b"data: {}\n\n" * 500)


async def comments_without_end(wire: Wire) -> None:
    await wire.say(head("200 OK", "Content-Type: text/event-stream"))
    while True:
        await wire.say(b":\n" * 5000)


async def sets_cookies(wire: Wire) -> None:
    await wire.say(answer("200 OK", "Set-Cookie: a=b; Path=/", keep=True))


async def throttles_for_a_second(wire: Wire) -> None:
    await wire.say(answer("429 Too Many Requests", "Retry-After: 1"))


async def serves_a_site(wire: Wire) -> None:
    page = b"<!DOCTYPE html><html><title>Welcome to nginx!</title></html>"
    await wire.say(head("200 OK", "Content-Type: text/html", length=len(page)) + page)


@contextmanager
def serving(liar: Liar) -> Iterator[Running]:
    """The liar, listening in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    running = Running("")
    try:
        future = asyncio.run_coroutine_threadsafe(_listen(liar, running), loop)
        server = future.result(10)
        port = server.sockets[0].getsockname()[1]
        running.url = f"http://127.0.0.1:{port}/v1"
        yield running
        loop.call_soon_threadsafe(server.close)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _listen(liar: Liar, running: Running) -> asyncio.Server:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while request := await _request(reader):
                running.heard.append(request)
                await liar(Wire(reader, writer, running.heard))
                if liar not in KEEPING:
                    break
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


async def _request(reader: asyncio.StreamReader) -> bytes:
    """One whole request with a Content-Length, or none."""
    try:
        top = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    lengths = [line for line in top.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return top + await reader.readexactly(int(lengths[0].partition(b":")[2]) if lengths else 0)


# Those that keep a connection open for the next request.
KEEPING = (honest, sets_cookies)
