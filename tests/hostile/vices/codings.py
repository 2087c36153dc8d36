"""Bodies that grow, or that are not packed as they say."""

from __future__ import annotations

import gzip
import zlib
from functools import cache

from tests.hostile.ground import (
    CHAT,
    LIES,
    MODELS,
    ODD,
    POSTS,
    STREAM,
    Call,
    Deployment,
    add,
    hostile,
)


@cache
def bomb(layers: int) -> bytes:
    """A gigabyte of spaces, packed so many times; the checksum at its end is never reached."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    data = b"\x1f\x8b\x08" + bytes(7) + block * 1024 + packer.flush() + bytes(8)
    for _ in range(layers - 1):
        data = gzip.compress(data, 9)
    return data


@cache
def small_bomb() -> bytes:
    return gzip.compress(bytes(64 << 20), 9)


async def _packed(call: Call, data: bytes, coding: str) -> None:
    await call.answer(200, data, headers={"Content-Encoding": coding})


@hostile(LIES, MODELS)
async def lists_a_bomb(call: Call) -> None:
    await _packed(call, bomb(1), "gzip")


@hostile(LIES, POSTS)
async def answers_with_a_bomb(call: Call) -> None:
    await _packed(call, small_bomb(), "gzip")


@hostile(LIES, STREAM)
async def streams_a_bomb(call: Call) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/event-stream"}
    body = gzip.compress(b"data: {}\n\n" * 3_000_000, 9)
    await call.answer(200, body, headers=headers)


@hostile(LIES, POSTS)
async def refuses_with_a_bomb(call: Call) -> None:
    await call.answer(400, small_bomb(), headers={"Content-Encoding": "gzip"})


@hostile(LIES, CHAT)
async def nests_bombs(call: Call) -> None:
    await _packed(call, bomb(2), "gzip, gzip")


@hostile(LIES, CHAT)
async def nests_codings_a_thousand_deep(call: Call) -> None:
    await _packed(call, small_bomb(), ", ".join(["gzip"] * 1000))


@hostile(LIES, CHAT)
async def breaks_its_gzip(call: Call) -> None:
    reply = await call.honest()
    await _packed(call, gzip.compress(reply.body)[:-9], "gzip")


@hostile(LIES, CHAT)
async def adds_garbage_to_its_gzip(call: Call) -> None:
    reply = await call.honest()
    await _packed(call, gzip.compress(reply.body) + b"garbage" * 99, "gzip")


@hostile(ODD, CHAT)
async def packs_in_many_members(call: Call) -> None:
    reply = await call.honest()
    members = [gzip.compress(b"%c" % byte) for byte in reply.body]
    await _packed(call, b"".join(members) + gzip.compress(b"") * 50_000, "gzip")


@hostile(ODD, CHAT)
async def packs_unasked(call: Call) -> None:
    reply = await call.honest()
    await call.send(
        reply.with_body(gzip.compress(reply.body)).with_header("content-encoding", "x-gzip")
    )


for _name, _coding in {
    "brotli": "br",
    "zstandard": "zstd",
    "a-word": "cow",
    "a-long-word": "x" * 60_000,
    "a-module": "__import__('os')",
    "an-empty-word": ",,,",
}.items():

    async def _vice(call: Call, coding: str = _coding) -> None:
        await call.send((await call.honest()).with_header("content-encoding", coding))

    add(Deployment(f"says-it-packs-in-{_name}", "codings", _vice, ODD, CHAT))


@hostile(LIES, CHAT)
async def packs_a_bomb_in_brotli(call: Call) -> None:
    """Ten megabytes of zeros in 15 bytes, as any decoder of brotli unpacks them."""
    data = bytes.fromhex("cbffff3f0024e2a4e5a8c9a04c") + bytes(64)
    await _packed(call, data, "br")


@hostile(LIES, CHAT)
async def answers_with_nine_megabytes(call: Call) -> None:
    await call.answer(200, b"[" + b" " * (9 << 20) + b"]")
