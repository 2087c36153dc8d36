"""The printed responses examples: requests are accepted, the answer fits the suite's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures import examples
from schemas.records import Finding
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support.responses import answered, printed

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment


@check("RESP-EX-01")
def test_printed_requests_are_accepted(dut: Deployment) -> Findings:
    """The printed requests are accepted, of the printed model where it is there."""
    for name, exchange in printed(dut, stream=False):
        yield from answered(exchange, f"the printed request {name}")


@check("RESP-EX-02", offline=True)
def test_printed_response_fits(dut: Deployment) -> Findings:
    """The printed body fits the schema, its usage adds up, and its times are in order."""
    body = examples.load()["compat-responses-response"].json
    for each in dut.contract.bodies.violations("responses.response", body):
        yield Finding((each.expected,), each.actual, each.pointer)
    usage = body["usage"]
    if not usage["input_tokens"] + usage["output_tokens"] == usage["total_tokens"] == 22:
        yield Finding(("a usage that sums to 22",), verify.show(usage), "/usage")
    if body["completed_at"] - body["created_at"] != 5:
        yield Finding(("5 s from created_at",), str(body["completed_at"]), "/completed_at")
