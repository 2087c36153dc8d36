"""A package that speaks HTTP, as a client by hand: one function a capability.

`PACKAGE` says which: httpx and requests are called alike, but for an answer that comes in parts.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 60


def _package(at: Any) -> Any:
    return importlib.import_module(at.PACKAGE)


def _opened(at: Any, url: str, asked: dict[str, Any]) -> Any:
    """An answer whose body is not read yet."""
    package = _package(at)
    if at.PACKAGE == "requests":
        return package.post(url, **asked, stream=True)
    return package.stream("POST", url, **asked)


def _headers(at: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {at.API_KEY}"}


def _read(response: Any) -> Any:
    response.raise_for_status()
    return response.json()


def _post(at: Any, route: str) -> Any:
    body = {"model": at.MODEL, **at.ASKED}
    url = at.BASE_URL + route
    return _read(_package(at).post(url, headers=_headers(at), json=body, timeout=SECONDS))


def _events(at: Any, route: str) -> Iterator[Any]:
    body = {"model": at.MODEL, **at.ASKED}
    asked = {"headers": _headers(at), "json": body, "timeout": SECONDS}
    with _opened(at, at.BASE_URL + route, asked) as response:
        response.raise_for_status()
        for raw in response.iter_lines():
            line = raw.decode() if isinstance(raw, bytes) else raw
            if line.startswith("data:") and line[5:].strip() != "[DONE]":
                yield json.loads(line[5:])


def models(at: Any) -> None:
    """The ids of the models."""
    url = f"{at.BASE_URL}/models"
    for each in _read(_package(at).get(url, headers=_headers(at), timeout=SECONDS))["data"]:
        print(each["id"])


def chat(at: Any) -> None:
    """The content of a chat answer."""
    print(_post(at, "/chat/completions")["choices"][0]["message"]["content"])


def chat_stream(at: Any) -> None:
    """The text of a chat stream."""
    for chunk in _events(at, "/chat/completions"):
        for choice in chunk["choices"]:
            print(choice["delta"].get("content") or "", end="")


def completions(at: Any) -> None:
    """The text of a completion."""
    print(_post(at, "/completions")["choices"][0]["text"])


def responses(at: Any) -> None:
    """The text of a response."""
    messages = [each for each in _post(at, "/responses")["output"] if each["type"] == "message"]
    parts = [part for each in messages for part in each["content"]]
    print("".join(part["text"] for part in parts if part["type"] == "output_text"))


def responses_stream(at: Any) -> None:
    """The text of a streamed response."""
    for event in _events(at, "/responses"):
        if event.get("type") == "response.output_text.delta":
            print(event["delta"], end="")


def transcription(at: Any) -> None:
    """The text of a transcription."""
    url = f"{at.BASE_URL}/audio/transcriptions"
    with Path("meeting_minutes.mp3").open("rb") as audio:
        response = _package(at).post(
            url,
            headers=_headers(at),
            data={"model": at.MODEL},
            files={"file": audio},
            timeout=SECONDS,
        )
    print(_read(response)["text"])
