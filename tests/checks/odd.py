"""Odd answers: any JSON value at any place of an answer, and bodies that are no JSON at all.

A deployment may answer whatever it likes. What it says may break clauses, never the suite.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from fixtures.transport.document import NOT_JSON, parse
from fixtures.transport.exchange import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fixtures.transport.exchange import Exchange

Path = tuple[str | int, ...]

# JSON texts, because Python's own values cannot say all of them.
VALUES: tuple[str, ...] = (
    *("null", "true", "false", "0", "1", "-1", "-0", "-0.0", "1.0", "0.5", "1e308"),
    *("NaN", "Infinity", "-Infinity", "1e400", "-1e400"),
    *("9" * 19, "9" * 299, "9" * 309, "9" * 4000, "-" + "9" * 4000, "9" * 4400, "1000000000"),
    *('""', '" "', '"x"', '"0"', '"true"', r'"\u0000"', r'"a\ud800"', r'"\udfff\ud800"'),
    *(r'"\ufffd"', r'"\u001b[31m\r\n"', '"\u2028"'),
    *('"__class__"', '"../../x"', '"%00"', '"[DONE]"'),
    json.dumps("x" * 100_000),
    *("[]", "[[]]", "[null]", "[1]", '["x"]', '["x", 1, null, {}]', "[{}]", "[{}, {}]"),
    *('[{"index": "0"}]', '[{"index": 1000000000}]', '[{"index": -1}]', '[{"index": []}]'),
    *('[{"id": []}, {"id": {}}]', '[{"type": ["message"], "content": "x"}]'),
    *("{}", '{"x": {}}', '{"": ""}', r'{"\ud800": "\ud800"}', '{"__class__": "x"}'),
    *('{"id": {}}', '{"error": []}', '{"error": {"message": []}}', '{"type": []}'),
    *('{"reasoning_tokens": "x"}', '{"reasoning_tokens": 1e400}', '{"length": 1}'),
    "[" * 300 + "]" * 300,
    '{"a":' * 300 + "1" + "}" * 300,
    "[" * 5000 + "]" * 5000,
)

# Whole bodies.
BODIES: tuple[bytes, ...] = (
    *(b"", b" ", b"\n\n", b"null", b"[]", b'"x"', b"5", b"true", b"{}", b"[[]]", b"NaN"),
    b"<!doctype html><html><body>Welcome</body></html>",
    *(b"\xff\xfe", b"\xff", b"\x00", b"\xed\xa0\x80", b'{"a": "\xed\xa0\x80"}', b"\xef\xbb\xbf{}"),
    *('{"id": "x"}'.encode(each) for each in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig")),
    *(b'{"id": "x"}{"id": "y"}', b'{"id": "x"', b'{"id": "x"}\n\n\n', b"{'id': 'x'}"),
    *(b"\x1f\x8b\x08\x00garbage", b"data: [DONE]\n\n", b"data: {}\n\n", b"data:\n\n", b"data"),
    *(b"event: x\n\n", b"id: \x00\ndata: 1\n\n", b"retry: x\ndata: null\n\n"),
    b"event:\xff\ndata:[]\n\n",
    *(b"data: [DONE]\n\n" * 3, b"[" * 100_000, b"{" * 10, b"data: " + b"[" * 5000 + b"\n\n"),
)

HEADERS: tuple[tuple[str, str], ...] = (
    *(("content-type", each) for each in ("", ";", "application/json; charset=bogus", "text/\xe9")),
    *(("content-type", each) for each in ("application/json;charset=", "\xff", "x" * 5000)),
    *(("date", each) for each in ("", "yesterday", "\xe9", "Mon, 99 Foo 0000 99:99:99 GMT")),
    ("date", "Fri, 31 Dec 9999 23:59:59 -2359"),
    ("date", "Mon, 01 Jan 0001 00:00:00 +2359"),
    ("date", "Mon, 01 Jan 99999999999 00:00:00 GMT"),
    ("retry-after", "9" * 400),
    ("www-authenticate", "\xff\xfe"),
    ("location", "\xe9://[::1"),
)

STATUSES: tuple[int, ...] = (100, 101, 103, 199, 201, 204, 205, 206, 299, 302, 304, 400, 418)
STATUSES += (422, 429, 451, 499, 500, 599, 600, 999)


@dataclass(frozen=True)
class Place:
    """A place in an answer: a path in the body, or in the JSON of one event of a stream."""

    path: Path
    event: int = -1

    def __str__(self) -> str:
        pointer = "".join(f"/{step}" for step in self.path) or "/"
        return pointer if self.event < 0 else f"event {self.event}{pointer}"


@dataclass(frozen=True)
class Change:
    """What is done at a place: `put` a JSON text, `drop` or `double` the member, `rename` it."""

    act: str
    text: str = ""

    def __str__(self) -> str:
        return f"{self.act} {self.text[:40]}"


CHANGES: tuple[Change, ...] = (
    *(Change("put", text) for text in VALUES),
    *(Change("drop"), Change("double", "[]"), Change("double", '"x"')),
    *(Change("rename", each) for each in ("__class__", "", r"\ud800", r"\u0000", "items")),
)


def places(exchange: Exchange) -> list[Place]:
    """Every place of an answer. Of elements that are alike, and of events, the first and last."""
    if not exchange.is_stream:
        document = exchange.document
        return [Place(path) for path in _paths(document)]
    found: dict[str, list[Place]] = {}
    for number, event in enumerate(exchange.payloads):
        if not event.done:
            for path in _paths(json.loads(event.data)):
                kind = json.loads(event.data).get("type", "")
                found.setdefault(f"{kind}{path}", []).append(Place(path, number))
    return [one for alike in found.values() for one in dict.fromkeys((alike[0], alike[-1]))]


def changed(exchange: Exchange, place: Place, change: Change) -> Exchange:
    """The exchange with one change in its answer; the same one where it has no such place."""
    if place.event < 0:
        body = _edited(exchange.document, place.path, change)
        return exchange if body is None else with_body(exchange, body)
    events = []
    for number, event in enumerate(exchange.payloads):
        data: str | None = event.data
        if number == place.event and not event.done:
            data = _edited(parse(event.data), place.path, change)
        name = f"event: {event.event}\n" if event.event else ""
        events.append(f"{name}data: {event.data if data is None else data}\n\n")
    return with_body(exchange, "".join(events))


def with_body(exchange: Exchange, body: str | bytes) -> Exchange:
    """The exchange with another body."""
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    at = exchange.chunks[-1].at if exchange.chunks else 0.0
    return replace(exchange.copy(), chunks=(Chunk(at, raw),))


def in_turn(choices: Sequence[Change], first: int, count: int) -> Iterator[Change]:
    """So many of these from a place on, so that every place meets others."""
    return islice(cycle(choices), first % len(choices), first % len(choices) + count)


def _paths(document: Any) -> list[Path]:
    found: list[Path] = [()]
    for path in found:
        value = document
        for step in path:
            value = value[step]
        if isinstance(value, dict):
            found += [(*path, name) for name in value]
        elif isinstance(value, list):
            found += [(*path, n) for n in dict.fromkeys((0, len(value) - 1)) if value]
    return found


def _edited(document: Any, path: Path, change: Change) -> str | None:
    """The JSON text after the change; None where there is no such place."""
    if document is NOT_JSON:
        return None
    mark = "\x00place\x00"
    document = json.loads(json.dumps(document))
    if not path:
        return change.text if change.act == "put" else None
    owner = document
    try:
        for step in path[:-1]:
            owner = owner[step]
        kept = owner[path[-1]]
    except (KeyError, IndexError, TypeError):
        return None
    written = json.dumps(kept)
    if change.act in ("drop", "rename"):
        del owner[path[-1]]
    if change.act == "rename" and isinstance(owner, dict):
        owner[mark] = kept
        return json.dumps(document).replace(json.dumps(mark), f'"{change.text}"')
    if change.act in ("put", "double"):
        owner[path[-1]] = mark
    text = json.dumps(document, ensure_ascii=False)
    if change.act == "double" and isinstance(owner, dict):
        name = json.dumps(path[-1])
        return text.replace(json.dumps(mark), f"{written}, {name}: {change.text}")
    return text.replace(json.dumps(mark), change.text)


def apply(place: Place, change: Change) -> Callable[[Exchange], Exchange]:
    """The same change of whatever answer has the place."""
    return lambda exchange: changed(exchange, place, change)


def _body(body: bytes) -> Callable[[Exchange], Exchange]:
    return lambda exchange: with_body(exchange, body)


def _header(name: str, value: str) -> Callable[[Exchange], Exchange]:
    def change(exchange: Exchange) -> Exchange:
        kept = (pair for pair in exchange.headers if pair[0].lower() != name)
        return replace(exchange.copy(), headers=(*kept, (name, value)))

    return change


def _status(status: int, **others: Any) -> Callable[[Exchange], Exchange]:
    return lambda exchange: replace(exchange.copy(), status=status, **others)


# What may be wrong with an answer as a whole, by its description.
WHOLE: Mapping[str, Callable[[Exchange], Exchange]] = {
    **{f"the body {body[:40]!r}": _body(body) for body in BODIES},
    **{f"{name}: {value[:40]!r}": _header(name, value) for name, value in HEADERS},
    **{f"HTTP {status}": _status(status) for status in STATUSES},
    **{f"HTTP {status} without a body": _status(status, chunks=()) for status in STATUSES},
}
