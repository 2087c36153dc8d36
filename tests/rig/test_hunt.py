"""A key in any chain of two encodings and a split is found, is removed, and nothing else is."""

from __future__ import annotations

import json
import re
import time
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from fixtures.redaction.secret import REDACTED, Redactor, Secret
from fixtures.transport.exchange import Chunk
from fixtures.transport.leaks import kept
from tests.rig import encoders, hunter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.rig.encoders import Encoder

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
KEYS = (
    "sk-1234567890abcdef",
    "sk-proj-Zk9_aB3-xY7wQ0vT5uR2sP8nM4lK6jH1",
    "0123456789abcdef0123456789abcdef01234567",
    "deadbeef-cafe-4bad-8f00-d15ea5e00c0d",
    "ZGVhZGJlZWYwMTIzNDU2Nw==",
    "%41bc&amp;=3D\\u0041-0123456789",
    "n0t-a-t0ken.with/slash+plus=end12",
)


def drawn(seed: int, marks: str, size: int) -> str:
    """A key of letters, digits and some of these marks, as a machine draws it."""
    dice = Random(seed)
    return "a1b2" + "".join(dice.choice(LETTERS * 2 + marks * 9) for _ in range(size))


keys = st.sampled_from(KEYS) | st.builds(
    drawn, st.integers(0, 2**32), st.text("-_.~+/=:%&\\", max_size=3), st.integers(20, 60)
)
chains = st.sampled_from(encoders.CHAINS)
seeds = st.integers(0, 2**32)
often = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)


def encoded(key: str, chain: Sequence[Encoder], seed: int) -> bytes:
    dice, text = Random(seed), key.encode()
    for encoder in chain:
        text = encoder(text, dice)
    return text


def pieces(text: bytes, dice: Random, most: int = 4) -> list[bytes]:
    cuts = sorted(dice.randrange(len(text) + 1) for _ in range(dice.randrange(1, most)))
    return [text[a:b] for a, b in pairwise([0, *cuts, len(text)])]


def string(text: bytes) -> bytes:
    """A string of JSON; what is no text as it is."""
    try:
        return json.dumps(text.decode(), ensure_ascii=False).encode()
    except UnicodeDecodeError:
        return b'"' + text + b'"'


@often
@given(keys, chains, seeds)
def test_key_in_a_body_is_found_and_removed(key: str, chain: Sequence[Encoder], seed: int) -> None:
    dice = Random(seed)
    text = encoded(key, chain, seed)
    before, after = b'{"object": "list", "id": ', b', "note": "5 models & more"}'
    body = before + (string(text) if dice.random() < 0.5 else b'"' + text + b'"') + after
    chunks = [Chunk(at / 10, data) for at, data in enumerate(pieces(body, dice)) if data]
    answer = kept(Redactor.of(Secret(key)), (), chunks)
    clean = b"".join(chunk.data for chunk in answer.chunks)
    assert len(answer.leaks) == 1
    assert REDACTED.encode() in clean
    if encoders.gzipped not in chain:  # bytes that stand in JSON as they are may look like its end
        assert clean.startswith(before)
        assert clean.endswith(after)
    assert not hunter.holds(clean, key), clean
    assert not hunter.holds(json.dumps(clean.decode("latin-1")).encode(), key)


def chat(piece: str) -> object:
    return {"id": "c-1", "choices": [{"index": 0, "delta": {"content": piece}}]}


def arguments(piece: str) -> object:
    call = {"index": 0, "function": {"arguments": piece}}
    return {"id": "c-1", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}


def response(piece: str) -> object:
    return {"type": "response.output_text.delta", "item_id": "m-1", "delta": piece}


def other_choice(_: str) -> object:
    return {"id": "c-1", "choices": [{"delta": {"content": "Of course. "}, "index": 1}]}


def stream(texts: Sequence[str], dice: Random) -> bytes:
    """Events of one kind, a piece in each, with comments and another choice between them."""
    make = dice.choice((chat, arguments, response))
    lines = []
    for text in texts:
        lines += [b"data: " + json.dumps(make(text), ensure_ascii=dice.random() < 0.5).encode()]
        between = (b": still here", b"data: " + json.dumps(other_choice("")).encode())
        lines += dice.sample(between if make is chat else between[:1], dice.randrange(2))
    return b"\n\n".join([*lines, b"data: [DONE]", b""])


