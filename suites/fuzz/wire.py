"""Odd bytes and odd headers: the same JSON spelled otherwise, and what is no JSON at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from suites.fuzz.cases import whole
from suites.fuzz.promise import ACCEPTED, OPEN, Promise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suites.fuzz.cases import Case, Target

ZEROS = "0" * 60
MARK = b"\xef\xbb\xbf"
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
        ("X-Long", "x" * 4000),
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


def few(target: Target) -> Iterator[Case]:
    """As much as goes into a few requests; the ones that break most come first.

    A body that is no UTF-8 broke 8 of 17 real servers, more than anything else.
    """
    yield _no_utf8(target)
    yield _spelled_together(target)
    yield _headed_together(target)
    yield target.raw("the body b'null'", b"null", OPEN)
    yield target.raw(f"Content-Type: {TYPES[0]}", content_type=TYPES[0])
    yield target.raw("the body b''", b"", MALFORMED)
    yield _typed_together(target)
    yield _doubtful_together(target)


def _no_utf8(target: Target) -> Case:
    """The plain body with a name in Latin-1, as clients write it that do not know of UTF-8."""
    body = json.dumps({**target.plain, "user": "@"}).encode().replace(b'"@"', b'"\xff"')
    return target.raw("a body that is no UTF-8", body, OPEN)


def cases(target: Target) -> Iterator[Case]:
    """Spellings, content types, headers and broken bodies, one of each kind in turn."""
    headed = (_headed(target, name, value) for name, value in HEADERS)
    together = iter((_spelled_together(target), _headed_together(target)))
    lists = [
        iter([_no_utf8(target)]),
        together,
        _spelled(target),
        _typed(target),
        _broken(target),
        headed,
    ]
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
    yield from _sure(target)
    yield from _doubtful(target)
    yield target.raw("a key twice", _adding(plain, '"user": "a", "user": "b"'))
    yield target.raw("an integer of 400 digits", _adding(plain, f'"seed": {"9" * 400}'))
    yield target.raw("UTF-16", text.encode("utf-16"))
    yield target.raw("a number beyond all numbers", _adding(plain, '"temperature": 1e999'))
    yield target.raw("minus zero", _adding(plain, '"temperature": -0'))
    yield target.raw("a NUL in a key", _adding(plain, '"a\\u0000b": 1'))
    yield target.raw("half a character in a key", _adding(plain, '"a\\udc00": 1'))


def _sure(target: Target) -> Iterator[Case]:
    """Spellings that every reader of JSON takes."""
    plain = dict(target.plain)
    turned = json.dumps(dict(reversed(plain.items())))
    yield target.raw("keys in reverse order", turned.encode(), ACCEPTED)
    yield target.raw("temperature as 1e0", _adding(plain, '"temperature": 1e0'), ACCEPTED)
    yield target.raw("white space everywhere", _spaced(plain), ACCEPTED)
    yield target.raw("every letter escaped", _escaped(json.dumps(plain)).encode(), ACCEPTED)
    yield target.raw("many digits", _adding(plain, f'"temperature": 0.5{ZEROS}'), ACCEPTED)


def _spelled_together(target: Target) -> Case:
    """All of them in one body, as far as they go together."""
    turned = dict(reversed(list(target.plain.items())))
    text = _adding(turned, f'"temperature": 1e0, "top_p": 0.5{ZEROS}').decode()
    body = f" \r\n{_escaped(text)}\n\n".replace('": ', '" :\t').encode()
    sent = target.raw("", body, ACCEPTED)
    return whole("JSON in another spelling", _sure(target), sent)


def _doubtful(target: Target) -> Iterator[Case]:
    """Spellings that not every reader of JSON takes."""
    plain = dict(target.plain)
    yield target.raw("a byte order mark", MARK + json.dumps(plain).encode())
    yield target.raw(f"{_cap(plain)} as 1e2", _adding(plain, f'"{_cap(plain)}": 1e2'))


def _cap(plain: dict[str, object]) -> str:
    return "max_output_tokens" if "max_output_tokens" in plain else "max_tokens"


def _typed(target: Target) -> Iterator[Case]:
    for media in TYPES:
        yield target.raw(f"Content-Type: {media}", content_type=media)


def _headed(target: Target, name: str, value: str) -> Case:
    label = f"{name}: {value[:40]}"
    twice = name == "Content-Type"
    return target.raw(f"{label} twice" if twice else label, headers=((name, value),))


def _headed_together(target: Target) -> Case:
    """All headers that have nothing to do with the body, each name once."""
    odd = {name: value for name, value in HEADERS if name not in ("Content-Type", "Accept")}
    each = [_headed(target, name, value) for name, value in odd.items()]
    return whole("odd headers", each, target.raw("", headers=tuple(odd.items())))


def _typed_together(target: Target) -> Case:
    """What a strict server may refuse of the headers: two types, and an answer that is none."""
    odd = (("Content-Type", "application/json"), ("Accept", "image/png"))
    each = [_headed(target, name, value) for name, value in odd]
    return whole("odd types", each, target.raw("", headers=odd))


def _doubtful_together(target: Target) -> Case:
    """Both in one body."""
    plain = dict(target.plain)
    sent = target.raw("", MARK + _adding(plain, f'"{_cap(plain)}": 1e2'))
    return whole("JSON in a doubtful spelling", _doubtful(target), sent)


def _broken(target: Target) -> Iterator[Case]:
    for number, body in enumerate(BROKEN):
        label = f"the body {body[:20]!r}"
        yield target.raw(label, body, MALFORMED)
        if number < len(OTHER):
            yield target.raw(f"the body {OTHER[number][:20]!r}", OTHER[number], OPEN)


def _adding(plain: dict[str, object], fields: str) -> bytes:
    """The plain body, in which these fields take the place of those of the same name."""
    names = {part.split('"')[1] for part in fields.split(", ")}
    rest = {name: value for name, value in plain.items() if name not in names}
    return f"{json.dumps(rest)[:-1]}, {fields}}}".encode()


def _spaced(plain: dict[str, object]) -> bytes:
    wide = json.dumps(plain, indent="\t").replace("\n", "\r\n \t")
    return f" \r\n{wide}\n\n".encode()


def _escaped(text: str) -> str:
    """JSON with its texts written in escapes only; what is escaped already stays as it is."""
    inside, written, at = False, [], 0
    while at < len(text):
        each = text[at]
        if inside and each == "\\":
            width = 6 if text[at + 1] == "u" else 2
            written.append(text[at : at + width])
            at += width
            continue
        inside ^= each == '"'
        written.append(f"\\u{ord(each):04x}" if inside and each != '"' else each)
        at += 1
    return "".join(written)
