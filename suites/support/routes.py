"""The documented routes, each with its plain request: what every route keeps is asked of all.

A route has a door only where a model plays its part.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schemas.outcomes import Inconclusive, Untestable
from suites.engine import verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange, Request
    from schemas.contract import Contract
    from schemas.records import Finding

LIST = "GET /models"
RETRIEVE = "GET /models/{model_id}"
CHAT = "POST /chat/completions"
COMPLETIONS = "POST /completions"
RESPONSES = "POST /responses"
AUDIO = "POST /audio/transcriptions"


def streaming(contract: Contract) -> Mapping[str, str]:
    """The operations that stream, with the role that their models play."""
    return {endpoint: str(one.role) for endpoint, one in contract.operations.items() if one.stream}


def baseline_requests(dut: Deployment) -> Mapping[str, Request]:
    """The plain request of each route, by operation."""
    plain = {endpoint: dut.plain(one) for endpoint, one in dut.contract.operations.items()}
    return {endpoint: request for endpoint, request in plain.items() if request}


def protected(dut: Deployment) -> Mapping[str, Request]:
    """The doors: routes that open with our key, and not without one.

    A route that answers nobody is no door, whatever it says to those without a key; of one that
    lets everybody in, AUTH-…-01 speak. Raises Inconclusive, and Untestable when there is none.
    """
    shut = {
        each: door
        for each, door in baseline_requests(dut).items()
        if opens(dut, door) and _shut(dut.send(without_key(door)))
    }
    if not shut:
        raise Untestable("no route asks for a key: see AUTH-MODELS-01")
    return shut


def route(operation: str) -> str:
    """The path of an operation."""
    return operation.partition(" ")[2]


def closes_the_gate(dut: Deployment, exchange: Exchange) -> bool:
    """Whether this is the 500 that a page names for a model which /responses does not serve.

    "If the model is missing, lacks responses support, or has no endpoint configured, the API
    returns 400 or 500 with guidance in detail."
    """
    request, refusal = exchange.request, exchange.document
    gate = request.operation == RESPONSES and isinstance(request.document, dict)
    unserved = request.model not in dut.cast.models("responses")
    return (
        gate
        and unserved
        and exchange.status == 500
        and isinstance(refusal, dict)
        and "detail" in refusal
    )


def without_key(request: Request) -> Request:
    """The same request without credentials."""
    return replace(request, authorization=())


def bearing(request: Request, token: str) -> Request:
    """The same request with another key."""
    return replace(request, authorization=(b"Bearer " + token.encode("latin-1"),))


def barred(exchange: Exchange, label: str) -> Iterator[Finding]:
    """A finding unless a request without a valid key was refused. Raises Inconclusive."""
    if exchange.status == 429:
        raise Inconclusive(f"too many attempts without a key: {verify.describe(exchange)}")
    yield from verify.refused(exchange, label)


def opens(dut: Deployment, door: Request) -> bool:
    """Whether our key opens this route. Raises Inconclusive."""
    exchange = dut.send(door)
    verify.conclusive(exchange)
    return exchange.ok


def _shut(exchange: Exchange) -> bool:
    """Whether this lets nobody in: a 5xx keeps out, too, and is a finding of its own."""
    if exchange.status < 500:
        verify.conclusive(exchange)
    return exchange.answered and exchange.status >= 400
