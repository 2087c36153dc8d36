"""Whatever is sent, nothing is answered with 5xx, and every refusal is JSON."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.reference.asgi import create_app
from tests.reference.local import BEARER, MODEL, Local

LOCAL = Local(create_app())
POSTS = ["/chat/completions", "/completions", "/responses", "/audio/transcriptions"]
TYPES = {**BEARER, "Content-Type": "application/json"}
FIELDS = [
    "model", "messages", "prompt", "input", "n", "stream", "stop", "max_tokens", "min_tokens",
    "temperature", "top_p", "tools", "tool_choice", "reasoning_effort", "metadata", "text",
    "presence_penalty", "max_output_tokens", "instructions", "stream_options",
]  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([MODEL, "glm-5-1", "user", "text", "function", "required", "Say OK"])
)
KEYS = st.text(max_size=4) | st.sampled_from(
    [*FIELDS, "role", "content", "type", "text", "function", "name", "parameters", "url", "format"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
GOOD: dict[str, Any] = {
    "model": "glm-5-1",
    "messages": [{"role": "user", "content": "Say OK"}],
    "prompt": "Say OK",
    "input": "Say OK",
}
BROKEN = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b'{"model": "glm-5-1",}',
    b'{"temperature": NaN}',
    b'{"temperature": 1e999}',
    b'{"max_tokens": ' + b"9" * 5000 + b"}",
    b"\xff\xfe{}",
    b'\xef\xbb\xbf{"model": "x"}',
    b'{"model": "\\ud800"}',
    b'{"model": "x", "model": 5}',
    b"[" * 1_000_000,
    b'{"a":' * 100_000,
    b'{"user": ' + b"[" * 900 + b"]" * 900 + b"}",
]


def check(reply: httpx.Response) -> None:
    assert reply.status_code < 500, reply.text
    if reply.status_code >= 400:
        assert reply.headers["content-type"] == "application/json"
        assert set(reply.json()) <= {"error", "detail"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(POSTS), st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3))
def test_random_fields(path: str, fields: dict[str, Any]) -> None:
    body = json.dumps({**GOOD, "max_tokens": 4, "max_output_tokens": 4, **fields}).encode()
    check(LOCAL.post(path, content=body, headers=TYPES))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
def test_random_messages(value: object) -> None:
    messages = [{"role": "user", "content": value}, value]
    for given_messages in (messages[:1], messages[1:], value):
        body = json.dumps({**GOOD, "messages": given_messages, "max_tokens": 4}).encode()
        check(LOCAL.post("/chat/completions", content=body, headers=TYPES))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(POSTS), st.binary(max_size=40))
def test_random_bytes(path: str, body: bytes) -> None:
    check(LOCAL.post(path, content=body, headers=TYPES))
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + body
    headers = {**BEARER, "Content-Type": "multipart/form-data; boundary=x"}
    check(LOCAL.post("/audio/transcriptions", content=form, headers=headers))
    check(LOCAL.post("/audio/transcriptions", content=form + b"\r\n--x--\r\n", headers=headers))
    check(LOCAL.post("/audio/transcriptions", content=body, headers=headers))


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", BROKEN)
def test_broken_bodies_are_refused(path: str, body: bytes) -> None:
    reply = LOCAL.post(path, content=body, headers=TYPES)
    check(reply)
    assert reply.status_code == 400


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/x-www-form-urlencoded"])
def test_json_has_to_say_so(content_type: str) -> None:
    headers = {**BEARER, "Content-Type": content_type}
    reply = LOCAL.post("/chat/completions", content=json.dumps(GOOD), headers=headers)
    assert reply.status_code == 400


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary="])
def test_a_form_needs_its_boundary(content_type: str) -> None:
    headers = {**BEARER, "Content-Type": content_type}
    check(LOCAL.post("/audio/transcriptions", content=b"--\r\n", headers=headers))


def test_long_texts_are_read_in_time() -> None:
    for text in ("a-" * 200_000, "count " * 100_000, "repeat what " * 50_000, " " * 500_000):
        body = {**GOOD, "messages": [{"role": "user", "content": text}], "max_tokens": 4}
        check(LOCAL.post("/chat/completions", json=body))


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "QUERY"])
@pytest.mark.parametrize("path", POSTS)
def test_wrong_methods(path: str, method: str) -> None:
    reply = asyncio.run(LOCAL.call(method, path))
    assert reply.status_code == 405
