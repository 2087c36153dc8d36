"""Exchanges of any length, by what is long in them: events, elements, fields, lines, letters.

Ordinary ones are answers as the documents print them; the others break a clause in each element,
or do something odd with lines, places and ids.
"""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from fixtures.transport import multipart_form
from fixtures.transport.exchange import Chunk, Exchange, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Long = Callable[[int], Exchange]

DONE = b"data: [DONE]\n\n"
FIELDS: dict[str, dict[str, Any]] = {
    "/chat/completions": {
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 100_000,
        "min_tokens": 1,
        "stop": ["zzzz"],
    },
    "/completions": {"prompt": "hi", "max_tokens": 1000, "stop": ["zzzz"]},
    "/responses": {"input": "hi", "max_output_tokens": 1000, "metadata": {"a": "b"}},
}
CHAT, COMPLETIONS, RESPONSES = FIELDS
NOW = int(time.time())
NAMES = {"id": "x-1", "created": NOW, "model": "m"}
RESPONSE = {"id": "r", "object": "response", "created_at": NOW, "model": "m", "output": []}


def asked(route: str, **fields: Any) -> Request:
    """A request to this route that most judges have something to say of."""
    body = json.dumps({"model": "m", **FIELDS[route], **fields}).encode()
    return Request("POST", route, body, "application/json")


def came(
    request: Request, *pieces: bytes, status: int = 200, kind: str = "application/json"
) -> Exchange:
    """What came to a request, in these pieces."""
    headers = (("content-type", kind), ("date", formatdate(usegmt=True)))
    chunks = tuple(Chunk(0.1, piece) for piece in pieces)
    return Exchange("e", request, status, headers, chunks, at=time.time(), seconds=1.0)


def streamed(route: str, *pieces: bytes) -> Exchange:
    """A stream of these bytes."""
    return came(asked(route, stream=True), *pieces, kind="text/event-stream")


def events(route: str, objects: Iterable[Any]) -> Exchange:
    """A stream of these objects."""
    return streamed(
        route, *(b"data: " + json.dumps(each).encode() + b"\n\n" for each in objects), DONE
    )


def body(route: str, document: Any, status: int = 200) -> Exchange:
    """A plain answer."""
    return came(asked(route), json.dumps(document).encode(), status=status)


def chunk(delta: Any, end: str | None = None, index: object = 0) -> dict[str, Any]:
    """A chunk of a chat stream."""
    choice = {"index": index, "delta": delta, "finish_reason": end}
    return {**NAMES, "object": "chat.completion.chunk", "choices": [choice]}


def text(piece: object, end: str | None = None, index: object = 0) -> dict[str, Any]:
    """A chunk of a completions stream."""
    choice = {"index": index, "text": piece, "logprobs": None, "finish_reason": end}
    return {**NAMES, "object": "text_completion", "choices": [choice]}


def call(index: int, name: str, arguments: str) -> dict[str, Any]:
    """The delta of a tool call."""
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": index, "id": f"c{index}", "function": function}]}


def chat(**fields: Any) -> dict[str, Any]:
    """A chat completion, with fields of its one choice."""
    message = {"role": "assistant", "content": "hi"}
    choice = {"index": 0, "message": message, "finish_reason": "stop", **fields}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return {**NAMES, "object": "chat.completion", "choices": [choice], "usage": usage}


def item(number: int, **fields: Any) -> dict[str, Any]:
    """An output item of /responses."""
    part = {"type": "output_text", "text": "x", "annotations": []}
    named = {"id": f"i{number}", "type": "message", "status": "completed", "role": "assistant"}
    return {**named, "content": [part], **fields}


def ordinary_chat(n: int) -> Exchange:
    """A chat stream of n pieces."""
    middle = (chunk({"content": f"w{k} "}) for k in range(n))
    return events(CHAT, [chunk({"role": "assistant", "content": ""}), *middle, chunk({}, "stop")])


def ordinary_completions(n: int) -> Exchange:
    """A completions stream of n pieces."""
    return events(COMPLETIONS, [*(text(f"w{k} ") for k in range(n)), text("", "stop")])