@often
@given(keys, chains, seeds)
def test_key_over_events_is_found_and_removed(
    key: str, chain: Sequence[Encoder], seed: int
) -> None:
    dice = Random(seed)
    text = encoded(key, chain, seed)
    assume(encoders.gzipped not in chain)
    try:
        letters = text.decode()
    except UnicodeDecodeError:
        reject()
    cuts = sorted(dice.randrange(len(letters) + 1) for _ in range(dice.randrange(1, 5)))
    parts = [letters[a:b] for a, b in pairwise([0, *cuts, len(letters)])]
    body = stream(parts, dice)
    answer = kept(Redactor.of(Secret(key)), (), [Chunk(0.1, body)])
    clean = answer.chunks[0].data
    assert len(answer.leaks) == 1
    assert clean.endswith(b"data: [DONE]\n\n")
    assert clean.startswith(b"data: {")
    assert not hunter.holds(clean, key), clean


@often
@given(keys, chains, seeds)
def test_key_in_a_header_is_found_and_removed(
    key: str, chain: Sequence[Encoder], seed: int
) -> None:
    text = encoded(key, chain, seed)
    assume(not {*b"\r\n\0"} & {*text})
    value = b"https://example.com/v1/models?after= " + text
    headers = [(b"Content-Type", b"text/plain"), (b"Location", value), (b"Server", b"uvicorn")]
    answer = kept(Redactor.of(Secret(key)), headers, ())
    assert answer.leaks == ("header Location",)
    assert answer.headers[0] == ("Content-Type", "text/plain")
    assert answer.headers[2] == ("Server", "uvicorn")
    assert answer.headers[1][1].startswith("https://example.com/v1/models?after= ")
    assert not hunter.holds(answer.headers[1][1].encode("latin-1"), key)


@pytest.mark.parametrize("key", KEYS)
def test_key_as_a_header_name_and_in_two_headers(key: str) -> None:
    name = re.sub("[^0-9A-Za-z-]", "", key).encode()
    redactor = Redactor.of(Secret(name.decode()))
    assert kept(redactor, [(name, b"x")], ()).headers == ((REDACTED, "x"),)
    halves = [(b"x-first", name[:9]), (b"x-second", name[9:])]
    answer = kept(redactor, halves, ())
    assert answer.leaks == ("header x-first",)
    first, second = (value for _, value in answer.headers)
    assert first == REDACTED
    assert second in {"", REDACTED}  # long enough, the second half is a piece of the key by itself


def test_key_in_the_reason_phrase_is_a_leak() -> None:
    redactor = Redactor.of(Secret(KEYS[0]))
    assert kept(redactor, (), (), b"No " + KEYS[0].encode()).leaks == ("reason phrase",)


HONEST = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9), inner),
)


@pytest.mark.parametrize("key", [*KEYS, "reference-key", "12345678"])
@settings(max_examples=60, deadline=None)
@given(document=HONEST)
def test_what_has_no_key_is_left_as_it_is(key: str, document: object) -> None:
    body = json.dumps(document).encode()
    answer = kept(Redactor.of(Secret(key)), [(b"Server", b"x")], [Chunk(0.0, body)])
    assert answer.leaks == ()
    assert b"".join(chunk.data for chunk in answer.chunks) == body


def test_what_leaving_out_makes_is_removed_too() -> None:
    key = "sk-1234567890abcdef"
    redactor = Redactor.of(Secret(key))
    nested = f"{key[:9]}{key}{key[9:]}".encode() * 3
    assert not hunter.holds(redactor.clean(nested), key)
    thousands = (key + " ").encode() * 5000
    assert not hunter.holds(redactor.clean(thousands), key)


WORK = {
    "prose": b"The quick brown fox jumps over the lazy dog. ",
    "JSON": b'{"id": "model-7", "created": 1712345678}, ',
    "escapes": b"\\u0041",
    "entities": b"&#115;&amp;",
    "digits": b"12,34,",
    "gzip headers": b"\x1f\x8b\x08",
    "zlib headers": b"x\x9c^x",
    "quotation marks": b'"",',
    "Base64": b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo",
    "most of a key": b"sk-1234567890abcde-",
    "backslashes": b"\\",
    "events": b'data: {"choices": [{"delta": {"content": "sk-123"}}]}\n\n',
}


@pytest.mark.parametrize("name", WORK)
def test_work_is_linear_in_the_bytes(name: str) -> None:
    redactor = Redactor.of(Secret("sk-1234567890abcdef"))

    def seconds(size: int) -> float:
        body = WORK[name] * (size // len(WORK[name]))
        began = time.process_time()
        redactor.body([body])
        return time.process_time() - began

    seconds(1000)
    assert seconds(1 << 20) < 8 * seconds(1 << 18) + 0.3
