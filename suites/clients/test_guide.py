"""The guide's snippets, run with OpenAI's Python SDK against this deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.target.chat_view import answer
from suites.clients import own, reading, snippets, tools
from suites.clients.reading import anything, lines, printed_content
from suites.engine import verify
from suites.engine.checks import Check, Findings, case, check, checks

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange
    from suites.clients.reading import Tell
    from suites.clients.runs import Ran
    from suites.clients.snippets import Snippet


def _counts(exchange: Exchange) -> str:
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    return " ".join(str(answer(exchange).tokens(name)) for name in names) + "\n"


def _called(ran: Ran) -> str:
    calls = answer(ran.exchanges[-1]).tool_calls[:1]
    return "".join(f"Function: {c.name}\nArguments: {c.arguments}\n" for c in calls)


def _cases() -> list[Check]:
    rows: list[tuple[str, Snippet, Tell]] = [
        *(("GEN-PORTABLE-01", each, anything) for each in snippets.OTHER_PROVIDERS),
        ("GEN-MULTI-01", snippets.MULTI, lines(printed_content, printed_content)),
        ("GEN-CONV-01", snippets.CONVERSATION, lines(*[printed_content] * 3)),
        ("GEN-TEMP-01", snippets.TEMPERATURES, anything),
        ("GEN-TOOLS-01", snippets.GUIDE_TOOLS, _called),
        ("GEN-RESP-01", snippets.USAGE, lines(_counts)),
    ]
    return [
        case(clause, each.name, tier="deep", snippet=each, tell=tell) for clause, each, tell in rows
    ]


@checks(_cases())
def test_snippet_of_the_guide_works(dut: Deployment, snippet: Snippet, tell: Tell) -> Findings:
    """The guide's snippet ends well, and prints what it was answered."""
    ran = own.ran(dut, tools.OPENAI, snippet.name)
    if snippet is snippets.CONVERSATION and any(_null(each) for each in reading.sent(ran)):
        return  # A null answer that is lawful breaks the printed pattern: see GEN-CONV-01's other.
    yield from reading.works(ran, tell)


@check("GEN-JSONMODE-01", tier="deep")
def test_json_snippet_is_answered_or_refused(dut: Deployment) -> Findings:
    """The printed JSON mode snippet is answered, or refused with a 4xx: what it says is its own."""
    yield from _open(own.ran(dut, tools.OPENAI, snippets.JSON_MODE.name))


@check("GEN-JSONSCHEMA-01", tier="deep")
def test_schema_snippet_is_answered_or_refused(dut: Deployment) -> Findings:
    """The printed JSON schema snippet is answered, or refused with a 4xx."""
    yield from _open(own.ran(dut, tools.OPENAI, snippets.JSON_SCHEMA.name))


def _open(ran: Ran) -> Findings:
    for exchange in reading.sent(ran):
        yield from verify.accepted_or_refused(exchange)


def _null(exchange: Exchange) -> bool:
    return exchange.ok and reading.content(exchange) == "None"
