"""What the catalogue of faults cannot express about responses."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from fixtures import examples
from fixtures.target.plain_requests import post
from fixtures.target.responses_view import Output
from fixtures.transport.exchange import Chunk, Exchange
from schemas import profiles
from schemas.records import Verdict
from suites.engine import catalogue, judge
from suites.engine.checks import execute
from suites.invariants.life_cycle import faults_of_order
from suites.responses_stream import test_streams
from tests import bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LAW = profiles.load(profiles.DEFAULT)

ROLES = (("broken_model", "whisper-large-v3"), ("responses", "hypernova-60b"))

catalogue.load(LAW)


def test_a_model_without_endpoint_is_judged_where_it_is_named(reference: str) -> None:
    honest = bench.examine(f"{reference}/v1", "RESP-GATE-09", models=ROLES)
    assert honest["RESP-GATE-09"].verdict is Verdict.MET, honest.text("RESP-GATE-09")
    lying = f"{reference}/fault/resp-gate-opens-a-stream/v1"
    assert bench.examine(lying, "RESP-GATE-09", models=ROLES).violated == {"RESP-GATE-09"}


def spoil_total(body: dict[str, Any]) -> None:
    body["usage"]["total_tokens"] = 23


def spoil_time(body: dict[str, Any]) -> None:
    body["completed_at"] += 1


def spoil_output(body: dict[str, Any]) -> None:
    body["output"][0]["content"] = "Hello!"


@pytest.mark.parametrize("spoil", [spoil_total, spoil_time, spoil_output])
def test_a_printed_answer_that_does_not_fit_is_found(
    reference: str, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[dict[str, Any]], None]
) -> None:
    body = copy.deepcopy(examples.load()["compat-responses-response"].json)
    spoil(body)

    class Spoilt:
        json = body

    monkeypatch.setattr(examples, "load", lambda: {"compat-responses-response": Spoilt})
    case = next(case for case in catalogue.load(LAW) if case.clause == "RESP-EX-02")
    with bench.deployment(f"{reference}/v1") as dut:
        assert execute(case, dut).findings


def streamed(
    events: Iterable[dict[str, Any]], *, end: str = "data: [DONE]\n\n", at: float = 0.1
) -> Exchange:
    """A stream of these events, one read each, from nobody."""
    body = {"model": "m", "input": "Say OK", "stream": True}
    raw = [f"data: {json.dumps(event)}\n\n" for event in events] + [end]
    chunks = tuple(Chunk(at * (n + 1), text.encode()) for n, text in enumerate(raw))
    headers = (("content-type", "text/event-stream"),)
    return Exchange("x", post("/responses", body), 200, headers, chunks, seconds=at * len(raw))


def violated(exchange: Exchange) -> set[str]:
    return {finding.clause for said in judge.judge(exchange, LAW) for finding in said.findings}


MESSAGE = {"id": "m1", "type": "message", "role": "assistant"}
PART = {"type": "output_text", "text": "OK"}


def life(*middle: dict[str, Any], **end: Any) -> list[dict[str, Any]]:
    """A response that says OK: what stands between its beginning and its end, and its end."""
    head = {"id": "r1", "object": "response", "created_at": 1749600000, "model": "m"}
    begun = {**head, "status": "in_progress", "output": []}
    whole = {**head, "status": "completed", "output": [{**MESSAGE, "content": [PART]}]}
    return [
        {"type": "response.created", "response": begun},
        *middle,
        {"type": "response.completed", "response": {**whole, "usage": None, **end}},
    ]


def delta(text: str, **place: Any) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "delta": text, **place}


def test_a_sparse_stream_is_lawful() -> None:
    assert not violated(streamed(life(delta("O"), delta("K"))))


@pytest.mark.parametrize(
    ("error", "clauses"),
    [
        ({"type": "error", "message": "overloaded"}, set()),
        ({"error": {"message": "overloaded"}}, set()),
        ({"detail": "overloaded", "error": True}, set()),
        ({"type": "error", "code": 1}, {"STREAM-RESP-ERR-01"}),
        (
            {"type": "response.failed", "response": {"error": {"message": "overloaded"}}},
            set(),
        ),
    ],
)
def test_a_failure_in_a_stream_needs_words_and_no_certain_shape(
    error: dict[str, Any], clauses: set[str]
) -> None:
    begun = life(delta("O"))[:-1]
    assert violated(streamed([*begun, error])) == clauses
    assert violated(streamed([*begun, error], end="")) == {*clauses, "STREAM-RESP-DONE-01"}


def test_a_stream_that_just_stops_has_no_end() -> None:
    assert violated(streamed(life(delta("OK"))[:-1])) == {"STREAM-RESP-ORDER-01"}


def test_parts_are_distinguished_by_their_indexes() -> None:
    two = {"output": [{**MESSAGE, "content": [PART]}, {**MESSAGE, "id": "m2", "content": [PART]}]}
    first, second = {"output_index": 0, "content_index": 0}, {"output_index": 1, "content_index": 0}
    mixed = [delta("O", **first), delta("O", **second), delta("K", **second), delta("K", **first)]
    assert not violated(streamed(life(*mixed, **two)))
    assert violated(streamed(life(*mixed[:3], **two))) == {"STREAM-RESP-DELTA-01"}


def test_order_is_judged_where_there_are_items() -> None:
    added = {"type": "response.output_item.added", "output_index": 0, "item": MESSAGE}
    done = {**added, "type": "response.output_item.done"}
    place = {"output_index": 0, "content_index": 0, "item_id": "m1"}
    closed = {"type": "response.output_text.done", "text": "OK", **place}
    good = life(added, delta("OK", **place), closed, done)
    assert not violated(streamed(good))
    late = [good[0], good[2], good[1], *good[3:]]
    assert violated(streamed(late)) == {"STREAM-RESP-PLACE-01"}
    early = [good[0], good[3], *good[1:3], *good[4:]]
    assert [fault[1] for fault in faults_of_order(Output(streamed(early)).events, cut=False)] == [
        "it was not opened"
    ]


def test_final_text_is_the_streamed_one_whatever_surrounds_it() -> None:
    part = {**PART, "text": "OK"}
    ends = {"output": [{**MESSAGE, "content": [part]}]}
    assert not violated(streamed(life(delta("\n OK"), **ends)))
    assert violated(streamed(life(delta("O K"), **ends))) == {"STREAM-RESP-DELTA-01"}


@pytest.mark.parametrize(
    ("reads", "buffered"), [([0.1] * 64, True), ([0.01 * n for n in range(64)], False)]
)
def test_a_buffered_stream_is_recognised_by_its_reads(reads: list[float], buffered: bool) -> None:
    frames = [f"data: {json.dumps(delta('word '))}\n\n".encode() for _ in reads]
    chunks = tuple(Chunk(at + 1, raw) for at, raw in zip(reads, frames, strict=True))
    request = post("/responses", {"model": "m", "input": "x", "stream": True})
    exchange = Exchange("x", request, 200, (), chunks, seconds=max(reads) + 1)
    assert bool(test_streams._problem(exchange)) is buffered
