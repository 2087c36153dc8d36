"""Every answer of `POST /completions`, whole or streamed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fixtures.target.chat_view import Answer, answer
from fixtures.target.plain_requests import encoded
from schemas.outcomes import Untestable
from schemas.records import Observation
from suites.engine.judge import invariant, over_run
from suites.engine.verify import deviation, show
from suites.invariants import documents
from suites.invariants.completions_stream import streams_of_text
from suites.invariants.repeats import is_repeated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding

OPERATION = "POST /completions"
KIND = "completions.response"
DEFAULT_MAX_TOKENS = 16
# What these do to choices, texts and counts is asked in clauses of their own.
ASKED = "completions.request"
JUDGED_APART = ("n", "best_of", "echo", "logprobs", "logit_bias", "seed", "suffix")
# More than any tokenizer joins over a whole text; the first words are not counted at all.
WORDS_A_TOKEN = 2.5
SLACK = 8
SUSPICION = "COMP-RESP-USAGE-02"


def whole(exchange: Exchange) -> bool:
    """Whole answers: also where a stream was asked for and one JSON document came.

    An error under status 200 is none: it is a deviation where a request had to be accepted or
    refused, and has no shape of a completion.
    """
    document = exchange.document
    if not exchange.request.model:  # who names no model has no right to an answer
        return False
    if isinstance(document, dict) and document.get("error") and "choices" not in document:
        return False
    asked_plainly = documents.plain(OPERATION, exchange)
    in_vain = exchange.request.operation == OPERATION and exchange.is_stream and exchange.ok
    return asked_plainly or (in_vain and isinstance(document, dict))


def any_answer(exchange: Exchange) -> bool:
    """Plain answers and whole streams."""
    plain = documents.plain(OPERATION, exchange) and whole(exchange)
    return plain or (streams_of_text(exchange) and exchange.answered)


documents.judged_by_schema(KIND, on=whole)
invariant("COMP-RESP-SHAPE-01", on=whole)(documents.is_strict_json)


@invariant("COMP-RESP-SHAPE-01", on=whole)
def created_is_now(exchange: Exchange) -> Iterator[Finding | Observation]:
    """created is the current Unix time in seconds; what model and id look like is observed."""
    document = exchange.document if isinstance(exchange.document, dict) else {}
    model, name = document.get("model"), document.get("id")
    if isinstance(model, str):
        same = model == exchange.request.model
        yield Observation("response_model_name", "requested id" if same else "backend name")
    if isinstance(name, str):
        yield Observation("id_format", "prefixed" if re.match(r"[a-z]+[-_]", name) else "bare")
    yield from documents.is_now(exchange, "created")


@over_run("COMP-RESP-SHAPE-01", on=any_answer)
def ids_are_unique(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """No two completions of a run have the same id."""
    seen: dict[str, Exchange] = {}
    for exchange in exchanges:
        completion = Answer(exchange)
        first = next(iter(completion.chunks), {}) if exchange.is_stream else exchange.document
        name = first.get("id") if isinstance(first, dict) else None
        if not isinstance(name, str) or not name:
            continue
        if name in seen and not is_repeated(seen[name], exchange):
            actual = f"{show(name)} again, first in {seen[name].id}"
            yield deviation(exchange, "an id of its own", actual=actual, where="/id")
        seen.setdefault(name, exchange)


@invariant("COMP-RESP-CHOICE-01", on=any_answer)
def choices_have_distinct_indexes(exchange: Exchange) -> Iterator[Finding]:
    """One prompt has one choice with index 0; where there are several, each has its own index."""
    completion, asked = answer(exchange), exchange.request.fields
    if not completion.choices:
        raise Untestable("the answer has no choice")
    indexes = [choice["index"] for choice in completion.choices if is_count(choice.get("index"))]
    if len(indexes) < len(completion.choices):
        raise Untestable("a choice has no index")
    count = len(set(indexes)) if exchange.is_stream else len(indexes)
    if judged_apart(asked):
        raise Untestable("how many choices there are is another clause's matter")
    if prompts(exchange) == 1 and (count != 1 or set(indexes) != {0}):
        expected, actual = "one choice with index 0", f"indexes {show(indexes[:8])}"
        yield deviation(exchange, expected, actual=actual, where="/choices")
    elif sorted(set(indexes)) != list(range(count)) or len(set(indexes)) != count:
        expected = f"indexes 0 to {count - 1}, each once"
        yield deviation(exchange, expected, actual=show(indexes[:8]), where="/choices")


@invariant("COMP-RESP-LOGPROBS-01", on=any_answer)
def logprobs_are_null_or_absent(exchange: Exchange) -> Iterator[Finding | Observation]:
    """The logprobs of a choice are null or absent, whatever was asked."""
    choices = answer(exchange).choices
    if not choices:
        raise Untestable("the answer has no choice")
    logprobs = [choice["logprobs"] for choice in choices if "logprobs" in choice]
    filled = [each for each in logprobs if each is not None]
    yield Observation(
        "completions_logprobs_key", "filled" if filled else "null" if logprobs else "absent"
    )
    if filled and exchange.is_stream:  # of a whole answer, the schema says it
        yield deviation(exchange, "null", "no such key", actual=show(filled[0]), where="logprobs")


@invariant("COMP-RESP-USAGE-01", on=whole)
def usage_adds_up(exchange: Exchange) -> Iterator[Finding]:
    """total_tokens is the sum of prompt_tokens and completion_tokens."""
    yield from documents.usage_adds_up(exchange, ("prompt_tokens", "completion_tokens"))


@invariant("COMP-RESP-USAGE-01", "COMP-RESP-USAGE-02", on=any_answer)
def usage_follows_the_text(exchange: Exchange) -> Iterator[Finding]:
    """Text and prompt are counted: a text costs a token, and should cost some for its words.

    How long a token is, no document says: that fewer are counted than any tokenizer makes of so
    many words is a suspicion, with a clause of its own.
    """
    completion = answer(exchange)
    if judged_apart(exchange.request.fields):
        raise Untestable("what is counted is another clause's matter")
    counts = {name: completion.tokens(name) for name in ("prompt_tokens", "completion_tokens")}
    texts = {"prompt_tokens": _prompt(exchange), "completion_tokens": completion.text}
    for name, text in texts.items():
        where = f"/usage/{name}"
        if text and counts[name] < 1:
            expected = f"a token or more in {name} for {show(text)}"
            yield deviation(exchange, expected, actual=str(counts[name]), where=where)
        elif counts[name] < least_tokens(text):
            expected, clause = f"{least_tokens(text)} {name} or more for {show(text)}", SUSPICION
            actual = str(counts[name])
            yield deviation(exchange, expected, actual=actual, where=where, clause=clause)


@over_run("COMP-RESP-USAGE-01", on=any_answer)
def equal_prompts_cost_the_same(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """Equal prompts to one model have equal prompt_tokens."""
    seen: dict[tuple[str, str], tuple[int, Exchange]] = {}
    for exchange in exchanges:
        asked = exchange.request.fields
        count = (Answer(exchange).usage or {}).get("prompt_tokens")
        # What other fields, and other spellings of the JSON, do to the prompt, other clauses ask.
        plain = set(asked) <= {"model", "prompt", "temperature", "max_tokens", "stream"}
        plain = plain and exchange.request.body == encoded(asked)
        if not plain or not isinstance(count, int):
            continue
        key = exchange.request.model, repr(asked.get("prompt"))
        first = seen.setdefault(key, (count, exchange))
        if first[0] != count:
            expected = f"{first[0]} prompt tokens, as in {first[1].id}"
            where = "/usage/prompt_tokens"
            yield deviation(exchange, expected, actual=str(count), where=where)


@invariant("COMP-REQ-MAXTOK-02", on=any_answer)
def max_tokens_caps(exchange: Exchange) -> Iterator[Finding]:
    """No completion has more tokens than max_tokens, by its usage and by its words."""
    cap = exchange.request.fields.get("max_tokens")
    if not is_count(cap) or cap < 1:
        raise Untestable("the request sets no cap")
    yield from _above(exchange, cap, "max_tokens")


@invariant("COMP-REQ-MAXTOK-01", on=any_answer)
def default_caps(exchange: Exchange) -> Iterator[Finding]:
    """Without max_tokens no completion has more than 16 tokens."""
    asked = exchange.request.fields
    least = asked.get("min_tokens")
    if "max_tokens" in asked or (least is not None and not (is_count(least) and least <= 16)):
        raise Untestable("the request sets a limit of its own")
    yield from _above(exchange, DEFAULT_MAX_TOKENS, "the default")


@over_run("COMP-REQ-MINTOK-01", on=any_answer)
def min_tokens_is_reached(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """No completion has fewer tokens than min_tokens, where tokens are counted at all."""
    asked_for = [(each, minimum) for each in exchanges if (minimum := _minimum(each))]
    if not asked_for:
        raise Untestable("no request sets a minimum that must hold")
    if any(_undercounted(exchange) for exchange in exchanges):
        raise Untestable("completions that were cut cost less than max_tokens: usage is wrong")
    for exchange, wanted in asked_for:
        spent = _spent(exchange)
        if spent is not None and spent < wanted:
            expected = f"at least {wanted} completion tokens"
            yield deviation(exchange, expected, actual=str(spent), where="/usage/completion_tokens")


@invariant("COMP-REQ-STOP-01", on=any_answer)
def nothing_follows_a_stop_sequence(exchange: Exchange) -> Iterator[Finding]:
    """No token follows a stop sequence; a rest of the token that it came in may."""
    asked = exchange.request.fields
    if documents.unranked(ASKED, exchange, "stop"):
        raise Untestable("stop stands beside a field that no document ranks with it")
    stop = asked.get("stop")
    sequences = [stop] if isinstance(stop, str) else stop
    if not isinstance(sequences, list) or not sequences:
        raise Untestable("no stop sequence")
    for text in texts(exchange):
        for sequence in sequences:
            if not isinstance(sequence, str) or not sequence or sequence not in text:
                continue
            after = text.partition(sequence)[2]
            if re.search(r"\s\S", after) or len(after) > 16:
                expected = f"nothing after the stop sequence {show(sequence)}"
                yield deviation(exchange, expected, actual=show(text), where="/choices")


def texts(exchange: Exchange) -> list[str]:
    """The text of each choice, in the order of their indexes. Raises Untestable without one."""
    pieces: dict[int, list[str]] = {}
    for choice in answer(exchange).choices:
        index, text = choice.get("index", 0), choice.get("text")
        if not is_count(index) or not isinstance(text, str):
            raise Untestable(f"a choice has no index or no text ({exchange.id})")
        pieces.setdefault(index, []).append(text)
    return ["".join(pieces[index]) for index in sorted(pieces)]


def least_tokens(text: str) -> int:
    """Fewer tokens than these no tokenizer makes of a text."""
    words = len(re.findall(r"\w+", text))
    return max(int(bool(text)), int((words - SLACK) / WORDS_A_TOKEN))


def prompts(exchange: Exchange) -> int:
    """How many prompts the request holds; token ids are one prompt or several, so 0."""
    prompt = exchange.request.fields.get("prompt")
    if isinstance(prompt, list):
        return len(prompt) if all(isinstance(each, str) for each in prompt) else 0
    return int(isinstance(prompt, str))


def judged_apart(asked: dict[str, Any]) -> bool:
    """Whether the request has a field whose effect on the answer is a clause of its own."""
    return any(asked.get(name) is not None for name in JUDGED_APART)


def is_count(value: object) -> bool:
    """Whether this is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def _above(exchange: Exchange, cap: int, source: str) -> Iterator[Finding]:
    """Findings where there is more than this cap allows for each prompt."""
    said = texts(exchange)
    if judged_apart(exchange.request.fields) or not 0 < len(said) <= prompts(exchange):
        raise Untestable("how many completions the cap holds for is another clause's matter")
    cap *= prompts(exchange)
    expected = f"at most {cap} completion tokens by {source}"
    spent = _spent(exchange)
    # What a stream says beyond the plain completion, its own clause finds.
    words = 0 if exchange.is_stream else sum(least_tokens(text) for text in said)
    if spent is not None and spent > cap:
        yield deviation(exchange, expected, actual=str(spent), where="/usage/completion_tokens")
    elif words > cap:
        yield deviation(exchange, expected, actual=f"a text of {words} tokens or more")


