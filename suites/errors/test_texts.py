"""What an error says, and what it must not say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from schemas.outcomes import NotApplicable, Untestable
from schemas.records import Finding, Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.errors import mistakes
from suites.errors.acts import acts_of
from suites.errors.mistakes import spoiled
from suites.invariants.errors import revealed, shape
from suites.support import routes

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

UNKNOWN = "no-such-model-7f3a"
SUITES = Path(__file__).parent.parent
READS_MESSAGE = re.compile(
    r"""["']error["'](?:, *|\]\[|\)\.get\(|, *\{\}\)\.get\()["']message["'](?!, *["'])"""
)
ADDRESS = re.compile(
    r"\b(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}"
    r"|127\.0\.0\.1|0\.0\.0\.0)(?::\d+)?\b|\blocalhost:\d+|\[::1\]:\d+"
    r"|(?<![\w.-])[\w.-]+\.(?:svc\.cluster\.local|internal|compute\.amazonaws\.com)\b"
    r"|\b(?:postgres(?:ql)?|mysql|redis|mongodb|amqp)(?:\+\w+)?://\S+|\bs3://\S+"
    r"|https?://[a-z][\w-]*:\d+(?=[/\s\"'])"
)


@check("ERR-SHAPE-01", tier="smoke")
def test_errors_have_the_shape_of_the_profile(dut: Deployment) -> Findings:
    """Errors have a shape that the profile allows for their status."""
    for exchange in _provoked(dut):
        actual = shape(exchange.document)
        allowed = dut.contract.shapes(exchange.status)
        if actual in ("error", "detail") and actual not in allowed:
            expected = f"the shape {' or '.join(allowed)} for HTTP {exchange.status}"
            yield verify.deviation(exchange, expected)


@check("ERR-SHAPE-02")
def test_error_objects_occur(dut: Deployment) -> Findings:
    """Where errors are objects, they are whole; where they are details, there is none to judge."""
    if not any(shape(exchange.document) in ("error", "both") for exchange in _provoked(dut)):
        raise NotApplicable("no error has an error object")
    yield from ()


@check("ERR-NOSTACK-01")
def test_errors_hold_no_internal_address(dut: Deployment) -> Findings:
    """No error names an address that is not the deployment's own public one."""
    own = urlsplit(dut.setup.base_url).netloc
    for exchange in _troubled(dut):
        found = [each for each in revealed(exchange, ADDRESS) if own not in each]
        if found:
            actual = verify.show(found[0])
            yield verify.deviation(exchange, "an error without internal addresses", actual=actual)


@check("ERR-MSG-01", tier="smoke", offline=True)
def test_no_check_reads_a_message(dut: Deployment) -> Findings:  # noqa: ARG001
    """The wording of errors is free: no check of this suite reads the message of an error."""
    for path in sorted(SUITES.rglob("*.py")):
        for match in READS_MESSAGE.finditer(path.read_text("utf-8")):
            actual = f"{path.name} reads {match[0]}"
            yield Finding(("no check that depends on a message",), actual, where=path.name)
    yield Observation("error_wording", "not read")


def _provoked(dut: Deployment) -> list[Exchange]:
    """Errors that cost little: without a key, of an unknown model, of malformed JSON."""
    known = routes.baseline_requests(dut)
    requests = [routes.without_key(known[routes.LIST])]
    if routes.CHAT in known:
        requests.append(spoiled(known[routes.CHAT], mistakes.Act("", mistakes.instead("{"))))
        requests.append(dut.request("/chat/completions", model=UNKNOWN, stream=True))
    answers = [dut.send(request) for request in requests]
    answers.append(dut.model(UNKNOWN))
    found = [each for each in answers if each.answered and each.status >= 400]
    if not found:
        came = "; ".join(f"{e.request.operation}: {verify.outline(e)}" for e in answers)
        raise Untestable(f"nothing of what must be is refused: {came}")
    return found


def _troubled(dut: Deployment) -> list[Exchange]:
    """Errors of every kind that the other checks of this area provoke, shared with them."""
    door = routes.baseline_requests(dut).get(routes.CHAT)
    acts = acts_of(routes.CHAT, "standard") if door else ()
    return [*_provoked(dut), *(dut.send(spoiled(door, act)) for act in acts if door)]
