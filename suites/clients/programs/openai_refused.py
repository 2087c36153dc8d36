"""What is refused: each raises what OpenAI's SDK for Python makes of the refusal."""

from __future__ import annotations

from typing import Any

from openai import OpenAI


def _client(at: Any) -> OpenAI:
    return OpenAI(base_url=at.BASE_URL, api_key=at.API_KEY)


def streamed(at: Any) -> None:
    """A chat stream, to its end."""
    for _ in _client(at).chat.completions.create(model=at.MODEL, stream=True, **at.ASKED):
        pass


def plain(at: Any) -> None:
    """A chat."""
    _client(at).chat.completions.create(model=at.MODEL, **at.ASKED)


def models(at: Any) -> None:
    """The list of models."""
    _client(at).models.list()


def unknown_model(at: Any) -> None:
    """A model that there is not."""
    _client(at).models.retrieve(at.UNKNOWN)


def safely(at: Any) -> None:
    """A chat by the printed function `safe_completion`."""
    asked = dict(at.ASKED)
    at.safe_completion(_client(at), asked.pop("messages"), model=at.MODEL, **asked)
