"""What each client is asked to do: one small program a capability, with the client's own words.

A program finds the address, the key and the model in its environment, and prints the text that the
client hands to its user. `asked` is what has to stand on the wire then: a client that drops or
renames a field is told apart from a deployment that ignores it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import indent
from typing import TYPE_CHECKING, Any

from fixtures.exchange import NOT_JSON, parse
from suites.clients import reading, tools
from suites.clients.runs import BASE, PLACEHOLDER, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fixtures.deployment import Deployment
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
    """One thing that a client can do: the role of the model, the route, and what is asked."""

    name: str
    role: str
    route: str
    asked: Mapping[str, Any]
    tell: Tell


def _line(exchange: Any) -> str:
    return reading.said(exchange) + "\n"


def _content(exchange: Any) -> str:
    return reading.content(exchange) + "\n"


CAPABILITIES = {
    each.name: each
    for each in (
        Capability("models", "", "/models", {}, reading.lines(_line)),
        Capability("chat", "chat", "/chat/completions", CHAT, reading.lines(_content)),
        Capability(
            *("chat stream", "chat", "/chat/completions"),
            {**CHAT, **STREAM},
            reading.lines(reading.said),
        ),
        Capability("completions", "completions", "/completions", TEXT, reading.lines(_line)),
        Capability("responses", "responses", "/responses", RESPONSE, reading.lines(_line)),
        Capability(
            *("responses stream", "responses", "/responses"),
            {**RESPONSE, **STREAM},
            reading.lines(reading.said),
        ),
        Capability(
            *("transcription", "transcription", "/audio/transcriptions"),
            {},
            reading.lines(_line),
        ),
    )
}


def _surface(ran: Ran) -> str:
    response = ran.exchanges[-1]
    told = [response.value(*path) for path in (("id",), ("status",), ("usage", "total_tokens"))]
    return " ".join(map(str, [*told, reading.said(response)])) + "\n"


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
    programs: Mapping[str, str]
    style: str = ""
    tier: str = "standard"
    env: Mapping[str, str] = field(default_factory=dict)
    tells: Mapping[str, Tell] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The client's name, with the style where it has several."""
        return f"{self.tool.name} {self.style}".strip()

    def tell(self, name: str) -> Tell:
        """What the program for a capability prints, told from the wire."""
        return self.tells.get(name, CAPABILITIES[name].tell)

    def program(self, dut: Deployment, name: str) -> Program:
        """The program for a capability. Raises NotApplicable when no model plays the part."""
        role = CAPABILITIES[name].role
        env = {"BASE_URL": BASE, "API_KEY": PLACEHOLDER, **self.env}
        if role:
            env["MODEL"] = dut.cast.model(role)
        return Program(f"{self.name} {name}", self.programs[name], env=env)


def _openai(text: Callable[[str, str], str], head: str) -> dict[str, str]:
    """The calls of the OpenAI SDK; `text` puts them in place, given what waits and what loops."""
    chat, prompt, response = (_arguments(each) for each in (CHAT, TEXT, RESPONSE))
    calls = {
        "models": "{each} model in client.models.list():\n    print(model.id)",
        "chat": f"r = {{wait}}client.chat.completions.create({chat})\n"
        "print(r.choices[0].message.content)",
        "chat stream": f"s = {{wait}}client.chat.completions.create({chat}, stream=True)\n"
        "{each} chunk in s:\n    for choice in chunk.choices:\n"
        "        print(choice.delta.content or '', end='')",
        "completions": f"r = {{wait}}client.completions.create({prompt})\nprint(r.choices[0].text)",
        "responses": f"r = {{wait}}client.responses.create({response})\n"
        "print(r.id, r.status, r.usage.total_tokens, r.output_text)",
        "responses stream": f"s = {{wait}}client.responses.create({response}, stream=True)\n"
        f"{{each}} event in s:\n    delta = event.delta if event.type == {DELTA!r} else ''\n"
        "    print(event.type, delta)",
        "transcription": "with open('meeting_minutes.mp3', 'rb') as file:\n"
        "    r = {wait}client.audio.transcriptions.create(model=model, file=file)\n"
        "print(r.text)",
    }
    return {name: head + text(call, name) for name, call in calls.items()}


def _arguments(asked: Mapping[str, Any]) -> str:
    return ", ".join(["model=model", *(f"{name}={value!r}" for name, value in asked.items())])


def _sync(call: str, _: str) -> str:
    return call.replace("{wait}", "").replace("{each}", "for")


def _async(call: str, _: str) -> str:
    body = call.replace("{wait}", "await ").replace("{each}", "async for")
    return f"async def main():\n{indent(body, '    ')}\n\nasyncio.run(main())"


def _head(client: str) -> str:
    return (
        f"import asyncio, os\nfrom openai import {client}\n"
        f"client = {client}(base_url=os.environ['BASE_URL'], api_key=os.environ['API_KEY'])\n"
        "model = os.environ.get('MODEL')\n"
    )


_NODE_HEAD = """\
import OpenAI from 'openai';
import fs from 'fs';
const { BASE_URL: baseURL, API_KEY: apiKey, MODEL: model } = process.env;
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
"""


