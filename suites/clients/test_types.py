"""The bodies of the deployment, loaded into the types that OpenAI publishes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fixtures import examples
from fixtures.target.chat_view import Answer
from fixtures.transport.exchange import NOT_JSON
from schemas.outcomes import Inconclusive
from schemas.records import Observation
from suites.clients import runs, tools
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

CHUNKS = 40
# The printed example of each type, whose gaps are lawful.
PRINTED = {
    "ChatCompletion": "ref-chat-response",
    "ChatCompletionChunk": "ref-chat-stream-excerpt",
    "Completion": "ref-completions-response",
    "Model": "ref-model-retrieve-response",
    "Response": "compat-responses-response",
    "Transcription": "ref-audio-response",
}


@check("SDK-OPENAI-TYPES-01")
def test_bodies_load_into_the_published_types(dut: Deployment) -> Findings:
    """Each body validates as the type that openai-python publishes for it.

    What is missing in the printed example of a type may be missing in the body, too.
    """
    given = {exchange.id: exchange for exchange in _answers(dut)}
    bodies = [(name, kind, body) for name, one in given.items() for kind, body in _bodies(one)]
    printed = [
        (kind, kind, body)
        for kind, name in PRINTED.items()
        for body in examples.load()[name].bodies[:1]
    ]
    complaints = _complaints(dut, [*printed, *bodies])
    lawful = {_what(each) for each in complaints if each[0] in PRINTED}
    broken = 0
    for each in complaints:
        name, kind, place, sort, message = each
        gap = kind == "Response" and sort == "missing"
        if name in given and not gap and _what(each) not in lawful:
            broken += 1
            expected = f"a body that loads as openai's {kind}"
            yield verify.deviation(given[name], expected, actual=message, where=place)
    result = f"fails (deployment): {broken} complaints" if broken else "works"
    yield Observation(f"client {tools.OPENAI.label} types", result)


def _answers(dut: Deployment) -> Iterator[Exchange]:
    """One plain answer of each route, and one chat stream."""
    for operation, request in routes.baseline_requests(dut).items():
        yield dut.send(request)
        if operation == routes.CHAT:
            yield dut.chat(stream=True)


def _bodies(exchange: Exchange) -> Iterator[tuple[str, Any]]:
    document, operation = exchange.document, exchange.request.operation
    if not exchange.ok:
        return
    if exchange.is_stream:
        yield from (("ChatCompletionChunk", each) for each in Answer(exchange).chunks[:CHUNKS])
    elif operation == routes.LIST and isinstance(document, dict):
        data = document.get("data")
        yield from (("Model", each) for each in (data if isinstance(data, list) else ()))
    elif document is not NOT_JSON and (known := exchange.law.operations.get(operation)):
        yield from ((name, document) for name in [known.sdk_type] if name)


def _complaints(dut: Deployment, bodies: list[tuple[str, str, Any]]) -> list[list[str]]:
    step = runs.Step("openai_types.py", "complain")
    program = runs.Program("types", (step,), {"BODIES": bodies})
    used = list(dut.used)
    ran = runs.run(dut, tools.OPENAI, [program])["types"]
    dut.used[:] = used
    if ran.error:
        raise Inconclusive(f"{ran.tool} has other types than were known: {ran.error}")
    return [json.loads(line) for line in ran.out.splitlines()]


def _what(complaint: list[str]) -> tuple[str, str, str]:
    """The type, the place without the indexes of lists, and the kind of complaint."""
    _, kind, place, sort, _ = complaint
    steps = [step for step in place.split("/") if not step.isdigit()]
    return kind, "/".join(steps), sort
