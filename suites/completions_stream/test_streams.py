"""Requests for streamed completions, which no page documents: whichever side, coherently."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fixtures.transport.exchange import NOT_JSON
from schemas.outcomes import NotApplicable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, case, check, checks
from suites.invariants.completions import texts
from suites.support import idle_fields, ignored_fields
from suites.support.completions import (
    COUNT,
    ENDS_SOON,
    REPEAT,
    ROUTE,
    SEVERAL,
    changed_by_nothing,
    choices,
    is_deterministic,
    text_of,
    texts_of,
)
from suites.support.probes import FORMS, at_tier, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

PLAIN: Mapping[str, Any] = {}
KINDS: tuple[Mapping[str, Any], ...] = (
    {"prompt": COUNT, "max_tokens": 40},
    SEVERAL,
    {"prompt": REPEAT, "max_tokens": 24},
    {"prompt": ENDS_SOON[0], "max_tokens": 1},
)


@check("STREAM-COMP-01")
def test_stream_takes_a_side(dut: Deployment) -> Findings:
    """stream true is answered with a stream, with one JSON document, or refused with a 4xx."""
    exchange = dut.completions(stream=True)
    yield from _open_to(exchange)
    yield Observation("completions_stream", _side(exchange))


@check("STREAM-COMP-01")
def test_stream_keeps_its_side(dut: Deployment) -> Findings:
    """stream true is answered alike whatever else is asked; stream false streams nothing."""
    first = dut.completions(stream=True)
    for fields in _taken(dut):
        exchange = _streamed(dut, fields)
        yield from _open_to(exchange)
        if _side(exchange) != _side(first):
            expected = f"as to the plain request: {verify.describe(first)[:80]}"
            yield verify.deviation(exchange, expected)
    if not changed_by_nothing(dut):
        plain = dut.completions(stream=False)
        yield from verify.accepted_or_refused(plain)
        if plain.status == 200 and plain.document is NOT_JSON:
            yield verify.deviation(plain, "one JSON document without a stream")


@check("STREAM-COMP-02")
def test_streams_of_every_kind_are_whole(dut: Deployment) -> Findings:
    """Streams of one and of several prompts, cut and unicode, are text completions to the end."""
    _streams(dut)
    for fields in _taken(dut):
        exchange = _streamed(dut, fields)
        yield from verify.accepted(exchange, "a request for a stream")


@checks([replace(case("STREAM-COMP-02", ""), also=idle_fields.clauses(ROUTE))])
def test_texts_join_to_the_plain_completion(dut: Deployment) -> Findings:
    """The joined texts of a stream are the plain completion, and it ends for the same reason.

    It is asked for with all that asks for nothing, such as a stop sequence that never comes.
    Control: the plain request is completed always alike at temperature 0.
    """
    _streams(dut)
    for fields in _taken(dut):
        exchange, plain = _streamed(dut, fields), dut.completions(**fields)
        counts = {len(texts(exchange)), len(texts(plain)), choices(plain)}
        # How many choices several prompts have is open, for a stream as for a plain answer.
        open_count = len(counts) > 1 and 1 in counts
        streamed, whole = texts_of(exchange), texts_of(plain)
        if (
            not open_count
            and streamed != whole
            and is_deterministic(dut, fields, exchange.request.document)
        ):
            if texts_of(dut.completions(**fields, stream=True)) == whole:
                found = list(idle_fields.blamed(dut, ROUTE, fields, FORMS[1], text_of))
                yield from found
                if found:
                    continue
            expected = f"the plain completion {verify.show(whole)}"
            yield verify.deviation(exchange, expected, actual=verify.show(streamed))


@check("STREAM-COMP-02")
def test_usage_of_stream_and_plain_agree(dut: Deployment) -> Findings:
    """Where a stream tells its usage, the prompt counts as much as in a plain request."""
    _streams(dut)
    for fields in (PLAIN, KINDS[0]):
        exchange = dut.completions(stream=True) if fields is PLAIN else _streamed(dut, fields)
        plain = read(dut.completions(**fields)).tokens("prompt_tokens")
        usage = (read(exchange).usage if exchange.ok else None) or {}
        if plain and usage.get("prompt_tokens", plain) != plain:
            expected = f"{plain} prompt tokens, as plain"
            yield verify.deviation(exchange, expected, actual=verify.show(usage))


def _streams(dut: Deployment) -> None:
    """Raise NotApplicable where the route does not stream, which is lawful."""
    if not ignored_fields.streams(ROUTE, dut):
        raise NotApplicable("the route does not stream, which no page promises")


def _streamed(dut: Deployment, fields: Mapping[str, Any]) -> Exchange:
    """The stream of a request, with its usage where the deployment tells that when asked.

    With fields that ask for nothing, where they are accepted.
    """
    text = text_of(dut.completions(**fields))
    told: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
    exchange = dut.completions(**fields, **told, **idle_fields.at_once(ROUTE, text))
    return exchange if exchange.ok else dut.completions(**fields, stream=True)


def _taken(dut: Deployment) -> Iterator[Mapping[str, Any]]:
    """The kinds of requests that are accepted plainly: others have clauses of their own."""
    return (fields for fields in at_tier(dut, KINDS, 2) if dut.completions(**fields).ok)


def _open_to(exchange: Exchange) -> Findings:
    """As `open_to`, but that a stream which began well may still be cut: its own clause says so."""
    if not (exchange.is_stream and exchange.payloads):
        yield from verify.accepted_or_refused(exchange)


def _side(exchange: Exchange) -> str:
    if exchange.status != 200:
        return "refused"
    return "sse" if exchange.document is NOT_JSON else "json"
