"""temperature, top_p and the penalties have their effect. Sampled: n and rule in each docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.bodies import ABSENT
from fixtures.outcomes import Inconclusive
from schemas.records import Observation
from suites import verify
from suites.asking import distinct, read, said, sample, steady
from suites.checks import Findings, check

if TYPE_CHECKING:
    from fixtures.deployment import Deployment

RANDOM = said("Name a random animal and a random city.")
LA = said("Repeat the word la 40 times.")
ANIMALS = said("Name 30 animals, repeats are allowed.")


def _texts(dut: Deployment, n: int, **fields: Any) -> list[str]:
    return sample(n, lambda k: dut.chat(sample=k, messages=RANDOM, **{"max_tokens": 24, **fields}))


@check("CHAT-REQ-TEMP-04", tier="deep")
def test_temperature_has_an_effect(dut: Deployment) -> Findings:
    """A high temperature varies the answers. n = 8 at 1.8.

    Rule: a deviation when all eight answers are the same; unvaried answers at 24 tokens do not
    come from sampling.
    """
    texts = _texts(dut, 8, temperature=1.8)
    if distinct(texts) == 1 and texts[0].strip():
        exchange = dut.chat(messages=RANDOM, max_tokens=24, temperature=1.8)
        yield verify.deviation(
            exchange, "varied answers at temperature 1.8", actual="8 times the same"
        )


@check("CHAT-REQ-TEMP-05", tier="deep")
def test_default_temperature_is_not_greedy(dut: Deployment) -> Findings:
    """Without temperature answers vary as they do at 1. n = 8 each.

    Rule: a deviation when all eight are the same without it, and at least four differ at 1.
    """
    omitted, one = _texts(dut, 8, temperature=ABSENT), _texts(dut, 8, temperature=1)
    if distinct(omitted) == 1 and distinct(one) >= 4:
        exchange = dut.chat(messages=RANDOM, max_tokens=24, temperature=ABSENT)
        actual = f"8 times the same; {distinct(one)} different answers at 1"
        yield verify.deviation(exchange, "answers that vary as at temperature 1", actual=actual)


@check("CHAT-REQ-TEMP-06")
def test_temperature_zero_is_observed(dut: Deployment) -> Findings:
    """At temperature 0 the same request is answered alike, or not: the side is observed. n = 3."""
    texts = sample(3, lambda k: dut.chat(sample=k, messages=RANDOM, max_tokens=16))
    yield Observation("temperature_0", "repeats" if distinct(texts) == 1 else "varies")


@check("CHAT-REQ-TOPP-03", tier="deep")
def test_top_p_restricts_sampling(dut: Deployment) -> Findings:
    """A tiny top_p keeps only the likeliest words. n = 6 at temperature 1.8 each.

    Rule: a deviation when top_p 0.01 varies as much as top_p 1 does, with at least four different
    answers each, on a deployment that repeats itself at temperature 0.
    """
    free, tight = (_texts(dut, 6, temperature=1.8, top_p=top_p) for top_p in (1, 0.01))
    if distinct(tight) >= 4 and distinct(tight) >= distinct(free) - 1:
        if not steady(dut, messages=RANDOM, max_tokens=24):
            raise Inconclusive("no control: the deployment varies at temperature 0")
        exchange = dut.chat(messages=RANDOM, max_tokens=24, temperature=1.8, top_p=0.01)
        actual = f"{distinct(tight)} of 6 different; {distinct(free)} with top_p 1"
        yield verify.deviation(exchange, "nearly the same answer each time", actual=actual)


@check("CHAT-REQ-FREQPEN-02")
def test_default_frequency_penalty_is_zero(dut: Deployment) -> Findings:
    """Without frequency_penalty the answer is the one with 0.0.

    Control: the deployment repeats itself at temperature 0.
    """
    fields: dict[str, Any] = {"messages": LA, "max_tokens": 40}
    if not steady(dut, **fields):
        raise Inconclusive("no control: the deployment varies at temperature 0")
    without = read(dut.chat(**fields)).text
    for value in (0, 0.0):
        exchange = dut.chat(**fields, frequency_penalty=value)
        if read(exchange).text != without:
            actual = verify.show(read(exchange).text)
            expected = f"the answer without it: {verify.show(without)}"
            yield verify.deviation(exchange, expected, actual=actual)


@check("CHAT-REQ-FREQPEN-03", tier="deep")
def test_frequency_penalty_has_an_effect(dut: Deployment) -> Findings:
    """frequency_penalty 2 changes an answer that repeats itself."""
    yield from _penalised(dut, LA, "frequency_penalty")


@check("CHAT-REQ-PRESPEN-02", tier="deep")
def test_presence_penalty_has_an_effect(dut: Deployment) -> Findings:
    """presence_penalty 2 changes an answer that repeats itself."""
    yield from _penalised(dut, ANIMALS, "presence_penalty")


def _penalised(dut: Deployment, messages: list[dict[str, Any]], field: str) -> Findings:
    """Control: at temperature 0 the answer is steady, and at least half of its words come again."""
    fields: dict[str, Any] = {"messages": messages, "max_tokens": 80}
    words = read(dut.chat(**fields)).text.lower().split()
    if len(words) < 20 or len(set(words)) > len(words) / 2 or not steady(dut, **fields):
        raise Inconclusive("no control: the model's answer does not repeat itself steadily")
    exchange = dut.chat(**fields, **{field: 2})
    yield from verify.accepted(exchange, f"{field} = 2")
    if read(exchange).text.lower().split() == words:
        expected = "an answer that repeats itself less"
        actual = f"the same {len(words)} words, {len(set(words))} of them different"
        yield verify.deviation(exchange, expected, actual=actual)
