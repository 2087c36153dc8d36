"""Requests that show a fault: whatever lies, lies to one of them."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx

from fixtures.reference.wire import Cut
from tests.reference.local import BEARER, MODEL, Local, chat_body
from tests.reference.test_audio import MP3, RECORDINGS
from tests.reference.test_chat import CLOCK, WEATHER, picture, png

Ask = tuple[str, str, dict[str, Any]]
CHAT, COMPLETIONS, RESPONSES, AUDIO = (
    "/chat/completions",
    "/completions",
    "/responses",
    "/audio/transcriptions",
)
_IMPATIENT = 2.0
_HURRIED = 0.25


def _texts() -> list[Ask]:
    """Text generation with each field that has an effect, plain and streamed."""
    bodies: list[tuple[str, dict[str, Any]]] = [
        (CHAT, chat_body()),
        (CHAT, chat_body(n=2)),
        (CHAT, chat_body(temperature=2)),
        (CHAT, chat_body("Count from 1 to 30", stop=" 7")),
        (CHAT, chat_body("Count from 1 to 30", max_tokens=5)),
        (CHAT, chat_body("Repeat exactly: Bogotá 東京 🙂")),
        (CHAT, chat_body("What's the weather in Rome?", tools=[WEATHER, CLOCK])),
        (CHAT, chat_body("Say hello", tools=[WEATHER, CLOCK], tool_choice="required")),
        (CHAT, chat_body(model="nope")),
        (CHAT, picture(png(255, 0, 0))),
        (COMPLETIONS, {"model": MODEL, "prompt": "1 2 3"}),
        (COMPLETIONS, {"model": MODEL, "prompt": ["1 2 3", "The capital of France is"]}),
        (RESPONSES, {"model": "hypernova-60b", "input": "Say OK"}),
        (RESPONSES, {"model": "hypernova-60b", "input": "Count to 40", "max_output_tokens": 16}),
        (RESPONSES, {"model": MODEL, "input": "Say OK"}),
    ]
    options = {"stream": True, "stream_options": {"include_usage": True}}
    streamed = [("POST", path, {"json": {**body, **options}}) for path, body in bodies]
    return [("POST", path, {"json": body}) for path, body in bodies] + streamed


def battery() -> list[Ask]:
    files = {"file": ("a.wav", RECORDINGS["wav"])}
    form = {"model": "whisper-large-v3"}
    return [
        ("GET", "/models", {}),
        ("GET", f"/models/{MODEL}", {}),
        ("GET", "/models/nope", {}),
        ("GET", "/models", {"headers": {}}),
        ("POST", CHAT, {"headers": {}, "json": chat_body()}),
        ("GET", CHAT, {}),
        ("GET", "/nope", {}),
        (
            "POST",
            CHAT,
            {"content": b"{", "headers": {**BEARER, "Content-Type": "application/json"}},
        ),
        *_texts(),
        ("POST", AUDIO, {"files": files, "data": form}),
        ("POST", AUDIO, {"files": {"file": ("a.mp3", MP3)}, "data": {**form, "stream": "true"}}),
        ("POST", AUDIO, {"files": {"file": ("a.wav", b"")}, "data": form}),
    ]


def _scrubbed(text: str) -> str:
    """The text with ids in order of appearance, and without times."""
    ids: dict[str, str] = {}
    named = re.sub(r"[0-9a-f]{24,32}", lambda m: ids.setdefault(m[0], f"ID{len(ids)}"), text)
    return re.sub(r"(?<!\d)\d{10}(?!\d)", "TIME", named)


def _seen(reply: httpx.Response) -> tuple[Any, ...]:
    headers = {name: value for name, value in reply.headers.items() if name != "x-request-id"}
    return reply.status_code, headers, _scrubbed(reply.content.decode("latin-1"))


async def _ask(local: Local, ask: Ask, patience: float) -> object:
    method, path, options = ask
    try:
        reply = await asyncio.wait_for(local.call(method, path, **options), patience)
    except TimeoutError:
        return "slow"
    except Cut:
        return "cut"
    return _seen(reply), tuple(local.sent)


async def differs(honest: Local, liar: Local, *, patience: float = _HURRIED) -> bool:
    """Whether any request of the battery is answered otherwise."""
    for ask in battery():
        if await _ask(honest, ask, _IMPATIENT) != await _ask(liar, ask, patience):
            return True
    return False


async def tells(honest: Local, liar: Local) -> bool:
    """As `differs`; what lies only now and then is given a few more chances."""
    for _ in range(6):
        if await differs(honest, liar):
            return True
    return False
