"""What bounds an answer: max_tokens, min_tokens, stop, and n."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.outcomes import Inconclusive, Untestable
from schemas.records import Observation
from suites import verify
from suites.asking import COUNT, SHORT, goes_on, read, steady
from suites.checks import Findings, check

if TYPE_CHECKING:
    from fixtures.answers import Answer
    from fixtures.deployment import Deployment

CAPS = (1, 2, 5, 17)
PER_TOKEN = 40  # characters, white space folded; no known tokenizer comes near


@check("CHAT-REQ-MAXTOK-01", tier="smoke")
def test_max_tokens_caps_the_answer(dut: Deployment) -> Findings:
    """An answer has at most max_tokens tokens, by its usage and by its length."""
    for cap in CAPS:
        for stream in (False, True):
            exchange = dut.chat(messages=COUNT, max_tokens=cap, stream=stream)
            yield from verify.accepted(exchange, f"max_tokens {cap}")
            length = len("".join(read(exchange).text.split()))
            if length > PER_TOKEN * cap:
                expected = f"a text of at most {cap} tokens"
                yield verify.deviation(exchange, expected, actual=f"{length} characters")


@check("CHAT-REQ-MAXTOK-02")
def test_cut_answer_ends_with_length(dut: Deployment) -> Findings:
    """An answer that max_tokens cut has finish_reason length.

    Control: at temperature 0 the answer goes on when the cap is higher.
    """
    yield from _cut(dut, stream=False)


@check("STREAM-CHAT-FINAL-02")
def test_cut_stream_ends_with_length(dut: Deployment) -> Findings:
    """A stream that max_tokens cut has finish_reason length."""
    yield from _cut(dut, stream=True)


def _cut(dut: Deployment, *, stream: bool) -> Findings:
    control = goes_on(dut, max(CAPS))
    messages = control.exchange.request.document["messages"]
    if not steady(dut, messages=messages, max_tokens=5):
        raise Inconclusive("no control: the deployment answers the same request differently")
    for cap in CAPS:
        exchange = dut.chat(messages=messages, max_tokens=cap, stream=stream)
        reason = read(exchange).finish_reason
        if reason != "length":
            where = "/choices/0/finish_reason"
            yield verify.deviation(exchange, f"length at {cap} tokens", actual=reason, where=where)


@check("CHAT-RESP-FINISH-02")
def test_natural_end_is_no_cut(dut: Deployment) -> Findings:
    """An answer that ends before max_tokens does not claim to be cut."""
    ended = False
    for messages in SHORT:
        for stream in (False, True):
            exchange = dut.chat(messages=messages, max_tokens=64, stream=stream)
            told = read(exchange)
            if told.usage is None or told.tokens("completion_tokens") >= 64:
                continue
            ended = True
            if told.finish_reason == "length":
                actual = f"length after {told.tokens('completion_tokens')} of 64 tokens"
                yield verify.deviation(exchange, "finish_reason stop", actual=actual)
    if not ended:
        raise Inconclusive("no control: no answer of the model ends within 64 tokens")


@check("CHAT-REQ-MINTOK-01")
def test_min_tokens_is_reached(dut: Deployment) -> Findings:
    """An answer has at least min_tokens tokens.

    Control: the same request without min_tokens ends earlier.
    """
    for messages in SHORT:
        for stream in (False, True):
            exchange = dut.chat(messages=messages, min_tokens=30, max_tokens=60, stream=stream)
            yield from verify.accepted(exchange, "min_tokens 30")
        if read(dut.chat(messages=messages, max_tokens=60)).tokens("completion_tokens") < 30:
            return
    raise Inconclusive("no control: no answer of the model ends within 30 tokens")


@check("CHAT-REQ-MINTOK-02")
def test_short_answers_stay_short(dut: Deployment) -> Findings:
    """Without min_tokens nothing makes a short answer long.

    Rule: a deviation when the answer to every short question has the same length of 30 tokens or
    more and ends by itself there.
    """
    told = [read(dut.chat(messages=messages, max_tokens=64)) for messages in SHORT]
    counts = [each.tokens("completion_tokens") for each in told]
    by_itself = all(each.finish_reason == "stop" for each in told)
    if by_itself and min(counts) >= 30 and len(set(counts)) == 1:
        actual = f"{counts[0]} tokens, three times"
        yield verify.deviation(told[0].exchange, "answers of their own length", actual=actual)


@check("CHAT-REQ-MINTOK-03")
def test_contradicting_limits_are_coherent(dut: Deployment) -> Findings:
    """min_tokens above max_tokens is refused, or the answer keeps max_tokens."""
    exchange = dut.chat(min_tokens=50, max_tokens=10)
    yield from verify.open_to(exchange)
    yield Observation("min_tokens_above_max", verify.side(exchange))


@check("CHAT-REQ-STOP-02")
def test_stop_ends_the_answer(dut: Deployment) -> Findings:
    """Generation ends before a stop sequence, which is not returned; as string and in an array.

    Control: the sequence is taken out of the middle of the model's own answer.
    """
    yield from _stopped(dut, stream=False)


@check("STREAM-CHAT-STOP-01")
def test_stop_ends_the_stream(dut: Deployment) -> Findings:
    """stop ends a stream before the sequence, also where it lies across chunk borders."""
    yield from _stopped(dut, stream=True)


def _stopped(dut: Deployment, *, stream: bool) -> Findings:
    control = goes_on(dut, 20)
    fields = _fields(control)
    sequence, before = _inside(control.text)
    alike = steady(dut, **fields)
    for stop in (sequence, [sequence], ["\u2603\u2603", sequence, "###", "Human:"]):
        exchange = dut.chat(**fields, stop=stop, stream=stream)
        yield from verify.accepted(exchange, f"stop {stop!r}")
        told = read(exchange)
        if alike and sequence not in told.text and told.text.rstrip() != before.rstrip():
            expected = f"the text before {verify.show(sequence)}: {verify.show(before)}"
            yield verify.deviation(exchange, expected, actual=verify.show(told.text))
        if alike and sequence not in told.text and told.finish_reason != "stop":
            yield verify.deviation(exchange, "finish_reason stop", actual=told.finish_reason)


@check("CHAT-REQ-STOP-03")
def test_earliest_stop_wins(dut: Deployment) -> Findings:
    """Of several stop sequences the one that comes first in the text ends it, in any order."""
    control = goes_on(dut, 20)
    fields = _fields(control)
    if not steady(dut, **fields):
        raise Inconclusive("no control: the deployment answers the same request differently")
    early, before = _inside(control.text)
    late, _ = _inside(control.text[len(before) + len(early) :])
    for stop in ([late, early], [early, late]):
        exchange = dut.chat(**fields, stop=stop)
        text = read(exchange).text
        if text.rstrip() != before.rstrip():
            expected = f"the text before {verify.show(early)}: {verify.show(before)}"
            yield verify.deviation(exchange, expected, actual=verify.show(text))


@check("CHAT-REQ-N-05", tier="smoke")
def test_several_choices_are_refused_before_a_stream(dut: Deployment) -> Findings:
    """n above 1 with stream is refused with an HTTP status: no stream opens."""
    for n in (2, 3):
        yield from verify.refused(dut.chat(n=n, stream=True), f"n = {n} with stream")


@check("CHAT-REQ-N-02", tier="smoke")
def test_two_choices_are_refused(dut: Deployment) -> Findings:
    """n above 1 is refused: neither two choices nor silently one."""
    exchange = dut.chat(n=2)
    yield from verify.refused(exchange, "n = 2")
    yield Observation("status_n_greater_1", str(exchange.status))


@check("CHAT-REQ-MAXCOMP-02")
def test_max_completion_tokens_takes_a_side(dut: Deployment) -> Findings:
    """max_completion_tokens caps the answer or is ignored: the side is observed."""
    yield Observation("max_completion_tokens", _side(dut, stream=False))


@check("CHAT-REQ-MAXCOMP-03")
def test_max_completion_tokens_keeps_its_side(dut: Deployment) -> Findings:
    """max_completion_tokens does the same for a stream as for a plain answer."""
    plain, streamed = _side(dut, stream=False), _side(dut, stream=True)
    if plain != streamed:
        exchange = dut.chat(**_capped(dut), stream=True)
        yield verify.deviation(exchange, f"{plain}, as without stream", actual=streamed)


def _capped(dut: Deployment) -> dict[str, Any]:
    control = goes_on(dut, 20)
    return {**_fields(control), "max_completion_tokens": 5}


def _side(dut: Deployment, *, stream: bool) -> str:
    told = read(dut.chat(**_capped(dut), stream=stream))
    length = len("".join(told.text.split()))
    if told.usage is not None:
        return "honoured" if told.tokens("completion_tokens") <= 5 else "ignored"
    return "honoured" if length <= 5 * PER_TOKEN and len(told.pieces) <= 6 else "ignored"


def _fields(control: Answer) -> dict[str, Any]:
    """The fields of a control request, to be sent again with one more."""
    document = control.exchange.request.document
    return {name: document[name] for name in ("messages", "max_tokens")}


def _inside(text: str) -> tuple[str, str]:
    """A word out of the middle of a text, and what stands before its first occurrence.

    Raises Untestable when the text has no such word.
    """
    words = [word for word in text.split() if len(word) > 1]
    for word in words[len(words) // 3 :]:
        if before := text.partition(word)[0].strip():
            return word, text.partition(word)[0] if before else ""
    raise Untestable("the control's text has no word to stop at")
