"""The input of a response: a string or items, and all of it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support.probes import at_tier
from suites.support.responses import KIND, LONG, MANY, answered, counted, grown, plain_count

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment

CAPITALS = "What is the capital of France? What is the capital of Colombia?"
OK = {"role": "user", "content": "Say OK"}
STRINGS = ("Zwölf Boxkämpfer 東京 🙂 e\u0301 \u202eabc\n\tOK?", "Say OK", LONG)
# What a long text may stand in beside the question, and a name for each.
PLACES: dict[str, list[dict[str, Any]]] = {
    "in an earlier turn": [
        {"role": "user", "content": LONG},
        {"role": "assistant", "content": "Noted."},
        OK,
    ],
    "in the answer of an earlier turn": [
        {"role": "user", "content": "Tell me something."},
        {"role": "assistant", "content": LONG},
        OK,
    ],
    "in a system item": [{"role": "system", "content": LONG}, OK],
    "in the first of two parts": [
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": LONG},
                {"type": "input_text", "text": "Say OK"},
            ],
        }
    ],
}
# All places at once, and how much of a text counted alone is counted of it there, at least.
EVERYWHERE = [
    PLACES["in a system item"][0],
    *PLACES["in an earlier turn"][:1],
    *PLACES["in the answer of an earlier turn"][1:2],
    *PLACES["in the first of two parts"],
]
MOST = 0.9


@check("RESP-REQ-INPUT-02")
def test_string_input_is_accepted(dut: Deployment) -> Findings:
    """A string is accepted as input: short, long, and of many scripts."""
    for text in at_tier(dut, STRINGS, 1):
        yield from answered(dut.responses(input=text), verify.show(text))


@check("RESP-REQ-INPUT-03")
def test_items_are_accepted(dut: Deployment) -> Findings:
    """An array of message items is accepted: bare, typed, with parts, of several turns."""
    for items in at_tier(dut, (EVERYWHERE, *_arrays(dut)), 1):
        yield from answered(dut.responses(input=items), verify.show(items))
    for text in at_tier(dut, (CAPITALS,), 0):
        long = dut.responses(input=[{"role": "user", "content": text}])
        yield from answered(long, "items that ask for a whole sentence")


@check("RESP-REQ-INPUT-03")
def test_all_items_are_read(dut: Deployment) -> Findings:
    """Each item and each part of an input counts: a long one adds its tokens wherever it stands.

    Control: a long input counts more than a short one. The text stands in all places at once
    first; only where too at_tier tokens are counted then, in each of them alone.
    """
    long = counted(dut.responses(input=LONG)) - plain_count(dut)
    control = counted(dut.responses(input=[OK]))
    everywhere = dut.responses(input=EVERYWHERE)
    enough = control + MOST * len(PLACES) * long
    if dut.setup.tier != "deep" and everywhere.ok and counted(everywhere) >= enough:
        return
    for place, items in PLACES.items():
        exchange = dut.responses(input=items)
        yield from verify.accepted(exchange, f"items with a long text {place}")
        if exchange.ok:
            yield from grown(exchange, control, f"with a long text {place}")


@check("RESP-REQ-INPUT-03", tier="deep")
def test_items_are_accepted_streamed(dut: Deployment) -> Findings:
    """An array of message items is accepted with stream true."""
    for items in _arrays(dut):
        yield from answered(dut.responses(input=items, stream=True), verify.show(items))


@check("RESP-OUT-USAGE-01")
def test_usage_counts_the_input(dut: Deployment) -> Findings:
    """A long input counts more input tokens than a short one, as a string and as items."""
    short = counted(dut.responses())
    for each in at_tier(dut, (LONG, [{"role": "user", "content": LONG}]), 1):
        exchange = dut.responses(input=each)
        tokens = counted(exchange)
        if tokens < short + MANY:
            expected = f"more than the {short} of a short input"
            yield verify.deviation(exchange, expected, actual=str(tokens), where="/usage")


def _arrays(dut: Deployment) -> list[Any]:
    """The sample inputs of the table that are lists of items."""
    examples = dut.contract.bodies.rows(KIND)["input"].example
    return [each for each in examples if isinstance(each, list)]
