"""The printed chat examples: requests are accepted, answers fit the schemas of the suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures import examples
from schemas.records import Finding, Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support.examples import replay
from suites.support.probes import at_tier

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment

# Fields of other routes, and of later versions of OpenAI's own.
FOREIGN: dict[str, Any] = {"metadata": {"a": "b"}, "store": False, "max_output_tokens": 8}


@check("CHAT-EX-01")
def test_printed_request_is_accepted(dut: Deployment) -> Findings:
    """The printed request with stop, n and user is accepted, max_tokens bounded at 64."""
    yield from verify.accepted(replay(dut, "compat-chat-request"))


@check("CHAT-EX-03")
def test_reference_requests_are_accepted(dut: Deployment) -> Findings:
    """The requests of the API reference are accepted, max_tokens bounded at 64.

    The two with reasoning fields bind the models that they name, and reasoning models.
    """
    yield from verify.accepted(replay(dut, "ref-chat-curl"))
    listed = {entry["id"] for entry in dut.cast.entries}
    for name in ("ref-chat-reasoning-enabled-curl", "ref-chat-reasoning-effort-curl"):
        if examples.load()[name].json["model"] in listed:
            yield from verify.accepted(replay(dut, name), name)


@check("CHAT-EX-04", offline=True)
def test_printed_answers_fit(dut: Deployment) -> Findings:
    """The printed chat answers fit the schema, and their usage adds up."""
    for name, example in examples.load().items():
        if example.schema != "chat.response":
            continue
        for each in dut.contract.bodies.violations("chat.response", example.json):
            yield Finding((each.expected,), each.actual, f"{name}{each.pointer}")
        usage = example.json["usage"]
        if usage["prompt_tokens"] + usage["completion_tokens"] != usage["total_tokens"]:
            yield Finding(("usage that adds up",), verify.show(usage), name)


@check("CHAT-UNKNOWN-01", tier="deep")
def test_unknown_fields_have_one_policy(dut: Deployment) -> Findings:
    """A field that no page names is ignored or refused, alike on each JSON route, never a 5xx."""
    sides = {}
    for route, ask in (("chat", dut.chat), ("completions", dut.completions)):
        exchange = ask(x_unknown_field=1)
        yield from verify.accepted_or_refused(exchange)
        sides[route] = verify.side(exchange)
        yield Observation("unknown_fields", f"{route} {sides[route]}")
    if len(set(sides.values())) > 1:
        yield verify.deviation(exchange, "one policy on all routes", actual=verify.show(sides))
    for field, value in at_tier(dut, tuple(FOREIGN.items()), 0):
        yield from verify.accepted_or_refused(dut.chat(**{field: value}))
