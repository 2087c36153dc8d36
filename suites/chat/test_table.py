"""The request table of `POST /chat/completions`, executed row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites import ignored, rows, verify
from suites.checks import Findings, check, checks

if TYPE_CHECKING:
    from fixtures.deployment import Deployment
    from schemas.table_types import RequestRow

KIND = "chat.request"
ROUTE = "/chat/completions"


@checks(rows.accepted(KIND))
def test_documented_values_are_accepted(dut: Deployment, sent: tuple[rows.Sent, ...]) -> Findings:
    """Each sample value of a documented field is accepted: a field that is ignored, too."""
    for each in sent:
        yield from rows.take(dut, ROUTE, each)


@checks(rows.refused(KIND))
def test_values_that_are_ruled_out_are_refused(
    dut: Deployment, sent: tuple[rows.Sent, ...]
) -> Findings:
    """Values that the documents rule out are refused with a 4xx."""
    for each in sent:
        yield from verify.refused(dut.chat(each.role or "chat", **each.fields), each.told)


@checks(ignored.streamed_cases(KIND))
def test_ignored_fields_are_accepted_in_streams(dut: Deployment, row: RequestRow) -> Findings:
    """An ignored field is accepted with stream, too."""
    yield from ignored.accepted_streamed(ROUTE, row, dut)


@checks(ignored.edge_cases(KIND))
def test_ignored_fields_take_any_value_of_their_type(dut: Deployment, row: RequestRow) -> Findings:
    """An ignored field is accepted with odd values of its type."""
    yield from ignored.accepted_at_the_edges(ROUTE, row, dut)


@checks(ignored.effect_cases(KIND))
def test_ignored_fields_have_no_effect(dut: Deployment, row: RequestRow) -> Findings:
    """An ignored field changes nothing: choices, logprobs, tokens, text; plain and streamed."""
    yield from ignored.without_effect(ROUTE, row, dut)


@check("CHAT-IGN-ALL-01")
def test_all_ignored_fields_together_are_accepted(dut: Deployment) -> Findings:
    """A request that carries every ignored field at once is accepted, plain and streamed."""
    every = ignored.all_at_once(dut, ignored.together(dut.contract, KIND))
    for form in ({}, {"stream": True}):
        yield from verify.accepted(dut.chat(**every, **form), "all ignored fields")
