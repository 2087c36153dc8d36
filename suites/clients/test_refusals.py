"""How refusals reach the user of OpenAI's Python SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.outcomes import NotApplicable
from schemas.records import Observation
from suites import verify
from suites.checks import Findings, case, check, checks
from suites.clients import own, reading, tools

if TYPE_CHECKING:
    from fixtures.deployment import Deployment

UNAUTHORIZED = ("AuthenticationError",)
BAD = ("BadRequestError", "UnprocessableEntityError")
FITTING = {
    "bad key": UNAUTHORIZED,
    "bad key, streamed": UNAUTHORIZED,
    "bad key, models": UNAUTHORIZED,
    "bad parameter": BAD,
    "bad parameter, streamed": BAD,
    "unknown model": ("NotFoundError",),
}


@checks([case("SDK-ERR-01", name, name=name, fitting=fitting) for name, fitting in FITTING.items()])
def test_sdk_raises_the_class_that_fits(
    dut: Deployment, name: str, fitting: tuple[str, ...]
) -> Findings:
    """A refusal raises the SDK's class for its cause: a bad key, a bad parameter, an unknown id."""
    _asks_for_keys(dut, name)
    ran = own.ran(dut, tools.OPENAI, name)
    exchange = reading.sent(ran)[-1]
    if not set(ran.kinds[:1]) & set(fitting):
        raised = ran.error or "nothing is raised"
        actual = f"{raised} (HTTP {exchange.status})"
        yield verify.deviation(exchange, *fitting, actual=actual)


@check("SDK-ERR-02")
def test_printed_loop_does_not_repeat_what_is_refused(dut: Deployment) -> Findings:
    """The printed safe_completion asks once where the key or a parameter is wrong.

    422 is as lawful as 400 for a parameter, and no BadRequestError: its repetition is observed.
    """
    for name in own.SAFELY:
        if "key" in name and not dut.profile.auth_enforced:
            continue
        ran = own.ran(dut, tools.OPENAI, name)
        exchanges = reading.sent(ran)
        status = exchanges[0].status
        if len(exchanges) > 1 and status == 422:
            yield Observation("safe_completion", "repeats what is refused with 422")
        elif len(exchanges) > 1 or not ran.error:
            actual = f"{len(exchanges)} requests, {ran.error or 'nothing raised'} (HTTP {status})"
            yield verify.deviation(exchanges[0], f"{name}: one request, raised", actual=actual)


def _asks_for_keys(dut: Deployment, name: str) -> None:
    if "key" in name and not dut.profile.auth_enforced:
        raise NotApplicable(f"the profile {dut.profile.name} enforces no keys")
