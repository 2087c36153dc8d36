"""What temperature, top_p and seed do to completions. Sampled: n and rule in each docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.target.plain_requests import ABSENT
from schemas.outcomes import NoControl
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support import sampling
from suites.support.completions import ROUTE, text_of
from suites.support.probes import as_messages

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment

# top_p is sent, because its default is disputed: with the printed 0 nothing would vary.
TALE: dict[str, Any] = {"prompt": "Once upon a time", "max_tokens": 24, "top_p": 1}
DREAM: dict[str, Any] = {**TALE, "prompt": "The strangest dream I ever had was"}
CHAT = "/chat/completions"


@check("COMP-REQ-TEMP-02", tier="deep")
def test_higher_temperature_is_no_less_varied(dut: Deployment) -> Findings:
    """A higher temperature gives no fewer different completions. n = 8, then 32, at 0, 1 and 1.8.

    Rule: a deviation when at 1.8 at least four fewer of eight differ than at 0 or at 1, and at
    least twelve fewer of thirty-two. A model that varies at 0 is not blamed, nor one that says one
    thing at any temperature.
    """
    for temperature in (0, 1):
        low, hot = (_variety(dut, temperature=each) for each in (temperature, sampling.HOT))
        if low < hot + 4:
            continue
        low, hot = (
            _variety(dut, sampling.SURE, temperature=each) for each in (temperature, sampling.HOT)
        )
        if low >= hot + sampling.VARIED:
            actual = f"{hot} of {sampling.SURE} different at {sampling.HOT}, {low} at {temperature}"
            exchange = dut.completions(**TALE, temperature=sampling.HOT)
            yield verify.deviation(exchange, "more different completions", actual=actual)


@check("COMP-REQ-TEMP-02", tier="deep", needs=("chat",))
def test_high_temperature_varies(dut: Deployment) -> Findings:
    """A high temperature varies completions. n = 32 at 1.8 for each of two prompts.

    Rule: a deviation when each prompt is always completed alike, with a text of thirty characters
    or more, while the same model gives at least three different answers to four equal chat requests
    at that temperature. Without this control a model that says one thing cannot be
    distinguished from a temperature that is ignored.
    """
    if _variety(dut, temperature=sampling.HOT) > 1:
        return
    model = dut.completions().request.model
    chat = {"model": model, "messages": as_messages("Name a random animal and a random city.")}
    talks = sampling.variety(dut, CHAT, 4, **chat, temperature=sampling.HOT, max_tokens=24)
    if talks < 3:
        raise NoControl("the model hardly varies at a high temperature")
    if not all(
        sampling.steady(dut, ROUTE, **each, temperature=sampling.HOT) for each in (TALE, DREAM)
    ):
        raise NoControl("the completions are short, or differ now and then")
    exchange = dut.completions(**TALE, temperature=sampling.HOT)
    actual = (
        f"{sampling.SURE} times {verify.show(text_of(exchange))}; {talks} of 4 chat answers differ"
    )
    yield verify.deviation(exchange, f"different completions at {sampling.HOT}", actual=actual)


@check("COMP-REQ-TEMP-02", tier="deep")
def test_default_temperature_varies_as_one(dut: Deployment) -> Findings:
    """Without temperature completions vary as they do at 1. n = 8 each, then 32.

    Rule: a deviation when all thirty-two are alike on one side, with thirty characters or more, and
    at least twelve differ on the other.
    """
    counts = {each: _variety(dut, temperature=each) for each in (ABSENT, 1)}
    quiet, loud = sorted(counts, key=lambda each: counts[each])
    if counts[quiet] > 1 or counts[loud] == 1 or not _steady(dut, temperature=quiet):
        return
    if (different := _variety(dut, sampling.SURE, temperature=loud)) >= sampling.VARIED:
        varied = {quiet: 1, loud: different}
        actual = f"{varied[ABSENT]} of {sampling.SURE} different without it, {varied[1]} at 1"
        exchange = dut.completions(**TALE, temperature=ABSENT)
        yield verify.deviation(exchange, "completions that vary as at 1", actual=actual)


@check("COMP-REQ-TOPP-02", tier="deep")
def test_default_top_p_takes_a_side(dut: Deployment) -> Findings:
    """Without top_p a completion is as with 0 or as with 1: which, is observed. n = 8 each at 1.8.

    Control: at least five of eight differ with top_p 1, at most two with 0.01.
    """
    wide, narrow = (_variety(dut, temperature=sampling.HOT, top_p=top_p) for top_p in (1, 0.01))
    if wide < 5 or narrow > 2:
        raise NoControl(f"{wide} of {sampling.N} differ with top_p 1, {narrow} with 0.01")
    omitted = _variety(dut, temperature=sampling.HOT, top_p=ABSENT)
    yield Observation("completions_top_p_default", "0-like" if omitted <= 2 else "1-like")


@check("COMP-IGN-SEED-02", tier="deep")
def test_seed_takes_a_side(dut: Deployment) -> Findings:
    """seed makes completions repeatable or is ignored: which, is observed. n = 6 each at 1.8."""
    yield Observation("seed", sampling.seed_side(dut, ROUTE, **TALE))


def _variety(dut: Deployment, n: int = sampling.N, **fields: Any) -> int:
    return sampling.variety(dut, ROUTE, n, **{**TALE, **fields})


def _steady(dut: Deployment, **fields: Any) -> bool:
    return sampling.steady(dut, ROUTE, **{**TALE, **fields})
