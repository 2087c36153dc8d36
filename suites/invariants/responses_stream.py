"""Every stream of `POST /responses`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.target.responses_view import Output, StreamEvent
from fixtures.transport.document import at, dicts, is_count
from schemas.outcomes import Untestable
from schemas.records import Observation
from suites.engine.judge import invariant
from suites.engine.verify import deviation, show
from suites.invariants import streams
from suites.invariants.life_cycle import faults_of_order, texts_of_no_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding
    from schemas.validate import Violation

EVENT = "responses.event"
WHOLE = "responses.response"
DELTA = "response.output_text.delta"
FINISHED = ("response.completed", "response.incomplete")
EARLY = ("response.created", "response.queued", "response.in_progress")

Key = tuple[int, int]


def response_streams(exchange: Exchange) -> bool:
    """The streams that these judges speak of."""
    return streams.streamed("POST /responses", exchange)


invariant("STREAM-RESP-CTYPE-01", on=response_streams)(streams.content_type)


@invariant("STREAM-RESP-DATA-01", on=response_streams)
def each_event_is_an_object(exchange: Exchange) -> Iterator[Finding | Observation]:
    """Each event is closed by a blank line; its data is one JSON object in UTF-8."""
    found = [*streams.framing(exchange)]
    yield from found or streams.payload(exchange)
    for number, event in enumerate(exchange.payloads):
        if not event.utf8:
            where = f"event {number}, bytes {event.start} to {event.end}"
            yield deviation(exchange, "UTF-8", actual=show(event.data[:120]), where=where)
    named = any(event.event for event in exchange.payloads)
    yield Observation("responses_event_lines", "present" if named else "absent")


@invariant("STREAM-RESP-DONE-01", on=response_streams)
def done_ends_the_stream(exchange: Exchange) -> Iterator[Finding]:
    """The stream ends with one [DONE], and nothing follows it."""
    yield from streams.sentinel(exchange)
    if any(event.done for event in exchange.payloads):
        yield from streams.completion(exchange)


@invariant("STREAM-RESP-TYPE-01", on=response_streams)
def each_event_has_its_type(exchange: Exchange) -> Iterator[Finding]:
    """Each event has a type, errors aside, and an `event:` line that is there says the same."""
    # The shape of what an `event: error` carries is not printed.
    yield from _by_table(exchange, "STREAM-RESP-TYPE-01", lambda event: event.name != "error")
    for each in _events(exchange):
        if each.name and each.type and each.name != each.type and not _both_fail(each):
            actual = f"event: {each.name} with type {show(each.type)}"
            where = f"event {each.number}"
            yield deviation(exchange, "an event line like the type", actual=actual, where=where)


@invariant("STREAM-RESP-ORDER-01", on=response_streams)
def events_follow_the_life_cycle(exchange: Exchange) -> Iterator[Finding]:
    """created, then items that open, speak and close, then one end; numbers rise."""
    yield from _by_table(exchange, "STREAM-RESP-ORDER-01")
    events = _events(exchange)
    for expected, actual, number in faults_of_order(events, cut=exchange.failure is not None):
        where = f"event {number}" if number is not None else ""
        yield deviation(exchange, expected, actual=actual, where=where)


@invariant("STREAM-RESP-PLACE-01", on=response_streams)
def each_text_has_its_part(exchange: Exchange) -> Iterator[Finding]:
    """A text belongs to an item and a part that were opened, where such are opened."""
    _ = _pieces(exchange)
    for expected, actual, number in texts_of_no_part(_events(exchange)):
        yield deviation(exchange, expected, actual=actual, where=f"event {number}")


@invariant("STREAM-RESP-DELTA-01", on=response_streams)
def deltas_join_to_the_text(exchange: Exchange) -> Iterator[Finding]:
    """The joined deltas of a part are the text of its done events, and that of the response."""
    yield from _by_table(exchange, "STREAM-RESP-DELTA-01")
    for each in Output(exchange).typed(DELTA):
        if not isinstance(each.data.get("delta"), str):
            where = f"event {each.number}, /delta"
            yield deviation(exchange, "a string", actual=show(each.data.get("delta")), where=where)
            return
    pieces = _pieces(exchange)
    for place, text, number in _done_texts(_events(exchange)):
        if place in pieces and pieces[place].strip() != text.strip():
            where = f"event {number}, part {place}"
            yield _differs(exchange, pieces[place], text, where)
    ends = Output(exchange).typed(*FINISHED)
    response = ends[-1].data.get("response") if ends else None
    if isinstance(response, dict) and isinstance(response.get("output"), list):
        joined = "".join(pieces[place] for place in sorted(pieces))
        # What surrounds a text is white space that servers trim.
        if joined.strip() != Output(exchange).text.strip():
            yield _differs(exchange, joined, Output(exchange).text, f"event {ends[-1].number}")


@invariant("STREAM-RESP-FINAL-01", on=response_streams)
def the_end_carries_the_response(exchange: Exchange) -> Iterator[Finding]:
    """completed and incomplete carry the whole Response object, the one that was created."""
    ends = Output(exchange).typed(*FINISHED)
    if not ends:
        raise Untestable("no event completes the response")
    end = ends[-1]
    response, where = end.data.get("response"), f"event {end.number}, /response"
    if not isinstance(response, dict):
        yield deviation(exchange, "the finished response", actual=show(end.data), where=where)
        return
    for each in exchange.law.bodies.violations(WHOLE, response):
        usage = each.pointer.startswith("/usage")  # it may be missing in a stream
        elsewhere = usage or each.pointer == "/status"
        if not elsewhere and not _silence(exchange, each):
            place = f"{where}{each.pointer}"
            yield deviation(exchange, each.expected, actual=each.actual, where=place)
    yield from _same_response(exchange, end)
    yield from _same_items(exchange, end)


@invariant("STREAM-RESP-STATUS-01", on=response_streams)
def the_end_says_its_status(exchange: Exchange) -> Iterator[Finding]:
    """The Response object that completed or incomplete carries has that status."""
    ends = Output(exchange).typed(*FINISHED)
    response = ends[-1].data.get("response") if ends else None
    if not isinstance(response, dict):
        raise Untestable("no event that ends the response carries it")
    status = ends[-1].type.removeprefix("response.")
    if response.get("status") != status:
        said = show(response["status"]) if "status" in response else "no status"
        where = f"event {ends[-1].number}, /response/status"
        yield deviation(exchange, f'"{status}"', actual=f"{said} in {ends[-1].type}", where=where)


@invariant("STREAM-RESP-USAGE-01", on=response_streams)
def usage_in_a_stream_is_correct(exchange: Exchange) -> Iterator[Finding]:
    """usage is optional in a stream; where it is sent, it adds up, and is not sent early."""
    for each in _events(exchange):
        response = each.data.get("response")
        usage = response.get("usage") if isinstance(response, dict) else None
        if usage is None:
            continue
        where = f"event {each.number}, /response/usage"
        if each.type in EARLY:
            actual = f"{show(usage)} in {each.type}"
            yield deviation(exchange, "no usage before the end", actual=actual, where=where)
        elif not _adds_up(usage):
            yield deviation(exchange, "counts that add up", actual=show(usage), where=where)


@invariant("STREAM-RESP-ERR-01", on=response_streams)
def failures_are_reported(exchange: Exchange) -> Iterator[Finding]:
    """A failure is told by an event with a message, and [DONE] still ends the stream."""
    failure = Output(exchange).failure
    if failure is None:
        unread = [event for event in exchange.payloads if event.event == "error"]
        if not unread:
            raise Untestable("nothing failed")
        yield deviation(exchange, "an error as JSON", actual=show(unread[0].data[:120]))
        return
    if not _message(failure.data):
        where = f"event {failure.number}"
        yield deviation(exchange, "a message", actual=show(failure.data), where=where)
    done = [n for n, event in enumerate(exchange.payloads) if event.done]
    if done and done[0] < failure.number:
        yield deviation(exchange, "the failure before [DONE]", actual="after it")


def _events(exchange: Exchange) -> tuple[StreamEvent, ...]:
    found = Output(exchange).events
    if not found:
        raise Untestable("the stream has no event to judge")
    return found


def _by_table(
    exchange: Exchange, clause: str, on: Callable[[StreamEvent], bool] = lambda _: True
) -> Iterator[Finding]:
    """What the table of events says of one clause, of the events that `on` chooses."""
    for event, each in exchange.derived(_violations):
        if each.clause == clause and on(event):
            where = f"event {event.number}, {each.pointer or '/'}"
            yield deviation(exchange, each.expected, actual=each.actual, where=where)


def _violations(exchange: Exchange) -> list[tuple[StreamEvent, Violation]]:
    """What the events deviate in from their table, for the judges of all clauses at once."""
    violations = exchange.law.bodies[EVENT].violations
    return [(event, each) for event in _events(exchange) for each in violations(event.data)]


def _both_fail(event: StreamEvent) -> bool:
    """An `event: error` may carry a failure of any type."""
    return event.name == "error" and event.fails


def _pieces(exchange: Exchange) -> dict[Key, str]:
    """The joined deltas of each part."""
    pieces: dict[Key, list[str]] = {}
    for each in Output(exchange).typed(DELTA):
        delta = each.data.get("delta")
        if isinstance(delta, str):
            pieces.setdefault(_place(each.data), []).append(delta)
    if not pieces:
        raise Untestable("the stream has no text delta")
    return {place: "".join(deltas) for place, deltas in pieces.items()}


def _done_texts(events: tuple[StreamEvent, ...]) -> Iterator[tuple[Key, str, int]]:
    """The texts that close a part, wherever they stand."""
    for each in events:
        data, (item, part) = each.data, _place(each.data)
        if each.type == "response.output_text.done" and isinstance(data.get("text"), str):
            yield (item, part), data["text"], each.number
        if each.type == "response.content_part.done" and isinstance(data.get("part"), dict):
            text_part = data["part"]
            if text_part.get("type") == "output_text" and isinstance(text_part.get("text"), str):
                yield (item, part), text_part["text"], each.number
        if each.type == "response.output_item.done" and isinstance(data.get("item"), dict):
            for at, content in enumerate(dicts(data["item"].get("content"))):
                if content.get("type") == "output_text" and isinstance(content.get("text"), str):
                    yield (item, at), content["text"], each.number


def _place(data: dict[str, Any]) -> Key:
    """Which part an event speaks of; the first one where it does not say."""
    item, part = data.get("output_index"), data.get("content_index")
    return item if is_count(item) else 0, part if is_count(part) else 0


def _differs(exchange: Exchange, joined: str, text: str, where: str) -> Finding:
    at = next((n for n, pair in enumerate(zip(joined, text, strict=False)) if len({*pair}) > 1), -1)
    at = min(len(joined), len(text)) if at < 0 else at
    expected = f"the joined deltas, {len(joined)} characters: …{show(joined[at : at + 60])}"
    actual = f"{len(text)} characters, from {at} on: …{show(text[at : at + 60])}"
    return deviation(exchange, expected, actual=actual, where=where)


def _silence(exchange: Exchange, violation: Any) -> bool:
    """A model that said nothing at all may leave its output empty."""
    return violation.pointer == "/output" and not _said(exchange)


def _said(exchange: Exchange) -> bool:
    return bool(Output(exchange).streamed_text)


def _same_response(exchange: Exchange, end: StreamEvent) -> Iterator[Finding]:
    begun = Output(exchange).typed(*EARLY)
    opened = begun[0].data.get("response") if begun else None
    for name in ("id", "created_at", "model"):
        first = opened.get(name) if isinstance(opened, dict) else None
        last = end.data["response"].get(name)
        if None not in (first, last) and first != last:
            where = f"event {end.number}, /response/{name}"
            expected = f"{name} {show(first)}, as at the beginning"
            yield deviation(exchange, expected, actual=show(last), where=where)


def _is_lost(name: object, ids: set[str]) -> bool:
    """Whether an item has an id that none had before."""
    return name is not None and not (isinstance(name, str) and name in ids)


def _same_items(exchange: Exchange, end: StreamEvent) -> Iterator[Finding]:
    """The response holds the items that were streamed, under their ids."""
    output = end.data["response"].get("output")
    done = Output(exchange).typed("response.output_item.done")
    where = f"event {end.number}, /response/output"
    if not isinstance(output, list) or not done:
        return
    if len(output) != len(done):
        actual = f"{len(output)} items, {len(done)} were streamed"
        yield deviation(exchange, "the items that were streamed", actual=actual, where=where)
    streamed = [
        at(each.data, "item", "id") for each in done if isinstance(at(each.data, "item"), dict)
    ]
    ids = {name for name in streamed if isinstance(name, str)}
    lost = [item["id"] for item in dicts(output) if _is_lost(item.get("id"), ids)]
    if lost and all(isinstance(name, str) for name in streamed):
        actual = f"{show(lost)}, streamed were {show(sorted(ids))}"
        yield deviation(exchange, "items with the ids they had", actual=actual, where=where)


def _adds_up(usage: object) -> bool:
    names = ("input_tokens", "output_tokens", "total_tokens")
    values = [usage.get(name) for name in names] if isinstance(usage, dict) else []
    counts = [count for count in values if is_count(count) and count >= 0]
    return len(counts) == 3 and counts[0] + counts[1] == counts[2]


def _message(data: dict[str, Any]) -> str:
    """What a failure says, in any of the shapes that are in use."""
    response = data.get("response")
    nested = response.get("error") if isinstance(response, dict) else None
    for place in (data, data.get("error"), nested):
        if isinstance(place, str) and place.strip():
            return place
        texts = (
            [place.get(name) for name in ("message", "detail")] if isinstance(place, dict) else []
        )
        for text in texts:
            if isinstance(text, str) and text.strip():
                return text
    return ""
