"""Every answer of `POST /completions`, whole or streamed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fixtures.answers import Answer, answer
from fixtures.outcomes import Untestable
from schemas.records import Observation
from suites.invariants import documents
from suites.invariants.completions_stream import streams_of_text
from suites.judge import invariant, over_run
from suites.verify import deviation, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fixtures.exchange import Exchange
    from schemas.records import Finding

OPERATION = "POST /completions"
KIND = "completions.response"
DEFAULT_MAX_TOKENS = 16
# Fields that let a server generate more than it returns; each has a clause of its own.
CANDIDATES = ("n", "best_of")
WORDS_A_TOKEN = 8  # far more than any tokenizer joins; some slack is added to it


def whole(exchange: Exchange) -> bool:
    """Whole answers: also where a stream was asked for and one JSON document came."""
    asked_plainly = documents.plain(OPERATION, exchange)
    in_vain = exchange.request.operation == OPERATION and exchange.is_stream and exchange.ok
    return asked_plainly or (in_vain and isinstance(exchange.document, dict))


def any_answer(exchange: Exchange) -> bool:
    """Plain answers and whole streams."""
    plain = documents.plain(OPERATION, exchange)
    return plain or (streams_of_text(exchange) and exchange.answered)


documents.judged_by_schema(KIND, on=whole)


@invariant("COMP-RESP-SHAPE-01", on=whole)
def created_is_now(exchange: Exchange) -> Iterator[Finding | Observation]:
    """created is the current Unix time in seconds; what model and id look like is observed."""
    told = exchange.document if isinstance(exchange.document, dict) else {}
    model, name = told.get("model"), told.get("id")
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
        told = Answer(exchange)
        first = next(iter(told.chunks), {}) if exchange.is_stream else exchange.document
        name = first.get("id") if isinstance(first, dict) else None
        if not isinstance(name, str) or not name:
            continue
        if name in seen:
            actual = f"{show(name)} again, first in {seen[name].id}"
            yield deviation(exchange, "an id of its own", actual=actual, where="/id")
        seen.setdefault(name, exchange)


@invariant("COMP-RESP-CHOICE-01", on=any_answer)
def choices_are_told_apart(exchange: Exchange) -> Iterator[Finding]:
    """One prompt has one choice with index 0; where there are several, each has its own index."""
    told, asked = answer(exchange), exchange.request.document
    if not told.choices:
        raise Untestable("the answer has no choice")
    indexes = [choice["index"] for choice in told.choices if is_count(choice.get("index"))]
    if len(indexes) < len(told.choices):
        raise Untestable("a choice has no index")
    count = len(set(indexes)) if exchange.is_stream else len(indexes)
    if prompts(exchange) == 1 and not candidates(asked) and (count != 1 or set(indexes) != {0}):
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
    told = [choice["logprobs"] for choice in choices if "logprobs" in choice]
    filled = [each for each in told if each is not None]
    yield Observation(
        "completions_logprobs_key", "filled" if filled else "null" if told else "absent"
    )
    if filled and exchange.is_stream:  # of a whole answer, the schema says it
        yield deviation(exchange, "null", "no such key", actual=show(filled[0]), where="logprobs")


@invariant("COMP-RESP-USAGE-01", on=whole)
def usage_adds_up(exchange: Exchange) -> Iterator[Finding]:
    """total_tokens is the sum of prompt_tokens and completion_tokens."""
    yield from documents.usage_adds_up(exchange, ("prompt_tokens", "completion_tokens"))


@invariant("COMP-RESP-USAGE-01", on=any_answer)
def usage_follows_the_text(exchange: Exchange) -> Iterator[Finding]:
    """Text and prompt are counted: a text costs tokens, and not fewer than its words can need."""
    told = answer(exchange)
    counts = {name: told.tokens(name) for name in ("prompt_tokens", "completion_tokens")}
    texts = {"prompt_tokens": _prompt(exchange), "completion_tokens": told.text}
    for name, text in texts.items():
        if counts[name] < least_tokens(text):
            expected = f"at least {least_tokens(text)} {name} for {show(text)}"
            yield deviation(exchange, expected, actual=str(counts[name]), where=f"/usage/{name}")


@over_run("COMP-RESP-USAGE-01", on=any_answer)
def equal_prompts_cost_the_same(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """Equal prompts to one model have equal prompt_tokens."""
    seen: dict[tuple[str, str], tuple[int, Exchange]] = {}
    for exchange in exchanges:
        asked = exchange.request.document
        count = (Answer(exchange).usage or {}).get("prompt_tokens")
        # What ignored fields and tools do to the prompt, their own clauses ask.
        plain = set(asked) <= {"model", "prompt", "temperature", "max_tokens", "stream"}
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
    cap = exchange.request.document.get("max_tokens")
    if not is_count(cap) or cap < 1:
        raise Untestable("the request sets no cap")
    yield from _above(exchange, cap, "max_tokens")


@invariant("COMP-REQ-MAXTOK-01", on=any_answer)
def default_caps(exchange: Exchange) -> Iterator[Finding]:
    """Without max_tokens no completion has more than 16 tokens."""
    asked = exchange.request.document
    least = asked.get("min_tokens")
    if "max_tokens" in asked or (least is not None and not (is_count(least) and least <= 16)):
        raise Untestable("the request sets a limit of its own")
    yield from _above(exchange, DEFAULT_MAX_TOKENS, "the default")


@invariant("COMP-REQ-MINTOK-01", on=any_answer)
def min_tokens_is_reached(exchange: Exchange) -> Iterator[Finding]:
    """No completion has fewer tokens than min_tokens."""
    asked, told = exchange.request.document, answer(exchange)
    least, cap = asked.get("min_tokens"), asked.get("max_tokens", DEFAULT_MAX_TOKENS)
    if not (is_count(least) and is_count(cap) and 0 < least <= cap) or asked.get("stop"):
        raise Untestable("the request sets no minimum that must hold")
    if any(choice.get("finish_reason") == "content_filter" for choice in told.choices):
        raise Untestable("the answer was filtered")
    spent = told.tokens("completion_tokens")
    wanted = least * len({show(choice.get("index", 0)) for choice in told.choices})
    if spent < wanted:
        expected = f"at least {wanted} completion tokens"
        yield deviation(exchange, expected, actual=str(spent), where="/usage/completion_tokens")


@invariant("COMP-REQ-STOP-01", on=any_answer)
def nothing_follows_a_stop_sequence(exchange: Exchange) -> Iterator[Finding]:
    """No token follows a stop sequence; a rest of the token that it came in may."""
    stop = exchange.request.document.get("stop")
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
    """The text of each choice, in the order of their indexes."""
    joined: dict[int, str] = {}
    for choice in answer(exchange).choices:
        index, text = choice.get("index", 0), choice.get("text")
        if isinstance(index, int) and isinstance(text, str):
            joined[index] = joined.get(index, "") + text
    return [joined[index] for index in sorted(joined)]


def least_tokens(text: str) -> int:
    """Fewer tokens than these no tokenizer makes of a text."""
    words = len(re.findall(r"\w+", text))
    return max(int(bool(text)), (words - WORDS_A_TOKEN) // WORDS_A_TOKEN)


def prompts(exchange: Exchange) -> int:
    """How many prompts the request holds; token ids are one prompt or several, so 0."""
    prompt = exchange.request.document.get("prompt")
    if isinstance(prompt, list):
        return len(prompt) if all(isinstance(each, str) for each in prompt) else 0
    return int(isinstance(prompt, str))


def candidates(asked: dict[str, Any]) -> bool:
    """Whether the request asks for candidates, of which some may never be shown."""
    return any(asked.get(name) not in (None, 1) for name in CANDIDATES)


def is_count(value: object) -> bool:
    """Whether this is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def _above(exchange: Exchange, cap: int, told: str) -> Iterator[Finding]:
    """Findings where there is more than this cap allows for each prompt."""
    asked = exchange.request.document
    if candidates(asked) or not prompts(exchange):
        raise Untestable("how many completions the cap holds for is another clause's matter")
    cap *= prompts(exchange)
    expected = f"at most {cap} completion tokens by {told}"
    spent = (answer(exchange).usage or {}).get("completion_tokens", 0)
    words = sum(least_tokens(text) for text in texts(exchange))
    if is_count(spent) and spent > cap:
        yield deviation(exchange, expected, actual=str(spent), where="/usage/completion_tokens")
    elif words > cap:
        yield deviation(exchange, expected, actual=f"a text of {words} tokens or more")


def _prompt(exchange: Exchange) -> str:
    prompt = exchange.request.document.get("prompt")
    listed = prompt if isinstance(prompt, list) else [prompt]
    # Several prompts may share one choice: the longest is what is surely counted.
    return max((each for each in listed if isinstance(each, str)), key=len, default="")
