"""Entries of a HAR file, as other tools write them."""

from __future__ import annotations

import json
from typing import Any

BASE = "https://api.example.com/openai/v1"


CHAT = {"model": "a", "messages": [{"role": "user", "content": "Hi"}]}


ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "a",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello."},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}


def entry(
    url: str = f"{BASE}/chat/completions",
    *,
    sent: Any = CHAT,
    answer: Any = ANSWER,
    headers: dict[str, str] | None = None,
    request: dict[str, Any] | None = None,
    response: dict[str, Any] | None = None,
    content: dict[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """An entry as other tools write it; the arguments take the place of its parts."""
    given = {"Content-Type": "application/json", **(headers or {})}
    return {
        "startedDateTime": "2023-11-14T22:13:20.000Z",
        "time": 12.5,
        "request": {
            "method": "POST",
            "url": url,
            "headers": [{"name": ":authority", "value": "x"}, {"name": "x-a", "value": "b"}],
            "postData": {"mimeType": "application/json", "text": json.dumps(sent)},
            **(request or {}),
        },
        "response": {
            "status": 200,
            "headers": [{"name": name, "value": value} for name, value in given.items()],
            "content": content or {"size": 1, "text": json.dumps(answer)},
            **(response or {}),
        },
        **fields,
    }
