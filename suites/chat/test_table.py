"""The request table of `POST /chat/completions`, executed row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites import rows, verify
from suites.checks import Findings, checks

if TYPE_CHECKING:
    from fixtures.deployment import Deployment

KIND = "chat.request"


@checks(rows.accepted(KIND))
def test_documented_values_are_accepted(dut: Deployment, sent: tuple[rows.Sent, ...]) -> Findings:
    """Each sample value of a documented field is accepted: a field that is ignored, too."""
    for each in sent:
        yield from verify.accepted(dut.chat(each.role or "chat", **each.fields), each.told)


@checks(rows.refused(KIND))
def test_values_that_are_ruled_out_are_refused(
    dut: Deployment, sent: tuple[rows.Sent, ...]
) -> Findings:
    """Values that the documents rule out are refused with a 4xx."""
    for each in sent:
        yield from verify.refused(dut.chat(each.role or "chat", **each.fields), each.told)
