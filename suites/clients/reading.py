"""What a client should have printed, read off the wire by our own reader; and what is said of it.

No verdict rests on what a model says: a program is held against the answer that it was given. What
our own reader cannot read is another clause's finding, and untestable here. A client that died by
itself, before anything reached the wire, says nothing of the deployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.target.chat_view import answer
from fixtures.transport.exchange import parse
from schemas.outcomes import Inconclusive, Untestable
from suites.clients.cause import on_the_wire
from suites.engine import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding
    from suites.clients.runs import Ran

    Tell = Callable[[Ran], str | None]


def works(ran: Ran, tell: Tell, label: str = "") -> Iterator[Finding]:
    """A finding unless the program ended well and printed what it was answered.

    `tell` gives what it prints, from the wire; None where nothing is known of it.
    Raises Inconclusive, and Untestable where the answer itself cannot be read.
    """
    exchanges = sent(ran)
    what = f"{label or ran.name} with {ran.tool}"
    if ran.error and (broken := next(filter(verify.broken, exchanges), None)):
        yield verify.deviation(broken, f"{what} ends well", actual=told(ran, broken))
        return
    refused = [each for one in exchanges for each in verify.accepted(one, what)]
    yield from refused
    if ran.refused:
        wanted = f"{what} stays below the base URL"
        yield verify.deviation(exchanges[-1], wanted, actual="; ".join(ran.refused))
    if refused or ran.refused:
        return
    expected = tell(ran)
    if ran.error:
        where = exchanges[-1]
        yield verify.deviation(where, f"{what} ends well", actual=told(ran, where))
    elif expected is not None and ran.out != expected and not any(e.leaks for e in exchanges):
        wanted = f"{what} prints {verify.show(expected)}"
        yield verify.deviation(exchanges[-1], wanted, actual=verify.show(ran.out))


def sent(ran: Ran) -> tuple[Exchange, ...]:
    """What the program exchanged with the deployment. Raises Inconclusive where it is nothing."""
    if ran.unasked:
        raise Inconclusive("; ".join(dict.fromkeys(ran.unasked)))
    if not ran.exchanges:
        cause = "; ".join(ran.refused) or ran.error or "no request was seen"
        raise Inconclusive(f"{ran.tool} itself failed, nothing reached the wire: {cause}")
    for exchange in ran.exchanges:
        if not verify.broken(exchange):  # a client that stumbles over it is what is asked here
            verify.conclusive(exchange)
    return ran.exchanges


def told(ran: Ran, exchange: Exchange) -> str:
    """What a client said when it ended, where in its program, and what was on the wire."""
    line = f", line {ran.line} of the program" if ran.line else ""
    return f"{ran.error or 'nothing is raised'}{line}; {on_the_wire(exchange)}"


def visible_text(exchange: Exchange) -> str:
    """The text of any answer, whole or streamed: what a user reads. Raises Untestable."""
    route = exchange.request.route
    if route.endswith("/responses"):
        return _response(exchange)
    if route.endswith("/audio/transcriptions"):
        return _text(exchange.value("text"))
    if route.endswith("/models"):
        return "\n".join(str(entry["id"]) for entry in _entries(exchange))
    return answer(exchange).text


def content(exchange: Exchange) -> str:
    """What `print(choices[0].message.content)` prints.

    A null is printed as "None" where the answer was cut or calls a function: elsewhere it is no
    answer to print, and what is expected then is any text.
    """
    message = exchange.value("choices", 0, "message")
    text = message.get("content") if isinstance(message, dict) else None
    if text is None and _may_be_null(exchange):
        return "None"
    return text if isinstance(text, str) else "any text"


def lines(*tells: Callable[[Exchange], str]) -> Callable[[Ran], str]:
    """What a program prints that sends so many requests, and tells each answer in its way."""

    def tell(ran: Ran) -> str:
        if len(ran.exchanges) < len(tells):
            return "" if ran.error else f"{len(tells)} requests"
        return "".join(text_of(each) for text_of, each in zip(tells, ran.exchanges, strict=False))

    return tell


def printed(exchange: Exchange) -> str:
    """The text on a line of its own."""
    return visible_text(exchange) + "\n"


def printed_content(exchange: Exchange) -> str:
    """The content of a chat answer on a line of its own."""
    return content(exchange) + "\n"


def raw(ran: Ran) -> str:
    """The body as it came."""
    return ran.exchanges[-1].body.decode("utf-8", "replace")


def anything(_: Ran) -> None:
    """Nothing is known of what it prints."""


def _may_be_null(exchange: Exchange) -> bool:
    choice = exchange.value("choices", 0)
    message = choice.get("message")
    calls = isinstance(message, dict) and message.get("tool_calls")
    return bool(calls) or choice.get("finish_reason") in ("length", "content_filter")


def _response(exchange: Exchange) -> str:
    if exchange.is_stream:
        documents = [parse(event.data.encode()) for event in exchange.payloads]
        deltas = [each for each in documents if _type(each) == "response.output_text.delta"]
        return "".join(_text(each.get("delta")) for each in deltas)
    output = exchange.value("output")
    items = output if isinstance(output, list) else []
    parts = [part for item in items if _type(item) == "message" for part in item["content"]]
    return "".join(_text(part.get("text")) for part in parts if _type(part) == "output_text")


def _entries(exchange: Exchange) -> list[dict[str, Any]]:
    data = exchange.value("data")
    if not isinstance(data, list) or not all(_has_id(each) for each in data):
        raise Untestable("the list of models cannot be read")
    return data


def _has_id(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("id"), str)


def _type(value: object) -> object:
    return value.get("type") if isinstance(value, dict) else None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Untestable("the answer has no text")
    return value
