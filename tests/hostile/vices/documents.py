"""JSON that is deep, huge, odd, or none; documented members with values of every other type."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.hostile.ground import (
    BLAMED,
    CHAT,
    CONFORMANT,
    LIES,
    MODELS,
    ODD,
    POSTS,
    RESPONSES,
    RUDE,
    SPEECH,
    Call,
    Deployment,
    Routes,
    Verdicts,
    add,
    hostile,
)

DEEP = 100_000


async def _with_member(call: Call, text: bytes, name: bytes = b"x_more") -> None:
    """The honest answer, with one member more, of this text."""
    reply = await call.honest()
    if not isinstance(reply.json, dict):
        return await call.send(reply)
    body = reply.body.rstrip()[:-1] + b', "%s": %s}' % (name, text)
    return await call.send(reply.with_body(body))


MEMBERS: dict[str, tuple[bytes, Verdicts]] = {
    "nine-hundred-levels-deep": (b"[" * 900 + b"]" * 900, CONFORMANT),
    "a-hundred-thousand-levels-deep": (b"[" * DEEP + b"]" * DEEP, ODD),
    "a-hundred-thousand-objects-deep": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, ODD),
    "of-half-characters": (b'"\\ud800 \\udc00\\ud800"', RUDE),
    "of-five-thousand-digits": (b"9" * 5000, ODD),
    "of-five-megabytes-of-digits": (b"9" * (5 << 20), ODD),
    "of-a-huge-exponent": (b"[1e999999999, -1e400, 1e-999999999]", ODD),
    "that-is-no-number": (b"[NaN, Infinity, -Infinity]", BLAMED),
    "that-is-no-utf-8": (b'"\xff\xfe\xc0\xaf\xed\xa0\x80"', BLAMED),
    "with-raw-control-characters": (b'"a\0b\x1b[2Jc\n"', BLAMED),
    "with-escaped-control-characters": (
        b'"\\u0000\\u001b[2J\\u009b31m\\r\\n::debug::x"',
        CONFORMANT,
    ),
    "of-a-million-members": (b"{" + b",".join(b'"%d":0' % n for n in range(300_000)) + b"}", ODD),
    "of-a-million-nulls": (b"[" + b",".join([b"null"] * 1_000_000) + b"]", ODD),
    "called-like-python": (
        b'{"__class__": "os", "__init__": 1, "__proto__": {"x": 1}, "constructor": 1, "self": 2}',
        CONFORMANT,
    ),
    "with-a-schema": (
        b'{"$ref": "file:///etc/passwd", "$schema": "http://127.0.0.1:9/"}',
        CONFORMANT,
    ),
    "with-html": (
        b'"</script><script src=//127.0.0.1:9/x></script><img src=x onerror=y>"',
        CONFORMANT,
    ),
}  # fmt: skip

for _name, (_text, _lawful) in MEMBERS.items():

    async def _member(call: Call, text: bytes = _text) -> None:
        await _with_member(call, text)

    add(Deployment(f"has-a-member-{_name}", "documents", _member, _lawful, CHAT))


# Documented members, set to what no document allows. `path` leads from the document to the member.
def _odd(name: str, on: Routes, path: tuple[str | int, ...], value: object) -> None:
    def amend(document: Any) -> None:
        place = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    async def vice(call: Call) -> None:
        await call.send(await call.amended(amend))

    add(Deployment(f"has-{name}", "documents", vice, BLAMED, on))


_odd("a-list-as-finish-reason", CHAT, ("choices", 0, "finish_reason"), [[]])
_odd("an-object-as-choices", CHAT, ("choices",), {"a": {}})
_odd("a-number-as-choices", CHAT, ("choices",), 5)
_odd("an-object-as-data", MODELS, ("data",), {"a": {}})
_odd("an-object-as-id", CHAT, ("id",), {"a": [1]})
_odd("a-list-as-model", CHAT, ("model",), ["x"])
_odd("a-list-as-object", CHAT, ("object",), [["chat.completion"]])
_odd("a-list-as-usage", CHAT, ("usage",), [1, 2, 3])
_odd("half-a-character-as-id", RESPONSES, ("object",), "\ud800")
_odd("a-list-as-output", RESPONSES, ("output",), [None, 5, [], "x", {"type": ["message"]}])
_odd("an-object-as-status", RESPONSES, ("status",), {"completed": True})
_odd("a-list-as-text", SPEECH, ("text",), ["a", {"b": 1}])
_odd("an-object-as-message", CHAT, ("choices", 0, "message"), {"role": ["x"], "content": {"a": 1}})
_odd("text-as-choice", CHAT, ("choices", 0), "choice")
_odd("odd-capabilities", MODELS, ("data", 0, "capabilities"), [{"supports_image": "yes"}])
_odd("numbers-as-capabilities", MODELS, ("data", 0, "capabilities"), {"supports_image": 1e308})


def _number(name: str, path: bytes, digits: bytes, on: Routes = CHAT) -> None:
    """A number as text, because no program writes it."""

    async def vice(call: Call) -> None:
        reply = await call.honest()
        if reply.status == 200:
            head, found, tail = reply.body.partition(b'"%s":' % path)
            rest = tail.lstrip(b" 0123456789")
            reply = reply.with_body(head + found + digits + rest if found else reply.body)
        await call.send(reply)

    add(Deployment(f"has-{name}", "documents", vice, BLAMED, on))


_number("four-thousand-digits-as-created", b"created", b"9" * 4000)
_number("a-huge-exponent-as-created", b"created", b"1e400")
_number("no-number-as-created", b"created", b"NaN")
_number("a-negative-time-as-created", b"created", b"-99999999999999999999")
_number("four-thousand-digits-as-tokens", b"total_tokens", b"9" * 4000)
_number("a-huge-exponent-as-tokens", b"total_tokens", b"1e308")
_number("four-thousand-digits-as-a-models-date", b"created", b"9" * 4000, MODELS)
_number("four-thousand-digits-as-created-at", b"created_at", b"9" * 4000, RESPONSES)


def _body(name: str, lawful: Verdicts, change: Callable[[bytes], bytes], on: Routes = CHAT) -> None:
    async def vice(call: Call) -> None:
        reply = await call.honest()
        await call.send(reply.with_body(change(reply.body)))

    add(Deployment(f"answers-{name}", "documents", vice, lawful, on))


_body("after-a-byte-order-mark", RUDE, lambda body: b"\xef\xbb\xbf" + body)
_body("in-utf-16", BLAMED, lambda body: body.decode().encode("utf-16"))
_body("with-each-member-twice", ODD, lambda body: b'{"id": 5, "usage": [], ' + body[1:])
_body("with-nothing", BLAMED, lambda _: b"")
_body("with-null", BLAMED, lambda _: b"null")
_body("with-a-deep-list", BLAMED, lambda _: b"[" * 1_000_000)
_body("a-list-with-null", LIES, lambda _: b"null", MODELS)
_body("a-list-with-a-deep-list", LIES, lambda _: b"[" * 1_000_000, MODELS)
_body("a-list-with-everything", BLAMED, lambda _: json.dumps(
    {"object": ["list"], "data": [None, 5, "x", [], {}, {"id": []}, {"id": {"a": 1}},
     {"id": "x", "capabilities": {"support_chat_completion": "true", "supports_image": []}}]}
).encode(), MODELS)  # fmt: skip


def refuses(call: Call) -> bool:
    return call.method == "POST" or not MODELS(call)


ERRORS: dict[str, tuple[bytes, str]] = {
    "in-html": (b"<h1>no</h1><script>alert(1)</script>", "text/html"),
    "with-an-odd-error": (b'{"error": [5, {"message": {"a": 1}}]}', "application/json"),
    "with-odd-members": (
        b'{"error": {"message": ["x"], "type": 5, "code": {}}}',
        "application/json",
    ),
    "with-escapes": (
        b'{"error": {"message": "\\u001b[2J\\u001b]0;x\\u0007\\r\\n::error::x\\n::set-output '
        b'name=a::b\\nVerdict=CONFORMANT\\n![x](http://127.0.0.1:9/leak)<script>alert(1)</script>'
        b']]>&xxe;", "type": "a|b\\u0000", "param": null, "code": null}}',
        "application/json",
    ),
    "with-a-megabyte": (b'{"error": {"message": "%s"}}' % (b"x\\n" * 350_000), "application/json"),
    "with-a-deep-detail": (b'{"detail": ' + b"[" * 900 + b"]" * 900 + b"}", "application/json"),
}  # fmt: skip

for _name, (_text, _media) in ERRORS.items():

    async def _error(call: Call, text: bytes = _text, media: str = _media) -> None:
        reply = await call.honest()
        if reply.status < 400:
            return await call.send(reply)
        changed = reply.with_body(text).with_header("content-type", media)
        return await call.send(changed)

    _fits = {"with-escapes", "with-a-megabyte", "with-a-deep-detail"}
    add(
        Deployment(
            f"refuses-{_name}", "documents", _error, ODD if _name in _fits else BLAMED, refuses
        )
    )


@hostile(LIES, POSTS)
async def answers_with_a_page(call: Call) -> None:
    page = b"<!doctype html><title>x</title><script>location='//127.0.0.1:9'</script>" + b"\x1b[2J"
    await call.answer(200, page, headers={"Content-Type": "text/html"})


@hostile(ODD, CHAT)
async def says_what_slow_patterns_choke_on(call: Call) -> None:
    texts = ("a" * 200_000 + "!", "(" * 100_000, "a-" * 200_000, " " * 400_000, "\n" * 400_000)
    said = {"content": texts[call.nth % 5]}
    await call.send(await call.amended(lambda body: body["choices"][0]["message"].update(said)))


@hostile(ODD, SPEECH)
async def hears_what_slow_patterns_choke_on(call: Call) -> None:
    texts = ("the " * 400_000, "a" * 1_500_000, ". " * 700_000, "1234567890" * 100_000)
    await call.send(await call.amended(lambda body: body.update(text=texts[call.nth % 4])))
