"""When it is decided who is let in: before the body is judged, and before a stream opens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fixtures.target.plain_requests import ABSENT
from schemas.outcomes import NotApplicable, Untestable
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support import routes
from suites.support.probes import at_tier
from suites.support.routes import barred, bearing, protected, without_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Request

UNKNOWN = "no-such-model-7f3a"
MALFORMED = "malformed JSON"
UNKNOWN_KEY = "no-such-key"
SUBJECT = {routes.CHAT: "messages", routes.COMPLETIONS: "prompt", routes.RESPONSES: "input"}


@check("AUTH-ORDER-01")
def test_credentials_are_judged_before_the_body(dut: Deployment) -> Findings:
    """Without a key, an invalid body gets the same status as a valid one, on every route."""
    shut = protected(dut)
    for operation, label, request in at_tier(dut, [*_invalid(dut, shut)], 1):
        yield from _as_before(dut, without_key(request), without_key(shut[operation]), label)
        if label == MALFORMED and dut.setup.tier == "deep":
            door = bearing(shut[operation], UNKNOWN_KEY)
            yield from _as_before(dut, bearing(request, UNKNOWN_KEY), door, label)


@check("AUTH-STREAM-01")
def test_no_stream_opens_without_a_key(dut: Deployment) -> Findings:
    """A request for a stream, without a key, gets a plain refusal and no event."""
    known = routes.baseline_requests(dut)
    streaming = routes.streaming(dut.contract)
    if not known.keys() & streaming.keys():
        raise NotApplicable("no model serves a route that streams")
    shut = [operation for operation in streaming if operation in protected(dut)]
    if not shut:
        raise Untestable("no route that streams asks for a key: see AUTH-CHAT-01")
    for operation in shut:
        exchange = dut.send(without_key(dut.request(routes.route(operation), stream=True)))
        if exchange.media_type == "text/event-stream":
            yield verify.deviation(exchange, "a 4xx status with a JSON error, and no stream")
        else:
            yield from barred(exchange, f"a stream of {operation} without credentials")


def _as_before(dut: Deployment, request: Request, valid: Request, label: str) -> Findings:
    """A finding where a body without a right to be judged is refused in another way."""
    expected, exchange = dut.send(valid), dut.send(request)
    verify.conclusive(exchange)
    shut = 400 <= expected.status < 500
    if shut and exchange.status not in (expected.status, 429):
        wanted = f"HTTP {expected.status}, as for a valid body without a key"
        actual = f"{label}: {verify.describe(exchange)}"
        yield verify.deviation(exchange, wanted, actual=actual)


def _invalid(dut: Deployment, shut: Mapping[str, Request]) -> Iterator[tuple[str, str, Request]]:
    """Requests that would be refused for their body or for their model, were the key valid."""
    if routes.CHAT in shut:
        yield routes.CHAT, MALFORMED, replace(shut[routes.CHAT], body=b"{")
    if routes.AUDIO in shut:
        yield routes.AUDIO, "no file", dut.upload(None)
    for operation in (each for each in reversed(SUBJECT) if each in shut):
        path = routes.route(operation)
        yield operation, "no input", dut.request(path, **{SUBJECT[operation]: ABSENT})
    if routes.CHAT in shut:
        yield routes.CHAT, "an unknown model", dut.request("/chat/completions", model=UNKNOWN)
    if routes.RETRIEVE in shut:
        yield routes.RETRIEVE, "an unknown model", dut.retrieval(UNKNOWN)
