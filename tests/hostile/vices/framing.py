"""Bytes below HTTP, and HTTP that is none."""

from __future__ import annotations

import asyncio
import os
import socket
import struct

from tests.hostile.ground import (
    ABSENT,
    BLAMED,
    CHAT,
    CHUNKED,
    CONFORMANT,
    LIES,
    MODELS,
    ODD,
    POSTS,
    RUDE,
    STREAM,
    Call,
    Reply,
    anything,
    chunk,
    hostile,
    sized,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LONG = 3600.0


@hostile(ABSENT)
async def says_nothing(call: Call) -> None:
    await asyncio.sleep(LONG)


@hostile(LIES, CHAT)
async def says_nothing_to_chats(call: Call) -> None:
    await asyncio.sleep(LONG)


@hostile(LIES, POSTS, tier="standard")
async def says_nothing_to_posts(call: Call) -> None:
    await asyncio.sleep(LONG)


@hostile(ABSENT)
async def hangs_up(call: Call) -> None:
    call.close()


@hostile(ABSENT)
async def resets(call: Call) -> None:
    call.reset()


@hostile(LIES, POSTS)
async def resets_after_the_head(call: Call) -> None:
    await call.say(OK + b"Content-Length: 500\r\n\r\n")
    call.reset()


@hostile(LIES, POSTS)
async def resets_within_the_head(call: Call) -> None:
    await call.say(OK + b"Content-Le")
    call.reset()


@hostile(LIES, POSTS)
async def resets_within_the_body(call: Call) -> None:
    reply = await call.honest()
    await call.say(reply.head(sized(reply.body)) + reply.body[:-5])
    call.reset()


@hostile(RUDE, POSTS)
async def resets_after_the_answer(call: Call) -> None:
    await call.send(await call.honest())
    linger = struct.pack("ii", 1, 0)
    call.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    call.close()


@hostile(RUDE)
async def closes_its_half(call: Call) -> None:
    """Sends its end of file, and keeps the connection."""
    await call.send((await call.honest()).with_header("connection", "close"))
    call.writer.write_eof()
    await asyncio.sleep(0.2)
    call.close()


@hostile(ODD, lambda call: call.nth > 6)
async def serves_six_requests_alone(call: Call) -> None:
    call.reset()


@hostile(ODD, lambda call: call.nth % 3 == 0)
async def drops_one_request_in_three(call: Call) -> None:
    call.close()


@hostile(ABSENT)
async def drips_its_head(call: Call) -> None:
    await call.say(*[b"%c" % byte for byte in OK * 99], pause=1)


@hostile(LIES, CHAT)
async def drips_its_body(call: Call) -> None:
    await call.say(OK + b"Content-Length: 100000\r\n\r\n", *[b" "] * 100_000, pause=1)


@hostile(LIES, STREAM)
async def drips_its_stream(call: Call) -> None:
    reply = await call.honest()
    await call.say(reply.head(CHUNKED))
    await call.say(*[chunk(b"%c" % byte) for byte in reply.body], pause=0.5)


@hostile(ODD, STREAM)
async def sends_a_stream_in_chunks_of_one_byte(call: Call) -> None:
    reply = await call.honest()
    await call.say(reply.head(CHUNKED))
    await call.say(*[chunk(b"%c" % byte) for byte in reply.body], chunk(b""))


@hostile(ABSENT)
async def never_ends_its_head(call: Call) -> None:
    await call.say(OK)
    while True:
        await call.say(b"X-A: " + b"a" * 8192 + b"\r\n", pause=0)


@hostile(ABSENT)
async def never_ends_its_status_line(call: Call) -> None:
    await call.say(b"HTTP/1.1 200 ")
    while True:
        await call.say(b"O" * 8192, pause=0)


@hostile(LIES, CHAT)
async def never_ends_its_body(call: Call) -> None:
    await call.say(OK + b"\r\n")
    while True:
        await call.say(b" " * 65536, pause=0)


@hostile(LIES, MODELS)
async def never_ends_its_list(call: Call) -> None:
    await call.say(OK + b'\r\n{"object": "list", "data": [')
    while True:
        await call.say(b'{"id": "a", "object": "model"},' * 99, pause=0.01)


@hostile(LIES, CHAT)
async def never_ends_a_chunk_extension(call: Call) -> None:
    await call.say(OK + b"Transfer-Encoding: chunked\r\n\r\n2;")
    while True:
        await call.say(b"a=b;" * 2048, pause=0)


@hostile(LIES, CHAT)
async def never_ends_its_trailers(call: Call) -> None:
    await call.say(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
    while True:
        await call.say(b"X-A: " + b"a" * 8192 + b"\r\n", pause=0)


@hostile(ABSENT)
async def continues_for_ever(call: Call) -> None:
    while True:
        await call.say(b"HTTP/1.1 100 Continue\r\n\r\n" * 64, pause=0.01)


@hostile(CONFORMANT)
async def continues_a_hundred_times(call: Call) -> None:
    await call.say(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
    await call.pass_on()


@hostile(CONFORMANT)
async def hints_early(call: Call) -> None:
    link = f"Link: <{call.world.elsewhere}>; rel=preload\r\n".encode()
    await call.say(b"HTTP/1.1 103 Early Hints\r\n" + link + b"\r\n", b"HTTP/1.1 102 -\r\n\r\n")
    await call.pass_on()


@hostile(LIES, POSTS)
async def switches_protocols(call: Call) -> None:
    await call.say(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\n\r\n\x81\x05hello",
        pause=1,
    )
    call.close()


@hostile(BLAMED, CHAT)
async def tells_too_short_a_length(call: Call) -> None:
    reply = await call.honest()
    await call.say(reply.head(sized(reply.body[9:])) + reply.body)
    call.close()


@hostile(LIES, CHAT)
async def tells_too_long_a_length(call: Call) -> None:
    reply = await call.honest()
    await call.say(reply.head(sized(reply.body + b"x" * 99)) + reply.body)
    call.close()


@hostile(LIES, POSTS)
async def tells_a_negative_length(call: Call) -> None:
    await call.say(OK + b"Content-Length: -1\r\n\r\n{}")
    call.close()


@hostile(LIES, POSTS)
async def tells_a_huge_length(call: Call) -> None:
    await call.say(OK + b"Content-Length: 99999999999999999999999\r\n\r\n{}")
    call.close()


@hostile(LIES, POSTS)
async def tells_two_lengths(call: Call) -> None:
    await call.say(OK + b"Content-Length: 2\r\nContent-Length: 20\r\n\r\n{}")
    call.close()


@hostile(LIES, POSTS)
async def tells_a_length_in_words(call: Call) -> None:
    await call.say(OK + b"Content-Length: 0x2, \xb2\r\n\r\n{}")
    call.close()


@hostile(ODD, CHAT)
async def tells_a_length_and_chunks(call: Call) -> None:
    reply = await call.honest()
    await call.say(reply.head(sized(reply.body), CHUNKED) + chunk(reply.body) + chunk(b""))


@hostile(LIES, CHAT)
async def tells_chunks_of_wrong_sizes(call: Call) -> None:
    await call.say(OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\nffffffffffffffffff\r\n{}")
    call.close()


@hostile(LIES, CHAT)
async def codes_its_transfer_oddly(call: Call) -> None:
    await call.say(OK + b"Transfer-Encoding: gzip, cow, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
    call.close()


@hostile(LIES, STREAM)
async def forgets_its_last_chunk(call: Call) -> None:
    reply = await call.honest()
    await call.say(reply.head(CHUNKED), *[chunk(part) for part in reply.parts])
    call.close()


@hostile(ODD, CHAT)
async def answers_twice(call: Call) -> None:
    reply = await call.honest()
    whole = reply.head(sized(reply.body)) + reply.body
    await call.say(whole + whole)


@hostile(ODD, CHAT)
async def answers_what_nobody_asked(call: Call) -> None:
    """One answer more, meant for whatever is asked next on this connection."""
    planted = b'{"object": "list", "data": [{"id": "planted"}]}'
    await call.send(await call.honest())
    await call.say(Reply(200, [], []).head(sized(planted)) + planted, pause=0.1)


@hostile(RUDE, CHAT)
async def adds_bytes_after_the_answer(call: Call) -> None:
    await call.send((await call.honest()).with_header("connection", "close"))
    await call.say(b"\r\n\r\ngarbage")
    call.close()


@hostile(LIES, POSTS)
async def speaks_http_0_9(call: Call) -> None:
    await call.say(b"<html>hello</html>")
    call.close()


@hostile(ABSENT)
async def speaks_http_2(call: Call) -> None:
    await call.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9))
    call.close()


@hostile(ABSENT)
async def speaks_tls_to_plain_text(call: Call) -> None:
    await call.say(b"\x15\x03\x01\x00\x02\x02\x46")
    call.close()


@hostile(ABSENT, scheme="https")
async def speaks_plain_text_to_tls(call: Call) -> None:
    await call.say(OK + b"Content-Length: 2\r\n\r\n{}")


@hostile(ABSENT)
async def speaks_at_random(call: Call) -> None:
    await call.say(os.urandom(65536))
    call.close()


@hostile(ABSENT)
async def repeats_what_it_hears(call: Call) -> None:
    lines = [b": ".join(pair) for pair in call.headers]
    await call.say(
        b"\r\n".join([f"{call.method} {call.target} HTTP/1.1".encode(), *lines, b"", b""])
    )
    call.close()


def _status_line(name: str, line: bytes) -> None:
    async def vice(call: Call) -> None:
        reply = await call.honest()
        head = reply.head(sized(reply.body)).partition(b"\r\n")[2]
        await call.say(line + b"\r\n" + head + reply.body)
        call.close()

    vice.__name__ = f"has_a_status_line_{name}"
    hostile(LIES, POSTS)(vice)


for _name, _line in {
    "of_zeros": b"HTTP/1.1 000 OK",
    "of_nines": b"HTTP/1.1 999 OK",
    "of_a_million": b"HTTP/1.1 1000000 OK",
    "in_words": b"HTTP/1.1 OK 200",
    "of_a_future_version": b"HTTP/7.3 200 OK",
    "of_another_protocol": b"ICY 200 OK",
    "with_a_minus": b"HTTP/1.1 -200 OK",
    "with_digits_of_others": "HTTP/1.1 ２００ OK".encode(),
}.items():
    _status_line(_name, _line)


@hostile(ABSENT | BLAMED, anything)
async def answers_before_it_is_asked(call: Call) -> None:
    """Says something as soon as a request is there, and never looks at what it was."""
    await call.say(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n" * 3)
    call.close()


@hostile(CONFORMANT)
async def closes_each_connection_without_a_word(call: Call) -> None:
    await call.pass_on()
    call.close()
