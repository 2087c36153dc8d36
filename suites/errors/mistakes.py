"""What a client can do wrong: single mistakes, and bodies that a server may stumble over.

The single mistakes are the ones that the tables' own checks send, so they cost nothing more. The
hostile bodies are others, on purpose: that a table's value is refused, its own clause says.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fixtures.audio import speech
from fixtures.target.plain_requests import ABSENT, JSON_TYPE, form
from fixtures.transport import multipart_form
from fixtures.transport.exchange import Request
from suites.support import routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fixtures.target.deployment import Deployment

MOST_DEEP = 1_000_000
DEEP = 20_000
DIGITS = "9" * 5000  # more than Python's int() reads without a limit being lifted
NONSENSE = '{"type": "nothing", "pattern": "("}'
CHAT, COMPLETIONS, RESPONSES = routes.CHAT, routes.COMPLETIONS, routes.RESPONSES

MISTAKES: tuple[tuple[str, str, Any], ...] = (
    (CHAT, "messages", ABSENT),
    (CHAT, "messages", []),
    (CHAT, "temperature", "hot"),
    (CHAT, "temperature", 2.01),
    (CHAT, "max_tokens", -1),
    (CHAT, "top_p", 1.1),
    (CHAT, "n", 2),
    (CHAT, "stream", "maybe"),
    (COMPLETIONS, "prompt", ABSENT),
    (COMPLETIONS, "temperature", "hot"),
    (COMPLETIONS, "max_tokens", -1),
    (RESPONSES, "input", ABSENT),
)
MALFORMED: dict[str, Callable[[bytes], bytes]] = {
    "an open brace": lambda _: b"{",
    "an empty body": lambda _: b"",
    "a body that is cut before its end": lambda body: body[:-1],
    "words that are no JSON": lambda _: b"model=any&prompt=hello",
}


@dataclass(frozen=True)
class Act:
    """Something hostile that is sent in place of the plain JSON text of a route."""

    label: str
    body: Callable[[str], str | bytes]
    content_type: str = JSON_TYPE


def adding(fragment: str) -> Callable[[str], str]:
    """The plain body with one more field, as raw text; the last of two equal keys counts."""
    return lambda text: f"{text[:-1]}, {fragment}}}"


def saying(literal: str) -> Callable[[str], str]:
    """The plain body with this raw JSON in place of what is said to the model."""
    said = re.compile(r'"(?:Say OK|The capital of France is)"')
    return lambda text: said.sub(lambda _: literal, text, count=1)


def naming(literal: str) -> Callable[[str], str]:
    """The plain body with this raw JSON in place of the model's name."""
    return lambda text: re.sub(r'(?<="model": )"[^"]*"', lambda _: literal, text, count=1)


def instead(body: str | bytes) -> Callable[[str], str | bytes]:
    """These bytes, whatever the plain body is."""
    return lambda _: body


def unchanged(text: str) -> str:
    """The plain body."""
    return text


