"""What OpenAI's SDKs, and other clients built for OpenAI, can do on the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.exchange import NOT_JSON, parse
from schemas.records import Observation
from suites import doors, verify
from suites.checks import Findings, case, check, checks
from suites.clients import calls, matrix, reading, runs, tools
from suites.clients.runs import BASE, PLACEHOLDER, Program

if TYPE_CHECKING:
    from fixtures.deployment import Deployment
    from fixtures.exchange import Exchange
    from schemas.records import Finding
    from suites.clients.calls import Way
    from suites.clients.runs import Ran

HEAD = """\
import os
from openai import OpenAI
client = OpenAI(base_url=os.environ["BASE_URL"], api_key=os.environ["API_KEY"])
model = os.environ["MODEL"]
"""
RESPONSE = """\
r = client.responses.create(model=model, input="Say OK", max_output_tokens=64)
print(r.id, r.status, r.usage.total_tokens, r.output_text)
"""
EVENTS = """\
for event in client.responses.create(
    model=model, input="Say OK", max_output_tokens=64, stream=True
):
    print(event.type)
"""
SLASHED = {
    "models": "print(len(client.models.list().data))",
    "chat": "print(client.chat.completions.create(model=model, max_tokens=8,"
    ' temperature=0, messages=[{"role": "user", "content": "Say OK"}]).model)',
}


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
    """Each route answers directly below the base URL, with or without a slash at its end."""
    for request in doors.doors(dut).values():
        exchange = dut.send(request)
        verify.conclusive(exchange)
        if exchange.status in (404, 405) or 300 <= exchange.status < 400:
            yield verify.deviation(exchange, f"an answer below the base URL, at {request.route}")
    model = dut.cast.model("chat")
    env = {"BASE_URL": f"{BASE}/", "API_KEY": PLACEHOLDER, "MODEL": model}
    programs = [Program(f"slash {name}", HEAD + text, env=env) for name, text in SLASHED.items()]
    for ran in runs.run(dut, tools.OPENAI, programs).values():
        found = list(reading.works(ran, reading.anything, "a base URL that ends in a slash"))
        yield from () if _fails_anyway(dut, found) else found


@check("SDK-PY-RESP-01")
def test_responses_surface_works(dut: Deployment) -> Findings:
    """The SDK's responses surface gives id, status, usage and text, and the events of a stream."""
    env = {"BASE_URL": BASE, "API_KEY": PLACEHOLDER, "MODEL": dut.cast.model("responses")}
    programs = [
        Program("responses surface", HEAD + RESPONSE, env=env),
        Program("responses events", HEAD + EVENTS, env=env),
    ]
    ran = runs.run(dut, tools.OPENAI, programs)
    yield from reading.works(ran["responses surface"], _surface)
    yield from reading.works(ran["responses events"], _events)


def _surface(ran: Ran) -> str:
    exchange = ran.exchanges[-1]
    told = [exchange.value(*path) for path in (("id",), ("status",), ("usage", "total_tokens"))]
    return " ".join(map(str, [*told, reading.said(exchange)])) + "\n"


def _events(ran: Ran) -> str:
    return "".join(f"{kind}\n" for kind in _kinds(ran.exchanges[-1]))


def _kinds(exchange: Exchange) -> list[str]:
    documents = [parse(event.data.encode()) for event in exchange.payloads if not event.done]
    return [str(each.get("type")) for each in documents if each is not NOT_JSON and "type" in each]


def _fails_anyway(dut: Deployment, found: list[Finding]) -> bool:
    """Whether what failed with a slash at the base URL's end fails without it, too."""
    return bool(found) and any(cell.findings for cell in matrix.cells(dut, calls.SDK))
