"""Programs of our own beside the matrix, and all programs of a client in one batch.

A client's library takes longer to load than all its requests take: what one client runs, it runs in
one process. The deep tier runs more than the standard one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.outcomes import NotApplicable
from suites.clients import calls, runs, snippets, tools
from suites.clients.runs import BASE, PLACEHOLDER, Program
from suites.rows import WEATHER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.deployment import Deployment
    from suites.clients.runs import Ran
    from suites.clients.tools import Tool

BAD_KEY = "not-a-key-of-anyone"
UNKNOWN = "no-such-model-0123456789"
SDK_HEAD = """\
import os
from openai import OpenAI
client = OpenAI(base_url=os.environ["BASE_URL"], api_key=os.environ["API_KEY"])
model = os.environ["MODEL"]
messages = [{"role": "user", "content": "Say OK"}]
ask = dict(model=model, max_tokens=8, temperature=0, messages=messages)
"""
REFUSED = {
    "bad key, streamed": "for _ in client.chat.completions.create(**ask, stream=True): pass\n",
    "bad key, models": "client.models.list()\n",
    "bad parameter": "client.chat.completions.create(**ask, n=2)\n",
    "bad parameter, streamed": "for _ in client.chat.completions.create("
    "**ask, n=2, stream=True): pass\n",
    "unknown model": f'client.models.retrieve("{UNKNOWN}")\n',
}
SAFELY = {
    "safe, bad key": 'safe_completion(client, ask["messages"], model=model, max_tokens=8)\n',
    "safe, bad parameter": 'safe_completion(client, ask["messages"], model=model, n=2)\n',
}
NODE_HEAD = """\
import OpenAI from "openai";
const { BASE_URL: baseURL, API_KEY: apiKey, MODEL: model } = process.env;
const client = new OpenAI({ baseURL, apiKey });
const messages = [{ role: "user", content: "Say OK" }];
const ask = { model, max_tokens: 8, temperature: 0, messages };
"""
NODE_REFUSED = {
    "bad key": "await client.chat.completions.create(ask);\n",
    "bad parameter": "await client.chat.completions.create({ ...ask, n: 2 });\n",
    "unknown model": f'await client.models.retrieve("{UNKNOWN}");\n',
}
# The guide's snippets define more than they do: what is called of them, and what they print then.
GUIDE: dict[snippets.Snippet, tuple[str, str]] = {
    **dict.fromkeys(snippets.OTHER_PROVIDERS, ("", "")),
    snippets.STORY: ("", ""),
    snippets.TEMPERATURES: ("", ""),
    snippets.GUIDE_TOOLS: ("", ""),
    snippets.JSON_MODE: ("", ""),
    snippets.JSON_SCHEMA: ("", ""),
    snippets.MULTI: (
        "",
        'for name in ("local", "cloud"):\n'
        '    asked = [{"role": "user", "content": "Say OK"}]\n'
        "    r = MultiProviderClient(name).chat(asked, max_tokens=8)\n"
        "    print(r.choices[0].message.content)\n",
    ),
    snippets.CONVERSATION: (
        "",
        'talk = Conversation(client)\nfor said in ("My name is Ada.", "Hello!", "Bye!"):\n'
        '    print(talk.send(said, model=os.environ["MODEL"], max_tokens=24))\n',
    ),
    snippets.USAGE: (
        'response = client.chat.completions.create(model=os.environ["MODEL"], max_tokens=8,\n'
        '    messages=[{"role": "user", "content": "Say OK"}])\n',
        "print(prompt_tokens, completion_tokens, total_tokens)\n",
    ),
}
LITELLM_HEAD = """\
import asyncio, os, litellm
at = {"api_base": os.environ["BASE_URL"], "model": "compactifai/" + os.environ["MODEL"]}
ask = {"messages": [{"role": "user", "content": "Say OK"}], "max_tokens": 8, "temperature": 0}
"""
TOOLS, TEXT, DIRECT, TOGETHER = "forced call", "text completion", "text, openai", "together"
LITELLM_PARAMS = {
    "stop": ["###"],
    "temperature": 0.5,
    "top_p": 0.9,
    "max_tokens": 8,
    "presence_penalty": 0.1,
    "frequency_penalty": 0.1,
    "logit_bias": {"5": 1},
    "user": "user-123",
    "response_format": {"type": "text"},
    "seed": 7,
}
PARAMS, INVALID = "parameters", "invalid key"
WORDS = 3
LITELLM = {
    # All are waited for: what one leaves underway would meet the program behind it.
    TOGETHER: "async def main():\n    return await asyncio.gather(*(litellm.acompletion(\n"
    '        **at, **(ask | {"messages": [{"role": "user", "content": f"Say {n}"}]})\n'
    f"    ) for n in range({WORDS})), return_exceptions=True)\nfor r in asyncio.run(main()):\n"
    "    if isinstance(r, Exception):\n        raise r\n"
    "    print(r.choices[0].message.content)\n",
}
LITELLM_DEEP = {
    PARAMS: f"ask |= {LITELLM_PARAMS!r}\nr = litellm.completion(**at, **ask, "
    'extra_headers={"X-Probe": "1"})\nprint(r.choices[0].message.content)\n',
    TEXT: 'r = litellm.text_completion(prompt="The capital of France is", max_tokens=8, **at)\n'
    "print(r.choices[0].text)\n",
}
LITELLM_REFUSED = {
    "bad key": "litellm.completion(**at, **ask)\n",
    "bad parameter": "litellm.completion(**at, **ask, n=2)\n",
    "unknown model": f'litellm.completion(**(at | {{"model": "compactifai/{UNKNOWN}"}}), **ask)\n',
}
LITELLM_TOOLS = (
    f"r = litellm.completion(**at, **(ask | {{'max_tokens': 128}}), tools=[{WEATHER!r}], "
    'tool_choice={"type": "function", "function": {"name": "get_weather"}})\n'
    "for call in r.choices[0].message.tool_calls:\n    print(call.function.name)\n"
)
LITELLM_DIRECT = (
    'r = litellm.text_completion(prompt="The capital of France is", max_tokens=8,\n'
    '    api_base=os.environ["BASE_URL"], api_key=os.environ["API_KEY"], num_retries=0,\n'
    '    max_retries=0, model="text-completion-openai/" + os.environ["MODEL"])\n'
    "print(r.choices[0].text)\n"
)


def ran(dut: Deployment, tool: Tool, name: str) -> Ran:
    """How one program of a client ended. Raises NotApplicable where no model plays its part."""
    programs = list(BATCHES[tool](dut))
    if name not in {program.name for program in programs}:
        raise NotApplicable(f"no model for {name}")
    found = runs.run(dut, tool, programs)
    one = found[name]
    dut.used[:] = [exchange.id for exchange in one.exchanges]
    return one


def _openai(dut: Deployment) -> Iterator[Program]:
    yield from snippets.programs(dut, snippets.PYTHON)
    yield from programs_of(dut, calls.SDK)
    if dut.setup.tier == "deep":
        yield from programs_of(dut, calls.SDK_ASYNC)
        yield from _guide(dut)
    for name, text in REFUSED.items():
        yield from _program(dut, name, "chat", SDK_HEAD + text, key=_key(name))
    for name, text in SAFELY.items():
        printed = snippets.SAFE.printed
        yield from _program(dut, name, "chat", f"{SDK_HEAD}{printed}\n{text}", key=_key(name))


def _node(dut: Deployment) -> Iterator[Program]:
    yield from snippets.programs(dut, (snippets.NODE_MAIN,))
    yield from programs_of(dut, calls.NODE)
    if dut.setup.tier == "deep":
        for name, text in NODE_REFUSED.items():
            yield from _program(dut, name, "chat", NODE_HEAD + text, key=_key(name))


def _guide(dut: Deployment) -> Iterator[Program]:
    model = dict(zip(("MODEL",), dut.cast.models("chat"), strict=False))
    for snippet, (before, after) in GUIDE.items():
        for program in snippets.programs(dut, (snippet,)):
            text = f"{program.text}\n{after}" if after else program.text
            env = {**program.env, **model}
            yield Program(program.name, text, program.prelude + before, env)


def _litellm(dut: Deployment) -> Iterator[Program]:
    yield from snippets.programs(dut, snippets.LITELLM)
    yield from programs_of(dut, calls.LITELLM)
    for name, text in LITELLM.items():
        yield from _program(dut, name, "chat", LITELLM_HEAD + text)
    yield from _program(dut, TOOLS, "tools", LITELLM_HEAD + LITELLM_TOOLS)
    yield from _program(dut, DIRECT, "completions", LITELLM_HEAD + LITELLM_DIRECT)
    invalid = snippets.LITELLM_LIMIT.program(dut)
    env = {"COMPACTIFAI_API_KEY": BAD_KEY}
    yield Program(f"{invalid.name} {INVALID}", invalid.text, env=env)
    if dut.setup.tier == "deep":
        yield from _litellm_deep(dut)


def _litellm_deep(dut: Deployment) -> Iterator[Program]:
    yield from programs_of(dut, calls.LITELLM_ASYNC)
    for name, text in LITELLM_DEEP.items():
        yield from _program(dut, name, "chat", LITELLM_HEAD + text)
    for name, text in LITELLM_REFUSED.items():
        yield from _program(dut, name, "chat", LITELLM_HEAD + text, key=_key(name))


def programs_of(dut: Deployment, way: calls.Way) -> Iterator[Program]:
    """The programs of the matrix for one way to use a client, where models play their parts."""
    for name in way.programs:
        try:
            yield way.program(dut, name)
        except NotApplicable:
            continue


def _program(
    dut: Deployment, name: str, role: str, text: str, *, key: str = PLACEHOLDER
) -> Iterator[Program]:
    models = dut.cast.models(role)
    if models:
        env = {"BASE_URL": BASE, "API_KEY": key, "MODEL": models[0], "COMPACTIFAI_API_KEY": key}
        yield Program(name, text, env=env)


def _key(name: str) -> str:
    return BAD_KEY if "bad key" in name else PLACEHOLDER


BATCHES = {tools.OPENAI: _openai, tools.OPENAI_NODE: _node, tools.LITELLM: _litellm}
