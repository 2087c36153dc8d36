"""Whatever a client gets wrong: no 5xx, no silence, and the next request is answered."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from fixtures.transport.trouble import LATE, troubled
from schemas.outcomes import Inconclusive, NotApplicable, Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Check, Findings, case, check, checks
from suites.errors import mistakes
from suites.errors.acts import acts_of
from suites.errors.mistakes import Act, spoiled
from suites.support import routes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange, Request
    from schemas.contract import Contract
    from schemas.records import Finding

UPLOADS = 1


def _cases(contract: Contract) -> Iterator[Check]:
    for operation in routes.streaming(contract):
        for tier in ("standard", "deep"):
            label = f"{routes.route(operation)[1:]} {tier}"
            acts = tuple(acts_of(operation, tier))
            yield case("ERR-5XX-01", label, tier=tier, operation=operation, acts=acts)


@checks(_cases)
def test_mistakes_in_a_body_are_no_crash(
    dut: Deployment, operation: str, acts: tuple[Act, ...]
) -> Findings:
    """A body that no client means, or few do, is refused or read, and never leads to a 5xx."""
    door = routes.baseline_requests(dut).get(operation)
    if door is None:
        raise NotApplicable(f"no model serves {operation}")
    if not dut.send(door).ok:
        raise Untestable(f"the plain request of {operation} fails")
    yield from _survives(dut, ((act.label, spoiled(door, act)) for act in acts))


@check("ERR-5XX-01", tier="deep")
def test_mistakes_in_a_path_are_no_crash(dut: Deployment) -> Findings:
    """A path or query that names nothing is never answered with a 5xx."""
    yield from _survives(dut, mistakes.paths())


@check("ERR-5XX-01", needs=("transcription",))
def test_mistakes_in_an_upload_are_no_crash(dut: Deployment) -> Findings:
    """An upload that holds no audio, or is no form, is never answered with a 5xx."""
    yield from _survives(dut, islice(mistakes.uploads(dut), UPLOADS))


@check("ERR-5XX-01", tier="deep", needs=("transcription",))
def test_more_mistakes_in_an_upload_are_no_crash(dut: Deployment) -> Findings:
    """Further uploads that hold no audio, or are no form, are never answered with a 5xx."""
    yield from _survives(dut, islice(mistakes.uploads(dut), UPLOADS, None))


@check("ERR-RECOVER-01", tier="deep", needs=("chat",))
def test_the_next_request_is_answered(dut: Deployment) -> Findings:
    """After bad requests and a stream that the client leaves, plain requests are answered.

    Each follows on the same connection, as far as the deployment keeps one open, and the last one
    on a fresh connection.
    """
    door = routes.baseline_requests(dut)[routes.CHAT]
    if not dut.send(door).ok:
        raise Untestable("the plain request fails: see CHAT-PATH-01")
    acts = (mistakes.BODIES[1], Act("malformed JSON", mistakes.instead("{")))
    for number, act in enumerate(acts, 1):
        dut.send(replace(spoiled(door, act), sample=number))
        yield from _recovers(dut.send(replace(door, sample=100 + number)), act.label)
    _leave(dut, dut.request("/chat/completions", stream=True, max_tokens=64))
    yield from _recovers(dut.send(replace(door, sample=110)), "a stream that the client left")
    last = _alone(dut, replace(door, sample=111))
    yield from _recovers(last, "all of that, on a fresh connection")


def _survives(dut: Deployment, acts: Iterable[tuple[str, Request]]) -> Iterator[Finding]:
    """A finding for each act that is answered with a 5xx, or by silence that stands."""
    trouble = ""
    for label, request in acts:
        exchange = dut.send(request)
        if troubled(exchange) and not exchange.confirmed:
            trouble = f"{label}: {verify.describe(exchange)}"
        elif routes.closes_the_gate(dut, exchange):
            continue
        elif exchange.failure in LATE and isinstance(request.document, dict):
            # Who reads it may have much to do; what cannot be read gives nobody work.
            trouble = f"{label}: {verify.describe(exchange)}"
        elif exchange.status >= 500 or (exchange.failure and exchange.confirmed):
            expected = f"a 4xx status with a JSON error, or an answer, to {label}"
            yield verify.deviation(exchange, expected)
    if trouble:
        raise Inconclusive(f"the environment may be at fault: {trouble}")


def _recovers(exchange: Exchange, after: str) -> Findings:
    if exchange.retries:
        yield Observation("recovers_on", "a fresh connection")
    yield from verify.accepted(exchange, f"a plain request after {after}")


def _leave(dut: Deployment, request: Request) -> None:
    """Ask for a stream and close the connection at its first bytes. Nobody judges what came."""
    limits = replace(dut.client.limits, size=1)
    client = replace(dut.client, limits=limits, announce=lambda _: None, record=lambda _: None)
    try:
        client.send(request)
    finally:
        client.close()


def _alone(dut: Deployment, request: Request) -> Exchange:
    """The exchange of a request on a connection of its own."""
    client = replace(dut.client)
    try:
        return client.send(request)
    finally:
        client.close()
