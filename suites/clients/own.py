"""Programs of our own beside the matrix, and all programs of a client in one batch.

A client's library takes longer to load than all its requests take: what one client runs, it runs in
one process. The deep tier runs more than the standard one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from schemas.outcomes import NotApplicable
from suites.clients import calls, runs, snippets, tools
from suites.clients.runs import PLACEHOLDER, Program, Step
from suites.support.table_cases import WEATHER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fixtures.target.deployment import Deployment
    from suites.clients.runs import Ran
    from suites.clients.tools import Tool

BAD_KEY = "not-a-key-of-anyone"
UNKNOWN = "no-such-model-0123456789"
ASK = {
    "max_tokens": 8,
    "temperature": 0,
    "messages": [{"role": "user", "content": "Say OK"}],
}
TWO: Mapping[str, Any] = {**ASK, "n": 2}
_REFUSED = "openai_refused.py"
REFUSED = {
    "bad key, streamed": (Step(_REFUSED, "streamed"), ASK),
    "bad key, models": (Step(_REFUSED, "models"), ASK),
    "bad parameter": (Step(_REFUSED, "plain"), TWO),
    "bad parameter, streamed": (Step(_REFUSED, "streamed"), TWO),
    "unknown model": (Step(_REFUSED, "unknown_model"), ASK),
}
SAFELY: Mapping[str, Mapping[str, Any]] = {
    "safe, bad key": {"messages": ASK["messages"], "max_tokens": 8},
    "safe, bad parameter": {"messages": ASK["messages"], "n": 2},
}
NODE_REFUSED = {
    "bad key": (Step("calls.mjs", "ask"), ASK),
    "bad parameter": (Step("calls.mjs", "ask"), TWO),
    "unknown model": (Step("calls.mjs", "unknown_model"), ASK),
}
GUIDE = (
    *snippets.OTHER_PROVIDERS,
    *(snippets.STORY, snippets.TEMPERATURES, snippets.GUIDE_TOOLS),
    *(snippets.JSON_MODE, snippets.JSON_SCHEMA),
    *(snippets.MULTI, snippets.CONVERSATION, snippets.USAGE),
)
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
PROMPT = {"prompt": "The capital of France is", "max_tokens": 8}
FORCED: Mapping[str, Any] = {
    **ASK,
    "max_tokens": 128,
    "tools": [WEATHER],
    "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
}
_LITELLM = "litellm_sync.py"
LITELLM_DEEP: Mapping[str, tuple[Step, Mapping[str, Any]]] = {
    PARAMS: (
        Step(_LITELLM, "chat"),
        {**ASK, **LITELLM_PARAMS, "extra_headers": {"X-Probe": "1"}},
    ),
    TEXT: (Step(_LITELLM, "text_completion"), PROMPT),
}
LITELLM_REFUSED = {"bad key": ASK, "bad parameter": TWO, "unknown model": ASK}


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
        yield from snippets.programs(dut, GUIDE)
    for name, (step, asked) in REFUSED.items():
        yield from _program(dut, name, "chat", asked, step, key=_key(name))
    printed = Step(snippets.SAFE.example, text=snippets.SAFE.text)
    for name, asked in SAFELY.items():
        steps = (printed, Step(_REFUSED, "safely"))
        yield from _program(dut, name, "chat", asked, *steps, key=_key(name))


def _node(dut: Deployment) -> Iterator[Program]:
    yield from snippets.programs(dut, (snippets.NODE_MAIN,))
    yield from programs_of(dut, calls.NODE)
    if dut.setup.tier == "deep":
        for name, (step, asked) in NODE_REFUSED.items():
            yield from _program(dut, name, "chat", asked, step, key=_key(name))


def _litellm(dut: Deployment) -> Iterator[Program]:
    yield from snippets.programs(dut, snippets.LITELLM)
    yield from programs_of(dut, calls.LITELLM)
    together = Step("litellm_async.py", "together")
    yield from _program(dut, TOGETHER, "chat", ASK, together)
    yield from _program(dut, TOOLS, "tools", FORCED, Step(_LITELLM, "forced_call"))
    yield from _program(dut, DIRECT, "completions", PROMPT, Step(_LITELLM, "text_of_openai"))
    for invalid in snippets.programs(dut, (snippets.LITELLM_LIMIT,)):
        env = {"COMPACTIFAI_API_KEY": BAD_KEY}
        yield replace(invalid, name=f"{invalid.name} {INVALID}", env=env)
    if dut.setup.tier == "deep":
        yield from _litellm_deep(dut)


def _litellm_deep(dut: Deployment) -> Iterator[Program]:
    yield from programs_of(dut, calls.LITELLM_ASYNC)
    for name, (step, asked) in LITELLM_DEEP.items():
        yield from _program(dut, name, "chat", asked, step)
    for name, asked in LITELLM_REFUSED.items():
        for program in _program(dut, name, "chat", asked, Step(_LITELLM, "ask"), key=_key(name)):
            values = {**program.values, "MODEL": UNKNOWN}
            yield replace(program, values=values) if name == "unknown model" else program


def programs_of(dut: Deployment, way: calls.Way) -> Iterator[Program]:
    """The programs of the matrix for one way to use a client, where models play their parts."""
    for name in way.programs:
        try:
            yield way.program(dut, name)
        except NotApplicable:
            continue


def _program(
    dut: Deployment,
    name: str,
    role: str,
    asked: Mapping[str, Any],
    *steps: Step,
    key: str = PLACEHOLDER,
) -> Iterator[Program]:
    for model in dut.cast.models(role)[:1]:
        values: dict[str, Any] = {"API_KEY": key, "MODEL": model, "ASKED": asked}
        values |= {"UNKNOWN": UNKNOWN, "WORDS": WORDS}
        values |= {"MODELS": dict.fromkeys(snippets.SAFE.roles, model)}
        yield Program(name, steps, values, {"COMPACTIFAI_API_KEY": key})


def _key(name: str) -> str:
    return BAD_KEY if "bad key" in name else PLACEHOLDER


BATCHES = {tools.OPENAI: _openai, tools.OPENAI_NODE: _node, tools.LITELLM: _litellm}
