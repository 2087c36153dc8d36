"""Every answer of `POST /completions` to a request for a stream, which no page documents."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fixtures.target.chat_view import Answer
from fixtures.transport.exchange import NOT_JSON
from schemas.outcomes import Untestable
from suites.engine.judge import invariant
from suites.engine.verify import describe, deviation, show
from suites.invariants import documents, streams
from suites.invariants.chat_stream import FINISH_REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding

OPERATION = "POST /completions"
KIND = "completions.chunk"


def asked_for_streams(exchange: Exchange) -> bool:
    """Whatever came with status 200 where a stream was asked for."""
    return streams.streamed(OPERATION, exchange)


def streams_of_text(exchange: Exchange) -> bool:
    """The streams that these judges speak of: a whole JSON answer is none."""
    return asked_for_streams(exchange) and not isinstance(exchange.document, dict)


@invariant("STREAM-COMP-01", on=asked_for_streams)
def type_and_body_agree(exchange: Exchange) -> Iterator[Finding]:
    """The answer is a stream and says so, or one JSON document and says so."""
    is_json = exchange.document is not NOT_JSON
    is_stream = any(event.data for event in exchange.payloads) and not is_json
    said = exchange.media_type
    if (is_json and said == "application/json") or (is_stream and said == "text/event-stream"):
        return
    expected = ("events, as text/event-stream", "one JSON document, as application/json")
    yield deviation(exchange, *expected, actual=describe(exchange))


invariant("STREAM-COMP-02", on=streams_of_text)(streams.framing)
invariant("STREAM-COMP-02", on=streams_of_text)(streams.payload)
invariant("STREAM-COMP-02", on=streams_of_text)(streams.sentinel)
invariant("STREAM-COMP-02", on=streams_of_text)(streams.completion)


@invariant("STREAM-COMP-02", on=streams_of_text)
def chunks_are_text_completions(exchange: Exchange) -> Iterator[Finding]:
    """Each chunk has id, object text_completion and choices with text; the id stays the same."""
    found = _chunks(exchange)
    for number, chunk in enumerate(found):
        for each in exchange.law.bodies.violations(KIND, chunk):
            where = f"chunk {number}, {each.pointer or '/'}"
            yield deviation(exchange, each.expected, actual=each.actual, where=where)
    ids = {show(chunk.get("id")) for chunk in found}
    if len(ids) > 1:
        actual = f"{len(ids)} ids: {', '.join(sorted(ids)[:3])}"
        yield deviation(exchange, "one id in all chunks", actual=actual, where="/id")


@invariant("STREAM-COMP-02", on=streams_of_text)
def what_chunks_tell_is_true(exchange: Exchange) -> Iterator[Finding]:
    """Where chunks tell a model it is a name, and where they tell a time it is the current one."""
    found = _chunks(exchange)
    for model in (chunk["model"] for chunk in found if "model" in chunk):
        if not isinstance(model, str) or not model:
            yield deviation(exchange, "the name of a model", actual=show(model), where="/model")
            break
    times = [chunk["created"] for chunk in found if "created" in chunk]
    for created in times[-1:]:
        if type(created) is not int:
            expected = "a Unix time in whole seconds"
            yield deviation(exchange, expected, actual=show(created), where="/created")
        else:
            yield from documents.tells_now(exchange, created, "created")


@invariant("STREAM-COMP-02", on=streams_of_text)
def each_choice_finishes(exchange: Exchange) -> Iterator[Finding]:
    """Each choice ends with a finish_reason, and no text of it comes later."""
    _chunks(exchange)
    ended: dict[str, bool] = {}
    for choice in Answer(exchange).choices:
        index, reason = show(choice.get("index", 0)), choice.get("finish_reason")
        if reason is not None and reason not in FINISH_REASONS:
            lawful = (*FINISH_REASONS, "null before the end")
            yield deviation(exchange, *lawful, actual=show(reason), where="/finish_reason")
            return
        if ended.get(index) and choice.get("text"):
            actual = f"{show(choice['text'])} in choice {index}"
            yield deviation(exchange, "no text after the finish_reason", actual=actual)
            return
        ended[index] = ended.get(index, False) or choice.get("finish_reason") is not None
    if exchange.failure or not ended:
        raise Untestable("the stream has no end to judge")
    for index in (index for index, end in ended.items() if not end):
        yield deviation(exchange, f"a finish_reason of choice {index}", actual="none")


@invariant("STREAM-COMP-02", on=streams_of_text)
def pieces_are_pieces(exchange: Exchange) -> Iterator[Finding]:
    """The texts of chunks are pieces of the answer: none repeats what came before it."""
    pieces: dict[str, list[str]] = defaultdict(list)
    for choice in Answer(exchange).choices:
        if isinstance(choice.get("text"), str) and choice["text"]:
            pieces[show(choice.get("index", 0))].append(choice["text"])
    for texts in pieces.values():
        pairs = list(pairwise(texts))
        if len(texts) >= 5 and all(b.startswith(a) and len(b) > len(a) for a, b in pairs):
            actual = f"each text repeats the one before: {show(texts[:3])}"
            yield deviation(exchange, "texts that join to the answer", actual=actual)


@invariant("STREAM-COMP-02", on=streams_of_text)
def characters_survive_chunking(exchange: Exchange) -> Iterator[Finding]:
    """Each event is UTF-8."""
    for number, event in enumerate(exchange.payloads):
        if not event.utf8:
            where = f"event {number}, bytes {event.start} to {event.end}"
            yield deviation(exchange, "UTF-8", actual=show(event.data[:120]), where=where)


@invariant("STREAM-COMP-02", on=streams_of_text)
def usage_adds_up(exchange: Exchange) -> Iterator[Finding]:
    """usage is optional in a stream; where it is sent, it adds up."""
    usages = [chunk["usage"] for chunk in _chunks(exchange) if isinstance(chunk.get("usage"), dict)]
    for usage in usages[-1:]:
        counts = [usage.get(f"{name}_tokens") for name in ("prompt", "completion", "total")]
        numbers = [count for count in counts if type(count) is int]
        if len(numbers) != 3 or numbers[0] + numbers[1] != numbers[2]:
            expected = "three counts that add up"
            yield deviation(exchange, expected, actual=show(usage), where="/usage")


def _chunks(exchange: Exchange) -> list[dict[str, Any]]:
    """The chunks of a stream; errors that it announces are none."""
    found = [each for each in Answer(exchange).chunks if "choices" in each or not each.get("error")]
    if not found:
        raise Untestable("the stream has no chunk")
    return found
