"""Tools for probes, calls of them, and what is left of their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.target.trials import CLOCK
from fixtures.transport.document import NOT_JSON, parse
from schemas.outcomes import NoControl, Untestable
from suites.engine import verify
from suites.engine.checks import Findings
from suites.support.probes import as_messages, read
from suites.support.table_cases import WEATHER

if TYPE_CHECKING:
    from fixtures.target.chat_view import Answer
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

# The first is never the one that a question of the weather asks for.
TOOLS = [CLOCK, WEATHER]

PARIS = as_messages("What's the weather in Paris?")

BOTH = as_messages("What time is it in Paris, and what time is it in Rome?")  # may take two calls

CALLS = 5

HOT: dict[str, Any] = {"temperature": 1}

# Questions that name the argument, the last one in so many words, and what they are asked with.
ASKED: tuple[tuple[object, dict[str, Any]], ...] = (
    (BOTH, {}),
    (PARIS, {}),
    (BOTH, HOT),
    (PARIS, HOT),
    (as_messages('Call get_weather with the location "Rome".'), {}),
)

# What a call may look like before it is parsed: cut text with it may be half a call.
MARKUP = frozenset("{<[")


def forced(name: str) -> dict[str, Any]:
    """The tool_choice that names one function."""
    return {"type": "function", "function": {"name": name}}


# A function that does not fit, the one of the two without and the other with an argument to give.
NAMED: tuple[tuple[str, object], ...] = (("get_time", PARIS), ("get_weather", BOTH))


def ask(dut: Deployment, choice: object, messages: object = PARIS, **fields: Any) -> Exchange:
    """A request with two tools, with room for a whole call."""
    body = {"messages": messages, "tools": TOOLS, "tool_choice": choice, "max_tokens": 160}
    return dut.chat("tools", **{**body, **fields})


def whole(exchange: Exchange) -> Answer:
    """The answer, unless the cap cut a call, or what may have become one: that proves nothing."""
    answer = read(exchange)
    prose = bool(answer.text.strip()) and not answer.tool_calls and not MARKUP & {*answer.text}
    if answer.finish_reason == "length" and not prose:
        raise NoControl("the call was cut by max_tokens")
    return answer


def loses_arguments(dut: Deployment, lost: dict[str, Any], kept: dict[str, Any]) -> Findings:
    """A finding when no call of one form has the required argument, and all of the other do."""
    for number in range(CALLS):
        poor = ask(dut, forced("get_weather"), BOTH, sample=number, **lost)
        rich = ask(dut, forced("get_weather"), BOTH, sample=number, **kept)
        if _located(poor) or not _located(rich):
            return
    actual = f"calls without it, {CALLS} of {CALLS}; " + ("plain" if lost else "streamed")
    yield verify.deviation(poor, 'the argument "location"', actual=f"{actual} ones have it")


def lacks_arguments(dut: Deployment) -> Findings:
    """A finding when no call, however it is asked for, has the required argument."""
    for messages, fields in ASKED:
        exchange = _forecast(dut, messages, **fields)
        arguments = _arguments(exchange)
        if not isinstance(arguments, dict):
            raise NoControl("the model writes arguments that are no object")
        if "location" in arguments:
            return
    actual = f"{verify.show(arguments)}, and without it in all of {len(ASKED)} calls"
    yield verify.deviation(exchange, 'the argument "location"', actual=actual)


def _forecast(dut: Deployment, messages: object, **fields: Any) -> Exchange:
    """A call of the function that has to be told something, forced by its name or as the only."""
    exchange = ask(dut, forced("get_weather"), messages, **fields)
    if exchange.ok and whole(exchange).tool_calls:
        return exchange
    return ask(dut, "required", messages, tools=[WEATHER], **fields)


def _located(exchange: Exchange) -> bool:
    """Whether a call has the required argument; without JSON, or a call, another clause speaks."""
    arguments = _arguments(exchange)
    return isinstance(arguments, dict) and "location" in arguments


def _arguments(exchange: Exchange) -> object:
    calls = whole(exchange).tool_calls
    arguments = parse(calls[0].arguments) if calls else NOT_JSON
    if arguments is NOT_JSON:
        raise Untestable("no call, or none with JSON: see CHAT-TOOL-06")
    return arguments
