"""Every plain answer of `POST /responses`, and what plain and streamed answers share."""

from __future__ import annotations

import json
from math import floor, isclose, isfinite
from typing import TYPE_CHECKING, Any

from fixtures.target.responses_view import Output
from fixtures.transport.document import is_count, is_number, is_unicode
from schemas.outcomes import Untestable
from schemas.records import Observation
from suites.engine.judge import invariant, over_run, schema_invariant
from suites.engine.verify import deviation, show
from suites.invariants import documents
from suites.invariants.models import judged_by_model
from suites.invariants.repeats import is_repeated
from suites.invariants.responses_stream import response_streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding

OPERATION = "POST /responses"
ASKED, KIND = "responses.request", "responses.response"
FURTHER = "responses.openai"
# Tokens that a model may spend without saying anything: the end of the answer, a space.
SILENT = 1
SPOKEN = 8
# No tokenizer in use takes more words for one token.
WORDS_A_TOKEN = 4
SETTINGS = (
    *("temperature", "top_p", "max_output_tokens"),
    *("instructions", "parallel_tool_calls", "truncation"),
)


def asked(exchange: Exchange) -> dict[str, Any]:
    """The request's JSON object; an empty one where it is something else."""
    document = exchange.request.document
    return document if isinstance(document, dict) else {}


def plain_answers(exchange: Exchange) -> bool:
    """Answers to lawful requests for one JSON body; what may stand for true is left out.

    An error with status 200 is no answer: whoever asked says so. Neither is what is said of a
    response before it has run in the background.
    """
    if asked(exchange).get("background") is True or not documents.lawful(ASKED, exchange):
        return False
    plain = "stream" not in asked(exchange) or asked(exchange)["stream"] is False
    return plain and documents.plain(OPERATION, exchange) and not _is_error(exchange.document)


def any_answer(exchange: Exchange) -> bool:
    """Plain answers and whole streams."""
    whole = response_streams(exchange) and exchange.answered and documents.lawful(ASKED, exchange)
    return plain_answers(exchange) or whole


invariant("RESP-REQ-STREAM-01", on=plain_answers)(documents.is_strict_json)
documents.judged_by_schema(FURTHER, on=plain_answers)


@schema_invariant(KIND, on=plain_answers)
def has_the_documented_form(exchange: Exchange) -> Iterator[Finding]:
    """The body has the printed fields; a model that said nothing may leave the output empty."""
    for finding in documents.by_schema(KIND)(exchange):
        whole_output = finding.clause == "RESP-OUT-OUTPUT-01" and finding.where == "/output"
        if not (whole_output and is_silent(Output(exchange))):
            yield finding


@invariant("RESP-OUT-OUTPUT-01", on=plain_answers)
def text_is_in_the_output(exchange: Exchange) -> Iterator[Finding]:
    """What was generated for a completed message stands in its text."""
    response = Output(exchange)
    if response.status != "completed" or response.hidden != 0 or not _only_messages(response):
        raise Untestable("no message that was completed without hidden tokens")
    if response.tokens("output_tokens") >= SPOKEN and not response.text and not _refuses(response):
        actual = f"no text for {response.tokens('output_tokens')} tokens"
        yield deviation(exchange, "the text of the message", actual=actual, where="/output")


@invariant("RESP-OUT-STATUS-01", on=plain_answers)
def incomplete_was_cut(exchange: Exchange) -> Iterator[Finding]:
    """An answer that ended far below its limit is not called incomplete because of the limit."""
    response, cap = Output(exchange), _cap(exchange)
    if response.status != "incomplete" or not cap or response.hidden != 0 or not response.text:
        raise Untestable("no visible answer that is called incomplete")
    spent, words = response.tokens("output_tokens"), len(response.text.split())
    if "max_tokens" in asked(exchange) or words > WORDS_A_TOKEN * spent:
        raise Untestable("another limit was sent, or the tokens are not counted")
    if spent * 2 < cap and _reason(response) in (None, "max_output_tokens"):
        actual = f"incomplete, after {spent} of {cap} tokens"
        yield deviation(exchange, "status completed", actual=actual, where="/status")


@invariant("RESP-OUT-SHAPE-01", on=plain_answers)
def created_is_now(exchange: Exchange) -> Iterator[Finding]:
    """created_at is the current Unix time in seconds."""
    yield from documents.is_now(exchange, "created_at")


