"""Hunts for a key in bytes, with decoders of its own: nothing here is shared with what removes it.

It reads as an attacker would: run by run, with the decoders of the standard library, each result
again, three deep. It is slow, and knows nothing of positions.
"""

from __future__ import annotations

import base64
import html
import json
import quopri
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_to_bytes

DEEP = 3
INVISIBLE = re.compile("[\\s\0\u00ad\u200b-\u200f\u2060\ufeff]+")
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
NUMBERS = re.compile(rb"(?:\d{1,3}\D{1,3}){4,}\d{1,3}")


def holds(data: bytes, key: str) -> bool:
    """Whether this key can be read in these bytes."""
    return any(_shows(text, key) for text in _all(data))


def _shows(data: bytes, key: str) -> bool:
    raw = key.encode()
    if raw in data or raw[::-1] in data:
        return True
    text = INVISIBLE.sub("", data.decode("utf-8", "ignore"))
    return key in text or key[::-1] in text


def _all(data: bytes) -> Iterator[bytes]:
    """The bytes and what they decode to, each once."""
    seen, front = {data}, [data]
    front += [each for each in _joined(data) if each not in seen]
    seen.update(front)
    for _ in range(DEEP):
        yield from front
        found = {each for text in front for decode in DECODERS for each in decode(text)} - seen
        seen |= found
        front = sorted(found)
    yield from front


def _json(data: bytes) -> Iterator[bytes]:
    if b"\\" in data:
        text = data.decode("latin-1")
        yield ESCAPE.sub(_letter, text).encode("utf-8", "surrogatepass")


def _letter(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else found[3]


def _percent(data: bytes) -> Iterator[bytes]:
    if b"%" in data:
        yield unquote_to_bytes(data)


def _html(data: bytes) -> Iterator[bytes]:
    if b"&" in data:
        yield html.unescape(data.decode("latin-1")).encode("utf-8", "surrogatepass")


def _printable(data: bytes) -> Iterator[bytes]:
    if b"=" in data:
        yield quopri.decodestring(data)


def _base64(data: bytes) -> Iterator[bytes]:
    for run in re.findall(rb"[A-Za-z0-9+/_-]{8,}", re.sub(rb"\s|[^\0-\x7f]", b"", data)):
        text = run.translate(bytes.maketrans(b"-_", b"+/"))
        for cut in range(4):
            with suppress(ValueError):
                yield base64.b64decode(text[cut:] + b"A" * (-len(text[cut:]) % 4))


def _hex(data: bytes) -> Iterator[bytes]:
    tight = re.sub(rb"(?<=[0-9a-fA-F]{2})[\s:.-]+(?=[0-9a-fA-F]{2})", b"", data)
    for text in (data, tight):
        for run in re.findall(rb"[0-9a-fA-F]{12,}", text):
            for cut in range(2):
                digits = run[cut : cut + (len(run) - cut) // 2 * 2]
                yield bytes.fromhex(digits.decode())


def _packed(data: bytes) -> Iterator[bytes]:
    for found in re.finditer(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]", data):
        with suppress(zlib.error):
            yield zlib.decompressobj(47).decompress(data[found.start() :], 1 << 20)


def _wide(data: bytes) -> Iterator[bytes]:
    if b"\0" in data:
        for begin in (0, 1):
            for name in ("utf-16-le", "utf-16-be"):
                yield data[begin:].decode(name, "ignore").encode("utf-8", "ignore")


def _codes(data: bytes) -> Iterator[bytes]:
    for run in NUMBERS.findall(data):
        yield bytes(int(each) % 256 for each in re.findall(rb"\d+", run))


def _reversed(data: bytes) -> Iterator[bytes]:
    yield data[::-1]


def _joined(data: bytes) -> Iterator[bytes]:
    """Strings of one name, put together: those of a stream's events, of any JSON."""
    strings: dict[str, list[str]] = defaultdict(list)
    for text in [data, *re.findall(rb"(?m)^(?:data:)?\s*(.*?)\s*,?$", data)]:
        with suppress(ValueError, RecursionError):
            _collect(json.loads(text), "", strings)
    for texts in strings.values():
        yield "".join(texts).encode("utf-8", "ignore")
    yield b"".join(re.findall(rb"(?m)^data: ?([^\r\n]*)", data))


def _collect(value: Any, name: str, strings: dict[str, list[str]]) -> None:
    if isinstance(value, str):
        strings[name].append(value)
    elif isinstance(value, dict):
        for key, each in value.items():
            _collect(each, key, strings)
    elif isinstance(value, list):
        for each in value:
            _collect(each, name, strings)


DECODERS: tuple[Callable[[bytes], Iterator[bytes]], ...] = (
    *(_json, _percent, _html, _printable, _base64, _hex, _packed, _wide, _codes, _reversed),
)
