"""What the guide prints and promises of any OpenAI-compatible server, asked of this one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fixtures import examples
from fixtures.target.chat_view import answer
from fixtures.target.plain_requests import ABSENT, post
from fixtures.transport.exchange import NOT_JSON
from schemas.outcomes import Untestable
from schemas.records import Finding, Observation
from suites.engine import prerequisites, verify
from suites.engine.checks import Findings, check
from suites.generic import shapes
from suites.support import probes, routes
from suites.support.probes import FORMS, at_tier
from suites.support.table_cases import WEATHER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange
    from suites.generic.shapes import Shape

ROUTE = "/chat/completions"
CAP = 64
DEFAULTS: dict[str, Any] = {
    "temperature": 1.0,
    "top_p": 1.0,
    "n": 1,
    "stream": False,
    "presence_penalty": 0,
    "frequency_penalty": 0,
}
NULLS = ("stop", "response_format", "tools", "tool_choice")
PRINTED: dict[str, Shape] = {
    "guide-models-response": shapes.models,
    "guide-chat-response": shapes.chat,
    "guide-full-response": shapes.chat,
    "guide-chunk": shapes.chunk,
    "guide-final-chunk": shapes.chunk,
    "guide-error-response": shapes.error,
    "guide-embeddings-response": shapes.embeddings,
}
# The first is long, and asked elsewhere, too: who forgets it sends a shorter prompt.
TURNS = (str(probes.COUNT[0]["content"]), "Go on.", "Say OK")


@check("GEN-EMB-01")
def test_embeddings_are_refused_or_well_formed(dut: Deployment) -> Findings:
    """The guide's embeddings request is refused with a 4xx, or answered with lists of numbers."""
    body = {**examples.load()["guide-embeddings-request"].json}
    if models := [str(e["id"]) for e in dut.cast.entries if "embed" in str(e["id"]).lower()]:
        body["model"] = models[0]
    exchange = dut.send(post("/embeddings", body))
    yield from verify.accepted_or_refused(exchange)
    yield Observation("embeddings", "present" if exchange.ok else "absent")
    if exchange.ok:
        yield from _shaped(exchange, shapes.embeddings)


@check("GEN-REQ-01")
def test_minimal_request_is_accepted(dut: Deployment) -> Findings:
    """The guide's minimal body is accepted, with and without a charset in its content type."""
    messages = examples.load()["guide-chat-request"].json["messages"]
    plain = dut.request(ROUTE, messages=messages, temperature=ABSENT, max_tokens=CAP)
    bare = dut.request(ROUTE, messages=messages, temperature=ABSENT, max_tokens=ABSENT)
    kinds = ("application/json; charset=utf-8", "application/json")
    both = dut.send(replace(bare, content_type=kinds[0]))
    if dut.setup.tier != "deep" and not list(verify.accepted(both)):
        return
    for kind in kinds:
        yield from verify.accepted(dut.send(replace(plain, content_type=kind)), kind)
    yield from verify.accepted(dut.send(bare), "model and messages alone")


@check("GEN-RESP-01")
def test_answer_has_choices_and_usage(dut: Deployment) -> Findings:
    """A chat answer is JSON with choices and usage."""
    exchange = dut.chat()
    if exchange.document is NOT_JSON:
        yield verify.deviation(exchange, "a JSON body")
    else:
        yield from _shaped(exchange, shapes.chat)


@check("GEN-MODELS-01")
def test_entries_have_the_generic_fields(dut: Deployment) -> Findings:
    """Each entry of the list of models has id, object, created and owned_by."""
    listing = dut.models()
    verify.conclusive(listing)
    yield from _shaped(listing, shapes.models)


