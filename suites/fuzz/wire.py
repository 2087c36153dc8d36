"""Odd bytes and odd headers: the same JSON spelled otherwise, and what is no JSON at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from suites.fuzz.promise import ACCEPTED, OPEN, Promise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suites.fuzz.cases import Case, Target

MALFORMED = Promise("refused", ("ERR-400-02",))
TYPES = (
    *("application/json; charset=latin-1", "application/json; charset=utf-8", "text/plain"),
    *("application/json;", "application/json; charset=klingon", "APPLICATION/JSON", "", "json"),
    *("application/x-www-form-urlencoded", "multipart/form-data", "application/json, text/plain"),
    *("application/vnd.api+json", 'application/json; charset="utf-8"', "*/*", "application/xml"),
    *("multipart/form-data; boundary=", "application/json; boundary=x; charset", "ü/ü"),
)
HEADERS = (
    *(
        ("Content-Type", "application/json"),
        ("Accept", "application/json"),
        ("Accept", "image/png"),
    ),
    *(
        ("Accept-Language", "tlh"),
        ("X-Odd", "\xfc\xff"),
        ("X-Long", "x" * 7000),
        ("Cookie", "a=b; ;"),
    ),
    *(
        ("Range", "bytes=0-1"),
        ("If-None-Match", "*"),
        ("Accept-Charset", "utf-16"),
        ("Accept", ";"),
    ),
    *(("Content-Language", "x"), ("X-Forwarded-For", "' OR 1=1"), ("Origin", "null"), ("Via", "")),
    *(("X-Request-Id", "😀".encode().decode("latin-1")), ("Traceparent", "00-zz"), ("Prefer", "=")),
    *(("Accept-Encoding", "br;q=x"), ("Content-Encoding", "identity"), ("X-HTTP-Method", "DELETE")),
)
BROKEN = (
    *(b"", b"{", b'{"model": "x",', b"not json", b"{'model': 'x'}", b'{"a": NaN}', b'{"a": 01}'),
    *(
        b'{"a": "\xff"}',
        b'{"a": 1,}',
        b"\x00",
        b'{"a": "\x01"}',
        b'{"a" 1}',
        b"[" * 4000,
        b'"\\u12"',
    ),
)
OTHER = (
    b"null",
    b"[]",
    b"true",
    b"5",
    b'"model"',
    b"{}",
    b"[{}]",
    b"1e400",
    b"[" * 900 + b"]" * 900,
)


def cases(target: Target) -> Iterator[Case]:
    """Spellings, content types, headers and broken bodies, one of each kind in turn."""
    lists = [_spelled(target), _typed(target), _broken(target), _headed(target)]
    while lists:
        for each in tuple(lists):
            case = next(each, None)
            if case is None:
                lists.remove(each)
            else:
                yield case


def _spelled(target: Target) -> Iterator[Case]:
    """The plain body, byte for byte another one."""
    plain = dict(target.plain)
    text = json.dumps(plain)
    turned = json.dumps(dict(reversed(plain.items())))
    yield target.raw("keys in reverse order", turned.encode(), ACCEPTED)
    yield target.raw("temperature as 1e0", _adding(plain, '"temperature": 1e0'), ACCEPTED)
    cap = "max_output_tokens" if "max_output_tokens" in plain else "max_tokens"
    yield target.raw(f"{cap} as 1e2", _adding(plain, f'"{cap}": 1e2'))
    yield target.raw("a byte order mark", b"\xef\xbb\xbf" + text.encode())
    wide = json.dumps(plain, indent="\t").replace("\n", "\r\n \t")
    yield target.raw("white space everywhere", f" \r\n{wide}\n\n".encode(), ACCEPTED)
    yield target.raw("every letter escaped", _escaped(plain).encode(), ACCEPTED)
    yield target.raw("a key twice", _adding(plain, '"user": "a", "user": "b"'))
    yield target.raw("an integer of 400 digits", _adding(plain, f'"seed": {"9" * 400}'))
    yield target.raw("UTF-16", text.encode("utf-16"))
    yield target.raw("a number beyond all numbers", _adding(plain, '"temperature": 1e999'))
    yield target.raw("minus zero", _adding(plain, '"temperature": -0'))
    yield target.raw("many digits", _adding(plain, f'"temperature": 0.5{"0" * 60}'), ACCEPTED)
    yield target.raw("a NUL in a key", _adding(plain, '"a\\u0000b": 1'))
    yield target.raw("half a character in a key", _adding(plain, '"a\\udc00": 1'))


def _typed(target: Target) -> Iterator[Case]:
    for media in TYPES:
        yield target.raw(f"Content-Type: {media}", content_type=media)


def _headed(target: Target) -> Iterator[Case]:
    for name, value in HEADERS:
        told = f"{name}: {value[:40]}"
        twice = name == "Content-Type"
        yield target.raw(f"{told} twice" if twice else told, headers=((name, value),))


def _broken(target: Target) -> Iterator[Case]:
    for number, body in enumerate(BROKEN):
        told = f"the body {body[:20]!r}"
        yield target.raw(told, body, MALFORMED)
        if number < len(OTHER):
            yield target.raw(f"the body {OTHER[number][:20]!r}", OTHER[number], OPEN)


def _adding(plain: dict[str, object], fields: str) -> bytes:
    """The plain body, in which these fields take the place of those of the same name."""
    names = {part.split('"')[1] for part in fields.split(", ")}
    rest = {name: value for name, value in plain.items() if name not in names}
    return f"{json.dumps(rest)[:-1]}, {fields}}}".encode()


def _escaped(plain: dict[str, object]) -> str:
    """Texts written with escapes only; numbers stay as they are."""
    text = json.dumps(plain)
    inside, written = False, []
    for each in text:
        if each == '"':
            inside = not inside
        written.append(f"\\u{ord(each):04x}" if inside and each != '"' else each)
    return "".join(written)
