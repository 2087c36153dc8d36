"""The key comes back: in every encoding, in chains of two, in pieces, in every place of an answer.

A field more is lawful, and no document that blocks forbids an echo, so these stay conformant; what
counts is that nothing which the suite writes holds the key in any form.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import zlib
from collections.abc import Callable

from tests.hostile.ground import (
    ABSENT,
    BLAMED,
    CHAT,
    CONFORMANT,
    LIES,
    MODELS,
    ODD,
    POSTS,
    RUDE,
    STREAM,
    Call,
    Deployment,
    Reply,
    Vice,
    add,
    chunk,
    hostile,
)

Encode = Callable[[str], str]


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def escaped(text: str, every: int = 1) -> str:
    """JSON escapes of each character, or of one in so many."""
    return "".join(f"\\u{ord(c):04x}" if i % every == 0 else c for i, c in enumerate(text))


# What a program reads as the key after one step, or two: JSON text, each goes between quotes.
# Those of one family stand in one answer, each in a field of its own.
ENCODINGS: dict[str, tuple[Encode, ...]] = {
    "as-it-is": (lambda key: key,),
    "with-one-letter-escaped": (lambda key: escaped(key[0]) + key[1:],),
    "with-mixed-escapes": (
        lambda key: escaped(key, 3),
        lambda key: "".join(c if i % 2 else f"\\u{ord(c):04X}" for i, c in enumerate(key)),
        lambda key: escaped(key, 2).replace("\\", "\\\\"),
    ),
    "in-percents": (
        lambda key: "".join(f"%{ord(c):02x}" for c in key),
        lambda key: "".join(c if i % 2 else f"%{ord(c):02X}" for i, c in enumerate(key)),
        lambda key: "".join(f"%25{ord(c):02X}" for c in key),
    ),
    "in-base64": (b64, lambda key: b64("x" + key), lambda key: b64("xy" + key + "z")),
    "in-base64-of-others": (
        lambda key: base64.urlsafe_b64encode(f"?>{key}".encode()).decode(),
        lambda key: "\\r\\n".join(b64(key)[i : i + 8] for i in range(0, 80, 8)),
        lambda key: base64.b32encode(key.encode()).decode(),
    ),
    "in-hex": (
        lambda key: key.encode().hex(),
        lambda key: key.encode().hex().upper(),
        lambda key: key.encode().hex(":"),
    ),
    "in-two-encodings": (
        lambda key: b64(b64(key)),
        lambda key: b64(key).encode().hex(),
        lambda key: b64(key.encode().hex()),
        lambda key: "".join(f"%{ord(c):02x}" for c in b64(key)),
        lambda key: escaped(key.encode().hex()),
    ),
    "in-entities": (
        lambda key: "".join(f"&#{ord(c)};" for c in key),
        lambda key: "".join(f"&#x{ord(c):X};" for c in key),
        lambda key: html.escape(f"<{key[:9]}") + f"&#{ord(key[9])};" + key[10:],
    ),
    "in-quoted-printable": (lambda key: "".join(f"={ord(c):02X}" for c in key),),
    "in-utf-16": (
        lambda key: b64(key.encode("utf-16-le")),
        lambda key: "".join(f"\\u0000{c}" for c in key),
    ),
    "packed": (
        lambda key: b64(gzip.compress(key.encode())),
        lambda key: b64(zlib.compress(f"<{key}>".encode())),
    ),
    "backwards": (lambda key: key[::-1],),
    "in-two-fields": (lambda key: f'{key[:24]}", "x_more": "{key[24:]}',),
}


def echoing(encodings: tuple[Encode, ...]) -> Vice:
    async def echo(call: Call) -> None:
        reply = await call.honest()
        fields = [f', "x_{n}": "{encode(call.key)}"' for n, encode in enumerate(encodings)]
        if isinstance(reply.json, dict):
            reply = reply.with_body(reply.body.rstrip()[:-1] + "".join(fields).encode() + b"}")
        await call.send(reply)

    return echo


for _name, _encodings in ENCODINGS.items():
    add(Deployment(f"echoes-the-key-{_name}", "keys", echoing(_encodings), CONFORMANT, CHAT))


async def _with_deltas(call: Call, texts: list[str]) -> None:
    """The honest stream, with these texts said before its own."""
    reply = await call.honest()
    if not reply.streamed:
        return await call.send(reply)
    first = json.loads(reply.parts[0].removeprefix(b"data: "))
    chunks = [
        {**first, "choices": [{"index": 0, "delta": {"content": t}, "finish_reason": None}]}
        for t in texts
    ]
    said = [b"data: %s\n\n" % json.dumps(each).encode() for each in chunks]
    reply.parts[1:1] = said
    return await call.send(reply)


@hostile(ODD, STREAM)
async def streams_the_key_in_halves(call: Call) -> None:
    await _with_deltas(call, [call.key[:20], call.key[20:]])


@hostile(ODD, STREAM)
async def streams_the_key_letter_by_letter(call: Call) -> None:
    await _with_deltas(call, list(call.key))


@hostile(ODD, STREAM)
async def streams_the_key_in_hex_by_threes(call: Call) -> None:
    text = call.key.encode().hex()
    await _with_deltas(call, [text[i : i + 3] for i in range(0, len(text), 3)])


@hostile(ODD, STREAM)
async def streams_the_key_in_base64_pieces(call: Call) -> None:
    text = b64("xx" + call.key)
    await _with_deltas(call, [text[i : i + 5] for i in range(0, len(text), 5)])


@hostile(ODD, STREAM)
async def cuts_the_key_between_chunks(call: Call) -> None:
    """Lawful bytes in comments, in pieces of three bytes on the wire."""
    reply = await call.honest()
    if reply.streamed:
        text = b": %s\n\n" % call.key.encode()
        reply.parts[:0] = [text[i : i + 3] for i in range(0, len(text), 3)]
    await call.send(reply)


@hostile(ODD, STREAM)
async def names_events_by_the_key(call: Call) -> None:
    reply = await call.honest()
    if reply.streamed:
        key = call.key.encode()
        lines = (b"id: %s\n" % key, b"event: %s\n" % key[::-1], b"retry: 1\n", b": %s\n" % key)
        reply.parts = [b"".join(lines) + part for part in reply.parts]
    await call.send(reply)


@hostile(CONFORMANT)
async def echoes_the_key_in_headers(call: Call) -> None:
    key = call.key
    reply = await call.honest()
    for name, value in {
        f"x-{key}": "name",
        "x-a": key,
        "x-b": escaped(key),
        "x-c": b64(f"user:{key}"),
        "x-d": key.encode().hex().upper(),
        "x-e": "".join(f"%{ord(c):02x}" for c in key),
        "x-f": key[::-1],
        "etag": f'W/"{key}"',
        "www-authenticate": f'Bearer realm="{key}"',
        "set-cookie": f"session={key}; Path=/{key}; HttpOnly",
        "content-disposition": f"attachment; filename=\"{key}\"; filename*=UTF-8''{key}",
        "x-request-id": key,
        "server": f"nginx/{key}",
    }.items():
        reply = reply.with_header(name, value)
    await call.send(reply)


@hostile(CONFORMANT)
async def splits_the_key_over_headers(call: Call) -> None:
    reply = (await call.honest()).with_header("x-one", call.key[:20])
    await call.send(reply.with_header("x-two", call.key[20:]))


@hostile(CONFORMANT)
async def echoes_the_key_in_the_reason(call: Call) -> None:
    await call.send(await call.honest(), reason=b"OK " + call.key.encode())


@hostile(CONFORMANT, CHAT)
async def echoes_the_key_in_trailers(call: Call) -> None:
    reply = await call.honest()
    await call.say(reply.head((b"transfer-encoding", b"chunked"), (b"trailer", b"x-key")))
    await call.say(chunk(reply.body), b"0\r\nx-key: %s\r\n\r\n" % call.key.encode())


@hostile(CONFORMANT, CHAT)
async def echoes_the_key_in_chunk_extensions(call: Call) -> None:
    reply = await call.honest()
    await call.say(reply.head((b"transfer-encoding", b"chunked")))
    await call.say(chunk(reply.body).replace(b"\r\n", b";k=%s\r\n" % call.key.encode(), 1))
    await call.say(chunk(b""))


@hostile(LIES | ABSENT)
async def redirects_to_the_key(call: Call) -> None:
    where = f"/{call.key[::-1]}?key={call.key}#{b64(call.key)}"
    await call.answer(307, headers={"Location": call.world.elsewhere + where})


@hostile(BLAMED, MODELS)
async def tells_the_key_in_every_field(call: Call) -> None:
    entry = dict.fromkeys(("id", "object", "owned_by", "created", "capabilities"), call.key)
    await call.answer(json={"object": call.key, "data": [entry], call.key: {call.key: call.key}})


async def _refuse(call: Call, text: str) -> None:
    error = {"message": text, "type": text, "param": text, "code": text}
    await call.answer(401, json={"error": error})


@hostile(LIES)
async def refuses_the_key_by_name(call: Call) -> None:
    await _refuse(call, f"Incorrect API key provided: {call.key}")


@hostile(LIES)
async def refuses_the_key_by_name_in_base64(call: Call) -> None:
    await _refuse(call, f"Authorization: Basic {b64('user:' + call.key)}")


@hostile(LIES, POSTS)
async def prints_its_environment_on_errors(call: Call) -> None:
    page = f"<h1>500</h1><pre>HTTP_AUTHORIZATION=Bearer {call.key}\nTraceback: ...</pre>"
    await call.answer(500, page.encode(), headers={"Content-Type": "text/html"})


@hostile(ODD, CHAT)
async def zips_the_key(call: Call) -> None:
    reply = await call.honest()
    if isinstance(reply.json, dict):
        body = json.dumps({**reply.json, "x_debug": call.key}).encode()
        reply = reply.with_body(gzip.compress(body)).with_header("content-encoding", "gzip")
    await call.send(reply)


@hostile(LIES, CHAT)
async def cuts_off_within_the_key(call: Call) -> None:
    """Nearly all of the key, and the end of the connection."""
    await call.say(Reply(200, [], []).head((b"content-length", b"9999")), call.key[:-3].encode())
    call.reset()


@hostile(LIES, POSTS)
async def speaks_the_key_and_no_http(call: Call) -> None:
    await call.say(call.key.encode() + b" " + call.key.encode().hex().encode() + b"\r\n\r\n")
    call.close()


@hostile(RUDE, CHAT)
async def answers_with_the_whole_request(call: Call) -> None:
    reply = await call.honest()
    if isinstance(reply.json, dict):
        heard = {n.decode(): v.decode("latin-1") for n, v in call.headers}
        body = {**reply.json, "x_request": {"headers": heard, "body": call.body.decode("latin-1")}}
        reply = reply.with_body(json.dumps(body).encode())
    await call.send(reply)
