"""Responses that run at the same time have nothing to do with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support.probes import FORMS
from suites.support.responses import LONG, answered, counted, read

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment

TOGETHER = 8


@check("RESP-PATH-01", tier="deep")
def test_responses_at_the_same_time_do_not_mix(dut: Deployment) -> Findings:
    """Eight responses at the same time, half of them streamed: none holds another's word.

    Nobody can guess these words, so a model that ignores what it is asked proves nothing wrong.
    """
    words = [dut.nonce(f"response {number}") for number in range(TOGETHER)]
    bodies = [
        dut.request("/responses", input=f"Say {word}", **FORMS[number % 2])
        for number, word in enumerate(words)
    ]
    for number, exchange in enumerate(dut.together(bodies)):
        yield from answered(exchange, "one of eight requests at the same time")
        text = exchange.body.decode("utf-8", "replace") + read(exchange).text if exchange.ok else ""
        for word in (word for word in words if word != words[number] and word in text):
            expected = f"no {word}, which stands in another request only"
            yield verify.deviation(exchange, expected, actual=verify.show(read(exchange).text))


@check("RESP-OUT-USAGE-01", tier="deep")
def test_usage_at_the_same_time_is_ones_own(dut: Deployment) -> Findings:
    """Eight responses at the same time count the input tokens that each counts alone, twice."""
    inputs = [f"{LONG} " * number + "Say OK" for number in range(TOGETHER)]
    alone = [{counted(dut.responses(input=each, sample=n)) for n in range(2)} for each in inputs]
    bodies = [dut.request("/responses", input=each, sample=9) for each in inputs]
    for counts, exchange in zip(alone, dut.together(bodies), strict=True):
        verify.conclusive(exchange)
        if exchange.ok and len(counts) == 1 and (count := counted(exchange)) not in counts:
            expected = f"{counts.pop()} input tokens, as alone"
            yield verify.deviation(exchange, expected, actual=str(count), where="/usage")