def _node() -> dict[str, str]:
    chat = (
        "model, messages: [{ role: 'user', content: 'Say OK' }], max_tokens: 8, temperature: 0, "
        "user: 'user-123'"
    )
    prompt = "model, prompt: 'The capital of France is', max_tokens: 8, temperature: 0"
    response = "model, input: 'Say OK', max_output_tokens: 64"
    calls = {
        "models": "for await (const each of client.models.list()) console.log(each.id);",
        "chat": f"const r = await client.chat.completions.create({{ {chat} }});\n"
        "console.log(r.choices[0].message.content ?? 'None');",
        "chat stream": f"const s = await client.chat.completions.create({{ {chat}, "
        "stream: true });\n"
        "for await (const chunk of s) for (const choice of chunk.choices)\n"
        "  process.stdout.write(choice.delta.content ?? '');",
        "completions": f"const r = await client.completions.create({{ {prompt} }});\n"
        "console.log(r.choices[0].text);",
        "responses": f"const r = await client.responses.create({{ {response} }});\n"
        "console.log(r.output_text);",
        "responses stream": f"const s = await client.responses.create({{ {response}, "
        "stream: true });\nfor await (const event of s)\n"
        "  if (event.type === 'response.output_text.delta') process.stdout.write(event.delta);",
        "transcription": "const r = await client.audio.transcriptions.create({ model, "
        "file: fs.createReadStream('meeting_minutes.mp3') });\nconsole.log(r.text);",
    }
    return {name: _NODE_HEAD + call for name, call in calls.items()}


_PLAIN_HEAD = """\
import {package} as http, json, os
base, model = os.environ['BASE_URL'], os.environ.get('MODEL')
headers = {{'Authorization': 'Bearer ' + os.environ['API_KEY']}}
def read(r):
    r.raise_for_status()
    return r.json()
def lines(r):
    r.raise_for_status()
    for line in r.iter_lines():
        line = line.decode() if isinstance(line, bytes) else line
        if line.startswith('data:') and line[5:].strip() != '[DONE]':
            yield json.loads(line[5:])
"""


def _plain(package: str, stream: str) -> dict[str, str]:
    chat, prompt, response = (
        f"{{'model': model, **{asked!r}}}" for asked in (CHAT, TEXT, RESPONSE)
    )
    delta = "print((choice['delta'].get('content') or ''), end='')"
    event = "if event.get('type') == 'response.output_text.delta': print(event['delta'], end='')"

    def post(route: str, body: str) -> str:
        return f"r = read(http.post(base + '{route}', headers=headers, json={body}, timeout=60))\n"

    def streamed(route: str, body: str) -> str:
        call = f"base + '{route}', headers=headers, json={{**{body}, 'stream': True}}, timeout=60"
        return stream.format(call=call)

    calls = {
        "models": "r = read(http.get(base + '/models', headers=headers))\n"
        "for each in r['data']: print(each['id'])",
        "chat": post("/chat/completions", chat) + "print(r['choices'][0]['message']['content'])",
        "chat stream": streamed("/chat/completions", chat)
        + f"    for chunk in lines(r):\n        for choice in chunk['choices']: {delta}",
        "completions": post("/completions", prompt) + "print(r['choices'][0]['text'])",
        "responses": post("/responses", response)
        + "print(''.join(part['text'] for item in r['output'] if item['type'] == 'message'"
        " for part in item['content'] if part['type'] == 'output_text'))",
        "responses stream": streamed("/responses", response)
        + f"    for event in lines(r):\n        {event}",
        "transcription": "r = read(http.post(base + '/audio/transcriptions', headers=headers, "
        "data={'model': model}, files={'file': open('meeting_minutes.mp3', 'rb')}, timeout=60))\n"
        "print(r['text'])",
    }
    return {name: _PLAIN_HEAD.format(package=package) + call for name, call in calls.items()}


_LITELLM_HEAD = """\
import asyncio, os, litellm
at = {'api_base': os.environ['BASE_URL'], 'model': 'compactifai/' + os.environ['MODEL']}
at |= {'num_retries': 0, 'max_retries': 0}
"""


def _litellm(call: str, wait: str, each: str, wrap: Callable[[str, str], str]) -> dict[str, str]:
    chat = ", ".join(f"{name}={value!r}" for name, value in CHAT.items())
    calls = {
        "chat": f"r = {wait}litellm.{call}(**at, {chat})\nprint(r.choices[0].message.content)",
        "chat stream": f"s = {wait}litellm.{call}(**at, {chat}, stream=True)\n"
        f"{each} chunk in s:\n    for choice in chunk.choices:\n"
        "        print(choice.delta.content or '', end='')",
    }
    return {name: _LITELLM_HEAD + wrap(body, name) for name, body in calls.items()}


_BY_REQUESTS = "with http.post({call}, stream=True) as r:\n"
_BY_HTTPX = "with http.stream('POST', {call}) as r:\n"
_TELLS = {"responses": _surface, "responses stream": _events}
SDK = Way(tools.OPENAI, _openai(_sync, _head("OpenAI")), tells=_TELLS)
SDK_ASYNC = Way(
    *(tools.OPENAI, _openai(_async, _head("AsyncOpenAI")), "async", "deep"), tells=_TELLS
)
NODE = Way(tools.OPENAI_NODE, _node())
REQUESTS = Way(tools.REQUESTS, _plain("requests", _BY_REQUESTS), tier="deep")
HTTPX = Way(tools.HTTPX, _plain("httpx", _BY_HTTPX), tier="deep")
_KEY = {"COMPACTIFAI_API_KEY": PLACEHOLDER}
LITELLM = Way(tools.LITELLM, _litellm("completion", "", "for", _sync), env=_KEY)
LITELLM_ASYNC = Way(
    *(tools.LITELLM, _litellm("acompletion", "await ", "async for", _async)),
    style="async",
    tier="deep",
    env=_KEY,
)
WAYS = (SDK, SDK_ASYNC, NODE, REQUESTS, HTTPX, LITELLM, LITELLM_ASYNC)
