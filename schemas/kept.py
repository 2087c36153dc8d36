"""What of an exchange is kept on the disk, and what its entry still holds.

A deployment may answer each request with megabytes; what it says is judged whole, and kept in a
stated share. An exchange of up to `LEAST` bytes is kept whole; what is larger, up to `EACH`, while
the run's share for such exchanges lasts. Of any other the beginning is kept, with the length and
the SHA-256 of the whole body in `_cut`. A long body that stands as text would cost more than it
holds stands as base64 of gzip (`_packed`), which counts as at least an eighth of its length: it
has to fit into memory again.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Entry = dict[str, Any]

LEAST = 16 * 1024
EACH = 4 * 1024 * 1024
RUN = 12 * 1024 * 1024
PROBES = 4 * 1024 * 1024
CLIENT = 128 * 1024
TEXT = 64 * 1024  # as long a body stands as text, for other tools to read
BEGINNING = 4 * 1024
CHUNK, HEADER = 20, 40  # what one costs in JSON, besides its texts
FEW = 64
UNPACKED = 64 * 1024 * 1024


class BodyError(ValueError):
    """A body cannot be read back; the message is one line."""


@dataclass(frozen=True)
class Kept:
    """An entry as it is written, and what it takes of the run's share."""

    entry: Entry
    cost: int


def fit(entry: Entry, room: int, clean: Callable[[str], str] = str) -> Kept:
    """The entry, packed, and cut where it costs more than `LEAST` and than there is room for.

    `clean` removes keys from a body that is packed: nothing finds them there later.
    """
    content, packed = entry["response"]["content"], _pack(entry["response"]["content"], clean)
    weight = _cost(entry, packed)
    request = entry["request"]
    if "postData" in request:
        request = {**request, "postData": _pack(request["postData"], clean)}
    repacked = {**entry, "request": request}
    if "_cut" in entry or weight <= LEAST:
        return Kept({**repacked, "response": {**entry["response"], "content": packed}}, 0)
    if weight <= min(EACH, room):
        return Kept({**repacked, "response": {**entry["response"], "content": packed}}, weight)
    return Kept(_cut(repacked, body(content)), 0)


def size(entry: Entry) -> int:
    """About how many bytes an entry takes as it is, escapes left out."""
    return _around(entry) + len(entry["response"]["content"].get("text") or "")


def _cost(entry: Entry, packed: Entry) -> int:
    length = len(packed.get("text") or "")
    raw = packed.get("size", 0) // 8 if "_packed" in packed else length
    return _around(entry) + max(length, raw)


def _around(entry: Entry) -> int:
    headers = sum(
        len(each["name"]) + len(each["value"]) + HEADER for each in entry["response"]["headers"]
    )
    return headers + CHUNK * len(entry["_chunks"])


def _cut(entry: Entry, whole: bytes) -> Entry:
    answer = entry["response"]
    beginning = whole[:BEGINNING]
    headers, room = [], BEGINNING
    for each in answer["headers"][:FEW]:
        room -= len(each["name"]) + len(each["value"]) + HEADER
        if room >= 0:
            headers.append(each)
    content = {k: v for k, v in answer["content"].items() if k not in ("encoding", "_packed")}
    content |= as_text(beginning)
    return {
        **entry,
        "response": {**answer, "headers": headers, "content": content, "redirectURL": ""},
        "_chunks": entry["_chunks"][:FEW],
        "_cut": {"bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()},
    }


def as_text(raw: bytes) -> Entry:
    """A body in the fields of HAR: as text where it is one."""
    try:
        return {"text": raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(raw).decode(), "encoding": "base64"}


def _pack(part: Entry, clean: Callable[[str], str]) -> Entry:
    """The part with its body in gzip, where as text it would be long, or mostly escapes."""
    text = part.get("text") or ""
    if "_packed" in part or len(text) <= LEAST // 8 or len(text) <= _bound(text):
        return part
    raw = body({**part, "text": clean(text)})
    packed = base64.b64encode(gzip.compress(raw, 6, mtime=0)).decode()
    if len(packed) >= len(text):
        return part
    return {**part, "text": packed, "encoding": "base64", "_packed": "gzip"}


def _bound(text: str) -> int:
    """As long a text may be and stand as it is: shorter where JSON escapes most of it."""
    if len(text) > TEXT:
        return TEXT
    return TEXT if len(json.dumps(text, ensure_ascii=False)) <= 2 * len(text) else 0


def body(part: Entry) -> bytes:
    """The bytes of a `postData` or a `content`. Raises BodyError when they cannot be read back."""
    text = part.get("text") or ""
    if part.get("encoding") != "base64":
        return str(text).encode("utf-8", "surrogatepass")
    try:
        raw = base64.b64decode(text)
        return _unpack(raw) if part.get("_packed") == "gzip" else raw
    except (binascii.Error, zlib.error, ValueError):
        raise BodyError("a body is no base64 of what it says") from None


def _unpack(raw: bytes) -> bytes:
    unpack = zlib.decompressobj(31)
    whole = unpack.decompress(raw, UNPACKED)
    if not unpack.eof:
        raise BodyError(f"a body is cut, or larger than {UNPACKED} bytes")
    return whole
