"""A client of the app in process: one call, one answer, streams read to their end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from fixtures.reference.asgi import App, Message, Receive, Send

KEY = "reference-key"
MODEL = "cai-llama-3-1-8b-slim"
BEARER = {"Authorization": f"Bearer {KEY}"}


@dataclass(frozen=True)
class Local:
    """Calls the app; all calls share one connection, as far as the app can tell."""

    app: App
    root: str = "/v1"
    connection: dict[str, Any] = field(default_factory=dict)
    sent: list[int] = field(default_factory=list)  # sizes of the pieces of the last body

    async def _with_state(self, scope: Message, receive: Receive, send: Send) -> None:
        scope["state"] = {"connection": self.connection}
        self.sent.clear()

        async def noted(message: Message) -> None:
            self.sent.append(len(message.get("body", b"")))
            await send(message)

        await self.app(scope, receive, noted)

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        options.setdefault("headers", BEARER)
        transport = httpx.ASGITransport(app=self._with_state)
        async with httpx.AsyncClient(transport=transport, base_url="http://reference") as client:
            return await client.request(method, self.root + path, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self.call("GET", path, **options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self.call("POST", path, **options))

    def chat(self, text: str = "Say OK", **body: Any) -> Any:
        """Body of a successful chat completion."""
        reply = self.post("/chat/completions", json=chat_body(text, **body))
        assert reply.status_code == 200, reply.text
        return reply.json()

    def says(self, text: str, **body: Any) -> str:
        """What the model answers."""
        content = self.chat(text, **body)["choices"][0]["message"]["content"]
        assert isinstance(content, str)
        return content

    def chunks(self, text: str = "Say OK", **body: Any) -> list[Any]:
        """Chunks of a chat stream, with its `[DONE]`."""
        return events(self.post("/chat/completions", json=chat_body(text, stream=True, **body)))


def chat_body(text: str = "Say OK", **body: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **body}


def events(reply: httpx.Response) -> list[Any]:
    """Payloads of a stream."""
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith("text/event-stream")
    *frames, rest = reply.text.split("\n\n")
    assert rest == ""
    payloads = [frame.split("data: ", 1)[1] for frame in frames]
    return [payload if payload == "[DONE]" else json.loads(payload) for payload in payloads]


def joined(chunks: list[Any]) -> str:
    """Text of a chat stream."""
    choices = [c["choices"][0] for c in chunks if c != "[DONE]" and c["choices"]]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def error(reply: httpx.Response) -> Mapping[str, Any]:
    """The error object of a refusal, with its four fields."""
    value: Mapping[str, Any] = reply.json()["error"]
    assert set(value) == {"message", "type", "param", "code"}
    assert value["message"]
    return value
