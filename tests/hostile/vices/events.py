"""Streams: too many events, too long, without ends, with ends of every sort."""

from __future__ import annotations

import asyncio
import itertools
import json

from tests.hostile.ground import (
    BLAMED,
    CHUNKED,
    CONFORMANT,
    LIES,
    ODD,
    RUDE,
    STREAM,
    Call,
    Reply,
    chunk,
    hostile,
)

TINY = b"data: {}\n\n"


def _responses(call: Call) -> bool:
    return call.path == "/responses" and call.streams


async def _replaced(call: Call, old: bytes, new: bytes) -> None:
    """The honest stream with other bytes for some."""
    reply = await call.honest()
    reply.parts = [part.replace(old, new) for part in reply.parts]
    await call.send(reply)


async def _before(call: Call, data: bytes) -> None:
    """The honest stream, after these bytes."""
    reply = await call.honest()
    if reply.streamed:
        reply.parts.insert(0, data)
    await call.send(reply)


@hostile(LIES, STREAM)
async def streams_eight_megabytes_of_tiny_events(call: Call) -> None:
    await call.stream([TINY * 1000] * 800)


@hostile(LIES, STREAM)
async def streams_eight_thousand_tiny_events(call: Call) -> None:
    await call.stream([TINY] * 8000)


@hostile(ODD, STREAM)
async def streams_forty_thousand_ordinary_chunks(call: Call) -> None:
    reply = await call.honest()
    if reply.streamed:
        first = json.loads(reply.parts[0].removeprefix(b"data: "))
        first["choices"][0]["delta"] = {"content": ""}
        reply.parts[1:1] = [b"data: %s\n\n" % json.dumps(first).encode()] * 40_000
    await call.send(reply)


@hostile(ODD, _responses)
async def streams_forty_thousand_events_of_a_response(call: Call) -> None:
    reply = await call.honest()
    if reply.streamed:
        reply.parts[1:1] = [reply.parts[1]] * 40_000
    await call.send(reply)


@hostile(ODD, STREAM)
async def streams_one_event_of_eight_megabytes(call: Call) -> None:
    await _replaced(call, b'"content":"', b'"content":"' + b"y" * (8 << 20))


@hostile(BLAMED, STREAM)
async def streams_one_line_without_an_end(call: Call) -> None:
    await call.stream([b"data: " + b"z" * 65536] * 100)


@hostile(LIES, STREAM)
async def streams_for_ever(call: Call) -> None:
    await call.stream(itertools.repeat(TINY))


@hostile(LIES, STREAM)
async def streams_its_answer_for_ever(call: Call) -> None:
    reply = await call.honest()
    await call.say(reply.head(CHUNKED), chunk(reply.parts[0]))
    while reply.streamed:
        await call.say(chunk(reply.parts[1]), pause=0.01)


@hostile(LIES, STREAM)
async def comments_for_ever(call: Call) -> None:
    await call.say(Reply(200, [(b"content-type", b"text/event-stream")], []).head(CHUNKED))
    while True:
        await call.say(chunk(b": keep-alive\n\n"), pause=1)


@hostile(LIES, STREAM)
async def asks_to_retry_for_ever(call: Call) -> None:
    await call.stream(itertools.repeat(b"retry: 1\nid: x\n\n"))


@hostile(RUDE, STREAM)
async def streams_a_million_empty_lines(call: Call) -> None:
    await _before(call, b"\n" * 1_000_000)


@hostile(CONFORMANT, STREAM)
async def streams_ten_thousand_comments(call: Call) -> None:
    await _before(call, b": wait\n\n" * 10_000)


@hostile(RUDE, STREAM)
async def ends_lines_with_returns_alone(call: Call) -> None:
    await _replaced(call, b"\n", b"\r")


@hostile(BLAMED, STREAM)
async def ends_lines_with_nothing(call: Call) -> None:
    await _replaced(call, b"\n", b"")


@hostile(BLAMED, STREAM)
async def streams_null_bytes(call: Call) -> None:
    await _replaced(call, b'"delta"', b'"del\0ta"')


@hostile(BLAMED | ODD, STREAM)
async def streams_a_byte_order_mark_in_the_middle(call: Call) -> None:
    await _replaced(call, b"data: {", b"\xef\xbb\xbfdata: {")


@hostile(CONFORMANT, STREAM)
async def streams_after_a_byte_order_mark(call: Call) -> None:
    await _before(call, b"\xef\xbb\xbf")


@hostile(RUDE, STREAM)
async def streams_no_utf_8(call: Call) -> None:
    await _replaced(call, b'"content":"', b'"content":"\xff\xc0\xaf')


@hostile(RUDE, STREAM)
async def streams_fields_that_nobody_knows(call: Call) -> None:
    odd = b"id: \0\nevent: \x1b[2J\nretry: 9e99\nretry: -1\n" + b"x" * 5000 + b": y\n:\n"
    await _replaced(call, b"data: {", odd + b"data: {")


@hostile(BLAMED, STREAM)
async def streams_chunks_of_odd_types(call: Call) -> None:
    values: list[object] = [
        None,
        5,
        [],
        "x",
        {"choices": 5},
        {"choices": [[]]},
        {"choices": [{"delta": []}]},
        {"id": {}, "choices": [{"index": "0", "delta": {"content": {}, "tool_calls": [5]}}]},
        {"usage": [1], "choices": [{"finish_reason": [[]], "delta": {"role": {}}}]},
    ]
    await call.stream([b"data: %s\n\n" % json.dumps(each).encode() for each in values] * 3)


@hostile(BLAMED, _responses)
async def streams_response_events_of_odd_types(call: Call) -> None:
    values: list[object] = [
        None,
        [],
        {"type": []},
        {"type": "response.completed", "response": 5},
        {"type": "response.output_text.delta", "delta": {}, "output_index": []},
        {"type": "response.created", "response": {"id": [], "output": 5}, "sequence_number": "x"},
    ]
    await call.stream([b"data: %s\n\n" % json.dumps(each).encode() for each in values] * 3)


@hostile(BLAMED, STREAM)
async def streams_deep_chunks(call: Call) -> None:
    await call.stream([b"data: " + b"[" * 100_000 + b"\n\n"] * 9)


@hostile(BLAMED, STREAM)
async def streams_huge_numbers(call: Call) -> None:
    await _replaced(call, b'"created":', b'"created":' + b"9" * 4000)


@hostile(LIES, STREAM)
async def stops_within_a_stream(call: Call) -> None:
    reply = await call.honest()
    await call.say(reply.head(CHUNKED), *[chunk(part) for part in reply.parts[:3]])
    await asyncio.sleep(3600)


@hostile(BLAMED, STREAM)
async def goes_on_after_done(call: Call) -> None:
    reply = await call.honest()
    await call.send(Reply(reply.status, reply.headers, reply.parts * 2, reply.streamed))


@hostile(BLAMED, STREAM)
async def says_done_ten_thousand_times(call: Call) -> None:
    await call.stream([b"data: [DONE]\n\n"] * 10_000)
