"""What each client is asked to do: one small program a capability, with the client's own words.

The programs are functions of the files in `programs/` and `node/`. Each finds the address, the key,
the model and what to ask among its values, and prints the text that the client hands to its user.
`asked` is what has to stand on the wire then: that tells a client that drops or renames a field
from a deployment that ignores it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fixtures.transport.exchange import NOT_JSON, parse
from suites.clients import reading, tools
from suites.clients.runs import PLACEHOLDER, Program, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.target.deployment import Deployment
    from schemas.table_types import Operation
    from suites.clients.reading import Tell
    from suites.clients.runs import Ran
    from suites.clients.tools import Tool

MESSAGES = [{"role": "user", "content": "Say OK"}]
CHAT = {"messages": MESSAGES, "max_tokens": 8, "temperature": 0, "user": "user-123"}
TEXT = {"prompt": "The capital of France is", "max_tokens": 8, "temperature": 0}
RESPONSE = {"input": "Say OK", "max_output_tokens": 64}
STREAM = {"stream": True}
DELTA = "response.output_text.delta"


@dataclass(frozen=True)
class Capability:
    """One thing that a client can do: an operation, plain or streamed, and what is asked of it."""

    name: str
    asked: Mapping[str, Any]
    tell: Tell

    def operation(self, dut: Deployment) -> Operation:
        """The documented operation that the capability is named after."""
        return dut.contract.named(self.name.removesuffix(" stream"))

    def model(self, dut: Deployment) -> str:
        """The model that is asked, if any. Raises NotApplicable when none plays the part."""
        role = self.operation(dut).role
        return dut.cast.model(role) if role else ""


def _line(exchange: Any) -> str:
    return reading.visible_text(exchange) + "\n"


def _content(exchange: Any) -> str:
    return reading.content(exchange) + "\n"


CAPABILITIES = {
    each.name: each
    for each in (
        Capability("models", {}, reading.lines(_line)),
        Capability("chat", CHAT, reading.lines(_content)),
        Capability("chat stream", {**CHAT, **STREAM}, reading.lines(reading.visible_text)),
        Capability("completions", TEXT, reading.lines(_line)),
        Capability("responses", RESPONSE, reading.lines(_line)),
        Capability("responses stream", {**RESPONSE, **STREAM}, reading.lines(reading.visible_text)),
        Capability("transcription", {}, reading.lines(_line)),
    )
}


def _surface(ran: Ran) -> str:
    response = ran.exchanges[-1]
    fields = [response.value(*path) for path in (("id",), ("status",), ("usage", "total_tokens"))]
    return " ".join(map(str, [*fields, reading.visible_text(response)])) + "\n"


def _events(ran: Ran) -> str:
    documents = [parse(each.data.encode()) for each in ran.exchanges[-1].payloads if not each.done]
    typed = [each for each in documents if each is not NOT_JSON and "type" in each]
    return "".join(f"{each['type']} {_delta(each)}\n" for each in typed)


def _delta(event: Any) -> object:
    return event.get("delta") if event["type"] == DELTA else ""


@dataclass(frozen=True)
class Way:
    """A way to use a client: how it is called in the matrix, and its programs by capability.

    `tells` are what those of its programs print that show more than the text.
    """

    tool: Tool
    programs: Mapping[str, Step]
    style: str = ""
    tier: str = "standard"
    env: Mapping[str, str] = field(default_factory=dict)
    tells: Mapping[str, Tell] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The client's name, with the style where it has several."""
        return f"{self.tool.name} {self.style}".strip()

    def tell(self, name: str) -> Tell:
        """What the program for a capability prints, read from the wire."""
        return self.tells.get(name, CAPABILITIES[name].tell)

    def program(self, dut: Deployment, name: str) -> Program:
        """The program for a capability. Raises NotApplicable when no model plays the part."""
        capability = CAPABILITIES[name]
        model = capability.model(dut)
        values = {"API_KEY": PLACEHOLDER, "MODEL": model, "ASKED": capability.asked}
        values |= {"PACKAGE": self.tool.package}
        return Program(f"{self.name} {name}", (self.programs[name],), values, self.env)


def _programs(file: str, *names: str) -> dict[str, Step]:
    """The functions of a file, by the capability that each is named after."""
    return {name: Step(file, name.replace(" ", "_")) for name in names or CAPABILITIES}


_TELLS = {"responses": _surface, "responses stream": _events}
SDK = Way(tools.OPENAI, _programs("openai_sync.py"), tells=_TELLS)
SDK_ASYNC = Way(tools.OPENAI, _programs("openai_async.py"), "async", "deep", tells=_TELLS)
NODE = Way(tools.OPENAI_NODE, _programs("calls.mjs"))
REQUESTS = Way(tools.REQUESTS, _programs("by_hand.py"), tier="deep")
HTTPX = Way(tools.HTTPX, _programs("by_hand.py"), tier="deep")
_KEY = {"COMPACTIFAI_API_KEY": PLACEHOLDER}
_CHATS = ("chat", "chat stream")
LITELLM = Way(tools.LITELLM, _programs("litellm_sync.py", *_CHATS), env=_KEY)
LITELLM_ASYNC = Way(
    tools.LITELLM, _programs("litellm_async.py", *_CHATS), "async", "deep", env=_KEY
)
WAYS = (SDK, SDK_ASYNC, NODE, REQUESTS, HTTPX, LITELLM, LITELLM_ASYNC)
