"""Every answer of `POST /embeddings`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.outcomes import Untestable
from suites.engine.judge import invariant
from suites.engine.verify import deviation, show
from suites.invariants import documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding

OPERATION = "POST /embeddings"
ASKED, KIND = "embeddings.request", "embeddings.response"


def answers(exchange: Exchange) -> bool:
    """Answers to requests that need not be refused."""
    return documents.plain(OPERATION, exchange) and documents.lawful(ASKED, exchange)


documents.judged_by_schema(KIND, on=answers)
invariant("EMB-RESP-SHAPE-01", on=answers)(documents.is_strict_json)


@invariant("EMB-RESP-SHAPE-01", on=answers)
def one_text_has_one_embedding(exchange: Exchange) -> Iterator[Finding]:
    """One text is answered with one embedding, whose index is 0."""
    data = exchange.value("data")
    if not isinstance(exchange.request.fields.get("input"), str) or not isinstance(data, list):
        raise Untestable("several texts, or no list of embeddings")
    places = [each.get("index") for each in data if isinstance(each, dict)]
    if places != [0]:
        actual = f"indexes {show(places)}"
        yield deviation(exchange, "one embedding with index 0", actual=actual, where="/data")


@invariant("EMB-RESP-USAGE-01", on=answers)
def the_total_is_the_prompt(exchange: Exchange) -> Iterator[Finding]:
    """total_tokens is prompt_tokens, which is more than 0 for a text."""
    usage = exchange.value("usage")
    if not isinstance(usage, dict):
        raise Untestable("usage is no object")
    counts = [usage.get("prompt_tokens"), usage.get("total_tokens")]
    if not all(type(each) is int for each in counts):
        raise Untestable("usage lacks a count")
    if counts[0] != counts[1] or counts[0] == 0:
        expected = "total_tokens = prompt_tokens, above 0"
        yield deviation(exchange, expected, actual=show(usage), where="/usage")
