"""What the catalogue of faults cannot express about transcriptions."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fixtures import examples
from fixtures.audio import clip, speech
from fixtures.target.plain_requests import upload
from fixtures.transport.exchange import Chunk, Exchange
from schemas import profiles
from suites.engine import catalogue, judge
from suites.engine import speech as hearing
from suites.engine.checks import execute
from tests import bench

if TYPE_CHECKING:
    from collections.abc import Callable

LAW = profiles.load(profiles.DEFAULT)
ROUTE = "/audio/transcriptions"

catalogue.load(LAW)


def spoil_text(body: dict[str, Any]) -> None:
    body["text"] = 5


def spoil_end(body: dict[str, Any]) -> None:
    body["segments"][-1]["end"] = 12.5


def spoil_segment(body: dict[str, Any]) -> None:
    body["segments"].pop()
    body["duration"] = body["segments"][-1]["end"]


@pytest.mark.parametrize("spoil", [spoil_text, spoil_end, spoil_segment])
def test_a_printed_answer_that_does_not_fit_is_found(
    reference: str, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[dict[str, Any]], None]
) -> None:
    printed = examples.load()["ref-audio-response"]
    body = copy.deepcopy(printed.json)
    spoil(body)

    class Spoilt:
        file, json = printed.file, body

    monkeypatch.setattr(examples, "load", lambda: {"ref-audio-response": Spoilt})
    case = next(case for case in catalogue.load(LAW) if case.clause == "AUDIO-EX-02")
    with bench.deployment(f"{reference}/v1") as dut:
        assert execute(case, dut).findings


def answered(text: str, **other: Any) -> Exchange:
    """An answer of 200 to an upload of the meeting, from nobody."""
    request = upload(ROUTE, clip("meeting_minutes.mp3"), {"model": "m", **other})
    headers = (("content-type", "application/json"),)
    return Exchange("x", request, 200, headers, (Chunk(0.1, text.encode()),))


@pytest.mark.parametrize(
    ("body", "clause"),
    [
        ('{"text": "a", "text": "b"}', "AUDIO-REQ-RESPFMT-02"),
        ('{"text": "a", "duration": NaN}', "AUDIO-REQ-RESPFMT-02"),
        ('[{"text": "a"}]', "AUDIO-REQ-RESPFMT-02"),
        ('{"text": ["a"]}', "AUDIO-OUT-TEXT-01"),
        ('{"text": "a", "duration": 5.4}', "AUDIO-OUT-DURATION-01"),
        ('{"text": "a", "segments": [{"id": 0, "start": 3, "end": 2}]}', "AUDIO-OUT-SEG-02"),
        ('{"text": "a", "segments": [{"id": 0, "start": 0, "end": 7}]}', "AUDIO-OUT-SEG-02"),
        ('{"text": "a b", "segments": [{"text": "b"}, {"text": "a"}]}', "AUDIO-OUT-SEG-03"),
    ],
)
def test_recorded_answers_are_judged(body: str, clause: str) -> None:
    assert clause in violated(answered(body))


@pytest.mark.parametrize(
    "body",
    [
        '{"text": "a", "duration": 5.9}',
        '{"text": " a b", "segments": [{"text": " a"}, {"text": " b"}]}',
        '{"text": "", "segments": []}',
        '{"text": "a", "segments": [{"id": 0, "start": 0, "end": 6.4}]}',
    ],
)
def test_lawful_answers_are_left_alone(body: str) -> None:
    missing_keys = {"AUDIO-OUT-SHAPE-01", "AUDIO-OUT-SEG-01"}
    assert violated(answered(body)) <= missing_keys


def test_a_stream_is_the_finding_of_its_own_clause() -> None:
    stream = answered('data: {"type": "transcript.text.done"}\n\n', stream="true")
    assert violated(stream) == {"AUDIO-REQ-STREAM-02"}


def violated(exchange: Exchange) -> set[str]:
    found = [finding for said in judge.judge(exchange, LAW) for finding in said.findings]
    return {finding.clause for finding in found if finding.clause.startswith("AUDIO-")}


def test_mp3_is_the_plain_clip_where_wav_is_refused(reference: str) -> None:
    with bench.deployment(f"{reference}/fault/audio-refuses-wav/v1") as dut:
        assert hearing.plain(dut) == speech("mp3")
    with bench.deployment(f"{reference}/v1") as dut:
        assert hearing.plain(dut) == speech("wav")


def test_an_upload_has_the_media_type_of_the_clip() -> None:
    request = upload(ROUTE, replace(speech("mp4"), media="video/mp4"), {})
    assert b"Content-Type: video/mp4\r\n" in request.body


def test_smoke_asks_once(reference: str) -> None:
    assert len(bench.examine(f"{reference}/v1", areas=("audio",), tier="smoke").exchanges) <= 3
