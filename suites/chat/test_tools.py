"""Tools: forced calls, so that the model's mood decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.transport.document import parse
from schemas.outcomes import Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support.conversations import follows_the_prompt
from suites.support.probes import FORMS, as_messages, at_tier, crossed_at_tier, read
from suites.support.tools import BOTH, NAMED, PARIS, TOOLS, ask, forced, lacks_arguments, whole

if TYPE_CHECKING:
    from fixtures.target.chat_view import ToolCall
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

NAMES = {tool["function"]["name"] for tool in TOOLS}  # type: ignore[index]
HELLO = as_messages("Say hello.")
SEVERAL = 3  # calls, that tell a deployment from what a model wrote


CALLED: tuple[tuple[object, object], ...] = (
    ("required", HELLO),
    *((forced(name), messages) for name, messages in NAMED),
    ("required", PARIS),
)


@check("CHAT-TOOL-02")
def test_forced_call_is_well_formed(dut: Deployment) -> Findings:
    """A forced call has an id, the type function, a name, and a string of JSON arguments.

    Rule: arguments are encoded twice where each of three calls holds a string with a JSON object
    in it, and none an object. A model may write whatever it likes, a string or a number, too.
    """
    calls: list[tuple[Exchange, ToolCall]] = []
    for choice, messages in at_tier(dut, CALLED, 3):
        exchange = ask(dut, choice, messages)
        yield from verify.accepted(exchange, "a forced call")
        calls += [(exchange, call) for call in whole(exchange).tool_calls]
    for exchange, call in calls:
        if not call.arguments.strip():
            yield verify.deviation(exchange, "a JSON object", actual='""', where=_place(call))
    if len(calls) >= SEVERAL and all(_is_wrapped(call.arguments) for _, call in calls):
        exchange, call = calls[0]
        actual = f"{verify.show(call.arguments)}; so are all of {len(calls)} calls"
        expected = "a JSON object, encoded once"
        yield verify.deviation(exchange, expected, actual=actual, where=_place(call))


def _place(call: ToolCall) -> str:
    return f"/choices/0/message/tool_calls/{call.index}/function/arguments"


def _is_wrapped(arguments: str) -> bool:
    """Whether arguments are a string in JSON that holds a JSON object."""
    inner = parse(arguments)
    return isinstance(inner, str) and isinstance(parse(inner), dict)


@check("CHAT-TOOL-03")
def test_none_yields_no_call(dut: Deployment) -> Findings:
    """tool_choice none yields no call, plain and streamed."""
    for form in at_tier(dut, FORMS[::-1], 1):
        exchange = ask(dut, "none", **form)
        yield from verify.accepted(exchange, "tool_choice none")
        answer = read(exchange)
        if answer.tool_calls or answer.finish_reason == "tool_calls":
            actual = f"{len(answer.tool_calls)} calls, finish_reason {answer.finish_reason}"
            yield verify.deviation(exchange, "no tool call", actual=actual)


@check("CHAT-TOOL-04")
def test_required_yields_a_call(dut: Deployment) -> Findings:
    """tool_choice required yields a call even where no tool fits, plain and streamed."""
    for form in FORMS:
        exchange = ask(dut, "required", HELLO, **form)
        yield from verify.accepted(exchange, "tool_choice required")
        if not whole(exchange).tool_calls:
            actual = f"no call, text {verify.show(read(exchange).text)}"
            yield verify.deviation(exchange, "at least one tool call", actual=actual)


@check("CHAT-TOOL-06")
def test_named_function_is_called(dut: Deployment) -> Findings:
    """A tool_choice that names a function yields a call of it, whatever would fit."""
    for (name, messages), form in crossed_at_tier(dut, NAMED, FORMS):
        exchange = ask(dut, forced(name), messages, **form)
        yield from verify.accepted(exchange, f"tool_choice {name}")
        called = [call.name for call in whole(exchange).tool_calls]
        if called[:1] != [name]:
            actual = f"calls {called}" if called else "no call"
            yield verify.deviation(exchange, f"a call of {name}", actual=actual)
    for name in at_tier(dut, ("get_time",), 0):
        yield Observation("tool_choice_string_name", verify.side(ask(dut, name)))


@check("CHAT-TOOL-05", tier="deep")
def test_auto_leaves_the_decision(dut: Deployment) -> Findings:
    """tool_choice auto, which is also the default, is accepted; what the model does is its own.

    Rule: a deviation only when auto calls a tool for a greeting, in every one of 3 answers, and
    none calls for the weather.
    """
    greeted = [bool(read(ask(dut, "auto", HELLO, sample=n)).tool_calls) for n in range(3)]
    asked = [bool(read(ask(dut, "auto", sample=n)).tool_calls) for n in range(3)]
    if all(greeted) and not any(asked):
        exchange = ask(dut, "auto", HELLO)
        yield verify.deviation(exchange, "calls where they fit", actual="only where they do not")


@check("CHAT-TOOL-07")
def test_unknown_function_is_refused(dut: Deployment) -> Findings:
    """A tool_choice that names a function which is not among the tools is refused."""
    yield from verify.refused(ask(dut, forced("no_such_function")), "an unknown function")


@check("CHAT-TOOL-08")
def test_called_function_was_offered(dut: Deployment) -> Findings:
    """A called function is one that was offered, plain and streamed, whichever way it was forced.

    Raises Untestable where no forced answer holds a call.
    """
    asked = [ask(dut, choice, messages) for choice, messages in at_tier(dut, CALLED, 3)]
    seen = 0
    for exchange in (*asked, ask(dut, "required", HELLO, **FORMS[1])):
        for call in read(exchange).tool_calls if exchange.ok else ():
            seen += 1
            if call.name and call.name not in NAMES:
                where = f"/choices/0/message/tool_calls/{call.index}/function"
                yield verify.deviation(exchange, *sorted(NAMES), actual=call.name, where=where)
    if not seen and not whole(ask(dut, "required", HELLO)).tool_calls:
        raise Untestable("no forced answer holds a call: see CHAT-TOOL-04")


@check("CHAT-TOOL-08")
def test_forced_call_has_its_arguments(dut: Deployment) -> Findings:
    """A forced call has its required argument in a plain answer, whatever a streamed one has.

    Rule: a deviation only where each of 5 plain calls is a JSON object without it, two of them at
    temperature 1, though each question names what to put there; asked until one is otherwise.
    Where a function that is named is not called, it is the only one on offer.
    """
    yield from lacks_arguments(dut)
    for call in read(exchange := ask(dut, forced("get_weather"), BOTH)).tool_calls[:1]:
        yield Observation("text_beside_a_call", _beside(read(exchange).text, call))


def _beside(text: str, call: ToolCall) -> str:
    """What stands in the content beside a call: an argument's value there was said twice."""
    arguments = parse(call.arguments)
    values = arguments.values() if isinstance(arguments, dict) else ()
    if any(isinstance(value, str) and value.strip() and value in text for value in values):
        return "the arguments"
    return "text" if text.strip() else "nothing"


