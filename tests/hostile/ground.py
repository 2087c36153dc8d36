"""What the hostile deployments stand on: a socket, the honest reference behind it, a register.

Over 400 lines, because the words that all vices are written in stand together.

A vice is a coroutine function of one call, three to fifteen lines long and named by what it does:

    @hostile(BLAMED, MODELS)
    async def lists_nothing(call: Call) -> None:
        await call.answer(json={"object": "list", "data": []})

It is asked where its routes are called; every other call gets the honest answer.
"""

from __future__ import annotations

import asyncio
import json as json_
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias
from urllib.parse import unquote

from fixtures.reference import catalogue, responses
from fixtures.reference.asgi import App, create_app

Headers = list[tuple[bytes, bytes]]
Vice: TypeAlias = Callable[["Call"], Awaitable[None]]
Verdicts: TypeAlias = frozenset[tuple[str, int]]
Routes: TypeAlias = Callable[["Call"], bool]

# Headlines with their exit status: what a run may lawfully end with.
CONFORMANT: Verdicts = frozenset({("CONFORMANT", 0)})
BLAMED: Verdicts = frozenset({("NOT CONFORMANT", 1)})
UNDECIDED: Verdicts = frozenset({("INCOMPLETE", 6)})
ABSENT: Verdicts = frozenset({("UNREACHABLE", 6)})
LIES: Verdicts = BLAMED | UNDECIDED  # nothing that holds, and a run may be cut short by it
RUDE: Verdicts = CONFORMANT | BLAMED  # no document forbids it, no document allows it
ODD: Verdicts = RUDE | UNDECIDED

CHUNKED = (b"transfer-encoding", b"chunked")
CANARY = "CANARY"  # in an id: the path of the canary
MOST_HEAD = 4 * 1024 * 1024
CHAT_ID, HEARING_ID = "plain-1b", "whisper-large-v3"
FLAGS = {
    "supports_audio": False,
    "supports_image": True,
    "supports_function_calling": True,
    "support_chat_completion": True,
    "supports_responses": True,
}


@dataclass(frozen=True)
class World:
    """What a deployment knows of the place where it stands.

    `canary` is the path of a file that nobody makes but a program of the deployment; `elsewhere` is
    the root of a server that must hear nothing; `key` is the key that the deployment accepts.
    """

    key: str
    canary: str
    elsewhere: str
    address: str = ""


@dataclass(frozen=True)
class Deployment:
    """One hostile deployment, and the verdicts that are right for it.

    `ids` are its chat models, `hears` its model for speech, `scheme` is what its base URL begins
    with, `red` are clauses that must be violated, `tier` is how much of the suite runs on it.
    """

    name: str
    kind: str
    vice: Vice
    lawful: Verdicts
    on: Routes
    ids: tuple[str, ...] = (CHAT_ID,)
    hears: str = HEARING_ID
    scheme: str = "http"
    red: tuple[str, ...] = ()
    tier: str = "smoke"


@dataclass
class Reply:
    """One answer: a body in parts, each sent by itself where it is a stream."""

    status: int
    headers: Headers
    parts: list[bytes]
    streamed: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.parts)

    @property
    def json(self) -> Any:
        """The document; None where there is none."""
        try:
            return json_.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def with_body(self, body: bytes) -> Reply:
        return replace(self, parts=[body], streamed=False)

    def with_header(self, name: str, value: str | bytes) -> Reply:
        raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        kept = [pair for pair in self.headers if pair[0].lower() != name.lower().encode()]
        return replace(self, headers=[*kept, (name.encode(), raw)])

    def head(self, *framing: tuple[bytes, bytes], reason: bytes = b"OK") -> bytes:
        """Status line and headers."""
        lines = [b": ".join(pair) for pair in [*self.headers, *framing]]
        return b"\r\n".join([b"HTTP/1.1 %d %s" % (self.status, reason), *lines, b"", b""])


