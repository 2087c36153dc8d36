"""Fields that ask for nothing leave a plain answer as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from schemas.outcomes import NoControl
from suites.engine import verify
from suites.engine.checks import Findings, case, checks
from suites.support import idle_fields
from suites.support.conversations import NATURAL
from suites.support.probes import CHAT, COUNT, SHORT, at_tier, read, require_determinism

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

ASKED: tuple[dict[str, Any], ...] = (
    {"messages": SHORT[0], "max_tokens": NATURAL},
    {"messages": COUNT, "max_tokens": 40},
)


@checks([replace(case("GEN-PARAM-DEFAULTS-01", "text"), also=idle_fields.clauses(CHAT))])
def test_fields_that_ask_for_nothing_change_nothing(dut: Deployment) -> Findings:
    """Defaults written out, and a stop sequence that never comes, leave the text as it is.

    Control: both requests are answered always alike at temperature 0.
    """
    for fields in at_tier(dut, ASKED, 1):
        kept = read(dut.chat(**fields)).text
        varied = {**fields, **idle_fields.at_once(CHAT, kept)}
        exchange = dut.chat(**varied)
        verify.conclusive(exchange)
        if not exchange.ok:
            raise NoControl("not all of them are accepted, which clauses of their own ask")
        if _said(exchange) != kept.strip():
            require_determinism(dut, fields, varied)
            yield from idle_fields.blamed(dut, CHAT, fields, {}, _said)


def _said(exchange: Exchange) -> str:
    return read(exchange).text.strip()
