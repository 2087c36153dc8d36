"""The part of a body that a finding speaks of, marked, with what stands around it.

A body may hold megabytes: what is far from the mark is left out, and said to be.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

AROUND = 500
WHOLE = 1600
MARKED = 1200

BYTES = re.compile(r"bytes (\d+) to (\d+)")
BYTE = re.compile(r"byte (\d+)")
EVENT = re.compile(r"(?:event|chunk) (\d+)")
POINTER = re.compile(r"(?:^|, )(/[^;,\s]+)")
BLANK = re.compile(rb"(?:\r\n|\r|\n){2}")
SPACE = re.compile(r"\s*")

Span = tuple[int, int]


@dataclass(frozen=True)
class Piece:
    """Text in the order in which it is shown; `kind` is empty, `mark` or `gap`."""

    text: str
    kind: str = ""


def pieces(body: str, where: str) -> list[Piece]:
    """A body cut to what can be read, with the place that `where` names marked.

    Where nothing is to be marked, its beginning and its end are shown.
    """
    raw = body.encode("utf-8", "surrogatepass")
    found = span(raw, where)
    if found is None:
        return _ends(raw)
    start, end = found
    return _cut(raw, max(0, start - AROUND), min(len(raw), end + AROUND), found)


def span(raw: bytes, where: str) -> Span | None:
    """The bytes that `where` names (byte offsets, event, JSON pointer), or None."""
    if found := BYTES.search(where):
        return _within(raw, int(found[1]), int(found[2]))
    pointer = POINTER.search(where)
    if found := EVENT.match(where):
        event = _event(raw, int(found[1]))
        inside = _member(raw, event, pointer[1]) if event and pointer else None
        return inside or event
    if found := BYTE.search(where):
        start = int(found[1])
        return _within(raw, start, start + 1)
    return _member(raw, (0, len(raw)), pointer[1]) if pointer else None


def _within(raw: bytes, start: int, end: int) -> Span | None:
    end = min(end, len(raw))
    return (start, end) if start < end else None


def _event(raw: bytes, number: int) -> Span | None:
    """The event of that number, counted from 0. Blocks of comments alone are no events."""
    start = 0
    for blank in [*BLANK.finditer(raw), None]:
        end = blank.start() if blank else len(raw)
        if any(not line.startswith(b":") for line in raw[start:end].splitlines()):
            if number == 0:
                return start, end
            number -= 1
        start = blank.end() if blank else end
    return None


def _member(raw: bytes, part: Span, pointer: str) -> Span | None:
    """Where the value at a JSON pointer stands; where it is missing, what should hold it."""
    before = raw[part[0] : part[1]]
    lead = len(before) - len(before.removeprefix(b"data:")) if before.startswith(b"data:") else 0
    try:
        text = before[lead:].decode("utf-8")
        found = _walk(text, [_plain(step) for step in pointer.split("/")[1:]])
    except (ValueError, RecursionError, IndexError):
        return None
    if found is None:
        return None
    start, end = (len(text[:at].encode()) + part[0] + lead for at in found)
    return start, end


def _plain(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def _walk(text: str, steps: list[str]) -> Span | None:
    decoder = json.JSONDecoder(strict=False)
    at, deepest = _skip(text, 0), 0
    for step in steps:
        inner = _find(decoder, text, at, step)
        if inner is None:
            break
        at, deepest = inner, deepest + 1
    if not deepest and steps:
        return None
    return at, decoder.raw_decode(text, at)[1]


def _find(decoder: json.JSONDecoder, text: str, at: int, step: str) -> int | None:
    """Where the member of that name or number begins, in the object or array at `at`."""
    opening = text[at]
    if opening not in "{[":
        return None
    at, number = _skip(text, at + 1), 0
    while text[at] not in "]}":
        name = str(number)
        if opening == "{":
            name, at = decoder.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        if name == step:
            return at
        at = _skip(text, decoder.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _skip(text, at + 1)
        number += 1
    return None


def _skip(text: str, at: int) -> int:
    space = SPACE.match(text, at)
    return space.end() if space else at


def _ends(raw: bytes) -> list[Piece]:
    if len(raw) <= WHOLE:
        return [Piece(_text(raw))] if raw else []
    half = WHOLE // 2
    return [Piece(_text(raw[:half])), _gap(len(raw) - 2 * half), Piece(_text(raw[-half:]))]


def _cut(raw: bytes, start: int, end: int, mark: Span) -> list[Piece]:
    found = [
        _gap(start),
        Piece(_text(raw[start : mark[0]])),
        *_marked(raw[mark[0] : mark[1]]),
        Piece(_text(raw[mark[1] : end])),
        _gap(len(raw) - end),
    ]
    return [piece for piece in found if piece.text]


def _marked(part: bytes) -> list[Piece]:
    if len(part) <= MARKED:
        return [Piece(_text(part), "mark")]
    half = MARKED // 2
    return [
        Piece(_text(part[:half]), "mark"),
        _gap(len(part) - 2 * half),
        Piece(_text(part[-half:]), "mark"),
    ]


def _gap(size: int) -> Piece:
    return Piece(f"… {size:,} bytes left out …".replace(",", " ") if size else "", "gap")


def _text(part: bytes) -> str:
    return part.decode("utf-8", "backslashreplace")