# The first acts of each group are those on which real servers stumble most.
NUMBERS = (
    Act("a seed of five thousand digits", adding(f'"seed": {DIGITS}')),
    Act("a temperature that is no number (NaN)", adding('"temperature": NaN')),
    Act("a temperature beyond all floats", adding('"temperature": 1e999')),
    Act("a cap of minus five thousand digits", adding(f'"max_tokens": -{DIGITS}')),
    Act("a top_p of minus infinity", adding('"top_p": -Infinity')),
)
WORDS = (
    Act("a lone surrogate in the text", saying(r'"\ud800"')),
    Act("a NUL in the text", saying(r'"OK \u0000 OK"')),
    Act(
        "bytes that are no UTF-8",
        lambda text: saying('"@@"')(text).encode().replace(b"@@", b"\xff"),
    ),
    Act("a format string", saying(r'"%s %n {0} {x!r} ${jndi:ldap://x} {{7*7}} \\x"')),
)
NAMES = (
    Act("a NUL in the model", naming(r'"a\u0000b"')),
    Act("a lone surrogate as model", naming(r'"\udfff"')),
    Act("a model of 100 kB", naming(json.dumps("m" * 100_000))),
    Act("a path as model", naming('"../../../../etc/passwd"')),
)
BODIES = (
    Act("an array", instead("[]")),
    Act("an array that is opened a million times", instead("[" * MOST_DEEP)),
    Act("null", instead("null")),
    Act("a field nested 20 000 deep", adding(f'"metadata": {"[" * DEEP}{"]" * DEEP}')),
    Act("an array of objects", instead('[{"model": "x"}]')),
    Act("a string", instead('"x"')),
    Act("a number", instead("1")),
    Act("an input nested 20 000 deep", saying("[" * DEEP + "]" * DEEP)),
)
FORMS = (
    Act("each key twice", lambda text: f"{text[:-1]}, {text[1:]}"),
    Act("UTF-16", lambda text: text.encode("utf-16")),
    Act("a byte order mark", lambda text: b"\xef\xbb\xbf" + text.encode()),
    Act("a second document", lambda text: text + text),
    Act("a trailing comma", lambda text: f"{text[:-1]},}}"),
)
TYPES = (
    Act("tools that are null inside", adding('"tools": [null]')),
    Act("a stop of nested lists", adding('"stop": [[["###"]]]')),
    Act("stream_options that are a string", adding('"stream": true, "stream_options": "x"')),
    Act("a stop that is an object", adding('"stop": {"a": 1}')),
    Act("a logit_bias that is a list", adding('"logit_bias": [[], null]')),
    Act("a user that is an object", adding('"user": {"a": {"b": null}}')),
    Act(
        "a response_format without sense", adding('"response_format": {"type": ["json_schema", 5]}')
    ),
    Act("a key of 10 kB", adding(f'"{"k" * 10_000}": 1')),
)
# What a client may mean, at the edge of what there is: nothing, or something that nobody has.
EDGES = (
    Act("nothing to say", saying('""')),
    Act("no list of things to say", saying("[]")),
    Act("a prompt of token ids", saying("[1, 2, 3]")),
    Act("a prompt of token ids that there are not", saying("[[-1]]")),
    Act("an empty stop", adding('"stop": ""')),
    Act("a list of an empty stop", adding('"stop": [""]')),
    Act("no stops", adding('"stop": []')),
    Act("no tools", adding('"tools": []')),
    Act("no tools, of which none is to be called", adding('"tool_choice": "none"')),
    Act(
        "a tool that must be called",
        adding(
            '"tool_choice": "required", "tools":'
            ' [{"type": "function", "name": "f", "function": {"name": "f"}}]'
        ),
    ),
    Act("an echo of the prompt alone", adding('"echo": true, "max_tokens": 0')),
    Act("a best_of below n", adding('"best_of": 1, "n": 2')),
    Act("penalties beyond their range", adding('"frequency_penalty": -9, "presence_penalty": 9')),
    Act("a stream of no token", adding('"stream": true, "max_tokens": 0')),
    Act("a stream that is too hot", adding('"stream": true, "temperature": 99')),
    Act("a response that nobody gave", adding('"previous_response_id": "resp_0"')),
    Act(
        "a response_format without its schema", adding('"response_format": {"type": "json_schema"}')
    ),
    Act(
        "a schema without sense",
        adding(
            '"response_format": {"type": "json_schema",'
            f' "json_schema": {{"name": "x", "schema": {NONSENSE}}}}}'
        ),
    ),
    Act(
        "a text format without sense",
        adding(
            f'"text": {{"format": {{"type": "json_schema", "name": "x", "schema": {NONSENSE}}}}}'
        ),
    ),
)
MEDIA = (
    Act("text/plain", unchanged, "text/plain"),
    Act("no content type", unchanged, ""),
    Act("an unknown charset", unchanged, "application/json; charset=no-such-charset"),
    Act("a form's content type", unchanged, "application/x-www-form-urlencoded"),
    Act("multipart without a boundary", unchanged, "multipart/form-data"),
    Act("a content type that is none", unchanged, "/;=,"),
)


def spoiled(door: Request, act: Act) -> Request:
    """The request that does this to the plain request of a route."""
    body = act.body(door.body.decode())
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return replace(door, body=raw, content_type=act.content_type)


def paths() -> Iterator[tuple[str, Request]]:
    """Paths that name no model, and may confuse what reads them."""
    for label, path in {
        "a NUL": "%00",
        "bytes that are no UTF-8": "%ff%fe",
        "4 kB": "m" * 4000,
        "an encoded slash": "a%2Fb%2F..%2F..",
        "a percent sign alone": "%",
        "a format string": "%25s%25n%7B0%7D",
    }.items():
        yield f"a model id of {label}", Request("GET", f"/models/{path}")
    yield "an unknown query", Request("GET", "/models?limit=-1&after=%00&limit=x&[]=%ff")


def uploads(dut: Deployment) -> Iterator[tuple[str, Request]]:
    """What is no form, or has odd parts; which files are refused, the area audio asks."""
    plain = dut.upload(speech())
    model = ("model", dut.cast.model("transcription"))
    noise = bytes(range(256)) * 8
    yield "JSON in place of a form", replace(plain, body=b'{"model": "x"}', content_type=JSON_TYPE)
    yield "an upload that is cut", replace(plain, body=plain.body[: len(plain.body) // 2])
    yield "a form without a boundary", replace(plain, content_type="multipart/form-data")
    parts: dict[str, list[multipart_form.Part]] = {
        "a text in place of the file": [model, ("file", "speech.wav")],
        "a path as file name": [model, ("file", ("../../etc/passwd", "audio/wav", noise))],
        "two models": [model, model, ("file", ("speech.wav", "audio/wav", noise))],
        "a NUL in the model": [("model", "a\0b"), ("file", ("speech.wav", "audio/wav", noise))],
    }
    for label, each in parts.items():
        yield f"an upload with {label}", form("/audio/transcriptions", each)
    yield "no body in place of a form", replace(plain, body=b"", content_type="")
