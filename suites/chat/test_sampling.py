"""temperature, top_p and the penalties have their effect. Sampled: n and rule in each docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.target.plain_requests import ABSENT
from schemas.outcomes import NoControl, NotApplicable, Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support import sampling
from suites.support.probes import (
    CHAT,
    STORY,
    as_messages,
    at_tier,
    distinct,
    is_deterministic,
    read,
    require_determinism,
    sample,
)

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment

RANDOM = as_messages("Name a random animal and a random city.")
LA = as_messages("Repeat the word la 40 times.")
ANIMALS = as_messages("Name 30 animals, repeats are allowed.")


def _texts(dut: Deployment, n: int, **fields: Any) -> list[str]:
    return sample(
        n, lambda k: dut.chat(sample=k, **{"messages": RANDOM, "max_tokens": 24, **fields})
    )


@check("CHAT-REQ-TEMP-04", tier="deep")
def test_temperature_has_an_effect(dut: Deployment) -> Findings:
    """A high temperature varies the answers. n = 8 at 1.8, then 32 of a story.

    Rule: a deviation when eight answers are the same, and thirty-two stories have one beginning of
    thirty characters or more, while the same model gives at least three different answers at
    temperature 1 (n = 8) or as completions (n = 4). Without these controls a model that says one
    thing cannot be distinguished from a temperature that is ignored.
    """
    texts = _texts(dut, sampling.N, temperature=sampling.HOT)
    if distinct(texts) > 1:
        return
    story: dict[str, Any] = {"messages": STORY, "max_tokens": 24, "temperature": sampling.HOT}
    exchange = dut.chat(**story)
    if read(exchange).text in texts:
        raise NoControl("the model says the same to different questions")
    if not sampling.steady(dut, CHAT, **story):
        raise NoControl("the model's stories are short, or differ now and then")
    at_one = distinct(_texts(dut, sampling.N, temperature=1))
    if at_one < 3 and _completions(dut, exchange.request.model) < 3:
        raise NoControl("the model hardly varies at any temperature")
    expected = f"varied answers at temperature {sampling.HOT}"
    yield verify.deviation(exchange, expected, actual=f"{sampling.SURE} times the same")


def _completions(dut: Deployment, model: str) -> int:
    """How many different completions the model gives at a high temperature, of 4."""
    fields = {"model": model, "prompt": "A random animal:", "max_tokens": 24, "top_p": 1}
    try:
        return sampling.variety(dut, "/completions", 4, **fields, temperature=sampling.HOT)
    except (NotApplicable, Untestable):
        return 0


@check("CHAT-REQ-TEMP-05", tier="deep")
def test_default_temperature_is_not_greedy(dut: Deployment) -> Findings:
    """Without temperature answers vary as they do at 1. n = 8 each, then 32 of a story.

    Rule: a deviation when all thirty-two stories begin alike without it, with thirty characters or
    more, and at least twelve differ at 1.
    """
    story: dict[str, Any] = {"messages": STORY, "max_tokens": 24}
    counts = [distinct(_texts(dut, sampling.N, temperature=each, **story)) for each in (ABSENT, 1)]
    if (
        counts[0] > 1
        or counts[1] == 1
        or not sampling.steady(dut, CHAT, **story, temperature=ABSENT)
    ):
        return
    if (
        different := sampling.variety(dut, CHAT, sampling.SURE, **story, temperature=1)
    ) >= sampling.VARIED:
        exchange = dut.chat(**story, temperature=ABSENT)
        actual = f"{sampling.SURE} times the same; {different} different answers at 1"
        yield verify.deviation(exchange, "answers that vary as at temperature 1", actual=actual)


@check("CHAT-REQ-TEMP-06")
def test_temperature_zero_is_observed(dut: Deployment) -> Findings:
    """At temperature 0 the same request is answered alike, or not: the side is observed. n = 2."""
    asked: list[dict[str, Any]] = [{}, {"messages": RANDOM, "max_tokens": 16}]
    texts = [sample(2, lambda k: dut.chat(sample=k, **each)) for each in at_tier(dut, asked, 1)]  # noqa: B023
    repeats = all(distinct(each) == 1 for each in texts)
    yield Observation("temperature_0", "repeats" if repeats else "varies")


@check("CHAT-REQ-TOPP-03", tier="deep")
def test_top_p_restricts_sampling(dut: Deployment) -> Findings:
    """A tiny top_p keeps only the likeliest words. n = 6 at temperature 1.8 each.

    Rule: a deviation when top_p 0.01 varies as much as top_p 1 does, with at least four different
    answers each, on a deployment that repeats itself at temperature 0.
    """
    free, tight = (_texts(dut, 6, temperature=1.8, top_p=top_p) for top_p in (1, 0.01))
    if distinct(tight) >= 4 and distinct(tight) >= distinct(free) - 1:
        fields: dict[str, Any] = {"messages": RANDOM, "max_tokens": 24}
        require_determinism(dut, fields, fields)
        exchange = dut.chat(messages=RANDOM, max_tokens=24, temperature=1.8, top_p=0.01)
        actual = f"{distinct(tight)} of 6 different; {distinct(free)} with top_p 1"
        yield verify.deviation(exchange, "nearly the same answer each time", actual=actual)


@check("CHAT-REQ-FREQPEN-02", tier="deep")
def test_default_frequency_penalty_is_zero(dut: Deployment) -> Findings:
    """Without frequency_penalty the answer is the one with 0.0.

    Asked for what repeats itself: elsewhere a penalty changes little. Control: at temperature 0
    the deployment answers always alike.
    """
    fields: dict[str, Any] = {"messages": LA, "max_tokens": 40}
    without = read(dut.chat(**fields)).text
    for value in at_tier(dut, (0, 0.0), 1):
        exchange = dut.chat(**fields, frequency_penalty=value)
        if read(exchange).text != without:
            require_determinism(dut, fields, {**fields, "frequency_penalty": value})
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
    repeats = len(words) >= 20 and len(set(words)) <= len(words) / 2
    if not repeats or not is_deterministic(dut, CHAT, fields, fields, role="chat"):
        raise NoControl("the model's answer does not repeat itself steadily")
    exchange = dut.chat(**fields, **{field: 2})
    yield from verify.accepted(exchange, f"{field} = 2")
    if read(exchange).text.lower().split() == words:
        expected = "an answer that repeats itself less"
        actual = f"the same {len(words)} words, {len(set(words))} of them different"
        yield verify.deviation(exchange, expected, actual=actual)


@check("CHAT-IGN-SEED-02", tier="deep")
def test_seed_takes_a_side(dut: Deployment) -> Findings:
    """seed makes answers repeatable or is ignored: which, is observed. n = 6 each at 1.8."""
    yield Observation("seed", sampling.seed_side(dut, CHAT, messages=STORY, max_tokens=24, top_p=1))