@over_run("RESP-OUT-SHAPE-01", on=any_answer)
def ids_are_unique(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """No two answers of a run have the same id."""
    seen: dict[str, Exchange] = {}
    for exchange in exchanges:
        name = _id(exchange)
        if name in seen and not is_repeated(seen[name], exchange):
            actual = f"{show(name)} again, first in {seen[name].id}"
            yield deviation(exchange, "an id of its own", actual=actual, where="/id")
        elif name and name not in seen:
            seen[name] = exchange


@invariant("RESP-OUT-COMPLETED-01", on=any_answer)
def completed_after_created(exchange: Exchange) -> Iterator[Finding | Observation]:
    """completed_at is optional; where it is given, it lies between created_at and now."""
    document = Output(exchange).document
    begun, ended = document.get("created_at"), document.get("completed_at")
    yield Observation("completed_at", "absent" if ended is None else "present")
    if ended is None:
        return
    if not is_number(begun) or not is_number(ended):
        raise Untestable("there are no two times to compare")
    if floor(ended) < floor(begun):
        actual = f"{ended}, {begun - ended:g} s before created_at"
        yield deviation(exchange, "not before created_at", actual=actual, where="/completed_at")
    elif ended - begun > exchange.seconds + 300:
        documents.timed(exchange)
        actual = f"{ended}, {ended - begun:g} s after created_at"
        expected = f"within the {exchange.seconds:.1f} s of the exchange"
        yield deviation(exchange, expected, actual=actual, where="/completed_at")


@invariant("RESP-OUT-USAGE-01", on=plain_answers)
def usage_adds_up(exchange: Exchange) -> Iterator[Finding]:
    """total_tokens is the sum of input_tokens and output_tokens."""
    yield from documents.usage_adds_up(exchange, ("input_tokens", "output_tokens"))


@invariant("RESP-OUT-USAGE-01", "RESP-OUT-USAGE-02", on=plain_answers)
def usage_counts(exchange: Exchange) -> Iterator[Finding]:
    """An input counts, a text counts, and neither should have several words a token.

    How long a token is, no document says: the last is a suspicion, with a clause of its own.
    """
    response = Output(exchange)
    into, out = response.tokens("input_tokens"), response.tokens("output_tokens")
    prompt = asked(exchange).get("input")
    words = len(prompt.split()) if isinstance(prompt, str) else 1
    said = len(response.text.split())
    for what, count, length in (("input", into, words), ("text", out, said)):
        actual = f"{count} for {length} words of {what}"
        clause = "RESP-OUT-USAGE-01" if count < min(length, 1) else "RESP-OUT-USAGE-02"
        if length > WORDS_A_TOKEN * count:
            expected = f"the tokens of the {what}"
            yield deviation(exchange, expected, actual=actual, where="/usage", clause=clause)


def _model(exchange: Exchange) -> str | None:
    try:
        model = Output(exchange).document.get("model")
    except Untestable:
        return None
    return model if isinstance(model, str) else None


# Of an id that nobody lists, RESP-GATE-03 speaks.
judged_by_model("RESP-OUT-MODEL-01", any_answer, _model)


@invariant("RESP-REQ-MAXOUT-01", on=any_answer)
def max_output_tokens_caps(exchange: Exchange) -> Iterator[Finding]:
    """No answer has more output tokens than max_output_tokens, reasoning included."""
    cap = _cap(exchange)
    if not cap:
        raise Untestable("the request sets no cap")
    spent = Output(exchange).tokens("output_tokens")
    if spent > cap:
        expected = f"at most {cap} output tokens"
        yield deviation(exchange, expected, actual=str(spent), where="/usage/output_tokens")


@invariant("RESP-REQ-MAXOUT-02", on=any_answer)
def incomplete_says_why(exchange: Exchange) -> Iterator[Finding]:
    """Where an answer that reached its cap says why it is incomplete, it says max_output_tokens."""
    response = Output(exchange)
    cap, reason = _cap(exchange), _reason(response)
    if response.status != "incomplete" or reason is None or response.tokens("output_tokens") != cap:
        raise Untestable("no reason for an answer that reached its cap")
    if reason not in ("max_output_tokens", "content_filter"):
        where = "/incomplete_details/reason"
        yield deviation(exchange, "max_output_tokens", actual=show(reason), where=where)


@invariant("RESP-REQ-STORE-01", on=any_answer)
def store_is_off_by_default(exchange: Exchange) -> Iterator[Finding]:
    """Where an answer tells whether it is stored, it is not unless the request asked for it."""
    store, wanted = Output(exchange).document.get("store"), asked(exchange).get("store")
    if store is None or wanted not in (None, False):
        raise Untestable("the answer does not say, or was asked to be stored")
    if store is not False:
        yield deviation(exchange, "store false", actual=f"store {show(store)}", where="/store")


@invariant("RESP-REQ-METADATA-01", on=any_answer)
def metadata_comes_back(exchange: Exchange) -> Iterator[Finding]:
    """Where an answer has metadata, it has the pairs of the request."""
    metadata, sent = Output(exchange).document.get("metadata"), asked(exchange).get("metadata")
    if not isinstance(metadata, dict) or not isinstance(sent, dict):
        raise Untestable("there is no metadata to compare")
    for name, value in sent.items():
        if metadata.get(name) != value:
            expected = f"the pair {show({name: value})}"
            yield deviation(exchange, expected, actual=show(metadata), where="/metadata")


@invariant("RESP-OUT-OPENAI-01", on=any_answer)
def settings_come_back(exchange: Exchange) -> Iterator[Finding]:
    """Where an answer repeats a setting of the request, it repeats its value."""
    document, sent = Output(exchange).document, asked(exchange)
    for name in SETTINGS:
        value, wanted = document.get(name), sent.get(name)
        told = value is not None and wanted is not None and _can_come_back(wanted)
        if told and not _same(value, wanted):
            expected = f"{name} {show(wanted)}, as asked"
            yield deviation(exchange, expected, actual=show(value), where=f"/{name}")


def _can_come_back(value: object) -> bool:
    """Whether JSON in UTF-8 can hold it: of half a surrogate pair there is nothing to repeat."""
    return is_unicode(json.dumps(value, ensure_ascii=False))


@invariant("RESP-OUT-OPENAI-01", on=plain_answers)
def parts_fit_the_whole(exchange: Exchange) -> Iterator[Finding]:
    """Items have ids of their own, none is still in progress, and no detail exceeds its total."""
    response = Output(exchange)
    ids = [item["id"] for item in response.items if isinstance(item.get("id"), str)]
    if len(set(ids)) != len(ids):
        yield deviation(exchange, "an id of its own", actual=show(ids), where="/output")
    states = [item.get("status") for item in response.items]
    if response.status == "completed" and "in_progress" in states:
        actual = "an item in_progress in a completed response"
        yield deviation(exchange, "items that are completed", actual=actual, where="/output")
    usage = response.document.get("usage")
    for total in ("input_tokens", "output_tokens"):
        details = usage.get(f"{total}_details") if isinstance(usage, dict) else None
        for name, count in details.items() if isinstance(details, dict) else ():
            whole = usage.get(total) if isinstance(usage, dict) else None
            if is_count(count) and is_count(whole) and count > whole:
                expected, where = f"at most {whole}", f"/usage/{total}_details/{name}"
                yield deviation(exchange, expected, actual=str(count), where=where)


def is_silent(response: Output) -> bool:
    """Whether the model said nothing that anybody could see, so that there is nothing to return."""
    if response.hidden is None:
        return True
    try:
        return response.tokens("output_tokens") - response.hidden <= SILENT
    except Untestable:
        return False


def _is_error(document: object) -> bool:
    has_error = isinstance(document, dict) and bool(document.get("error"))
    return has_error and "output" not in document  # type: ignore[operator]


def _only_messages(response: Output) -> bool:
    return all(item.get("type") == "message" for item in response.items)


def _refuses(response: Output) -> bool:
    return "refusal" in show([item.get("content") for item in response.items])


def _cap(exchange: Exchange) -> int | None:
    cap = asked(exchange).get("max_output_tokens")
    return cap if is_count(cap) and cap > 0 else None


def _reason(response: Output) -> object:
    details = response.document.get("incomplete_details")
    return details.get("reason") if isinstance(details, dict) else None


def _id(exchange: Exchange) -> str:
    try:
        name = Output(exchange).document.get("id")
    except Untestable:
        return ""
    return name if isinstance(name, str) else ""


def _same(value: object, wanted: object) -> bool:
    """Equal; numbers also when one went through half the precision. NaN is no value to repeat."""
    if isinstance(wanted, float) and not isfinite(wanted):
        return True
    numbers = all(isinstance(each, int | float) for each in (value, wanted))
    return isclose(value, wanted, rel_tol=1e-3) if numbers else value == wanted  # type: ignore[arg-type]
