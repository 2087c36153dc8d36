"""What bounds an answer: max_tokens, min_tokens, stop, and n."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fixtures.target.plain_requests import ABSENT
from schemas.outcomes import NoControl, Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.invariants.generic import reasons
from suites.support.conversations import NATURAL
from suites.support.probes import (
    COUNT,
    FORMS,
    SCRIPTS,
    SHORT,
    STORY,
    TELLS,
    Messages,
    as_messages,
    at_tier,
    crossed_at_tier,
    distinct,
    goes_on,
    read,
    require_determinism,
)
from suites.support.table_cases import COMFORT, WEATHER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.target.chat_view import Answer
    from fixtures.target.deployment import Deployment

CAPS = (5, 1, 2, 17)
HALF = "\ufffd"  # what a decoder makes of half a character
WORDS = as_messages("Repeat exactly: One Bogot\u00e1, two \u6771\u4eac, three")
PAIR = r"\S+ \S+"  # of several tokens, so that it comes in several chunks
# Signs, phrases, capitals, other scripts; none is white space alone, which may be trimmed unseen.
KINDS = (r"\S", PAIR, r"\S+ \S+ \S+ \S+", r"\b[A-Z]\w+", r"[^\x00-\x7f]")
ODD = r"\b[A-Z]\w*[^\x00-\x7f] \S+"  # a phrase, with a capital, and of another script, all in one
OTHERS = ("Human:", "\u2603\u2603", "###")


@check("CHAT-REQ-MAXTOK-01", tier="smoke")
def test_max_tokens_caps_the_answer(dut: Deployment) -> Findings:
    """An answer has at most max_tokens tokens; the judge of all answers counts and measures."""
    for cap in at_tier(dut, CAPS, 1):
        for form in FORMS:
            exchange = dut.chat(messages=COUNT, max_tokens=cap, **form)
            yield from verify.accepted(exchange, f"max_tokens {cap}")


@check("CHAT-REQ-MAXTOK-02")
def test_cut_answer_ends_with_length(dut: Deployment) -> Findings:
    """An answer that max_tokens cut has finish_reason length.

    Control: at temperature 0 the answer goes on when the cap is higher, always alike.
    """
    yield from _cut(dut, {}, 1)


@check("STREAM-CHAT-FINAL-02")
def test_cut_stream_ends_with_length(dut: Deployment) -> Findings:
    """A stream that max_tokens cut has finish_reason length."""
    yield from _cut(dut, {"stream": True}, 0)


def _cut(dut: Deployment, form: dict[str, Any], first: int) -> Findings:
    control = goes_on(dut, 2)
    kept, spent = _fields(control), control.tokens("completion_tokens")
    for (cap,) in crossed_at_tier(dut, CAPS, most=1, first=first):
        # The last token may be one that ends the text and is not seen.
        if cap >= spent - 1:
            continue
        varied = {**kept, "max_tokens": cap, **form}
        exchange = dut.chat(**varied)
        reason = read(exchange).finish_reason
        if reason not in ("length", "content_filter"):
            require_determinism(dut, kept, varied)
            plain = read(dut.chat(**{**kept, "max_tokens": cap}))  # a stream may not count
            if plain.tokens("completion_tokens") > cap:
                raise Untestable("max_tokens cuts nothing: see CHAT-REQ-MAXTOK-01")
            where = "/choices/0/finish_reason"
            yield verify.deviation(exchange, f"length at {cap} tokens", actual=reason, where=where)


@check("CHAT-RESP-FINISH-02")
def test_natural_end_is_no_cut(dut: Deployment) -> Findings:
    """An answer that ends before max_tokens does not claim to be cut."""
    ended = False
    forms: tuple[Mapping[str, Any], ...] = ({}, TELLS)
    for messages, form in crossed_at_tier(dut, SHORT, forms, most=2):
        exchange = dut.chat(messages=messages, max_tokens=NATURAL, **form)
        if form and not exchange.ok:
            continue  # stream_options are named on no page
        answer = read(exchange)
        # What is spent on reasoning may be counted apart.
        if answer.usage is None or answer.tokens("completion_tokens") >= NATURAL or reasons(answer):
            continue
        ended = True
        if answer.finish_reason == "length":
            actual = f"length after {answer.tokens('completion_tokens')} of {NATURAL} tokens"
            yield verify.deviation(exchange, "finish_reason stop", actual=actual)
    if not ended:
        raise NoControl(f"no answer of the model ends within {NATURAL} tokens")


@check("CHAT-REQ-MINTOK-01")
def test_min_tokens_is_reached(dut: Deployment) -> Findings:
    """An answer has at least min_tokens tokens; the judge of all answers counts them.

    Control: the same request without min_tokens ends earlier.
    """
    least = 30
    for messages in SHORT:
        for form in FORMS:
            fields = {"messages": messages, "min_tokens": least, "max_tokens": NATURAL, **form}
            yield from verify.accepted(dut.chat(**fields), f"min_tokens {least}")
        yield from _as_long(dut, messages, least)
        without = read(dut.chat(messages=messages, max_tokens=NATURAL))
        if without.tokens("completion_tokens") < least:
            return
    raise NoControl(f"no answer of the model ends within {least} tokens")


def _as_long(dut: Deployment, messages: Messages, least: int) -> Findings:
    """A finding where a stream, which need not tell its tokens, ends before the plain answer."""
    kept: dict[str, Any] = {
        "messages": messages,
        "min_tokens": least,
        "max_tokens": NATURAL,
    }
    plain, exchange = read(dut.chat(**kept)), dut.chat(**kept, stream=True)
    text = read(exchange).text
    if text != plain.text and plain.text.startswith(text):
        require_determinism(dut, kept, {**kept, "stream": True})
        expected = f"as without stream: {verify.show(plain.text)}"
        yield verify.deviation(exchange, expected, actual=verify.show(text))


@check("CHAT-REQ-MINTOK-02")
def test_short_answers_stay_short(dut: Deployment) -> Findings:
    """Without min_tokens nothing makes a short answer long.

    Rule: a deviation when the answer to every short question has the same length of 30 tokens or
    more and ends by itself there. A model that says one sentence to all of them is not judged.
    """
    answers = []
    for messages in SHORT:
        answers.append(read(dut.chat(messages=messages, max_tokens=NATURAL)))
        if answers[-1].tokens("completion_tokens") < 30:
            return
    counts = [each.tokens("completion_tokens") for each in answers]
    by_itself = all(each.finish_reason == "stop" for each in answers)
    if distinct(each.text for each in answers) == 1 and min(counts) >= 30:
        raise NoControl("the model says the same to every short question")
    if by_itself and 30 <= min(counts) < NATURAL and len(set(counts)) == 1:
        actual = f"{counts[0]} tokens, three times"
        yield verify.deviation(answers[0].exchange, "answers of their own length", actual=actual)


@check("CHAT-REQ-MINTOK-03", tier="deep")
def test_contradicting_limits_are_coherent(dut: Deployment) -> Findings:
    """min_tokens above max_tokens is refused, or the answer keeps max_tokens."""
    exchange = dut.chat(min_tokens=50, max_tokens=10)
    yield from verify.accepted_or_refused(exchange)
    yield Observation("min_tokens_above_max", verify.side(exchange))


@check("CHAT-REQ-STOP-02")
def test_stop_ends_the_answer(dut: Deployment) -> Findings:
    """Generation ends before a stop sequence, which is not returned; as string and in an array.

    Control: the sequence is taken out of the middle of the model's own answer, which at
    temperature 0 comes always alike. First among sequences that come later: where that ends
    elsewhere, it is asked without them, because which of several wins is a clause of its own.
    """
    control, sequence, before = _to_be_stopped(dut, (SCRIPTS, ODD))
    among = _among(control, sequence, before)
    if dut.setup.tier == "deep" or list(_ends_before(dut, control, among, sequence, before, {})):
        for stop in at_tier(dut, _forms(sequence), 1):
            yield from _ends_before(dut, control, stop, sequence, before, {})


@check("STREAM-CHAT-STOP-01")
def test_stop_ends_the_stream(dut: Deployment) -> Findings:
    """stop ends a stream before the sequence, also where it lies across chunk borders."""
    control, sequence, before = _to_be_stopped(dut, (COUNT, PAIR))
    for (stop,) in crossed_at_tier(dut, _forms(sequence), most=1, first=1):
        yield from _ends_before(dut, control, stop, sequence, before, {"stream": True})


@check("CHAT-REQ-STOP-02", tier="deep")
def test_stop_may_be_of_any_kind(dut: Deployment) -> Findings:
    """stop may be one sign, several words, capital or in another script.

    Control: as above, each sequence out of one of three answers of the model.
    """
    answers = [
        read(dut.chat(messages=messages, max_tokens=40)) for messages in (COUNT, STORY, WORDS)
    ]
    found = [(each, *_inside(each.text, kind)) for each in answers for kind in KINDS]
    if not any(sequence for _, sequence, _ in found):
        raise NoControl("no answer of the model has a sequence to stop at")
    for control, sequence, before in found:
        if sequence:
            yield from _ends_before(dut, control, sequence, sequence, before, {})


def _forms(sequence: str) -> tuple[object, ...]:
    """The forms that a stop sequence may have."""
    return [*OTHERS, sequence], sequence, [sequence], [*OTHERS[1:], sequence, OTHERS[0]]


def _among(control: Answer, sequence: str, before: str) -> list[str]:
    """The sequence behind three others, of which the first comes later in the text, if one does."""
    later, _ = _inside(control.text[len(before) + len(sequence) :])
    comes_first = not later or later in control.text[: len(before) + len(sequence)]
    return [OTHERS[0] if comes_first else later, *OTHERS[1:], sequence]


def _ends_before(
    dut: Deployment, control: Answer, stop: object, sequence: str, before: str, form: dict[str, Any]
) -> Findings:
    kept = _fields(control)
    varied = {**kept, "stop": stop, **form}
    exchange = dut.chat(**varied)
    yield from verify.accepted(exchange, f"stop {stop!r}")
    answer = read(exchange)
    expected = f"the text before {verify.show(sequence)}: {verify.show(before)}"
    if sequence in answer.text:
        return  # found by the judge of all answers
    if answer.text.rstrip() != before.rstrip():
        _speaks_aloud(control, answer)
        require_determinism(dut, kept, varied)
        if form and read(dut.chat(**kept, **form)).text != control.text:
            raise Untestable("a stream says something else: see STREAM-CHAT-DELTA-01")
        yield verify.deviation(exchange, expected, actual=verify.show(answer.text))
    elif answer.finish_reason == "length" and not reasons(answer):
        require_determinism(dut, kept, varied)
        yield verify.deviation(exchange, "finish_reason stop", actual=answer.finish_reason)


@check("CHAT-REQ-STOP-03")
def test_earliest_stop_wins(dut: Deployment) -> Findings:
    """Of several stop sequences the one that comes first in the text ends it, in any order.

    Control: without the later one it ends there.
    """
    control, early, before = _to_be_stopped(dut, (SCRIPTS, ODD))
    kept, among = _fields(control), _among(control, early, before)
    late = among[0]
    if late in OTHERS:
        raise NoControl("the model's answer has no two words to stop at")
    for stop in at_tier(dut, (among, [late, early], [early, late]), 1):
        exchange = dut.chat(**kept, stop=stop)
        text = read(exchange).text
        if text.rstrip() != before.rstrip():
            if list(_ends_before(dut, control, [*OTHERS, early], early, before, {})):
                raise Untestable("nor does one sequence end it there: see CHAT-REQ-STOP-02")
            require_determinism(dut, kept, {**kept, "stop": stop})
            expected = f"the text before {verify.show([early, late])}: {verify.show(before)}"
            yield verify.deviation(exchange, expected, actual=verify.show(text))


def _speaks_aloud(*answers: Answer) -> None:
    """Raise NoControl where a sequence may have ended what the model thinks before it speaks."""
    if any(map(reasons, answers)):
        raise NoControl("the model reasons, and may be stopped there")


def _to_be_stopped(dut: Deployment, first: tuple[Messages, str]) -> tuple[Answer, str, str]:
    """An answer, a sequence in it, and what stands before that. Raises NoControl.

    `first` is what is asked first, and what kind of sequence is looked for in its answer.
    """
    asked = [first, (COUNT, ""), (STORY, ""), *((messages, "") for messages in SHORT)]
    for messages, kind in asked:
        cap = NATURAL if messages in SHORT else 40
        control = read(dut.chat(messages=messages, max_tokens=cap))
        sequence, before = _inside(control.text, kind)
        if sequence:
            return control, sequence, before
    raise NoControl("no answer of the model has a word to stop at")


@check("CHAT-REQ-N-05", tier="smoke")
def test_several_choices_are_refused_before_a_stream(dut: Deployment) -> Findings:
    """n above 1 with stream is refused with an HTTP status: no stream opens."""
    for n in at_tier(dut, (2, 3), 1):
        yield from verify.refused(dut.chat(n=n, stream=True, **COMFORT), f"n = {n} with stream")


@check("CHAT-REQ-N-02", tier="smoke")
def test_two_choices_are_refused(dut: Deployment) -> Findings:
    """n above 1 is refused: neither two choices nor silently one."""
    exchange = dut.chat(n=2, **COMFORT)
    yield from verify.refused(exchange, "n = 2")
    yield Observation("status_n_greater_1", str(exchange.status))


@check("CHAT-REQ-N-02", tier="deep")
def test_several_choices_are_refused_in_any_company(dut: Deployment) -> Findings:
    """n above 1 is refused whatever its size, by every model, hot or with a cap of one."""
    hot = [{"temperature": value} for value in (0, 1)]
    company: list[dict[str, Any]] = [{"n": 8}, *hot, {"max_tokens": 1}]
    models = [{"model": model} for model in dut.cast.models("chat")[1:]]
    for fields in (*company, *models):
        yield from verify.refused(dut.chat(**{"n": 2, **fields}), f"n above 1 with {fields}")


@check("CHAT-REQ-N-02", tier="deep", needs=("tools",))
def test_several_choices_are_refused_with_tools(dut: Deployment) -> Findings:
    """n above 1 is refused where tools are offered, too."""
    exchange = dut.chat("tools", tools=[WEATHER], n=2)
    yield from verify.refused(exchange, "n = 2 with tools")


@check("CHAT-REQ-MAXCOMP-02")
def test_max_completion_tokens_takes_a_side(dut: Deployment) -> Findings:
    """max_completion_tokens caps the answer or is ignored: the side is observed."""
    yield Observation("max_completion_tokens", _side(dut, {}))


@check("CHAT-REQ-MAXCOMP-03", tier="deep")
def test_max_completion_tokens_keeps_its_side(dut: Deployment) -> Findings:
    """max_completion_tokens does the same for a stream as for a plain answer."""
    plain, streamed = (_side(dut, form) for form in FORMS)
    if plain != streamed:
        kept = _fields(goes_on(dut, 1))
        require_determinism(dut, kept, {**kept, "stream": True})
        exchange = dut.chat(**_capped(dut), stream=True)
        yield verify.deviation(exchange, f"{plain}, as without stream", actual=streamed)


def _capped(dut: Deployment) -> dict[str, Any]:
    """A request that is answered at greater length than its max_completion_tokens."""
    control = goes_on(dut, 1)
    cap = 5 if control.tokens("completion_tokens") > 5 else 1
    return {**_fields(control), "max_completion_tokens": cap}


def _side(dut: Deployment, form: dict[str, Any]) -> str:
    fields = _capped(dut)
    answer, cap = read(dut.chat(**fields, **form)), fields["max_completion_tokens"]
    if answer.usage is not None:
        return "honoured" if answer.tokens("completion_tokens") <= cap else "ignored"
    without = read(dut.chat(**{**fields, "max_completion_tokens": ABSENT}, **form)).text
    if answer.text == without:
        if without:
            return "ignored"
    elif without.startswith(answer.text):
        return "honoured"
    raise NoControl("the streamed answer says neither that it was cut nor that it was not")


def _fields(control: Answer) -> dict[str, Any]:
    """The fields of a control request, to be sent again with one more."""
    document = control.exchange.request.document
    return {name: document[name] for name in ("messages", "max_tokens")}


def _inside(text: str, kind: str = "") -> tuple[str, str]:
    """A sequence out of the middle of a text, and what stands before it; empty without one.

    A word, or in a text of one word its last letter; or what fits the pattern `kind`; never what
    is left of a character that a cap cut.
    """
    words = [word for word in text.split() if len(word) > 1]
    some = (*words[len(words) // 3 :], *text.strip().rstrip(HALF)[-1:])
    for sequence in re.findall(kind, text[len(text) // 6 :]) if kind else some:
        before = text.partition(sequence)[0]
        if HALF not in sequence and before.strip():
            return sequence, before
    return "", ""