@check("GEN-PARAM-DEFAULTS-01")
def test_defaults_written_out_change_nothing(dut: Deployment) -> Findings:
    """Parameters that are set to their defaults are accepted, and leave the answer's shape."""
    apart = dut.chat()
    together = _defaults_and_nulls(dut)
    if not together.ok:
        together = dut.chat(**DEFAULTS)
    refused = list(verify.accepted(together, "all defaults"))
    for name, value in DEFAULTS.items() if refused else ():
        yield from verify.accepted(dut.chat(**{name: value}), f"{name} = {value}")
    if not refused and apart.ok and (_shape(apart) != _shape(together)):
        expected = f"{_shape(apart)} as without"
        yield verify.deviation(together, expected, actual=_shape(together))
    elif refused and all(dut.chat(**{n: v}).ok for n, v in DEFAULTS.items()):
        yield from refused


@check("GEN-PARAM-NULL-01")
def test_null_is_as_good_as_nothing(dut: Deployment) -> Findings:
    """A null for stop, response_format, tools or tool_choice is accepted, alone and together."""
    for stream in (False, True):
        nulls: dict[str, Any] = dict.fromkeys(NULLS)
        together = dut.chat(**nulls, stream=True) if stream else _defaults_and_nulls(dut)
        if not (stream or together.ok):
            together = dut.chat(**nulls, stream=stream)
        refused = list(verify.accepted(together, "four nulls"))
        alone = [
            found
            for name in NULLS
            if refused
            for found in verify.accepted(dut.chat(**_null(name), stream=stream), f"{name} = null")
        ]
        yield from alone or refused


@check("GEN-TOOLS-01")
def test_tools_work_without_a_choice(dut: Deployment) -> Findings:
    """The guide's tool example is accepted; tool_calls is a list of calls, or as good as absent."""
    for form in FORMS:
        exchange = _with_tools(dut, form)
        verify.conclusive(exchange)
        yield from verify.status_ok(exchange, "the guide's tool example")
        if exchange.ok and not form:
            yield from _callable(exchange)


@check("GEN-CONV-01")
def test_conversation_goes_on_for_three_turns(dut: Deployment) -> Findings:
    """A conversation of three turns is accepted, and each turn's prompt holds more than the last.

    What the model says is sent back, as the guide's class does; prompt_tokens counts it. At
    standard nobody asks for the second answer: it is made up.
    """
    messages: list[dict[str, Any]] = []
    counts: list[int] = []
    for number, turn in enumerate(TURNS, 1):
        messages.append({"role": "user", "content": turn})
        if number == 2 and dut.setup.tier != "deep":
            messages.append({"role": "assistant", "content": "6 7 8 9 10"})
            continue
        exchange = dut.chat(messages=[*messages], max_tokens=5)
        refused = list(verify.accepted(exchange, f"turn {number}"))
        yield from refused
        if refused:
            return
        completion = answer(exchange)
        counts.append(completion.tokens("prompt_tokens"))
        if counts != sorted(set(counts)):
            yield verify.deviation(exchange, "prompt_tokens that grow", actual=str(counts))
        messages.append({"role": "assistant", "content": completion.text or "Hello."})


@check("GEN-PORTABLE-01")
def test_suite_runs_against_this_base_url(dut: Deployment) -> Findings:
    """The deployment is reached at the base URL given: models and chat answer below it."""
    unlisted = prerequisites.lacks(dut, "GET /models")
    for exchange in (dut.chat(), *(() if unlisted else (dut.models(),))):
        yield from verify.accepted(exchange, f"{dut.setup.base_url}{exchange.request.route}")


@check("GEN-MULTI-01")
def test_models_are_switched_by_name_alone(dut: Deployment) -> Findings:
    """The same chat request with another model's name is answered in the same shape."""
    models = dut.cast.models("chat")
    first = dut.chat(messages=probes.COUNT, max_tokens=5)
    asked = [
        dut.chat(model=model, messages=probes.COUNT, max_tokens=5)
        for model in models[2:3] or models[1:2]
    ]
    for exchange in asked:
        yield from verify.accepted(exchange, "the same request")
        if exchange.ok and first.ok and _shape(first) != _shape(exchange):
            yield verify.deviation(exchange, _shape(first), actual=_shape(exchange))
    if not asked:
        yield from verify.accepted(first)


