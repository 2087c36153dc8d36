"""OpenAI's SDK for Python: one function a capability, which prints its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openai import OpenAI

DELTA = "response.output_text.delta"


def _client(at: Any) -> Any:
    return OpenAI(base_url=at.BASE_URL, api_key=at.API_KEY)


def models(at: Any) -> None:
    """The ids of the models."""
    for model in _client(at).models.list():
        print(model.id)


def chat(at: Any) -> None:
    """The content of a chat answer."""
    response = _client(at).chat.completions.create(model=at.MODEL, **at.ASKED)
    print(response.choices[0].message.content)


def chat_stream(at: Any) -> None:
    """The text of a chat stream."""
    stream = _client(at).chat.completions.create(model=at.MODEL, **at.ASKED)
    for chunk in stream:
        for choice in chunk.choices:
            print(choice.delta.content or "", end="")


def completions(at: Any) -> None:
    """The text of a completion."""
    response = _client(at).completions.create(model=at.MODEL, **at.ASKED)
    print(response.choices[0].text)


def responses(at: Any) -> None:
    """Id, status, usage and text of a response."""
    response = _client(at).responses.create(model=at.MODEL, **at.ASKED)
    print(response.id, response.status, response.usage.total_tokens, response.output_text)


def responses_stream(at: Any) -> None:
    """The type of each event of a response, with its text."""
    stream = _client(at).responses.create(model=at.MODEL, **at.ASKED)
    for event in stream:
        print(event.type, event.delta if event.type == DELTA else "")


def transcription(at: Any) -> None:
    """The text of a transcription."""
    audio = Path("meeting_minutes.mp3")
    response = _client(at).audio.transcriptions.create(model=at.MODEL, file=audio)
    print(response.text)
