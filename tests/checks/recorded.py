"""One honest exchange of each documented kind, as the reference answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.audio import speech
from tests import bench

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
CALLS: dict[str, Any] = {
    "messages": [{"role": "user", "content": "What is the weather in Bogotá?"}],
    "tools": [TOOL],
    "tool_choice": "required",
    "max_tokens": 64,
}
TELLS: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
SETTINGS: dict[str, Any] = {"store": False, "metadata": {"a": "b"}, "temperature": 0.5}
STREAM: dict[str, Any] = {"stream": True}


ASKED: Mapping[str, Callable[[Deployment], Exchange]] = {
    "models": lambda dut: dut.models(),
    "model": lambda dut: dut.model(dut.cast.model("chat")),
    "model unknown": lambda dut: dut.model("no-such-model"),
    "chat": lambda dut: dut.chat(max_tokens=2, stop=["\n\n"], min_tokens=1),
    "chat stream": lambda dut: dut.chat(**TELLS, stop="\n\n"),
    "chat calls": lambda dut: dut.chat("tools", **CALLS),
    "chat calls stream": lambda dut: dut.chat("tools", **CALLS, **STREAM),
    "chat reasoning": lambda dut: dut.chat("reasoning", max_tokens=64),
    "chat reasoning stream": lambda dut: dut.chat("reasoning", max_tokens=64, **STREAM),
    "chat refused": lambda dut: dut.chat(n=2),
    "completions": lambda dut: dut.completions(stop=["\n\n"], min_tokens=1),
    "completions stream": lambda dut: dut.completions(**TELLS),
    "completions refused": lambda dut: dut.completions(max_tokens="x"),
    "responses": lambda dut: dut.responses(**SETTINGS),
    "responses stream": lambda dut: dut.responses(**SETTINGS, **STREAM),
    "responses reasoning": lambda dut: dut.responses("reasoning"),
    "responses cut": lambda dut: dut.responses(max_output_tokens=16, input="Count to 500."),
    "responses refused": lambda dut: dut.responses(max_output_tokens="x"),
    "responses gate": lambda dut: dut.responses("no_responses"),
    "audio": lambda dut: dut.transcribe(speech()),
    "audio stream": lambda dut: dut.transcribe(speech(), stream="true"),
    "audio refused": lambda dut: dut.transcribe(None),
}
NAMES = tuple(ASKED)


def record(base_url: str) -> dict[str, Exchange]:
    """The exchanges by their names: each operation plain and streamed, with its options."""
    with bench.deployment(base_url) as dut:
        return {name: ask(dut) for name, ask in ASKED.items()}
