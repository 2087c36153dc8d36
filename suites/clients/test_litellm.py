"""LiteLLM and its printed examples, on the route compactifai/."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fixtures.target.chat_view import answer
from fixtures.target.plain_requests import ABSENT
from fixtures.transport.exchange import Request
from schemas.outcomes import Inconclusive, NotApplicable, Untestable
from schemas.records import Observation
from suites.clients import matrix, own, reading, refusals, runs, snippets, tools
from suites.clients.reading import lines, printed, printed_content
from suites.engine import verify
from suites.engine.checks import Check, Findings, case, check, checks
from suites.engine.speech import plain
from suites.support import ignored_fields, table_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange
    from suites.clients.runs import Ran
    from suites.clients.snippets import Snippet

ROUTE = "/chat/completions"
MODEL_NAMES = ("cai-llama-3-1-8b-slim", "mistral-7b-compressed", "codellama-7b-compressed")
SYSTEM = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "Hello!"},
]
CONTESTED = {
    "LITELLM-PARAM-LOGITBIAS-01": "logit_bias",
    "LITELLM-PARAM-SEED-01": "seed",
    "LITELLM-PARAM-RESPFORMAT-01": "response_format",
    "LITELLM-PARAM-PARALLEL-01": "parallel_tool_calls",
}
UNCONTESTED: dict[str, Any] = {
    name: own.LITELLM_PARAMS[name] for name in own.LITELLM_PARAMS if name not in CONTESTED.values()
}


def _ran(dut: Deployment, name: str) -> Ran:
    return own.ran(dut, tools.LITELLM, name)


@check("LITELLM-ROUTE-01")
def test_prefixed_name_reaches_the_model(dut: Deployment) -> Findings:
    """LiteLLM's name compactifai/<id> puts <id> on the wire, and its answer comes back.

    What becomes of the prefixed name without LiteLLM is observed.
    """
    ran = _ran(dut, "litellm chat")
    model = dut.cast.model("chat")
    sent = {exchange.request.model for exchange in reading.sent(ran)}
    if sent != {model}:
        raise Inconclusive(f"{ran.tool} asked for {sorted(sent)}, not for {model}")
    yield from reading.works(ran, lines(printed_content), "compactifai/<id>")
    direct = dut.chat(model=f"compactifai/{model}")
    yield Observation("litellm_prefix_without_litellm", verify.side(direct))


@check("LITELLM-KEY-01")
def test_key_comes_from_its_variable(dut: Deployment) -> Findings:
    """With the key in COMPACTIFAI_API_KEY alone, LiteLLM sends it, and is let in."""
    ran = _ran(dut, "litellm chat")
    if not all(exchange.request.own_key for exchange in ran.exchanges):
        raise Inconclusive(f"{ran.tool} did not send the key of the variable as a bearer token")
    for exchange in ran.exchanges:
        if exchange.status in (401, 403) and dut.chat().ok:
            expected = f"HTTP 200 to the key that {ran.tool} sends"
            yield verify.deviation(exchange, expected)
    reading.sent(ran)


def _cases() -> list[Check]:
    found: tuple[tuple[str, Snippet], ...] = (
        ("LITELLM-CHAT-01", snippets.LITELLM_CHAT),
        ("LITELLM-STREAM-01", snippets.LITELLM_STREAM),
        ("LITELLM-CUSTOM-01", snippets.LITELLM_CUSTOM),
        ("LITELLM-TOOLS-01", snippets.LITELLM_TOOLS),
        ("LITELLM-ASYNC-01", snippets.LITELLM_ASYNC),
    )
    return [case(clause, snippet.name, snippet=snippet) for clause, snippet in found]


@checks(_cases())
def test_printed_example_works(dut: Deployment, snippet: Snippet) -> Findings:
    """The printed LiteLLM example ends well, and what it prints holds the text of the answer."""
    ran = _ran(dut, snippet.name)
    yield from reading.works(ran, reading.anything)
    if "print" in snippet.printed and not ran.error:
        yield from _shows(ran)


@check("LITELLM-STREAM-01")
def test_stream_arrives_whole(dut: Deployment) -> Findings:
    """LiteLLM yields all text of a stream, which is held against the wire."""
    yield from reading.works(_ran(dut, "litellm chat stream"), lines(reading.visible_text))


@check("LITELLM-CUSTOM-01")
def test_custom_parameters_hold(dut: Deployment) -> Findings:
    """The printed parameters reach the wire; the answer keeps to max_tokens and holds no stop."""
    ran = _ran(dut, snippets.LITELLM_CUSTOM.name)
    exchange = reading.sent(ran)[-1]
    sent = exchange.request.document
    completion = answer(exchange)
    if completion.tokens("completion_tokens") > sent.get("max_tokens", 500):
        actual = str(completion.tokens("completion_tokens"))
        yield verify.deviation(exchange, f"at most {sent['max_tokens']} tokens", actual=actual)
    for stop in sent.get("stop", []):
        if stop in completion.text:
            yield verify.deviation(exchange, f"no {stop!r}", actual=verify.show(completion.text))


@check("LITELLM-TOOLS-01")
def test_forced_call_reaches_the_user(dut: Deployment) -> Findings:
    """A call that tool_choice forces is handed to LiteLLM's user by its name."""
    ran = _ran(dut, own.TOOLS)
    yield from reading.works(ran, lambda one: "".join(_names(one.exchanges[-1])))