@dataclass
class Call:
    """One request that came, and the ways to answer it.

    `nth` counts the requests of the deployment from 1, `kept` is what it remembers between them.
    """

    method: str
    target: str
    headers: Headers
    body: bytes
    nth: int
    world: World
    app: App
    writer: asyncio.StreamWriter
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.world.key

    @cached_property
    def path(self) -> str:
        """What follows `/v1`, without a query."""
        return self.target.partition("?")[0].removeprefix("/v1")

    @cached_property
    def asked(self) -> dict[str, Any]:
        """The object that was sent, `{}` where it was none."""
        try:
            asked = json_.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return asked if isinstance(asked, dict) else {}

    @property
    def streams(self) -> bool:
        return self.asked.get("stream") is True

    def header(self, name: str) -> str:
        """The first header of this name, or nothing."""
        wanted = name.lower().encode()
        return next((v.decode("latin-1") for n, v in self.headers if n.lower() == wanted), "")

    async def honest(self) -> Reply:
        """What the reference deployment answers."""
        reply = Reply(500, [], [])
        async for message in self._ask():
            if message["type"] == "http.response.start":
                reply.status, reply.headers = message["status"], list(message["headers"])
            elif message.get("body"):
                reply.parts.append(message["body"])
        kinds = [value for name, value in reply.headers if name == b"content-type"]
        reply.streamed = bool(kinds) and kinds[0].startswith(b"text/event-stream")
        reply.headers = [pair for pair in reply.headers if pair[0] != b"content-length"]
        return reply

    async def amended(self, amend: Callable[[Any], object]) -> Reply:
        """What the reference deployment answers; the object of a 200, as `amend` leaves it."""
        reply = await self.honest()
        document = reply.json
        if reply.status != 200 or not isinstance(document, dict):
            return reply
        amend(document)
        return reply.with_body(json_.dumps(document).encode())

    async def pass_on(self) -> None:
        """Send what the reference deployment answers, as it comes."""
        head = Reply(500, [], [])
        async for message in self._ask():
            if message["type"] == "http.response.start":
                head.status, head.headers = message["status"], list(message["headers"])
                whole = any(name == b"content-length" for name, _ in head.headers)
                self.writer.write(head.head(*([] if whole else [CHUNKED])))
            elif message.get("body"):
                self.writer.write(message["body"] if whole else chunk(message["body"]))
            await self.writer.drain()
        self.writer.write(b"" if whole else chunk(b""))
        await self.writer.drain()

    async def send(self, reply: Reply, reason: bytes = b"OK") -> None:
        """Send an answer, correctly framed."""
        if not reply.streamed:
            await self.say(reply.head(sized(reply.body), reason=reason), reply.body)
            return
        await self.say(reply.head(CHUNKED, reason=reason))
        await self.say(*[chunk(part) for part in reply.parts], chunk(b""))

    async def answer(
        self,
        status: int = 200,
        body: bytes = b"",
        json: object = None,
        headers: Mapping[str, str] | None = None,
        reason: bytes = b"OK",
    ) -> None:
        """Send these bytes, or this value as JSON."""
        named = {"Content-Type": "application/json", **(headers or {})}
        raw = [(n.encode(), v.encode("utf-8", "surrogateescape")) for n, v in named.items()]
        data = body if json is None else json_.dumps(json).encode()
        await self.send(Reply(status, raw, [data]), reason)

    async def stream(self, events: Iterable[bytes]) -> None:
        """Send a stream of Server-Sent Events, one chunk each."""
        reply = Reply(200, [(b"content-type", b"text/event-stream")], [], streamed=True)
        await self.say(reply.head(CHUNKED))
        await self.say(*[chunk(each) for each in events])
        await self.say(chunk(b""))

    async def say(self, *parts: bytes, pause: float | None = None) -> None:
        """Send bytes as they are, with a pause after each part."""
        for part in parts:
            self.writer.write(part)
            if pause is not None or self.writer.transport.get_write_buffer_size() > 1 << 20:
                await self.writer.drain()
                await asyncio.sleep(pause or 0)
        await self.writer.drain()

    def close(self) -> None:
        """End the connection when everything is sent."""
        self.writer.close()

    def reset(self) -> None:
        """End the connection with a reset."""
        self.writer.transport.abort()

    async def _ask(self) -> AsyncIterator[Mapping[str, Any]]:
        messages: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue()
        path, _, query = self.target.partition("?")
        scope = {
            "type": "http",
            "method": self.method,
            "path": unquote(path),
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "headers": [(name.lower(), value) for name, value in self.headers],
            "state": {"connection": {}},
        }
        sent = iter([{"type": "http.request", "body": self.body}])

        async def receive() -> Any:
            return next(sent, None) or await asyncio.Event().wait()

        async def send(message: Any) -> None:
            messages.put_nowait(message)

        async def run() -> None:
            await self.app(scope, receive, send)
            messages.put_nowait(None)

        task = asyncio.create_task(run())
        while (message := await messages.get()) is not None:
            yield message
        await task


