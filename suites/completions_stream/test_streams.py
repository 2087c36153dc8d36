"""Requests for streamed completions, which no page documents: whichever side, coherently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.bodies import ABSENT
from fixtures.exchange import NOT_JSON
from fixtures.outcomes import NotApplicable
from schemas.records import Observation
from suites import ignored, verify
from suites.asking import few, read
from suites.checks import Findings, check
from suites.completions.asking import COUNT, ENDS_SOON, ROUTE, choices, sure
from suites.completions.test_requests import UNICODE as TEXTS
from suites.invariants.completions import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.deployment import Deployment
    from fixtures.exchange import Exchange

UNICODE = (
    "Repeat exactly: Bogot\u00e1 \u6771\u4eac \U0001f642 e\u0301 \u0645\u0631\u062d\u0628\u0627"
)
KINDS: tuple[dict[str, Any], ...] = (
    {"prompt": COUNT, "max_tokens": 40},
    {"prompt": ["A", "A", TEXTS[0]], "max_tokens": 4},
    {"prompt": UNICODE, "max_tokens": 24},
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
        exchange = dut.completions(**fields, stream=True)
        yield from _open_to(exchange)
        if _side(exchange) != _side(first):
            expected = f"as to the plain request: {verify.describe(first)[:80]}"
            yield verify.deviation(exchange, expected)
    for stream in few(dut, (False,), 0):
        plain = dut.completions(stream=stream)
        yield from verify.open_to(plain)
        if plain.status == 200 and plain.document is NOT_JSON:
            yield verify.deviation(plain, "one JSON document without a stream")


@check("STREAM-COMP-02")
def test_streams_of_every_kind_are_whole(dut: Deployment) -> Findings:
    """Streams of one and of several prompts, cut and unicode, are text completions to the end."""
    _streams(dut)
    for fields in _taken(dut):
        exchange = dut.completions(**fields, stream=True)
        yield from verify.accepted(exchange, "a request for a stream")


@check("STREAM-COMP-02")
def test_texts_join_to_the_plain_completion(dut: Deployment) -> Findings:
    """The joined texts of a stream are the plain completion, and it ends for the same reason.

    Control: the plain request is completed always alike at temperature 0.
    """
    _streams(dut)
    for fields in _taken(dut):
        exchange, plain = dut.completions(**fields, stream=True), dut.completions(**fields)
        counts = {len(texts(exchange)), len(texts(plain)), choices(plain)}
        # How many choices several prompts have is open, for a stream as for a plain answer.
        open_count = len(counts) > 1 and 1 in counts
        said = [(texts(each), read(each).finish_reason) for each in (exchange, plain)]
        if not open_count and said[0] != said[1] and sure(dut, fields, {**fields, "stream": True}):
            expected = f"the plain completion {verify.show(said[1])}"
            yield verify.deviation(exchange, expected, actual=verify.show(said[0]))


@check("STREAM-COMP-02")
def test_usage_of_stream_and_plain_agree(dut: Deployment) -> Findings:
    """Where a stream tells its usage, the prompt counts as much as in a plain request."""
    _streams(dut)
    plain = read(dut.completions()).tokens("prompt_tokens")
    for options in few(dut, (ABSENT, {"include_usage": True}), 1):
        exchange = dut.completions(stream=True, stream_options=options)
        usage = (read(exchange).usage if exchange.ok else None) or {}
        if usage.get("prompt_tokens", plain) != plain:
            expected = f"{plain} prompt tokens, as plain"
            yield verify.deviation(exchange, expected, actual=verify.show(usage))


def _streams(dut: Deployment) -> None:
    """Raise NotApplicable where the route does not stream, which is lawful."""
    if not ignored.streams(ROUTE, dut):
        raise NotApplicable("the route does not stream, which no page promises")


def _taken(dut: Deployment) -> Iterator[dict[str, Any]]:
    """The kinds of requests that are accepted plainly: others have clauses of their own."""
    return (fields for fields in few(dut, KINDS, 2) if dut.completions(**fields).ok)


def _open_to(exchange: Exchange) -> Findings:
    """As `open_to`, but that a stream which began well may still be cut: its own clause says so."""
    if not (exchange.is_stream and exchange.payloads):
        yield from verify.open_to(exchange)


def _side(exchange: Exchange) -> str:
    if exchange.status != 200:
        return "refused"
    return "sse" if exchange.document is NOT_JSON else "json"
