"""Requests for streamed completions, which no page documents: whichever side, coherently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.bodies import ABSENT
from fixtures.exchange import NOT_JSON
from fixtures.outcomes import NotApplicable
from schemas.records import Observation
from suites import ignored, verify
from suites.asking import read
from suites.checks import Findings, check
from suites.completions.asking import COUNT, ENDS_SOON, ROUTE, steady
from suites.invariants.completions import texts

if TYPE_CHECKING:
    from fixtures.deployment import Deployment
    from fixtures.exchange import Exchange

UNICODE = "Bogot\u00e1 \u6771\u4eac \U0001f642 Bogot\u00e1 \u6771\u4eac \U0001f642"
KINDS: tuple[dict[str, Any], ...] = (
    {"prompt": COUNT, "max_tokens": 40},
    {"prompt": UNICODE, "max_tokens": 24},
    {"prompt": ["A", "B"], "max_tokens": 4},
    {"prompt": ENDS_SOON[0], "max_tokens": 1},
)


@check("STREAM-COMP-01")
def test_stream_takes_a_side(dut: Deployment) -> Findings:
    """stream true is answered with a stream, with one JSON document, or refused with a 4xx."""
    exchange = dut.completions(stream=True)
    yield from verify.open_to(exchange)
    yield Observation("completions_stream", _side(exchange))


@check("STREAM-COMP-01")
def test_stream_keeps_its_side(dut: Deployment) -> Findings:
    """stream true is answered alike whatever else is asked; stream false streams nothing."""
    first = dut.completions(stream=True)
    for fields in KINDS:
        exchange = dut.completions(**fields, stream=True)
        yield from verify.open_to(exchange)
        if _side(exchange) != _side(first):
            expected = f"as to the plain request: {verify.describe(first)[:80]}"
            yield verify.deviation(exchange, expected)
    plain = dut.completions(stream=False)
    yield from verify.open_to(plain)
    if plain.status == 200 and plain.document is NOT_JSON:
        yield verify.deviation(plain, "one JSON document without a stream")


@check("STREAM-COMP-02")
def test_streams_of_every_kind_are_whole(dut: Deployment) -> Findings:
    """Streams of one and of several prompts, cut and unicode, are text completions to the end."""
    _streams(dut)
    for fields in KINDS:
        exchange = dut.completions(**fields, stream=True)
        yield from verify.accepted(exchange, "a request for a stream")


@check("STREAM-COMP-02")
def test_texts_join_to_the_plain_completion(dut: Deployment) -> Findings:
    """The joined texts of a stream are the plain completion, and it ends for the same reason.

    Control: the plain request is completed twice alike at temperature 0.
    """
    _streams(dut)
    for fields in KINDS:
        if not steady(dut, **fields):
            continue
        exchange, plain = dut.completions(**fields, stream=True), dut.completions(**fields)
        if texts(exchange) != texts(plain):
            expected = f"the plain completion {verify.show(texts(plain))}"
            yield verify.deviation(exchange, expected, actual=verify.show(texts(exchange)))
        elif read(exchange).finish_reason != read(plain).finish_reason:
            expected = f"{read(plain).finish_reason}, as plain"
            yield verify.deviation(exchange, expected, actual=read(exchange).finish_reason)


@check("STREAM-COMP-02", tier="deep")
def test_usage_of_stream_and_plain_agree(dut: Deployment) -> Findings:
    """Where a stream tells its usage, the prompt counts as much as in a plain request."""
    _streams(dut)
    plain = read(dut.completions()).tokens("prompt_tokens")
    for options in (ABSENT, {"include_usage": True}):
        exchange = dut.completions(stream=True, stream_options=options)
        usage = (read(exchange).usage if exchange.ok else None) or {}
        if usage.get("prompt_tokens", plain) != plain:
            expected = f"{plain} prompt tokens, as plain"
            yield verify.deviation(exchange, expected, actual=verify.show(usage))


def _streams(dut: Deployment) -> None:
    """Raise NotApplicable where the route does not stream, which is lawful."""
    if not ignored.streams(ROUTE, dut):
        raise NotApplicable("the route does not stream, which no page promises")


def _side(exchange: Exchange) -> str:
    if exchange.status != 200:
        return "refused"
    return "sse" if exchange.document is NOT_JSON else "json"