def chunk(data: bytes) -> bytes:
    """A chunk of a chunked body; nothing is the last one."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def sized(body: bytes) -> tuple[bytes, bytes]:
    """The header that tells the length of a body."""
    return b"content-length", b"%d" % len(body)


# Which calls a vice is asked for.


def anything(_: Call) -> bool:
    return True


def MODELS(call: Call) -> bool:  # noqa: N802  routes are named like constants
    """The list, asked for as the documents say; who has no key is refused honestly."""
    allowed = call.header("authorization") == f"Bearer {call.key}"
    return call.path == "/models" and call.method == "GET" and allowed


def CHAT(call: Call) -> bool:  # noqa: N802
    return call.path == "/chat/completions" and not call.streams


def STREAM(call: Call) -> bool:  # noqa: N802
    return call.path == "/chat/completions" and call.streams


def RESPONSES(call: Call) -> bool:  # noqa: N802
    return call.path == "/responses" and not call.streams


def SPEECH(call: Call) -> bool:  # noqa: N802
    return call.path == "/audio/transcriptions"


def POSTS(call: Call) -> bool:  # noqa: N802
    return call.method == "POST"


REGISTER: dict[str, Deployment] = {}


def hostile(lawful: Verdicts, on: Routes = anything, **more: Any) -> Callable[[Vice], Vice]:
    """Enter a vice under its name, with the verdicts that are right for it."""

    def enter(vice: Vice) -> Vice:
        name = vice.__name__.replace("_", "-")
        add(Deployment(name, vice.__module__.rpartition(".")[2], vice, lawful, on, **more))
        return vice

    return enter


def add(deployment: Deployment) -> None:
    """Enter a deployment. Raises ValueError where the name is taken."""
    if deployment.name in REGISTER:
        raise ValueError(f"two hostile deployments are named {deployment.name}")
    REGISTER[deployment.name] = deployment


async def open_port(
    deployment: Deployment, world: World, port: int = 0
) -> tuple[asyncio.Server, str]:
    """Listen, and the base URL."""
    there = [each.replace(CANARY, world.canary) for each in (deployment.hears, *deployment.ids)]
    offer(there[1:], there[0])
    app, here, heard = create_app(world.key), [world], [0]
    kept: dict[str, Any] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _request(reader)) is not None:
                heard[0] += 1
                call = Call(*request, heard[0], here[0], app, writer, kept)
                if deployment.on(call):
                    await deployment.vice(call)
                else:
                    await call.pass_on()
                if writer.is_closing():
                    return
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass
        except Exception:  # noqa: BLE001  the referee reads that the vice itself has a fault
            traceback.print_exc()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=MOST_HEAD)
    root = f"{deployment.scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    here[0] = replace(world, address=root)
    return server, f"{root}/v1"


def offer(ids: list[str], hears: str) -> None:
    """Let the reference offer chat models of these ids, and one model that hears.

    Few models make few requests: what a run costs is mostly what each model is asked.
    """
    entry = {
        "created": 1749600000,
        "object": "model",
        "owned_by": "acme",
        "parameters_number": "1B",
        "capabilities": FLAGS,
    }
    offered = {each: catalogue.Model({"id": each, **entry}, frozenset()) for each in ids}
    hearing = {**catalogue.MODELS[HEARING_ID].entry, "id": hears}
    offered[hears] = catalogue.Model(hearing, frozenset())
    for module in (catalogue, responses):
        module.MODELS = offered  # type: ignore[attr-defined]


async def _request(
    reader: asyncio.StreamReader,
) -> tuple[str, str, Headers, bytes] | None:
    try:
        top = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = top[:-4].split(b"\r\n")
    method, target, _ = first.decode("latin-1").split(" ", 2)
    pairs = [line.partition(b":") for line in lines]
    headers = [(name, value.strip()) for name, _, value in pairs]
    lengths = [value for name, value in headers if name.lower() == b"content-length"]
    return method, target, headers, await reader.readexactly(int(lengths[0]) if lengths else 0)
