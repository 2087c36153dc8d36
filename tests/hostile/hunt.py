"""Looks for a key in bytes, in whatever form: raw, encoded, encoded twice, in pieces.

It shares no line with the suite's own redaction, or both would miss the same form. It looks for
parts of the key, ten letters each: a random key has none of them by chance.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PART, STEP = 10, 6  # any sixteen letters of the key in a row hold one of these parts
DEPTH = 3  # a file's own encoding, and a chain of two
MOST = 32 << 20  # bytes that one packed piece may grow to
AROUND = 600  # bytes beside an escape that are looked at once it is undone

REPEATS = re.compile(rb"(.)\1{99,}", re.DOTALL)  # in megabytes of them no key can stand
JSON_ESCAPE = re.compile(rb"\\+(?:u([0-9a-fA-F]{4})|/)")
PERCENT = re.compile(rb"%(?:25)*([0-9a-fA-F]{2})")
QUOTED = re.compile(rb"=([0-9A-F]{2})")
ENTITY = re.compile(rb"&(?:amp;)?#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6});")
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{14,}")
LINES = re.compile(
    rb"(?<![A-Za-z0-9+/_=-])(?:[A-Za-z0-9+/_=-]{4,76}+(?:\\+[rn]|[\r\n])+){2,}[A-Za-z0-9+/_=-]*"
)
BASE32 = re.compile(rb"[A-Z2-7]{24,}")
HEX = re.compile(rb"(?:[0-9a-fA-F]{2}[:\- ]?){16,}+")
SPREAD = re.compile(rb"(?:[A-Za-z0-9_-](?:\x00|[-:. ]|\\+[uU]0000|\\+[xX]00)){12,}+[A-Za-z0-9_-]?")
PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")


@dataclass(frozen=True)
class Key:
    """What is looked for: pieces of the key as it is, and backwards."""

    parts: tuple[bytes, ...]
    backwards: tuple[bytes, ...]

    @classmethod
    def of(cls, text: str) -> Key:
        """All the parts of this key. Raises ValueError where it is too short to be recognised."""
        if len(text) < PART + STEP:
            raise ValueError(f"a key of {len(text)} characters cannot be told from other text")
        starts = range(0, len(text) - PART + 1, STEP)
        ways = (text.encode(), text[::-1].encode())
        forwards, backwards = (tuple(way[i : i + PART] for i in starts) for way in ways)
        return cls(forwards, backwards)

    def standing_in(self, data: bytes) -> str:
        """ "raw" or "backwards" where a part stands in these bytes, else nothing."""
        if any(part in data for part in self.parts):
            return "raw"
        return "backwards" if any(part in data for part in self.backwards) else ""


def hunt(data: bytes, key: Key, depth: int = DEPTH) -> str:
    """By which steps the key can be read in these bytes ("raw", "json > base64"), or nothing."""
    if (found := key.standing_in(data)) or depth <= 0:
        return found
    data = REPEATS.sub(rb"\1\1\1\1", data)
    for name, undo in STEPS.items():
        for piece in undo(data):
            if found := hunt(piece, key, depth - 1):
                return name if found == "raw" else f"{name} > {found}"
    return ""


def hunt_file(path: Path, key: Key) -> str:
    """The same for a file; JSON in it is read, too, and its texts are joined."""
    data = path.read_bytes()
    found = hunt(data, key) or ("name" if hunt(path.name.encode(), key, 1) else "")
    return found or _hunt_documents(data, key)


def _hunt_documents(data: bytes, key: Key) -> str:
    if data.lstrip()[:1] not in (b"{", b"["):
        return ""
    texts: list[str] = []
    for line in [data] if _read(data) is not None else data.split(b"\n"):
        texts += _texts(_read(line))
    for number, text in enumerate(texts):
        raw = text.encode("utf-8", "surrogatepass")
        for body in (raw, *_based(raw)):
            if found := _hunt_stream(body, key):
                return f"text {number} > {found}"
    return f"joined > {found}" if (found := hunt(_joined(texts), key, 2)) else ""


def _hunt_stream(body: bytes, key: Key) -> str:
    """The events of a stream: the short texts of one place in all of them, one after the other."""
    if body.count(b"data:") < 2:
        return ""
    places: dict[str, list[str]] = {}
    for line in body.splitlines():
        if line.startswith(b"data:"):
            for place, text in _placed(_read(line[5:]), ""):
                places.setdefault(place, []).append(text)
    for place, texts in places.items():
        if found := hunt("".join(texts).encode("utf-8", "surrogatepass"), key, 2):
            return f"events{place} > {found}"
    return ""


def _joined(texts: list[str]) -> bytes:
    """Short texts that follow each other, as one."""
    return "".join(text for text in texts if len(text) < 64).encode("utf-8", "surrogatepass")


def _read(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _texts(value: object) -> list[str]:
    return [text for _, text in _placed(value, "")]


def _placed(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Each text in a document, with the names that lead to it. Not by recursion: it may be deep."""
    left: list[tuple[object, str]] = [(value, place)]
    while left:
        one, where = left.pop()
        if isinstance(one, str):
            yield where, one
        elif isinstance(one, dict):
            inner = [(each, f"{where}.{name}"[-200:]) for name, each in one.items()]
            left += [*reversed(inner), *((str(name), f"{where}#") for name in one)]
        elif isinstance(one, list):
            left += [(each, where) for each in reversed(one)]