@check("LITELLM-ASYNC-01")
def test_answers_asked_together_are_told_apart(dut: Deployment) -> Findings:
    """Several acompletion calls at a time each get an answer of their own."""
    ran = _ran(dut, own.TOGETHER)
    yield from reading.works(ran, reading.anything)
    texts = sorted(reading.content(exchange) for exchange in reading.sent(ran))
    if not ran.error and sorted(_split(ran.out, texts)) != texts:
        expected = f"prints {verify.show(texts)}"
        yield verify.deviation(ran.exchanges[-1], expected, actual=verify.show(ran.out))


@check("LITELLM-MODELS-01")
def test_printed_httpx_snippet_lists_the_models(dut: Deployment) -> Findings:
    """The printed httpx snippet reads the same model ids as the plain list has."""
    snippet = snippets.LITELLM_MODELS
    ran = runs.run(dut, snippet.tool, [snippet.program(dut)])[snippet.name]
    yield from reading.works(ran, lines(printed))


@check("LITELLM-FORMATS-01")
def test_printed_model_names_are_examples(dut: Deployment) -> Findings:
    """Which of the model names on LiteLLM's page are listed is observed."""
    listed = {str(entry["id"]) for entry in dut.cast.entries}
    yield Observation("litellm_models", ", ".join(sorted(listed & {*MODEL_NAMES})) or "none")


@check("LITELLM-PARAM-01")
def test_listed_parameters_are_accepted(dut: Deployment) -> Findings:
    """Each parameter that LiteLLM lists and no page contests is accepted, streamed ones too.

    They are sent directly: LiteLLM drops some on their way.
    """
    for stream in (False, True):
        together = dut.chat(**UNCONTESTED, stream=stream)
        if not any(True for _ in verify.accepted(together)):
            continue
        for name, value in UNCONTESTED.items():
            yield from verify.accepted(dut.chat(**{name: value}, stream=stream), name)


@check("LITELLM-PARAM-01", tier="deep")
def test_litellm_sends_the_parameters_that_it_lists(dut: Deployment) -> Findings:
    """Which of the parameters that LiteLLM lists it drops on their way to the wire is observed."""
    ran = _ran(dut, own.PARAMS)
    reading.sent(ran)
    dropped = matrix.altered(ran, own.LITELLM_PARAMS)
    yield Observation(f"client {ran.tool} drops", ", ".join(dropped) or "nothing")


@check("LITELLM-PARAM-01", needs=("tools",))
def test_listed_tool_parameters_are_accepted(dut: Deployment) -> Findings:
    """The parameters tools and tool_choice are accepted together."""
    for choice in ("auto", "none", "required"):
        exchange = dut.chat("tools", tools=[table_cases.WEATHER], tool_choice=choice)
        yield from verify.status_ok(exchange, f"tools and tool_choice {choice}")


@checks([case(clause, field, field=field) for clause, field in CONTESTED.items()])
def test_contested_parameter_is_honoured_or_ignored(dut: Deployment, field: str) -> Findings:
    """A parameter that LiteLLM calls supported, and the vendor ignored, is accepted."""
    row = next(
        row for row in ignored_fields.table(dut.contract, "chat.request") if row.field == field
    )
    sent = table_cases.varied(row, row.example[0])
    exchange = dut.chat(sent.role or "chat", **sent.fields)
    refused = list(verify.status_ok(exchange, sent.label))
    yield from refused
    if not refused:
        effects = ignored_fields.without_effect(ROUTE, row, dut)
        yield from (each for each in effects if isinstance(each, Observation))


@check("LITELLM-HEADERS-01")
def test_unknown_headers_are_accepted(dut: Deployment) -> Findings:
    """A request with headers that no page names is answered like one without them."""
    extra = (("X-Probe", "1"), ("X-Request-Source", "conformance"), ("Helicone-Auth", "none"))
    for stream in (False, True):
        plain = dut.request(ROUTE, stream=stream)
        yield from verify.accepted(dut.send(_with(plain, extra)), "unknown headers")


