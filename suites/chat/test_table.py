"""The request table of `POST /chat/completions`, executed row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.engine import verify
from suites.engine.checks import Findings, check, checks
from suites.support import ignored_fields, table_cases
from suites.support.probes import zipped

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from schemas.table_types import RequestRow

KIND = "chat.request"
ROUTE = "/chat/completions"


@checks(table_cases.accepted(KIND))
def test_documented_values_are_accepted(
    dut: Deployment, sent: tuple[table_cases.RequestVariation, ...]
) -> Findings:
    """Each sample value of a documented field is accepted: a field that is ignored, too."""
    for each in sent:
        yield from table_cases.take(dut, ROUTE, each)


@checks(table_cases.refused(KIND))
def test_values_that_are_ruled_out_are_refused(
    dut: Deployment, sent: tuple[table_cases.RequestVariation, ...]
) -> Findings:
    """Values that the documents rule out are refused with a 4xx."""
    for each in sent:
        yield from verify.refused(dut.chat(each.role or "chat", **each.fields), each.label)


@checks(ignored_fields.streamed_cases(KIND))
def test_ignored_fields_are_accepted_in_streams(dut: Deployment, row: RequestRow) -> Findings:
    """An ignored field is accepted with stream, too."""
    yield from ignored_fields.accepted_streamed(ROUTE, row, dut)


@checks(ignored_fields.edge_cases(KIND))
def test_ignored_fields_take_any_value_of_their_type(dut: Deployment, row: RequestRow) -> Findings:
    """An ignored field is accepted with odd values of its type."""
    yield from ignored_fields.accepted_at_the_edges(ROUTE, row, dut)


@checks(ignored_fields.effect_cases(KIND))
def test_ignored_fields_have_no_effect(dut: Deployment, row: RequestRow) -> Findings:
    """An ignored field changes nothing: choices, logprobs, tokens, text; plain and streamed."""
    yield from ignored_fields.without_effect(ROUTE, row, dut)


@check("CHAT-IGN-ALL-01")
def test_all_ignored_fields_together_are_accepted(dut: Deployment) -> Findings:
    """A request that carries every ignored field at once is accepted, plain and streamed."""
    every = ignored_fields.all_at_once(dut, ignored_fields.together(dut.contract, KIND))
    for form in ({}, {"stream": True}):
        request = dut.request(ROUTE, "chat", **every, **form)
        exchange = dut.send(zipped(request) if form else request)
        yield from verify.accepted(exchange, "all ignored fields")