# The steps: each yields what stands behind an encoding, as often as it occurs.


def _undone(pattern: re.Pattern[bytes], undo: Callable[[re.Match[bytes]], bytes]) -> Any:
    def step(data: bytes) -> Iterator[bytes]:
        """Only the neighbourhood of what was undone: the rest was looked at as it is."""
        begin = end = -1
        for match in pattern.finditer(data):
            if match.start() > end + AROUND:
                if end >= 0:
                    yield pattern.sub(undo, data[max(0, begin - AROUND) : end + AROUND])
                begin = match.start()
            end = match.end()
        if end >= 0:
            yield pattern.sub(undo, data[max(0, begin - AROUND) : end + AROUND])

    return step


def _character(match: re.Match[bytes]) -> bytes:
    return chr(int(match[1], 16)).encode("utf-8", "surrogatepass") if match[1] else b"/"


def _entity(match: re.Match[bytes]) -> bytes:
    text = match[0].replace(b"amp;", b"").decode()
    return html.unescape(text).encode("utf-8", "surrogatepass")


def _based(data: bytes) -> Iterator[bytes]:
    for match in BASE64.finditer(data):
        run = match[0].replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):
            piece = run[start : start + (len(run) - start) // 4 * 4]
            if len(piece) >= 12:
                yield base64.b64decode(piece)


def _based_32(data: bytes) -> Iterator[bytes]:
    for match in BASE32.finditer(data):
        for start in range(8):
            piece = match[0][start:]
            yield base64.b32decode(piece[: len(piece) // 8 * 8])


def _hexed(data: bytes) -> Iterator[bytes]:
    for match in HEX.finditer(data):
        digits = re.sub(rb"[:\- ]", b"", match[0])
        for start in range(2):
            piece = digits[start:]
            yield binascii.unhexlify(piece[: len(piece) // 2 * 2])


def _spread(data: bytes) -> Iterator[bytes]:
    for match in SPREAD.finditer(data):
        text = re.sub(rb"\\+u0000|\\+x00", b"\0", match[0])
        yield text[::2]


def _unfolded(data: bytes) -> Iterator[bytes]:
    for match in LINES.finditer(data):
        yield re.sub(rb"\\+[rn]|[\r\n]", b"", match[0])


def _unpacked(data: bytes) -> Iterator[bytes]:
    for match in PACKED.finditer(data):
        try:
            yield zlib.decompressobj(47).decompress(data[match.start() :], MOST)
        except zlib.error:
            continue


STEPS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "json": _undone(JSON_ESCAPE, _character),
    "percent": _undone(PERCENT, lambda match: bytes([int(match[1], 16)])),
    "entities": _undone(ENTITY, _entity),
    "quoted-printable": _undone(QUOTED, lambda match: bytes([int(match[1], 16)])),
    "base64": _based,
    "lines": _unfolded,
    "base32": _based_32,
    "hex": _hexed,
    "spread": _spread,
    "packed": _unpacked,
}
