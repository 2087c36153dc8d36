"""OpenAI's SDK for Python, asynchronous: one function a capability, which prints its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openai import AsyncOpenAI

DELTA = "response.output_text.delta"


def _client(at: Any) -> Any:
    return AsyncOpenAI(base_url=at.BASE_URL, api_key=at.API_KEY)


async def models(at: Any) -> None:
    """The ids of the models."""
    async for model in _client(at).models.list():
        print(model.id)


async def chat(at: Any) -> None:
    """The content of a chat answer."""
    response = await _client(at).chat.completions.create(model=at.MODEL, **at.ASKED)
    print(response.choices[0].message.content)


async def chat_stream(at: Any) -> None:
    """The text of a chat stream."""
    stream = await _client(at).chat.completions.create(model=at.MODEL, **at.ASKED)
    async for chunk in stream:
        for choice in chunk.choices:
            print(choice.delta.content or "", end="")


async def completions(at: Any) -> None:
    """The text of a completion."""
    response = await _client(at).completions.create(model=at.MODEL, **at.ASKED)
    print(response.choices[0].text)


async def responses(at: Any) -> None:
    """Id, status, usage and text of a response."""
    response = await _client(at).responses.create(model=at.MODEL, **at.ASKED)
    print(response.id, response.status, response.usage.total_tokens, response.output_text)


async def responses_stream(at: Any) -> None:
    """The type of each event of a response, with its text."""
    stream = await _client(at).responses.create(model=at.MODEL, **at.ASKED)
    async for event in stream:
        print(event.type, event.delta if event.type == DELTA else "")


async def transcription(at: Any) -> None:
    """The text of a transcription."""
    audio = Path("meeting_minutes.mp3")
    response = await _client(at).audio.transcriptions.create(model=at.MODEL, file=audio)
    print(response.text)