def ordinary_responses(n: int) -> Exchange:
    """A responses stream of n deltas, with all events around them."""
    place: dict[str, Any] = {"output_index": 0, "content_index": 0, "item_id": "i0"}
    whole = "".join(f"w{k} " for k in range(n))
    part = {"type": "output_text", "text": whole, "annotations": []}
    done = item(0, content=[part])
    added: dict[str, Any] = {"output_index": 0, "item": item(0, status="in_progress", content=[])}
    usage = {"input_tokens": 1, "output_tokens": n, "total_tokens": n + 1}
    end = {**RESPONSE, "status": "completed", "output": [done], "usage": usage}
    objects = [
        {"type": "response.created", "response": {**RESPONSE, "status": "in_progress"}},
        {"type": "response.output_item.added", **added},
        {"type": "response.content_part.added", **place, "part": {**part, "text": ""}},
        *({"type": "response.output_text.delta", **place, "delta": f"w{k} "} for k in range(n)),
        {"type": "response.output_text.done", **place, "text": whole},
        {"type": "response.content_part.done", **place, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": done},
        {"type": "response.completed", "response": end},
    ]
    return events(RESPONSES, ({**each, "sequence_number": k} for k, each in enumerate(objects)))


def many_items(n: int) -> Exchange:
    """A responses stream of n items, each opened, spoken in and closed."""
    rows = [
        row
        for k in range(n)
        for row in (
            {"type": "response.output_item.added", "output_index": k, "item": item(k)},
            {"type": "response.output_text.delta", "output_index": k, "delta": "x"},
            {"type": "response.output_item.done", "output_index": k, "item": item(k)},
        )
    ]
    end = {**RESPONSE, "status": "completed", "output": [item(k) for k in range(n)]}
    return events(RESPONSES, [*rows, {"type": "response.completed", "response": end}])


def models(n: int) -> Exchange:
    """A list of n models, half of the ids twice, each wrong in several ways."""
    row = {"object": "model", "created": 9_999_999_998, "owned_by": 1, "parameters_number": " "}
    data = [{"id": f"m{k // 2}", **row, "capabilities": {}} for k in range(n)]
    document = json.dumps({"object": "list", "data": data})
    return came(Request("GET", "/models"), document.encode())


def segments(n: int) -> Exchange:
    """A transcription of n segments."""
    request = Request(
        "POST",
        "/audio/transcriptions",
        multipart_form.write([("model", "w")]),
        multipart_form.CONTENT_TYPE,
    )
    rows = [{"id": k, "start": k / n, "end": (k + 1) / n, "text": "x"} for k in range(n)]
    document = {"text": "x " * n, "duration": 1.0, "segments": rows}
    return came(request, json.dumps(document).encode())


def _error(message: str, **fields: Any) -> Exchange:
    error = {"message": message, "type": "a", "param": None, "code": None, **fields}
    return body(CHAT, {"error": error}, status=400)


def _bytewise(n: int) -> Exchange:
    whole = b"data: " + json.dumps(chunk({"content": "x" * n})).encode() + b"\n\n" + DONE
    return streamed(CHAT, *(whole[k : k + 1] for k in range(len(whole))))


ORDINARY: dict[str, Long] = {
    "chat": ordinary_chat,
    "completions": ordinary_completions,
    "responses": ordinary_responses,
}
# Each with a length at which a linear judge takes tenths of a second, and a quadratic one seconds.
EVENTS: dict[str, tuple[int, Long]] = {
    "arguments in pieces": (
        800,
        lambda n: events(CHAT, (chunk(call(0, "f" if not k else "", "1" * 80)) for k in range(n))),
    ),
    "calls": (800, lambda n: events(CHAT, (chunk(call(k, "f", "{}")) for k in range(n)))),
    "wrong chunks": (500, lambda n: events(CHAT, ({"a": k} for k in range(n)))),
    "places": (500, lambda n: events(CHAT, (chunk({"content": "x"}, None, k) for k in range(n)))),
    "ids": (500, lambda n: events(CHAT, ({**chunk({}), "id": f"c{k}"} for k in range(n)))),
    "choices in one chunk": (
        2000,
        lambda n: events(CHAT, [{**NAMES, "choices": chunk({"content": "x"})["choices"] * n}]),
    ),
    "no JSON": (3000, lambda n: streamed(CHAT, *[b"data: hello\n\n"] * n)),
    "ends": (3000, lambda n: streamed(CHAT, *[DONE] * n)),
    "glued": (500, lambda n: streamed(CHAT, *(b'data: {"id":"%d"}\n' % k for k in range(n)))),
    "no UTF-8": (500, lambda n: streamed(CHAT, *[b'data: {"id":"\xff"}\n\n'] * n)),
    "lost": (2000, lambda n: streamed(CHAT, *[b'Data: {"id":"x"}\n\n'] * n)),
    "errors": (800, lambda n: events(CHAT, ({"error": {"message": "/usr/x"}} for _ in range(n)))),
    "texts": (500, lambda n: events(COMPLETIONS, (text("x", None, k) for k in range(n)))),
    "wrong texts": (500, lambda n: events(COMPLETIONS, (text(1, None, "x") for _ in range(n)))),
    "items": (200, many_items),
    "wrong events": (500, lambda n: events(RESPONSES, ({"type": 7} for _ in range(n)))),
    "error events": (500, lambda n: streamed(RESPONSES, *[b"event: error\ndata: {}\n\n"] * n)),
    "completed": (500, lambda n: events(RESPONSES, [{"type": "response.completed"}] * n)),
    "never closed": (
        500,
        lambda n: events(
            RESPONSES,
            [
                *({"type": "response.output_item.added", "output_index": k} for k in range(n)),
                {"type": "response.completed"},
            ],
        ),
    ),
}
BODIES: dict[str, tuple[int, Long]] = {
    "choices": (2000, lambda n: body(CHAT, {**chat(), "choices": chat()["choices"] * n})),
    "wrong choices": (1000, lambda n: body(CHAT, {**chat(), "choices": [{"index": "x"}] * n})),
    "calls": (
        1000,
        lambda n: (
            body(CHAT, chat(message=call(0, "f", "{}") | call(1, "f", "{}")))
            if n < 2
            else body(CHAT, chat(message={"tool_calls": call(0, "f", "{}")["tool_calls"] * n}))
        ),
    ),
    "logprobs": (8000, lambda n: body(CHAT, chat(logprobs={"content": [{"token": "x"}] * n}))),
    "words": (200_000, lambda n: body(CHAT, chat(message={"content": "word " * n}))),
    "fields": (8_000, lambda n: body(CHAT, {**chat(), **{f"k{k}": k for k in range(n)}})),
    "twins": (60_000, lambda n: came(asked(CHAT), b"{" + b'"a":1,' * n + b'"b":1}')),
    "space": (400_000, lambda n: came(asked(CHAT), b" " * n + json.dumps(chat()).encode())),
    "texts": (1000, lambda n: body(COMPLETIONS, {"choices": [text("x" * 50)["choices"][0]] * n})),
    "output": (1000, lambda n: body(RESPONSES, {"output": [item(k) for k in range(n)]})),
    "wrong output": (1000, lambda n: body(RESPONSES, {"output": [item(7, id=7)] * n})),
    "models": (800, models),
    "segments": (1000, segments),
    "fields of an error": (8_000, lambda n: _error("x", **{f"k{k}": 1 for k in range(n)})),
    "folders": (40_000, lambda n: _error("/usr" * n)),
    "paths": (20_000, lambda n: _error("/usr/x.py " * n)),
    "files": (40_000, lambda n: _error('File "' * n)),
    "places in files": (40_000, lambda n: _error("at a.a(.java:" * n)),
    "depth": (40_000, lambda n: came(asked(CHAT), b"[" * n, status=400)),
}
LINES: dict[str, tuple[int, Long]] = {
    "comments": (20_000, lambda n: streamed(CHAT, *[b": keep-alive\n\n"] * n, DONE)),
    "empty lines": (20_000, lambda n: streamed(CHAT, *[b"\n"] * n, DONE)),
    "carriage returns": (20_000, lambda n: streamed(CHAT, *[b"\r"] * n, DONE)),
    "data lines of one event": (20_000, lambda n: streamed(CHAT, *[b"data: 1\n"] * n, b"\n")),
    "unknown fields": (20_000, lambda n: streamed(CHAT, *[b"foo: 1\n"] * n, DONE)),
    "one line": (20_000, lambda n: streamed(CHAT, b"data: ", *[b"x" * 10] * n)),
    "one byte at a time": (20_000, _bytewise),
}
