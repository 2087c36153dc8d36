"""The examples that the pages print of models."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fixtures import examples
from schemas.outcomes import Untestable
from schemas.records import Finding
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.models.support import listed, retrieved
from suites.support.probes import at_tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.target.deployment import Deployment

LIST, OBJECT = "ref-models-list-response", "ref-model-retrieve-response"
COMMANDS = ("ref-models-list-curl", "ref-model-retrieve-curl")
CURL = ("User-Agent", "curl/8.5.0")


@check("MODELS-EX-01", tier="smoke", offline=True)
def test_the_printed_list_fits_the_schema(dut: Deployment) -> Findings:
    """The printed list of models fits the derived schema, and names each model once."""
    document = examples.load()[LIST].json
    yield from _fits(dut, "models.list", document)
    names = [entry["id"] for entry in document["data"]]
    if len(set(names)) != len(names):
        yield Finding(("each id once",), "an id stands twice", where=LIST)


@check("MODELS-EX-02", tier="smoke", offline=True)
def test_the_printed_model_fits_the_schema(dut: Deployment) -> Findings:
    """The printed model fits the derived schema, and equals its entry in the printed list."""
    document = examples.load()[OBJECT].json
    yield from _fits(dut, "models.object", document)
    if document not in examples.load()[LIST].json["data"]:
        yield Finding(("its entry in the printed list",), verify.show(document), where=OBJECT)


@check("MODELS-EX-03")
def test_printed_commands_work(dut: Deployment) -> Findings:
    """The printed curl commands work; where the printed model is not listed, with another one."""
    names = listed(dut)
    for command in COMMANDS:
        name = _printed(examples.load()[command].text)
        plain = retrieved(dut, name if name in names else names[0]) if name else dut.models()
        if not plain.ok:
            raise Untestable("no model is retrieved: see MODELS-GET-01")
        # At standard the other clients run the printed command itself.
        for headers in at_tier(dut, ((), (CURL,)), 1):
            request = replace(plain.request, headers=headers)
            yield from verify.accepted(dut.send(request), f"the printed command, {request.route}")


def _fits(dut: Deployment, kind: str, document: object) -> Iterator[Finding]:
    for each in dut.contract.bodies.violations(kind, document):
        yield Finding((each.expected,), each.actual, where=each.pointer or "/")


def _printed(command: str) -> str:
    """The model in the address of a printed curl command; empty where the list is asked for."""
    words = shlex.split(command.replace("\\\n", " "))
    return urlsplit(words[1]).path.removeprefix("/v1/models").removeprefix("/")
