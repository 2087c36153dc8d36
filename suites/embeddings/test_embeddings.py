"""Embeddings: the table of the request, executed, and what a vector tells of its text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from schemas.outcomes import Untestable
from suites.engine import verify
from suites.engine.checks import Findings, check, checks
from suites.support import table_cases

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

KIND = "embeddings.request"
ROUTE = "/embeddings"
UNKNOWN = "no-such-model-7f3a"
OTHER = "The harbour lies behind a low hill, and the boats come home at dusk."
# Equal texts may differ by rounding; other texts differ by more.
ROUNDING = 1e-3


@check("EMB-PATH-01")
def test_a_text_is_answered_with_its_embedding(dut: Deployment) -> Findings:
    """The printed kind of request is answered with HTTP 200; all rules judge the answer."""
    yield from verify.accepted(dut.send(dut.request(ROUTE)))


@checks(table_cases.refused(KIND))
def test_values_that_are_ruled_out_are_refused(
    dut: Deployment, sent: tuple[table_cases.RequestVariation, ...]
) -> Findings:
    """A request without its model or its input, or with another type of them, is refused."""
    for each in sent:
        yield from verify.refused(dut.send(dut.request(ROUTE, **each.fields)), each.label)


@check("EMB-REQ-MODEL-01")
def test_an_unknown_model_is_refused(dut: Deployment) -> Findings:
    """A model that nobody lists is refused."""
    exchange = dut.send(dut.request(ROUTE, model=UNKNOWN))
    yield from verify.refused(exchange, "an unknown model")


@check("EMB-VECTOR-01")
def test_a_vector_is_that_of_its_text(dut: Deployment) -> Findings:
    """The same text has about the same vector again, and another text has another one."""
    first, again = (dut.send(dut.request(ROUTE, sample=number)) for number in range(2))
    other = dut.send(dut.request(ROUTE, input=OTHER))
    if _distance(_vector(first), _vector(again)) > ROUNDING:
        yield verify.deviation(again, "about the vector of the same text before", where=WHERE)
    if _distance(_vector(first), _vector(other)) <= ROUNDING:
        actual = f"the vector of {verify.show('Hello world')}"
        yield verify.deviation(other, "a vector of its own", actual=actual, where=WHERE)


WHERE = "/data/0/embedding"


def _vector(exchange: Exchange) -> list[float]:
    """The vector of the first text. Raises Inconclusive, and Untestable where there is none."""
    verify.conclusive(exchange)
    vector = exchange.value("data", 0, "embedding")
    numbers = isinstance(vector, list) and all(type(each) in (int, float) for each in vector)
    if not numbers or not vector:
        raise Untestable("there is no vector to compare: see EMB-RESP-VECTOR-01")
    return [float(each) for each in vector]


def _distance(one: list[float], other: list[float]) -> float:
    """The difference of two vectors as a share of their length; 1 for two lengths."""
    length = math.hypot(*one) or 1.0
    return math.dist(one, other) / length if len(one) == len(other) else 1.0
