"""How refusals reach the users of OpenAI's SDKs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.outcomes import NotApplicable, Untestable
from schemas.records import Observation
from suites.clients import calls, own, reading, refusals, tools
from suites.clients.refusals import BAD, LIMITED, UNAUTHORIZED, UNKNOWN
from suites.engine import verify
from suites.engine.checks import Check, Findings, case, checks

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange
    from suites.clients.calls import Way
    from suites.clients.tools import Tool

PYTHON = {
    "safe, bad key": UNAUTHORIZED,
    "bad key, streamed": UNAUTHORIZED,
    "bad key, models": UNAUTHORIZED,
    "bad parameter": BAD,
    "bad parameter, streamed": BAD,
    "unknown model": UNKNOWN,
}
NODE = {"bad key": UNAUTHORIZED, "bad parameter": BAD, "unknown model": UNKNOWN}


def _cases() -> list[Check]:
    rows = [(tools.OPENAI, name, "standard", fitting) for name, fitting in PYTHON.items()]
    rows += [(tools.OPENAI_NODE, name, "deep", fitting) for name, fitting in NODE.items()]
    return [
        case(
            *("SDK-ERR-01", f"{tool.name}, {name}"),
            tier=tier,
            tool=tool,
            name=name,
            fitting=fitting,
        )
        for tool, name, tier, fitting in rows
    ]


@checks(_cases())
def test_sdk_raises_the_class_that_fits(
    dut: Deployment, tool: Tool, name: str, fitting: tuple[str, ...]
) -> Findings:
    """A refusal raises the SDK's class for its cause: a bad key, a bad parameter, an unknown id."""
    _asks_for_keys(dut, name)
    ran = own.ran(dut, tool, name)
    exchange = reading.sent(ran)[-1]
    _is_refused(exchange, name)
    yield refusals.raised(name, ran)
    if not set(ran.kinds[:1]) & set(fitting):
        actual = reading.told(ran, exchange)
        yield verify.deviation(exchange, *fitting, actual=actual)


@checks([case("SDK-ERR-01", f"{way.name}, rate limit", way=way) for way in (calls.SDK, calls.NODE)])
def test_rate_limit_raises_rate_limit_error(dut: Deployment, way: Way) -> Findings:
    """Where a rate limit is met, the SDK raises RateLimitError. None is provoked."""
    for ran in refusals.limited(dut, way):
        yield refusals.raised("rate limit", ran)
        if ran.kinds[:1] != LIMITED:
            actual = reading.told(ran, ran.exchanges[-1])
            yield verify.deviation(ran.exchanges[-1], *LIMITED, actual=actual)


@checks([case("SDK-ERR-02", name, name=name) for name in own.SAFELY])
def test_printed_loop_does_not_repeat_what_is_refused(dut: Deployment, name: str) -> Findings:
    """The printed safe_completion asks once where the key or a parameter is wrong.

    422 is as lawful as 400 for a parameter, and no BadRequestError: its repetition is observed.
    """
    _asks_for_keys(dut, name)
    ran = own.ran(dut, tools.OPENAI, name)
    exchanges = reading.sent(ran)
    _is_refused(exchanges[0], name)
    status = exchanges[0].status
    if len(exchanges) > 1 and status == 422:
        yield Observation("safe_completion", "repeats what is refused with 422")
    elif len(exchanges) > 1 or not ran.error:
        actual = f"{len(exchanges)} requests, {ran.error or 'nothing raised'} (HTTP {status})"
        yield verify.deviation(exchanges[0], f"{name}: one request, raised", actual=actual)


def _asks_for_keys(dut: Deployment, name: str) -> None:
    if "key" in name and not dut.contract.auth_enforced:
        raise NotApplicable(f"the profile {dut.contract.name} enforces no keys")


def _is_refused(exchange: Exchange, name: str) -> None:
    """What is not refused raises nothing: that is the clause of the key, or of the parameter."""
    if exchange.ok:
        label = name.removeprefix("safe, ")
        raise Untestable(f"a {label} is answered, which is a clause of its own")
