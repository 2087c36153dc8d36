"""Streams of many kinds, so that every judge of responses streams has something to judge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fixtures.target.plain_requests import ABSENT
from fixtures.target.responses_view import Output
from schemas.outcomes import NoControl, NotApplicable, Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, case, check, checks
from suites.support import idle_fields
from suites.support.probes import at_tier, is_deterministic
from suites.support.responses import (
    CAPS,
    ESSAY,
    STREAM,
    answered,
    counted,
    plain_count,
    printed,
    read,
)

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

UNICODE = "Repeat exactly: Bogotá 東京 🙂 👩‍👩‍👧 e\u0301 مرحبا"
ROUTE = "/responses"
# What is compared plain and streamed.
TWICE: dict[str, Any] = {"input": UNICODE, "temperature": 0}
MESSAGE = [{"role": "user", "content": [{"type": "input_text", "text": UNICODE}]}]
WRONG: tuple[dict[str, Any], ...] = (
    {"input": ABSENT},
    {"input": 5},
    {"input": None},
    {"max_output_tokens": -1},
    {"temperature": "hot"},
    {"text": {"format": {"type": "zzz"}}},
)
# An answer of LONG characters has many tokens; fewer than FEW deltas would be no stream of them.
LONG, FEW = 400, 5
# What all streams are judged by, and nothing else asks.
JUDGED = tuple(f"STREAM-RESP-{each}-01" for each in ("DELTA", "DATA", "DONE", "PLACE", "STATUS"))
# Deltas in one read of the connection: engines and proxies may join some, not all of them.
JOINED = 16


@check("STREAM-RESP-CTYPE-01", tier="smoke")
def test_stream_is_answered(dut: Deployment) -> Findings:
    """stream true is answered with status 200; each judge of streams sees the stream."""
    yield from answered(dut.responses(stream=True))


@checks([case(clause, "") for clause in JUDGED])
def test_streams_of_every_kind_are_answered(dut: Deployment) -> Findings:
    """Texts of many scripts, items, and answers that are cut: the deltas join to the text."""
    kinds: tuple[dict[str, Any], ...] = (
        TWICE,
        {"input": MESSAGE},
        {"input": ESSAY, "max_output_tokens": CAPS[0]},
    )
    asked = [_streamed(dut, each) for each in at_tier(dut, kinds, 1)]
    if any(True for exchange in asked for _ in answered(exchange)):
        raise Untestable("a stream was not answered")
    yield from ()


@checks([replace(case("STREAM-RESP-DELTA-01", ""), also=idle_fields.clauses(ROUTE))])
def test_deltas_join_to_the_plain_text(dut: Deployment) -> Findings:
    """The joined deltas are the text of the plain answer, where the deployment repeats itself.

    The stream is asked for with all that asks for nothing. Control: both requests are answered
    always alike at temperature 0.
    """
    plain, exchange = dut.responses(**TWICE), _streamed(dut, TWICE)
    verify.conclusive(plain)
    if not plain.ok:
        raise NoControl("the same is not answered without stream")
    kept, streamed = _said(plain), _said(exchange)
    if not kept:
        raise NoControl("the plain answer says nothing")
    varied = exchange.request.document
    if kept == streamed or not is_deterministic(dut, ROUTE, TWICE, varied, said_by=_said):
        return
    if _said(dut.responses(**TWICE, stream=True)) == kept:
        found = list(idle_fields.blamed(dut, ROUTE, TWICE, STREAM, _said))
        yield from found
        if found:
            return
    expected = f"the plain answer {verify.show(kept)}"
    yield verify.deviation(exchange, expected, actual=verify.show(streamed))


def _streamed(dut: Deployment, fields: dict[str, Any]) -> Exchange:
    """The stream of a request, with fields that ask for nothing where they are accepted."""
    if fields is TWICE:
        exchange = dut.responses(**fields, **idle_fields.at_once(ROUTE, ""), stream=True)
        if exchange.ok:
            return exchange
    exchange = dut.responses(**fields, stream=True)
    warm = {**fields, "temperature": ABSENT}
    return exchange if exchange.ok else dut.responses(**warm, stream=True)


def _said(exchange: Exchange) -> str:
    response = read(exchange)
    return (response.streamed_text if exchange.is_stream else response.text).strip()


@check("STREAM-RESP-USAGE-01")
def test_usage_of_stream_and_plain_agree(dut: Deployment) -> Findings:
    """Where a stream tells its usage, the input counts as much as in a plain request."""
    exchange = dut.responses(stream=True)
    if not read(exchange).document.get("usage"):
        raise NotApplicable("the stream tells no usage, which is lawful")
    plain, streamed = plain_count(dut), counted(exchange)
    if plain != streamed:
        expected = f"{plain} input tokens, as plain"
        yield verify.deviation(exchange, expected, actual=str(streamed), where="/usage")


@check("STREAM-RESP-INCR-01")
def test_stream_comes_in_pieces_over_time(dut: Deployment) -> Findings:
    """A long answer comes in several events, and not all at once at its end. n = 3.

    Rule: a deviation when three long answers come each in less than five text deltas, or when in
    each of them all deltas come in a few reads (less than one for 16 deltas) that lie within a
    quarter of the whole time. One that does not ends the matter.
    """
    problems = []
    for sample in range(3):
        exchange = _essay(dut, sample)
        problem = _problem(exchange)
        if not problem:
            return
        problems.append(problem)
    yield verify.deviation(exchange, "several text deltas, over time", actual="; ".join(problems))


def _essay(dut: Deployment, sample: int) -> Exchange:
    """A long answer. Raises NotApplicable where the model gives none, and Untestable."""
    exchange = dut.responses(input=ESSAY, max_output_tokens=256, stream=True, sample=sample)
    if len(exchange.events) < len(exchange.payloads):
        raise Untestable("the events are not told apart: see STREAM-RESP-DATA-01")
    response = read(exchange)
    text = response.streamed_text or response.text
    if len(text) < LONG:
        raise NotApplicable(f"the model's long answer has {len(text)} characters only")
    return exchange


def _problem(exchange: Exchange) -> str:
    times = [each.at for each in Output(exchange).typed("response.output_text.delta")]
    if len(times) < FEW:
        return f"{len(times)} deltas"
    spread = times[-1] - times[0]
    if len({*times}) * JOINED < len(times) and spread < exchange.seconds / 4:
        at = f"{times[0]:.2f} to {times[-1]:.2f} s of {exchange.seconds:.2f} s"
        return f"{len(times)} deltas in {len({*times})} reads, {at}"
    return ""


@check("STREAM-RESP-ERR-01")
def test_failures_in_streams_are_observed(dut: Deployment) -> Findings:
    """A healthy deployment does not fail on demand: what its streams did is observed."""
    exchange = dut.responses(stream=True)
    failure = Output(exchange).failure
    if failure is None:
        yield Observation("stream_failure", "not seen" if exchange.ok else "cut off")
    else:
        named = failure.name == "error" or failure.type == "error"
        yield Observation("stream_failure", "error event" if named else "error payload")


@check("STREAM-RESP-ERR-02")
def test_refusals_come_before_the_stream(dut: Deployment) -> Findings:
    """What is refused without stream is refused with stream, by an HTTP status and in JSON."""
    plain = [(each, dut.responses(**each)) for each in at_tier(dut, WRONG, 1)]
    refused = [each for each, exchange in plain if verify.side(exchange) == "refused"]
    if not refused:
        came = ", ".join(sorted({verify.outline(exchange) for _, exchange in plain}))
        raise Untestable(f"nothing malformed is refused without stream, but answered with {came}")
    for fields in refused:
        exchange = dut.responses(**fields, stream=True)
        yield from verify.refused(exchange, f"{fields} with stream")
        if exchange.status >= 400 and exchange.media_type == "text/event-stream":
            yield verify.deviation(exchange, "an error that is no stream", actual="an event stream")


@check("STREAM-RESP-EX-01")
def test_printed_streaming_requests_are_answered(dut: Deployment) -> Findings:
    """The printed streaming requests are answered with events."""
    for name, exchange in printed(dut, stream=True):
        yield from answered(exchange, f"the printed request {name}")
        if exchange.ok and not exchange.events:
            yield verify.deviation(exchange, "Server-Sent Events")
