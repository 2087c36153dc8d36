"""Every plain answer of `POST /chat/completions`, and what plain and streamed answers share."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from fixtures.target.chat_view import Answer, answer
from fixtures.transport.exchange import NOT_JSON, parse
from schemas.outcomes import Untestable
from suites.engine.judge import invariant, over_run, schema_invariant
from suites.engine.verify import deviation, show
from suites.invariants import documents
from suites.invariants.chat_stream import chat_streams
from suites.invariants.models import judged_by_model
from suites.invariants.repeats import is_repeated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding

OPERATION = "POST /chat/completions"
ASKED, KIND = "chat.request", "chat.response"
PER_TOKEN = 40  # characters, white space folded; no known tokenizer comes near
OTHERWISE = ("refusal", "audio", "function_call")
CAPS = ("max_tokens", "max_completion_tokens")
CALLS = 3  # that tell a deployment from a model that wrote no JSON this once


def chat_answers(exchange: Exchange) -> bool:
    """Plain answers to requests that need not be refused."""
    return documents.plain(OPERATION, exchange) and documents.lawful(ASKED, exchange)


def whatever_was_asked(exchange: Exchange) -> bool:
    """Plain answers and whole streams, also those to requests that must be refused."""
    return documents.plain(OPERATION, exchange) or (chat_streams(exchange) and exchange.answered)


def any_answer(exchange: Exchange) -> bool:
    """Plain answers and whole streams to requests that need not be refused."""
    return whatever_was_asked(exchange) and documents.lawful(ASKED, exchange)


invariant("CHAT-RESP-JSON-01", on=chat_answers)(documents.is_strict_json)


@schema_invariant(KIND, on=chat_answers)
def has_the_documented_form(exchange: Exchange) -> Iterator[Finding]:
    """The body has the documented fields; a message that speaks otherwise needs no content."""
    for finding in documents.by_schema(KIND)(exchange):
        if not (finding.where.endswith("/message") and _speaks_otherwise(exchange)):
            yield finding
    if exchange.document.get("choices") == []:
        expected = "a choice with index 0, a message and a finish_reason"
        clause = "CHAT-RESP-CHOICE-01"
        yield deviation(exchange, expected, actual="none", where="/choices", clause=clause)


@invariant("CHAT-RESP-CREATED-01", on=chat_answers)
def created_is_now(exchange: Exchange) -> Iterator[Finding]:
    """created is the current Unix time in seconds."""
    yield from documents.is_now(exchange, "created")


@invariant("CHAT-RESP-CREATED-01", on=chat_streams)
def created_in_a_stream_is_now(exchange: Exchange) -> Iterator[Finding]:
    """The last created of a stream is the current Unix time in seconds, as in a plain answer."""
    times = [chunk["created"] for chunk in Answer(exchange).chunks if "created" in chunk]
    if not times:
        raise Untestable("no chunk tells a time")
    yield from documents.tells_now(exchange, times[-1], "created")


@invariant("CHAT-RESP-USAGE-01", on=chat_answers)
def usage_adds_up(exchange: Exchange) -> Iterator[Finding]:
    """total_tokens is the sum of prompt_tokens and completion_tokens."""
    yield from documents.usage_adds_up(exchange, ("prompt_tokens", "completion_tokens"))
    completion = Answer(exchange)
    for name, what in (("prompt_tokens", "a prompt"), ("completion_tokens", "an answer")):
        if completion.text.strip() and completion.tokens(name) < 1:
            expected = f"a token or more for {what} that is not empty"
            yield deviation(exchange, expected, actual="0", where=f"/usage/{name}")


def _model(exchange: Exchange) -> str | None:
    chunks = Answer(exchange).chunks[:1] if exchange.is_stream else (exchange.document,)
    model = next((each.get("model") for each in chunks if isinstance(each, dict)), None)
    return model if isinstance(model, str) else None


# Where an id is answered that nobody lists, CHAT-REQ-MODEL-03 says so.
judged_by_model("CHAT-RESP-MODEL-01", any_answer, _model)


@invariant("CHAT-REQ-N-04", on=whatever_was_asked)
def one_choice(exchange: Exchange) -> Iterator[Finding]:
    """Every answer has exactly one choice, whatever was asked for, and its index is 0."""
    choices = answer(exchange).choices
    if not choices:
        raise Untestable("the answer has no choice")
    indexes = {show(choice.get("index", 0)) for choice in choices}
    count = len(indexes) if exchange.is_stream else len(choices)
    if count != 1:
        actual = f"{count} choices"
        yield deviation(exchange, "exactly one choice", actual=actual, where="/choices")


@invariant("CHAT-REQ-MAXTOK-01", on=any_answer)
def max_tokens_caps(exchange: Exchange) -> Iterator[Finding]:
    """No answer has more completion tokens than max_tokens, by its usage and by its length.

    Beside max_completion_tokens, which one page prefers and the other ignores, the larger decides.
    """
    asked = exchange.request.fields
    caps = [asked[name] for name in CAPS if name in asked]
    if "max_tokens" not in asked or not all(map(_is_count, caps)):
        raise Untestable("the request sets no cap")
    cap = max(caps)
    completion = Answer(exchange)
    cap *= len({show(choice.get("index", 0)) for choice in completion.choices}) or 1
    length = len("".join("".join(completion.pieces).split()))
    if length > PER_TOKEN * cap:
        yield deviation(exchange, f"a text of at most {cap} tokens", actual=f"{length} characters")
        return
    spent = completion.tokens("completion_tokens")
    if spent > cap:
        expected = f"at most {cap} completion tokens"
        yield deviation(exchange, expected, actual=str(spent), where="/usage/completion_tokens")


@over_run("CHAT-REQ-MINTOK-01", on=any_answer)
def min_tokens_is_reached(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """No answer has fewer completion tokens than min_tokens, where tokens are counted at all."""
    asked_for = [(each, least) for each in exchanges if (least := _minimum(each))]
    if not asked_for:
        raise Untestable("no request sets a minimum that must hold")
    if any(_undercounted(exchange) for exchange in exchanges):
        raise Untestable("answers that were cut cost less than max_tokens: usage is wrong")
    for exchange, least in asked_for:
        spent = (Answer(exchange).usage or {}).get("completion_tokens")
        if _is_count(spent) and spent < least:
            expected = f"at least {least} completion tokens"
            yield deviation(exchange, expected, actual=str(spent), where="/usage/completion_tokens")


def _minimum(exchange: Exchange) -> int:
    """The min_tokens of a request, where nothing else may end the answer before; otherwise 0."""
    asked, completion = exchange.request.fields, Answer(exchange)
    least = asked.get("min_tokens")
    bounds = [asked[name] for name in CAPS if asked.get(name) is not None]
    reasons = [choice.get("finish_reason") for choice in completion.choices]
    if not _is_count(least) or documents.unranked(ASKED, exchange, "min_tokens"):
        return 0
    if "content_filter" in reasons or not all(_is_count(cap) and cap >= least for cap in bounds):
        return 0
    return int(least)


def _undercounted(exchange: Exchange) -> bool:
    """Whether an answer was cut, and cost less than what cut it."""
    asked, completion = exchange.request.fields, Answer(exchange)
    cap, spent = asked.get("max_tokens"), (completion.usage or {}).get("completion_tokens")
    cut = [choice.get("finish_reason") for choice in completion.choices][-1:] == ["length"]
    other = {"stop", "tools", "max_completion_tokens"} & {*asked}
    return cut and not other and _is_count(cap) and _is_count(spent) and spent < cap


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


@invariant("CHAT-REQ-STOP-02", on=any_answer)
def stop_is_not_returned(exchange: Exchange) -> Iterator[Finding]:
    """No answer contains a stop sequence."""
    stop = exchange.request.fields.get("stop")
    sequences = [stop] if isinstance(stop, str) else stop
    if not isinstance(sequences, list) or exchange.is_stream:
        raise Untestable("no stop sequence, or a stream, which has its own clause")
    _alone(exchange, "stop")
    yield from _contains(exchange, sequences)


@invariant("STREAM-CHAT-STOP-01", on=chat_streams)
def stop_is_not_streamed(exchange: Exchange) -> Iterator[Finding]:
    """No stream contains a stop sequence, across chunk borders neither."""
    stop = exchange.request.fields.get("stop")
    sequences = [stop] if isinstance(stop, str) else stop
    if not isinstance(sequences, list):
        raise Untestable("no stop sequence")
    _alone(exchange, "stop")
    yield from _contains(exchange, sequences)


def _alone(exchange: Exchange, field: str) -> None:
    if documents.unranked(ASKED, exchange, field):
        raise Untestable(f"{field} stands beside a field that no document ranks with it")


@invariant("CHAT-TOOL-03", on=any_answer)
def none_yields_no_call(exchange: Exchange) -> Iterator[Finding]:
    """No answer to tool_choice none holds a call, plain or streamed."""
    if exchange.request.fields.get("tool_choice") != "none":
        raise Untestable("the request does not ask for no call")
    if calls := answer(exchange).tool_calls:
        actual = f"a call of {show(calls[0].name)}"
        yield deviation(exchange, "no tool call", actual=actual, where="/choices/0")


@invariant("CHAT-TOOL-02", on=chat_answers)
def calls_have_distinct_ids(exchange: Exchange) -> Iterator[Finding]:
    """Each call of a message has an id of its own: the results are sent back under it."""
    ids = [call.id for call in answer(exchange).tool_calls]
    if not ids:
        raise Untestable("the answer holds no call")
    if len(set(ids)) != len(ids):
        yield deviation(exchange, "an id for each call", actual=show(ids), where="/choices/0")


@over_run("CHAT-RESP-ID-01", on=any_answer)
def ids_are_unique(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """No two answers of a run have the same id."""
    seen: dict[str, Exchange] = {}
    for exchange in exchanges:
        completion = Answer(exchange)
        documents_ = completion.chunks[:1] if exchange.is_stream else (exchange.document,)
        for each in documents_:
            name = each.get("id") if isinstance(each, dict) else None
            if not isinstance(name, str) or not name:
                continue
            if name in seen and not is_repeated(seen[name], exchange):
                actual = f"{show(name)} again, first in {seen[name].id}"
                yield deviation(exchange, "an id of its own", actual=actual, where="/id")
            seen.setdefault(name, exchange)


@over_run("CHAT-TOOL-08", on=any_answer)
def some_arguments_are_json(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """Of three whole calls or more, plain or streamed, one has arguments in JSON.

    A model may write something else now and then, a deployment that knows tools may not each time.
    """
    for form in (False, True):
        calls = [
            (exchange, call)
            for exchange in exchanges
            if exchange.is_stream is form and Answer(exchange).finish_reason != "length"
            for call in Answer(exchange).tool_calls
            if len(call.arguments.strip()) > len("{}")
        ]
        if len(calls) >= CALLS and all(parse(call.arguments) is NOT_JSON for _, call in calls):
            exchange, call = calls[0]
            where = f"/choices/0/message/tool_calls/{call.index}/function/arguments"
            actual = f"{show(call.arguments)}; none of {len(calls)} calls has JSON"
            yield deviation(exchange, "arguments in JSON", actual=actual, where=where)


def _speaks_otherwise(exchange: Exchange) -> bool:
    """Whether a message refuses, sounds, or calls a function in the form before tool_calls."""
    messages = [choice.get("message") for choice in Answer(exchange).choices]
    return any(isinstance(each, dict) and any(map(each.get, OTHERWISE)) for each in messages)


def _contains(exchange: Exchange, sequences: list[object]) -> Iterator[Finding]:
    text = answer(exchange).text
    for sequence in sequences:
        if isinstance(sequence, str) and sequence and sequence in text:
            expected = f"text without the stop sequence {show(sequence)}"
            yield deviation(exchange, expected, actual=show(text), where="/choices/0")
