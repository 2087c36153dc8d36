"""The request table of `POST /responses`, executed row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.target.plain_requests import ABSENT
from schemas.outcomes import Untestable
from suites.engine import verify
from suites.engine.checks import Check, Findings, check, checks
from suites.support import table_cases
from suites.support.probes import FORMS, crossed_at_tier, zipped
from suites.support.responses import KIND, answered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fixtures.target.deployment import Deployment
    from schemas.contract import Contract

NULLS = {"effort": None, "summary": None}


def _take(dut: Deployment, sent: table_cases.RequestVariation, form: Mapping[str, Any]) -> Findings:
    """A finding unless the value is accepted: among lawful values of other fields, or alone."""
    if sent.batch and not [
        *answered(dut.send(zipped(dut.request("/responses", **{**sent.batch, **form}))))
    ]:
        return
    if form and [*answered(dut.responses(**form))]:
        raise Untestable("no stream is answered: see STREAM-RESP-CTYPE-01")
    # No page lists tools for this route, so none go along with any field.
    fields = {name: value for name, value in sent.fields.items() if name != "tools"}
    label = f"{sent.label}, streamed" if form else sent.label
    yield from answered(dut.responses(**{**fields, **form}), label)


# The refusals of a model may be a 500: they have checks of their own.
def _refused(contract: Contract) -> Iterator[Check]:
    found = table_cases.refused(KIND)(contract)
    return (each for each in found if not each.clause.startswith("RESP-GATE"))


@checks(table_cases.accepted(KIND))
def test_documented_values_are_accepted(
    dut: Deployment, sent: tuple[table_cases.RequestVariation, ...]
) -> Findings:
    """Each sample value of a documented field is accepted, plain and with stream true."""
    for each, form in crossed_at_tier(dut, sent, FORMS, most=len(sent)):
        yield from _take(dut, each, {} if "stream" in each.fields else form)


@checks(_refused)
def test_values_that_are_ruled_out_are_refused(
    dut: Deployment, sent: tuple[table_cases.RequestVariation, ...]
) -> Findings:
    """Values that the documents rule out are refused with a 4xx."""
    for each in sent:
        yield from verify.refused(dut.responses(**each.fields), each.label)


@check("RESP-REQ-REASONING-01", tier="deep")
def test_reasoning_with_nulls_is_accepted_of_any_model(dut: Deployment) -> Findings:
    """The printed reasoning with null members is accepted, plain and streamed, of any model."""
    for form in FORMS:
        yield from answered(dut.responses(reasoning=NULLS, **form), "reasoning of nulls")


@check("RESP-REQ-INPUT-01")
def test_messages_do_not_stand_for_input(dut: Deployment) -> Findings:
    """A chat body, with messages in place of input, is refused."""
    fields = {"input": ABSENT, "messages": [{"role": "user", "content": "Say OK"}]}
    yield from verify.refused(dut.responses(**fields), "messages in place of input")