@check("LITELLM-COMP-01")
def test_both_listed_endpoints_answer(dut: Deployment) -> Findings:
    """Both endpoints that LiteLLM lists answer, and its text completion hands on their text."""
    yield from verify.accepted(dut.chat())
    yield from verify.accepted(dut.completions())
    if ran := _ran_or_none(dut, own.DIRECT):
        yield from reading.works(ran, lines(printed))
    if ran := _ran_or_none(dut, own.TEXT):
        routes = {exchange.request.route for exchange in ran.exchanges}
        yield Observation("litellm_completions_path", ", ".join(sorted(routes)))
        yield from reading.works(ran, lines(printed))


@check("LITELLM-DROPIN-01")
def test_quick_start_requests_succeed(dut: Deployment) -> Findings:
    """The minimal requests of OpenAI's quick start are accepted once the model is changed.

    What the documents themselves say is different (n above 1, embeddings) is no part of them.
    """
    for label, request in _quick_start(dut):
        yield from verify.accepted(dut.send(request), label)


@check("LITELLM-ERR-01")
def test_invalid_key_raises_authentication_error(dut: Deployment) -> Findings:
    """An invalid key raises LiteLLM's AuthenticationError, and the printed handler catches it."""
    ran = _ran(dut, f"{snippets.LITELLM_LIMIT.name} {own.INVALID}")
    exchange = reading.sent(ran)[-1]
    if "Invalid API key\n" not in ran.out:
        actual = reading.told(ran, exchange)
        expected = "AuthenticationError, caught: prints Invalid API key"
        yield verify.deviation(exchange, expected, actual=actual)


@check("LITELLM-ERR-01", tier="deep")
def test_other_refusals_raise_the_classes_of_litellm(dut: Deployment) -> Findings:
    """Which of LiteLLM's classes a bad key, a bad parameter and an unknown model raise is observed.

    The page names AuthenticationError and RateLimitError alone.
    """
    for name in own.LITELLM_REFUSED:
        yield refusals.raised(name, _ran(dut, name))


@check("LITELLM-ERR-02")
def test_rate_limit_raises_rate_limit_error(dut: Deployment) -> Findings:
    """Where a rate limit is met, LiteLLM raises RateLimitError, and the printed handler catches it.

    None is provoked: without one, the clause is not applicable.
    """
    ran = _ran(dut, snippets.LITELLM_LIMIT.name)
    limited = [exchange for exchange in ran.exchanges if exchange.status == 429]
    if not limited:
        raise NotApplicable("no rate limit was met, and none is provoked")
    if "Rate limit exceeded\n" not in ran.out:
        actual = ran.error or verify.show(ran.out)
        yield verify.deviation(limited[-1], "RateLimitError", actual=actual)


def _ran_or_none(dut: Deployment, name: str) -> Ran | None:
    """The run, or None where LiteLLM is not installed: the rest of the check needs none."""
    try:
        return _ran(dut, name)
    except NotApplicable:
        return None


def _quick_start(dut: Deployment) -> Iterator[tuple[str, Request]]:
    asked: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
        ("chat", ROUTE, "chat", {}),
        ("a system message", ROUTE, "chat", {"messages": SYSTEM}),
        ("streaming", ROUTE, "chat", {"stream": True}),
        ("JSON mode", ROUTE, "chat", {"response_format": {"type": "json_object"}}),
        ("function calling", ROUTE, "tools", {"tools": [table_cases.WEATHER]}),
        ("completions", "/completions", "completions", {}),
        ("responses", "/responses", "responses", {}),
        ("responses, streamed", "/responses", "responses", {"stream": True}),
    )
    yield "models", Request("GET", "/models")
    for label, route, role, fields in asked:
        if dut.cast.models(role):
            without = {"temperature": ABSENT, **fields}
            yield label, dut.request(route, role, **without)
    if dut.cast.models("transcription"):
        yield "transcription", dut.upload(plain(dut))


def _shows(ran: Ran) -> Findings:
    """LiteLLM prints its objects: the text stands in them, as Python writes it."""
    exchange = ran.exchanges[-1]
    pieces = answer(exchange).pieces
    missing = [piece for piece in pieces if piece and repr(piece)[1:-1] not in ran.out]
    if missing:
        expected = f"prints {verify.show(missing[0])}"
        yield verify.deviation(exchange, expected, actual=verify.show(ran.out))


def _names(exchange: Exchange) -> list[str]:
    calls = answer(exchange).tool_calls
    if not calls:
        raise Untestable("no call was made, though it was forced: see CHAT-TOOL-06")
    return [f"{call.name}\n" for call in calls]


def _split(out: str, texts: list[str]) -> list[str]:
    """The printed texts, which may hold line breaks of their own."""
    found = []
    for text in sorted(texts, key=len, reverse=True):
        if f"{text}\n" in out:
            out = out.replace(f"{text}\n", "", 1)
            found.append(text)
    return [*found, *([out] if out else [])]


def _with(request: Request, headers: tuple[tuple[str, str], ...]) -> Request:
    return replace(request, headers=headers)
