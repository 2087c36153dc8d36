"""Ways to write a key so that it does not look like one; a drawn number says which letters, how."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Callable
from random import Random
from typing import TypeAlias

Encoder: TypeAlias = Callable[[bytes, Random], bytes]
BLANKS = (b" ", b"\n", b"\t", "\u200b".encode(), "\u2060".encode(), "\ufeff".encode())


def _cased(text: str, dice: Random) -> str:
    return "".join(dice.choice((letter.lower(), letter.upper())) for letter in text)


def _each(text: bytes, dice: Random, own: bytes, *ways: Callable[[int], str]) -> bytes:
    """Some letters of ASCII, all of `own` and at least the first, in one of these ways."""
    share = dice.choice((0.1, 0.5, 1.0))
    return b"".join(
        dice.choice(ways)(code).encode()
        if code < 128 and (place == 0 or code in own or dice.random() < share)
        else bytes((code,))
        for place, code in enumerate(text)
    )


def json_escapes(text: bytes, dice: Random) -> bytes:
    return _each(text, dice, b'\\"', lambda code: "\\u" + _cased(f"{code:04x}", dice))


def percent(text: bytes, dice: Random) -> bytes:
    share = dice.choice((0.1, 0.5, 1.0))
    return b"".join(
        b"%" + _cased(f"{code:02x}", dice).encode()
        if code == ord("%") or place == 0 or dice.random() < share
        else bytes((code,))
        for place, code in enumerate(text)
    )


def entities(text: bytes, dice: Random) -> bytes:
    return _each(
        text,
        dice,
        b"&",
        lambda code: f"&#{code};",
        lambda code: f"&#{code:07};",
        lambda code: f"&#{dice.choice('xX')}{_cased(f'{code:x}', dice)};",
    )


def quoted_printable(text: bytes, dice: Random) -> bytes:
    text = _each(text, dice, b"=", lambda code: "=" + f"{code:02X}")
    cut = dice.randrange(len(text))
    return text if b"=" in text[max(0, cut - 2) : cut] else text[:cut] + b"=\r\n" + text[cut:]


def base_64(text: bytes, dice: Random) -> bytes:
    text = dice.choice((b"", b":", b"k:", b"\xff\xfe")) + text + dice.choice((b"", b"\n", b"\xff;"))
    encode = dice.choice((base64.b64encode, base64.urlsafe_b64encode))
    return dice.choice((encode(text), encode(text).rstrip(b"=")))


def wrapped_base64(text: bytes, dice: Random) -> bytes:
    encoded, width = base_64(text, dice), dice.choice((8, 20, 76))
    return b"\n".join(encoded[at : at + width] for at in range(0, len(encoded), width))


def hexadecimal(text: bytes, dice: Random) -> bytes:
    between = dice.choice(("", "", ":", " ", "-"))
    return between.join(_cased(f"{code:02x}", dice) for code in text).encode()


def codes(text: bytes, dice: Random) -> bytes:
    return dice.choice((", ", ",", " ")).join(str(code) for code in text).encode()


def wide(text: bytes, dice: Random) -> bytes:
    return text.decode("latin-1").encode(dice.choice(("utf-16-le", "utf-16-be")))


def gzipped(text: bytes, dice: Random) -> bytes:
    return dice.choice((gzip.compress, zlib.compress))(text)


def backwards(text: bytes, dice: Random) -> bytes:
    return text[::-1]


def with_blanks(text: bytes, dice: Random) -> bytes:
    return dice.choice(BLANKS).join(bytes((code,)) for code in text)


TEXT: tuple[Encoder, ...] = (
    *(json_escapes, percent, entities, quoted_printable, base_64, wrapped_base64, hexadecimal),
    *(codes, backwards),
)
# What gives bytes that are no text: as they are, or in an encoding for bytes.
BINARY: tuple[Encoder, ...] = (wide, gzipped)
FOR_BYTES: tuple[Encoder, ...] = (base_64, wrapped_base64, hexadecimal, percent, codes, backwards)
CHAINS = (
    *((first,) for first in (*TEXT, *BINARY, with_blanks)),
    *((first, second) for first in (*TEXT, with_blanks) for second in (*TEXT, *BINARY)),
    *((first, second) for first in BINARY for second in FOR_BYTES),
)
