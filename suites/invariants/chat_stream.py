"""Every stream of `POST /chat/completions`."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fixtures.target.chat_view import Answer
from schemas.outcomes import Untestable
from schemas.records import Observation
from suites.engine.judge import invariant, over_run, schema_invariant
from suites.engine.verify import deviation, show
from suites.invariants import documents, streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding

KIND = "chat.chunk"
REPLACED = "\ufffd"
# Words that grow ("h ha haha") are no repetition; so many in a row are.
SEVERAL = 5
# Above this temperature a model draws bytes that are no character.
WARM = 1
RETRY_ALONE = re.compile(rb"(?:\A|\n\r?\n)retry:[^\n]*\r?\n\r?\n")
FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter")


def chat_streams(exchange: Exchange) -> bool:
    """The streams that these judges speak of."""
    return streams.streamed("POST /chat/completions", exchange)


def chunks(exchange: Exchange) -> list[tuple[int, dict[str, Any]]]:
    """The chunks of a stream with their event numbers; errors that it announces are none."""
    found = [
        (number, chunk)
        for number, chunk in enumerate(Answer(exchange).chunks)
        if not (chunk.get("error") and "choices" not in chunk)
    ]
    if not found:
        raise Untestable("the stream has no chunk")
    return found


def asks_usage(exchange: Exchange) -> bool:
    """Whether the request asked for the usage chunk, which has no choice."""
    options = exchange.request.fields.get("stream_options")
    return isinstance(options, dict) and bool(options.get("include_usage"))


invariant("STREAM-CHAT-CTYPE-01", on=chat_streams)(streams.content_type)
invariant("STREAM-CHAT-FRAME-01", on=chat_streams)(streams.framing)


@over_run("STREAM-CHAT-FRAME-01", on=chat_streams)
def event_lines_are_observed(exchanges: Sequence[Exchange]) -> Iterator[Observation]:
    """What a stream uses of Server-Sent Events beside one data line an event is observed."""
    events = [event for exchange in exchanges for event in exchange.events]
    spread = any(event.names.count("data") > 1 for event in events)
    alone = any(RETRY_ALONE.search(exchange.body) for exchange in exchanges)
    sides = {(True, True): "both", (True, False): "several data lines"}
    sides |= {(False, True): "events of retry alone", (False, False): "one data line"}
    yield Observation("stream_event_lines", sides[spread, alone])


invariant("STREAM-CHAT-DATA-01", on=chat_streams)(streams.payload)
invariant("STREAM-CHAT-DONE-01", on=chat_streams)(streams.sentinel)
invariant("STREAM-CHAT-DONE-02", on=chat_streams)(streams.completion)


@schema_invariant(KIND, on=chat_streams)
def every_chunk_has_the_documented_form(exchange: Exchange) -> Iterator[Finding]:
    """Each chunk has id, object, created, model and one choice with index, delta, finish_reason."""
    several = exchange.request.fields.get("n") not in (None, 1)  # a clause of its own refuses it
    for number, chunk in chunks(exchange):
        for each in exchange.law.bodies.violations(KIND, chunk):
            if several and each.pointer.endswith("/index"):
                continue
            yield deviation(
                exchange,
                each.expected,
                actual=each.actual,
                where=f"chunk {number}, {each.pointer or '/'}",
                clause=each.clause,
            )


CONSTANT = {
    "id": "STREAM-CHAT-CHUNK-02",
    "model": "STREAM-CHAT-CHUNK-02",
    "created": "STREAM-CHAT-CREATED-01",
}


@invariant("STREAM-CHAT-CHUNK-02", "STREAM-CHAT-CREATED-01", on=chat_streams)
def id_created_and_model_are_constant(exchange: Exchange) -> Iterator[Finding]:
    """id, model and created are the same in each chunk of a stream; of created nobody says so."""
    found = chunks(exchange)
    for name, clause in CONSTANT.items():
        values = {show(chunk[name]) for _, chunk in found if name in chunk}
        if len(values) > 1:
            shown = ", ".join(sorted(values)[:4])
            actual = f"{len(values)} values: {shown}"
            expected, where = f"one {name} in all chunks", f"/{name}"
            yield deviation(exchange, expected, actual=actual, where=where, clause=clause)


@invariant("STREAM-CHAT-CHUNK-04", on=chat_streams)
def choices_is_never_empty(exchange: Exchange) -> Iterator[Finding]:
    """No chunk has an empty list of choices, except the usage chunk that was asked for."""
    allowed = 1 if asks_usage(exchange) else 0
    empty = [(n, chunk) for n, chunk in chunks(exchange) if chunk.get("choices") == []]
    lawful = [n for n, chunk in empty if chunk.get("usage")][:allowed]
    for number, chunk in empty:
        if number not in lawful:
            yield deviation(
                exchange,
                "one choice in each chunk",
                actual=f"choices: [] in {show(chunk)}",
                where=f"chunk {number}",
            )


@invariant("STREAM-CHAT-DELTA-01", on=chat_streams)
def deltas_are_pieces(exchange: Exchange) -> Iterator[Finding]:
    """Deltas are pieces of the answer: none repeats the text that came before it."""
    pieces = [piece for piece in Answer(exchange).pieces if piece]
    pairs = list(pairwise(pieces))
    if len(pieces) >= SEVERAL and all(b.startswith(a) and len(b) > len(a) for a, b in pairs):
        actual = f"each delta repeats the one before: {show(pieces[:3])}"
        yield deviation(exchange, "deltas that join to the answer", actual=actual)


@invariant("STREAM-CHAT-DELTA-01", on=chat_streams)
def a_stream_is_an_answer(exchange: Exchange) -> Iterator[Finding]:
    """A stream that comes to its sentinel has chunks before it."""
    if exchange.failure or not exchange.payloads or streams.lost(exchange):
        raise Untestable("no whole stream of events that can be read")
    if [event.done for event in exchange.payloads][:1] == [True]:
        yield deviation(exchange, "chunks, then [DONE]", actual="[DONE] alone")


@invariant("STREAM-CHAT-DELTA-02", on=chat_streams)
def content_was_judged(exchange: Exchange) -> Iterator[Finding]:
    """A stream with text was judged: the schema finds a content that is not one."""
    if not Answer(exchange).pieces:
        raise Untestable("the stream has no content")
    yield from ()


@invariant("STREAM-CHAT-DELTA-03", on=chat_streams)
def first_chunk_announces_the_role(exchange: Exchange) -> Iterator[Finding]:
    """A delta before or with the first content carries the role assistant."""
    deltas = [c["delta"] for c in Answer(exchange).choices if isinstance(c.get("delta"), dict)]
    if not deltas:
        raise Untestable("the stream has no delta")
    spoken = [n for n, d in enumerate(deltas) if d.get("content") or d.get("tool_calls")]
    head = deltas[: spoken[0] + 1] if spoken else deltas
    roles = [delta["role"] for delta in head if delta.get("role") is not None]
    if "assistant" not in roles:
        actual = f"roles {show(roles)}" if roles else "no role"
        yield deviation(exchange, "role assistant with or before the first content", actual=actual)


@invariant("STREAM-CHAT-FINAL-01", on=chat_streams)
def one_chunk_finishes_the_choice(exchange: Exchange) -> Iterator[Finding]:
    """Exactly one chunk carries a finish_reason, and it is the last one with content."""
    choices = Answer(exchange).choices
    if not choices or exchange.failure:
        raise Untestable("the stream has no end to judge")
    if len({show(choice.get("index", 0)) for choice in choices}) > 1:
        raise Untestable("several choices: see CHAT-REQ-N-04")
    reasons = [choice.get("finish_reason") for choice in choices]
    ends = [n for n, reason in enumerate(reasons) if reason is not None]
    if unknown := [reasons[n] for n in ends if reasons[n] not in FINISH_REASONS]:
        lawful = (*FINISH_REASONS, "null before the end")
        yield deviation(exchange, *lawful, actual=show(unknown[0]), where="/finish_reason")
        return
    if len(ends) != 1:
        actual = f"{len(ends)} chunks with a finish_reason"
        yield deviation(exchange, "exactly one chunk with a finish_reason", actual=actual)
        return
    late = [c for c in choices[ends[0] + 1 :] if _says(c)]
    if late:
        actual = f"{len(late)} chunks with content after it, first {show(late[0])}"
        yield deviation(exchange, "no content after the finish_reason", actual=actual)


@invariant("STREAM-CHAT-TOOL-01", on=chat_streams)
def fragments_join_to_calls(exchange: Exchange) -> Iterator[Finding]:
    """Calls are numbered from 0; the fragments of one have one id, and one name between them."""
    fragments = _fragments(exchange)
    if not fragments:
        raise Untestable("the stream holds no call")
    calls: dict[int, list[dict[str, Any]]] = {}
    for index, part in fragments:
        calls.setdefault(index, []).append(part)
    indexes = [*calls]
    if indexes != list(range(len(indexes))):
        actual = f"indexes {show(indexes)}"
        yield deviation(exchange, "calls numbered from 0, in order", actual=actual)
    for index, mine in calls.items():
        ids = {part["id"] for part in mine if isinstance(part.get("id"), str) and part["id"]}
        if len(ids) > 1:
            actual = f"{len(ids)} ids, such as {show(sorted(ids)[:2])}"
            yield deviation(exchange, f"one id for call {index}", actual=actual)
        names = [name for part in mine if (name := _name(part))]
        if len(names) > 1 and len(set(names)) == 1:
            actual = f"the name {show(names[0])} {len(names)} times, which clients join"
            yield deviation(exchange, f"one name for call {index}", actual=actual)


def _fragments(exchange: Exchange) -> list[tuple[int, dict[str, Any]]]:
    deltas = (choice.get("delta") for choice in Answer(exchange).choices)
    calls = (delta.get("tool_calls") for delta in deltas if isinstance(delta, dict))
    parts = [part for listed in calls if isinstance(listed, list) for part in listed]
    return [
        (part["index"], part)
        for part in parts
        if isinstance(part, dict) and type(part.get("index")) is int
    ]


def _name(part: dict[str, Any]) -> object:
    function = part.get("function")
    return function.get("name") if isinstance(function, dict) else None


@invariant("STREAM-CHAT-UTF8-01", on=chat_streams)
def each_event_is_utf8(exchange: Exchange) -> Iterator[Finding]:
    """Each event is UTF-8."""
    for number, event in enumerate(exchange.payloads):
        if not event.utf8:
            where = f"event {number}, bytes {event.start} to {event.end}"
            yield deviation(exchange, "UTF-8", actual=show(event.data[:120]), where=where)


@over_run("STREAM-CHAT-UTF8-01", on=lambda each: chat_streams(each) or _chat_answers(each))
def characters_survive_chunking(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """No delta holds a replacement character.

    One may stand where max_tokens cut a character, and where the request holds one. A model may
    also say one by itself: when it is hot, or in its plain answers, too; where any model does, a
    stream is compared with a plain answer to the same messages.
    """
    plain = [each for each in exchanges if _chat_answers(each)]
    said = {each.request.model for each in plain if _replaces(each)}
    asked = {_question(each) for each in plain}
    for exchange in exchanges:
        if not chat_streams(exchange) or exchange.request.model in said or _excused(exchange):
            continue
        if said and _question(exchange) not in asked:
            continue
        for number, event in enumerate(exchange.payloads):
            if event.utf8 and _holds_replaced(event.data):
                where = f"event {number}, byte {event.start}"
                actual = show(event.data[:160])
                yield deviation(exchange, "no replacement character", actual=actual, where=where)


def _chat_answers(exchange: Exchange) -> bool:
    return documents.plain("POST /chat/completions", exchange)


def _question(exchange: Exchange) -> tuple[str, str]:
    return exchange.request.model, str(exchange.request.fields.get("messages"))


def _replaces(exchange: Exchange) -> bool:
    """Whether a plain answer holds a replacement character before its end, and unasked."""
    text = Answer(exchange).text.rstrip(REPLACED)
    return REPLACED in text and REPLACED not in str(exchange.request.fields)


def _excused(exchange: Exchange) -> bool:
    answer, asked = Answer(exchange), exchange.request.fields
    ends = answer.text.rstrip(REPLACED) if answer.choices else ""
    cut = any(choice.get("finish_reason") == "length" for choice in answer.choices)
    heat = asked.get("temperature")
    hot = isinstance(heat, int | float) and heat > WARM
    return hot or REPLACED in str(asked) or (cut and REPLACED not in ends)


def _holds_replaced(data: str) -> bool:
    return REPLACED in data or "\\ufffd" in data.lower()


@invariant("STREAM-CHAT-USAGE-01", on=chat_streams)
def usage_in_a_stream_is_correct(exchange: Exchange) -> Iterator[Finding | Observation]:
    """usage is optional in a stream; where it is sent, it adds up."""
    usages = [
        chunk["usage"] for _, chunk in chunks(exchange) if isinstance(chunk.get("usage"), dict)
    ]
    asked = "_asked" if asks_usage(exchange) else ""
    side = "none" if not usages else "last chunk" if len(usages) == 1 else "each chunk"
    yield Observation(f"chat_stream_usage{asked}", side)
    for usage in usages:
        values = (usage.get(f"{name}_tokens") for name in ("prompt", "completion", "total"))
        counts = [c for c in values if isinstance(c, int) and not isinstance(c, bool)]
        if len(counts) != 3 or min(counts) < 0:
            yield deviation(exchange, "three token counts", actual=show(usage), where="/usage")
        elif counts[0] + counts[1] != counts[2]:
            yield deviation(exchange, "counts that add up", actual=show(usage), where="/usage")


def _says(choice: dict[str, Any]) -> bool:
    delta = choice.get("delta")
    return isinstance(delta, dict) and bool(delta.get("content") or delta.get("tool_calls"))