@check("CHAT-TOOL-09", tier="deep")
def test_models_without_tools_call_none(dut: Deployment) -> Findings:
    """A model that declares no function calling refuses tools, or answers without a call."""
    for model in at_tier(dut, dut.cast.models("no_tools")[:3], 1):
        exchange = ask(dut, "required", model=model, max_tokens=64)
        yield from verify.accepted_or_refused(exchange)
        yield Observation("missing_capability", f"tools {verify.side(exchange)}")
        if exchange.ok and read(exchange).tool_calls:
            expected = (f"a 4xx from {model}, or no call", "supports_function_calling: true")
            yield verify.deviation(exchange, *expected, actual="a tool call")


@check("CHAT-TOOL-11")
def test_tool_result_is_read(dut: Deployment) -> Findings:
    """The result of a tool, sent back with the role tool, is accepted or refused, and counts."""
    first = whole(ask(dut, forced("get_time")))
    if not first.tool_calls:
        raise Untestable("the forced call is missing: see CHAT-TOOL-06")
    call = first.tool_calls[0]
    function = {"name": call.name, "arguments": call.arguments}
    calls = [{"id": call.id or "call_1", "type": "function", "function": function}]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    counts = []
    for result in ('{"temp": 21.5}', '{"temp": 21.5, "wind": "calm", "sky": "clear and bright"}'):
        reply = {"role": "tool", "tool_call_id": calls[0]["id"], "content": result}
        exchange = ask(dut, "auto", [*PARIS, message, reply], max_tokens=48)
        yield from verify.accepted_or_refused(exchange)
        yield Observation("tool_role", verify.side(exchange))
        if exchange.ok:
            counts.append(read(exchange).tokens("prompt_tokens"))
    if len(counts) == 2 and counts[0] >= counts[1]:
        follows_the_prompt(dut)
        actual = f"{counts[1]} prompt tokens, {counts[0]} for the shorter result"
        yield verify.deviation(exchange, "a longer prompt for a longer result", actual=actual)


@check("CHAT-TOOL-12", tier="deep")
def test_choice_without_tools_is_coherent(dut: Deployment) -> Findings:
    """tool_choice without tools is refused, or answered without a call."""
    for choice in ("required", "auto", "none"):
        exchange = dut.chat("tools", tool_choice=choice)
        yield from verify.accepted_or_refused(exchange)
        yield Observation("tool_choice_without_tools", f"{choice} {verify.side(exchange)}")
        if exchange.ok and read(exchange).tool_calls:
            yield verify.deviation(exchange, "no call of a tool that nobody offered")