def _minimum(exchange: Exchange) -> int:
    """The tokens that a completion must have at least, 0 where none are promised."""
    asked = exchange.request.fields
    least, cap = asked.get("min_tokens"), asked.get("max_tokens", DEFAULT_MAX_TOKENS)
    held = is_count(least) and is_count(cap) and 0 < least <= cap
    if not held or documents.unranked(ASKED, exchange, "min_tokens"):
        return 0
    choices = Answer(exchange).choices
    filtered = any(choice.get("finish_reason") == "content_filter" for choice in choices)
    indexes = {show(choice.get("index", 0)) for choice in choices}
    return 0 if filtered or judged_apart(asked) else int(least) * len(indexes)


def _undercounted(exchange: Exchange) -> bool:
    """Whether a completion of one prompt was cut, and cost less than what cut it."""
    asked, completion, spent = exchange.request.fields, Answer(exchange), _spent(exchange)
    cap = asked.get("max_tokens")
    cut = [choice.get("finish_reason") for choice in completion.choices][-1:] == ["length"]
    if spent is None or not is_count(cap) or prompts(exchange) != 1 or judged_apart(asked):
        return False
    return cut and spent < int(cap)


def _spent(exchange: Exchange) -> int | None:
    count = (Answer(exchange).usage or {}).get("completion_tokens")
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def _prompt(exchange: Exchange) -> str:
    prompt = exchange.request.fields.get("prompt")
    listed = prompt if isinstance(prompt, list) else [prompt]
    # Several prompts may share one choice: the longest is what is surely counted.
    return max((each for each in listed if isinstance(each, str)), key=len, default="")