@check("GEN-NOAUTH-01")
def test_any_key_opens_a_local_server(dut: Deployment) -> Findings:
    """Where the profile enforces no keys, a request with any key is answered."""
    exchange = dut.send(routes.bearing(dut.request(ROUTE), "any-key-at-all"))
    yield from verify.accepted(exchange, "any key")


@check("GEN-FINISH-LEN-01")
def test_reasons_are_given_where_they_can_be_told(dut: Deployment) -> Findings:
    """Answers that are cut, that end, and that may call are asked for; the invariants judge."""
    wanted: tuple[dict[str, Any], ...] = (
        {"messages": probes.COUNT, "max_tokens": 5},
        {"messages": probes.SHORT[0], "max_tokens": CAP},
    )
    for fields in wanted:
        yield from verify.accepted(dut.chat(**fields))
        for usage in at_tier(dut, ({"include_usage": True},), 0):
            verify.conclusive(dut.chat(**fields, stream=True, stream_options=usage))
    if dut.cast.models("tools"):
        for form in FORMS:
            _with_tools(dut, form)
        for choice in at_tier(dut, ("auto", "none"), 0):
            dut.chat("tools", tools=[WEATHER], tool_choice=choice, max_tokens=CAP)


@check("GEN-EX-01", offline=True)
def test_printed_bodies_fit(dut: Deployment) -> Findings:  # noqa: ARG001
    """The bodies printed in the guide fit the shapes that live answers are held against."""
    for name, shape in PRINTED.items():
        for where, expected, actual in shape(examples.load()[name].json if _one(name) else None):
            yield Finding((expected,), actual, f"{name}{where}")


@check("GEN-TEMP-01", tier="deep")
def test_printed_temperatures_are_accepted(dut: Deployment) -> Findings:
    """The guide's two calls, at temperature 0.0 and 1.2, are accepted."""
    calls = (("Write a poem about AI", 1.2), ("What is 2+2?", 0.0))
    for text, temperature in calls:
        messages = probes.as_messages(text)
        exchange = dut.chat(messages=messages, temperature=temperature, max_tokens=CAP)
        yield from verify.accepted(exchange, f"temperature {temperature}")


def _defaults_and_nulls(dut: Deployment) -> Exchange:
    """Both at once: where that is answered, neither is refused."""
    return dut.chat(**{**DEFAULTS, **dict.fromkeys(NULLS)})


def _with_tools(dut: Deployment, form: dict[str, Any]) -> Exchange:
    """The guide's tool example, which leaves the choice to the model."""
    body = examples.load()["guide-tools-python"].json
    return dut.chat("tools", messages=body["messages"], tools=body["tools"], max_tokens=CAP, **form)


def _null(name: str) -> dict[str, Any]:
    return {name: None}


def _one(name: str) -> bool:
    return len(examples.load()[name].bodies) == 1


def _shaped(exchange: Exchange, shape: Shape) -> Iterator[Finding]:
    verify.conclusive(exchange)
    if not exchange.ok:
        raise Untestable(f"there is no answer to judge: HTTP {exchange.status}")
    for where, expected, actual in shape(exchange.document):
        yield verify.deviation(exchange, expected, actual=actual, where=where)


def _shape(exchange: Exchange) -> str:
    """The documented keys that an answer has: what a program reads."""
    document = exchange.document
    if not isinstance(document, dict):
        raise Untestable("the answer is not a JSON object")
    known = {"id", "object", "created", "model", "choices", "usage"}
    return ", ".join(sorted(known & document.keys()))


def _callable(exchange: Exchange) -> Iterator[Finding]:
    message = exchange.value("choices", 0, "message")
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    if not calls:
        return
    for call in calls if isinstance(calls, list) else [calls]:
        function = call.get("function") if isinstance(call, dict) else None
        fields = function if isinstance(function, dict) else {}
        if not isinstance(fields.get("name"), str) or not isinstance(fields.get("arguments"), str):
            expected = "a call with function.name and function.arguments"
            actual, where = verify.show(call), "/choices/0/message/tool_calls"
            yield verify.deviation(exchange, expected, actual=actual, where=where)
