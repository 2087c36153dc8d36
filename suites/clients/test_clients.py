"""What OpenAI's SDKs, and other clients built for OpenAI, can do on the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.records import Observation
from suites.clients import calls, matrix, own, reading, tools
from suites.engine import verify
from suites.engine.checks import Findings, case, check, checks
from suites.support import routes

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from suites.clients.calls import Way


@check("SDK-BASEURL-01")
def test_openai_sdk_works_with_another_base_url(dut: Deployment) -> Findings:
    """OpenAI's Python SDK does all that is offered, given base URL, key and model alone."""
    for cell in matrix.cells(dut, calls.SDK):
        yield cell.observation
        yield from cell.findings


@checks(
    [
        case("SDK-OTHER-01", way.name, tier=way.tier, way=way)
        for way in calls.WAYS
        if way is not calls.SDK
    ]
)
def test_other_clients_work_with_another_base_url(dut: Deployment, way: Way) -> Findings:
    """A client built for OpenAI does all that is offered, given base URL, key and model alone."""
    cells = matrix.cells(dut, way)
    for cell in cells:
        yield cell.observation
        yield from cell.findings
    if not any(cell.findings for cell in cells):
        yield Observation("working_clients", way.tool.label)


@check("SDK-BASEURL-02")
def test_routes_lie_below_the_base_url(dut: Deployment) -> Findings:
    """Each route answers directly below the base URL; MODELS-GET-01 speaks of a single model."""
    for operation, request in routes.baseline_requests(dut).items():
        if operation == routes.RETRIEVE:
            continue
        exchange = dut.send(request)
        verify.conclusive(exchange)
        if exchange.status in (404, 405) or 300 <= exchange.status < 400:
            yield verify.deviation(exchange, f"an answer below the base URL, at {request.route}")


@check("SDK-PY-RESP-01")
def test_responses_surface_works(dut: Deployment) -> Findings:
    """The SDK's responses surface gives id, status, usage and text, and the events of a stream."""
    for name in ("responses", "responses stream"):
        ran = own.ran(dut, tools.OPENAI, f"{calls.SDK.name} {name}")
        yield from reading.works(ran, calls.SDK.tell(name))
        yield from matrix.isolation(ran)
