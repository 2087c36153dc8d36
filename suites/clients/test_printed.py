"""Every printed program, run as printed but for URL, key, model and file names."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schemas.records import Observation
from suites.clients import matrix, own, reading, runs, snippets, tools
from suites.clients.reading import lines, printed, printed_content, visible_text
from suites.engine import verify
from suites.engine.checks import Check, Findings, case, check, checks

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from suites.clients.reading import Tell
    from suites.clients.runs import Ran
    from suites.clients.snippets import Snippet

PY = "SDK-PY-"


def _cases() -> list[Check]:
    rows: tuple[tuple[str, Snippet, Tell], ...] = (
        (f"{PY}CHAT-01", snippets.PY_CHAT, lines(printed_content)),
        (f"{PY}STREAM-01", snippets.PY_STREAM, lines(visible_text)),
        (f"{PY}AUDIO-01", snippets.PY_STARTED_AUDIO, lines(printed)),
        (f"{PY}AUDIO-01", snippets.PY_AUDIO, lines(printed)),
        (f"{PY}MAIN-01", snippets.PY_MAIN, lines(printed_content, visible_text)),
    )
    found = [
        case(clause, snippet.name, snippet=snippet, tell=tell) for clause, snippet, tell in rows
    ]
    story = {"snippet": snippets.STORY, "tell": lines(visible_text)}
    return [*found, case(f"{PY}STREAM-01", snippets.STORY.name, tier="deep", **story)]


@checks(_cases())
def test_printed_python_prints_the_answer(
    dut: Deployment, snippet: Snippet, tell: Tell
) -> Findings:
    """The printed Python program ends well, and prints the text of the answers on the wire."""
    yield from reading.works(own.ran(dut, snippet.tool, snippet.name), tell)


@check("SDK-NODE-MAIN-01")
def test_printed_node_program_prints_both_answers(dut: Deployment) -> Findings:
    """The printed Node program ends well, and prints the text of both answers on the wire."""
    ran = own.ran(dut, tools.OPENAI_NODE, snippets.NODE_MAIN.name)
    yield from reading.works(ran, lines(printed_content, visible_text))


@check("SDK-REQUESTS-01")
def test_printed_requests_program_prints_the_response(dut: Deployment) -> Findings:
    """The printed requests program ends well, and prints the JSON of the response on the wire."""
    snippet = snippets.REQUESTS
    ran = runs.run(dut, snippet.tool, [snippet.program(dut)])[snippet.name]
    found = list(reading.works(ran, reading.anything))
    yield from found
    document = ran.exchanges[-1].document
    if not found and (not isinstance(document, dict) or _evaluated(ran) != document):
        expected = f"prints {verify.show(document)}"
        yield verify.deviation(ran.exchanges[-1], expected, actual=verify.show(ran.out))


@checks([case("SDK-CURL-01", each.name, snippet=each) for each in snippets.CURL])
def test_printed_commands_print_the_answer(dut: Deployment, snippet: Snippet) -> Findings:
    """The printed curl command is answered with 200, and prints the body."""
    snippet.program(dut)
    batch = snippets.programs(dut, snippets.CURL)
    ran = runs.run(dut, snippet.tool, batch)[snippet.name]
    found = list(reading.works(ran, reading.raw))
    yield from found
    value = f"fails (deployment): {found[0].actual}" if found else "works"
    yield Observation(f"client {ran.tool} {snippet.example}", value)
    yield from matrix.isolation(ran)


def _evaluated(ran: Ran) -> object:
    try:
        return ast.literal_eval(ran.out)
    except (ValueError, SyntaxError, RecursionError):
        return None
