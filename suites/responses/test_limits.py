"""How long a response may be, which field says so, and how a cut one is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.target.plain_requests import ABSENT
from schemas.outcomes import NoControl, Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.invariants.responses import WORDS_A_TOKEN
from suites.support.probes import FORMS, at_tier
from suites.support.responses import CAPS, ESSAY, answered, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.target.deployment import Deployment
    from fixtures.target.responses_view import Output
    from fixtures.transport.exchange import Exchange

LOW = CAPS[0]
N = 4
# A cap that is none, with the one of this route and without: then the answer has to be brief.
BOTH: Mapping[str, Any] = {"input": ESSAY, "max_tokens": LOW, "max_output_tokens": CAPS[1]}
ALONE: Mapping[str, Any] = {
    "input": [
        {"role": "user", "content": "Explain in three sentences what artificial intelligence is."}
    ],
    "max_tokens": LOW,
    "max_output_tokens": ABSENT,
}


def _essay(dut: Deployment, cap: int, form: Mapping[str, Any], sample: int = 0) -> Exchange:
    return dut.responses(input=ESSAY, max_output_tokens=cap, sample=sample, **form)


def _goes_on(dut: Deployment, above: int) -> None:
    """The control: with a higher cap the answer goes on. Raises NoControl when it does not."""
    higher = next(cap for cap in CAPS if cap > above)
    if read(_essay(dut, higher, {})).tokens("output_tokens") <= above:
        raise NoControl(f"the model's answer ends within {above} tokens")


@check("RESP-REQ-MAXOUT-01")
def test_long_answers_are_capped(dut: Deployment) -> Findings:
    """A long answer is cut at max_output_tokens, plain and streamed, whatever its usage says."""
    for cap in at_tier(dut, CAPS[:2], 1):
        for form in FORMS:
            exchange = _essay(dut, cap, form)
            yield from answered(exchange, f"max_output_tokens {cap}")
            words = len(_text(exchange).split())
            if words > WORDS_A_TOKEN * cap:
                expected = f"a text of at most {cap} tokens"
                yield verify.deviation(exchange, expected, actual=f"{words} words")


@check("RESP-REQ-MAXOUT-02")
def test_cut_answer_is_incomplete(dut: Deployment) -> Findings:
    """An answer that ends at its cap, and goes on under a higher one, is incomplete.

    Control, where one is not: the same question with the next higher cap is answered at greater
    length. An answer may end by itself where the cap is: a deviation when of four none is
    incomplete.
    """
    for cap in at_tier(dut, CAPS[:2], 1):
        for form in FORMS:
            response = read(_essay(dut, cap, form))
            if response.status == "incomplete":
                continue
            _goes_on(dut, cap)
            if response.status != "completed" or _spent(response) != cap:
                continue
            again = (read(_essay(dut, cap, form, sample)) for sample in range(1, N))
            if all(each.status != "incomplete" for each in again):
                actual = f"completed, after {cap} of {cap} tokens"
                yield verify.deviation(response.exchange, "status incomplete", actual=actual)


@check("RESP-REQ-MAXTOK-01")
def test_max_tokens_does_not_limit(dut: Deployment) -> Findings:
    """max_tokens, with max_output_tokens and without, is refused, or does not cut the answer.

    Control: the same question without max_tokens is answered at greater length. A deviation when
    each of four answers is cut: one may end there by itself.
    """
    sides = []
    for fields in (BOTH, ALONE):
        exchange = dut.responses(**fields)
        yield from verify.accepted_or_refused(exchange)
        if not exchange.ok or read(exchange).tokens("output_tokens") > LOW:
            sides.append("ignored" if exchange.ok else "refused")
            continue
        control = dut.responses(input=fields["input"], max_output_tokens=CAPS[1])
        if read(control).tokens("output_tokens") <= LOW:
            raise NoControl(f"the model's answer ends within {LOW} tokens")
        tries = (dut.responses(**fields, sample=sample) for sample in range(N))
        if all(_is_cut(read(each)) for each in tries):
            sides.append("honoured")
            actual = f"{read(exchange).tokens('output_tokens')} tokens"
            expected = f"more than the {LOW} tokens of max_tokens"
            yield verify.deviation(exchange, expected, "a 4xx status", actual=actual)
        else:
            sides.append("ignored")
    yield Observation("responses_max_tokens", "honoured" if "honoured" in sides else sides[0])


def _is_cut(response: Output) -> bool:
    spent = response.tokens("output_tokens")
    return spent == LOW or (spent < LOW and response.status == "incomplete")


def _spent(response: Output) -> int | None:
    """The output tokens; a stream may go without."""
    try:
        return response.tokens("output_tokens")
    except Untestable:
        return None


def _text(exchange: Exchange) -> str:
    """The text of the response, or else of the deltas."""
    response = read(exchange)
    try:
        return response.text
    except Untestable:
        return response.streamed_text
