"""The key: every form of it is found, and nothing shows it."""

from __future__ import annotations

import base64
import hashlib
import json
import pickle
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.redaction.secret import REDACTED, Redactor, Secret
from fixtures.transport.budget import Allowance
from fixtures.transport.client import Client
from fixtures.transport.exchange import Exchange, Request
from tests.rig import liars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = 'marker/"4711"+<Schlüssel>&abcdef'
FORMS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "json": lambda key: json.dumps(key, ensure_ascii=False)[1:-1].encode(),
    "json in ascii": lambda key: json.dumps(key)[1:-1].encode(),
    "json in json": lambda key: json.dumps(json.dumps({"echo": key})).encode(),
    "every character escaped": lambda key: "".join(f"\\u{ord(c):04X}" for c in key).encode(),
    "url": lambda key: quote(key, safe="").encode(),
    "html": lambda key: (
        key.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .encode()
    ),
    "hex": lambda key: key.encode().hex().encode(),
    "sha256": lambda key: hashlib.sha256(key.encode()).hexdigest().encode(),
    "base64": lambda key: base64.b64encode(key.encode()),
    "base64 for urls": lambda key: base64.urlsafe_b64encode(key.encode()),
    "base32": lambda key: base64.b32encode(key.encode()),
    "base32 in small letters": lambda key: b"xy" + base64.b32encode(key.encode()).lower(),
    "base32 behind others": lambda key: base64.b32encode(b"abc" + key.encode() + b"d"),
    "basic": lambda key: base64.b64encode(b"user:" + key.encode()),
    "bearer in base64": lambda key: base64.b64encode(b"Bearer " + key.encode() + b"\n"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", [KEY, "sk-0123456789abcdef"])
def test_forms_are_found_and_removed(form: str, key: str) -> None:
    redactor = Redactor.of(Secret(key))
    text = b'{"message": "' + FORMS[form](key) + b'"}'
    assert redactor.found(text)
    clean = redactor.clean(text)
    assert not redactor.found(clean)
    assert key.encode() not in clean
    assert REDACTED.encode() in clean


LONG = "sk-7Qw2eRt9Yu4iOp1As6dFg3Hj8Kl5Zx0Cv"


@given(st.integers(min_value=0, max_value=len(LONG) - 16), st.sampled_from(["{}", "a{}7", " {},"]))
def test_piece_of_a_key_is_removed_and_is_no_leak(start: int, around: str) -> None:
    piece = LONG[start : start + 16]
    redactor = Redactor.of(Secret(LONG))
    cleaned = redactor.body([f'{{"model": "m", "x": "{around.format(piece)}"}}'.encode()])
    assert cleaned.leak is None
    left = b"".join(cleaned.pieces).decode()
    assert not any(piece[n : n + 10] in left for n in range(7))


def test_key_in_two_fields_is_removed_but_for_less_than_ten_letters() -> None:
    for cut in range(1, len(LONG)):
        body = json.dumps({"a": LONG[:cut], "b": LONG[cut:]})
        left = Redactor.of(Secret(LONG)).text(body)
        assert not any(LONG[n : n + 10] in left for n in range(len(LONG) - 9))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("sk-compactifai-conformance-9f8e7d6c5b", "compactifai-conformance/1.0"),
        ("Llama-3-1-8b-My-Team-4711", "cai-llama-3-1-8b-slim, Llama models"),
        (LONG, "Incorrect API key provided: sk-7Q****0Cv"),
    ],
)
def test_words_that_a_key_shares_with_others_stay(key: str, text: str) -> None:
    assert Redactor.of(Secret(key)).text(text) == text


@given(st.binary(max_size=200))
def test_what_has_no_key_is_left_alone(data: bytes) -> None:
    assert Redactor.of(Secret("sk-0123456789abcdef")).clean(data) == data


def test_no_key_and_a_short_one_are_not_looked_for() -> None:
    assert Redactor.of(Secret("")).keys == ()
    assert Redactor.of(Secret("abc")).text("abc") == "abc"


def test_secret_does_not_show_itself() -> None:
    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r} {[secret]}"
    assert KEY not in repr(Redactor.of(secret))
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def echoes(write: Callable[[str], list[bytes]], *, header: bool = False) -> liars.Liar:
    """A server that answers with the Authorization header, written like this, in pieces."""

    async def liar(wire: liars.Wire) -> None:
        line = next(x for x in wire.heard[-1].split(b"\r\n") if x.startswith(b"Authorization"))
        pieces = write(line.partition(b" ")[2].removeprefix(b"Bearer ").decode())
        if header:
            await wire.say(liars.answer("200 OK", "X-Echo: " + pieces[0].decode("latin-1")))
        else:
            await wire.say(liars.head("200 OK"), *pieces, pause=0.02)

    return liar


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[[str], Client]]:
    made: list[Client] = []

    def make(url: str) -> Client:
        secret = Secret("sk-0123456789abcdef")
        redactor = Redactor.of(secret)
        made.append(Client(url, secret, redactor, Allowance(tmp_path), lambda _: None))
        return made[-1]

    yield make
    for client in made:
        client.close()


def in_halves(key: str) -> list[bytes]:
    whole = json.dumps({"echo": key}).encode()
    return [whole[:14], whole[14:]]


ECHOES = {
    "body": (echoes(lambda key: [json.dumps({"echo": key}).encode()]), "body, byte 10"),
    "base64": (echoes(lambda key: [b"Basic ", base64.b64encode(b"x:" + key.encode())]), "body"),
    "split over chunks": (echoes(in_halves), "body, byte 10"),
    "header": (echoes(lambda key: [key.encode()], header=True), "header X-Echo"),
}


@pytest.mark.parametrize("name", ECHOES)
def test_echo_is_removed_and_its_place_kept(connect: Callable[[str], Client], name: str) -> None:
    liar, place = ECHOES[name]
    with liars.serving(liar) as running:
        exchange: Exchange = connect(running.url).send(Request("GET", "/models"))
    assert len(exchange.leaks) == 1
    assert exchange.leaks[0].startswith(place)
    shown = repr(exchange).encode() + exchange.body
    assert not Redactor.of(Secret("sk-0123456789abcdef")).found(shown)
