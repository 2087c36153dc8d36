"""One model, retrieved by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from fixtures.transport.exchange import Request
from schemas.outcomes import Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.invariants.models import entries
from suites.models.support import agree, listed, retrieved
from suites.support.probes import at_tier, spread, spread_at_tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fixtures.target.deployment import Deployment

MOST = 2  # of a longer list so many are asked for, spread over it; all in the deep tier
KEPT = ("id", "owned_by", "capabilities")


@check("MODELS-GET-01", tier="smoke")
def test_a_listed_model_is_retrieved(dut: Deployment) -> Findings:
    """GET /models/{model_id} with a listed id is answered with the object of that model."""
    answers = []
    for name in spread(listed(dut), MOST):
        answers.append(retrieved(dut, name))
        if answers[-1].ok:
            return
    yield from verify.accepted(answers[0], "a listed model")


@check("MODELS-LIST-03")
def test_every_listed_model_is_found(dut: Deployment) -> Findings:
    """The list is not empty, and each listed model is found by its id; at standard, two are."""
    listing = dut.models()
    if isinstance(listing.document, dict) and listing.document.get("data") == []:
        yield verify.deviation(listing, "at least one model", where="/data")
        return
    answers = {name: retrieved(dut, name) for name in _asked_for(dut)}
    if not any(exchange.ok for exchange in answers.values()):
        raise Untestable("no model is retrieved: see MODELS-GET-01")
    for name, exchange in answers.items():
        yield from verify.accepted(exchange, f"the listed model {name}")


@check("MODELS-GET-02")
def test_the_object_equals_its_entry(dut: Deployment) -> Findings:
    """A retrieved model has the id, the owner and the capabilities of its entry in the list.

    What neither of both has is missed elsewhere.
    """
    by_id = {str(entry.get("id")): entry for entry in entries(dut.models())}
    answers = {name: retrieved(dut, name) for name in _asked_for(dut)}
    found = {name: exchange for name, exchange in answers.items() if exchange.ok}
    if not found:
        raise Untestable("no model is retrieved: see MODELS-GET-01")
    for name, exchange in found.items():
        for field in KEPT:
            document = exchange.document if isinstance(exchange.document, dict) else {}
            if field not in by_id[name] and field not in document:
                continue
            wanted, actual = by_id[name].get(field), exchange.value(field)
            if not agree(wanted, actual):
                expected = f"{field} {verify.show(wanted)}, as in the list"
                yield verify.deviation(
                    exchange, expected, actual=verify.show(actual), where=f"/{field}"
                )


@check("MODELS-GET-03")
def test_an_unknown_model_is_not_found(dut: Deployment) -> Findings:
    """GET /models/{model_id} with an id that nobody deployed is refused with 404 and JSON."""
    exchange = dut.model("no-such-model-7f3a")
    yield from verify.refused(exchange, "an unknown model")
    if 400 <= exchange.status < 500 and exchange.status != 404:
        yield verify.deviation(exchange, "HTTP 404 to an unknown model")
    yield Observation("status_unknown_model", f"retrieve {exchange.status}")


@check("MODELS-GET-04")
def test_an_id_is_matched_as_a_whole(dut: Deployment) -> Findings:
    """No prefix, longer name, other case or path trick finds a model."""
    names = listed(dut)
    tricks = [trick for name in spread(names, 3) for trick in _tricks(name, set(names))]
    for label, path in at_tier(dut, tricks, 2):
        exchange = dut.send(Request("GET", f"/models/{path}"))
        verify.conclusive(exchange)
        document = exchange.document
        if exchange.ok and isinstance(document, dict) and "id" in document:
            actual = f"{label} finds {verify.show(document['id'])}"
            yield verify.deviation(exchange, "no model, a 4xx", actual=actual)


def _asked_for(dut: Deployment) -> Sequence[str]:
    return spread_at_tier(dut, listed(dut), MOST)


def _tricks(name: str, known: set[str]) -> Iterator[tuple[str, str]]:
    """Names that are not quite the name of a model, and are no other model's name."""
    tricks = {
        "a prefix": name[:-1],
        "a longer name": name + "x",
        "another case": name.swapcase(),
        "a name with a space after it": name + " ",
        "a name with a NUL after it": name + "\0",
        "a path that leads back to it": "../models/" + name,
        "a wildcard": "*",
        "SQL that is always true": f"{name}' OR '1'='1",
    }
    for label, trick in tricks.items():
        if trick and trick not in known:
            yield label, quote(trick, safe="")
