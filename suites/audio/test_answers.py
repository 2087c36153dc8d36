"""What a transcription holds: silence, keys, and the printed examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures import examples
from fixtures.audio import clip
from fixtures.target.plain_requests import form
from schemas.outcomes import Untestable
from schemas.records import Finding, Observation
from suites.audio.support import MEETING
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.engine.speech import ask, text_of
from suites.support.probes import zipped

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

PRINTED = {"task", "language", "duration", "text", "segments"}


@check("AUDIO-OUT-TEXT-01")
def test_silence_has_a_text_as_well(dut: Deployment) -> Findings:
    """Two seconds of silence are answered with a text, empty or not, or refused: never a 5xx."""
    yield from verify.accepted_or_refused(dut.transcribe(clip("silence.wav")))


@check("AUDIO-OUT-SHAPE-01")
def test_keys_are_observed(dut: Deployment) -> Findings:
    """The keys of an answer are as printed, or another clause says which are not."""
    exchange = ask(dut)
    verify.conclusive(exchange)
    found = PRINTED & set(exchange.document if isinstance(exchange.document, dict) else ())
    labels = {frozenset({"text"}): "text only", frozenset(PRINTED): "as printed"}
    yield Observation("audio_keys", labels.get(frozenset(found), "other"))


@check("AUDIO-EX-01")
def test_printed_requests_work(dut: Deployment) -> Findings:
    """The printed request works as curl and as the Python SDK send it: there is text.

    curl sends the file first and names no audio type; the SDK sends it last.
    """
    if not text_of(ask(dut)).strip():
        raise Untestable("no text comes from any file: see AUDIO-PATH-01")
    for client, exchange in (("curl", _as_curl(dut)), ("the Python SDK", _as_sdk(dut))):
        yield from verify.accepted(exchange, f"the printed request of {client}")
        if exchange.ok and not text_of(exchange).strip():
            yield verify.deviation(exchange, "a text that is not empty", where="/text")


@check("AUDIO-EX-02", offline=True)
def test_printed_answer_fits(dut: Deployment) -> Findings:
    """The printed answer fits the schema; its segments join to its text and end with the audio."""
    example = examples.load()["ref-audio-response"]
    body = example.json
    for each in dut.contract.bodies.violations("audio.response", body):
        yield Finding((each.expected,), each.actual, f"{example.file} {each.pointer}")
    joined = " ".join(each["text"] for each in body["segments"])
    ends = body["segments"][-1]["end"]
    if (joined, ends) != (body["text"], body["duration"]):
        expected = (f"{body['text']} ending at {body['duration']} s",)
        yield Finding(expected, f"{joined} ending at {ends} s", f"{example.file} /segments")


def _as_curl(dut: Deployment) -> Exchange:
    file = (MEETING, "application/octet-stream", clip(MEETING).data)
    fields = [("language", "en"), ("temperature", "0")]
    model = ("model", dut.cast.model("transcription"))
    return dut.send(form("/audio/transcriptions", [("file", file), model, *fields]))


def _as_sdk(dut: Deployment) -> Exchange:
    return dut.send(zipped(dut.upload(clip(MEETING), language="en", temperature=0)))
