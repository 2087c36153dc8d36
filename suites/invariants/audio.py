"""Every answer of `POST /audio/transcriptions`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fixtures.audio import Clip, clips
from schemas.outcomes import Untestable
from suites.engine.judge import invariant
from suites.engine.speech import OPERATION
from suites.engine.verify import deviation, show
from suites.invariants import documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding

KIND = "audio.response"
TRUE = frozenset({"true", "1"})
# Converting a file adds some padding; a recogniser rounds.
SHARE, SECONDS = 0.05, 0.3
SLACK = 0.5
# A line of subtitles that nobody speaks: from when to when.
SUBTITLE = re.compile(r"\d\d:\d\d[.,]\d{3} *--> *\d\d:\d\d")
# What Whisper listens to at once; where nobody speaks, it hears the padding to its end.
WINDOW = 30.0


def any_answer(exchange: Exchange) -> bool:
    """Answers, also to requests for a stream: a transcription is never one."""
    return documents.plain(OPERATION, exchange)


def asks_for_stream(exchange: Exchange) -> bool:
    """Answers to requests with stream true."""
    values = exchange.request.form.get("stream", ())
    return any_answer(exchange) and any(value.lower() in TRUE for value in values)


def transcripts(exchange: Exchange) -> bool:
    """Answers to requests that ask for no stream."""
    return any_answer(exchange) and not asks_for_stream(exchange)


def known(exchange: Exchange) -> bool:
    """Answers to uploads of a clip of ours, whole."""
    return any_answer(exchange) and _clip(exchange) is not None


documents.judged_by_schema(KIND, on=any_answer)


@invariant("AUDIO-REQ-RESPFMT-02", on=transcripts)
def is_json(exchange: Exchange) -> Iterator[Finding]:
    """A transcription is one JSON object."""
    yield from _one_object(exchange)


@invariant("AUDIO-REQ-RESPFMT-02", on=transcripts)
def text_is_no_subtitles(exchange: Exchange) -> Iterator[Finding]:
    """The text holds what is said, without the times of subtitles, whatever format was asked."""
    text = exchange.value("text")
    if not isinstance(text, str):
        raise Untestable("there is no text")
    if SUBTITLE.search(text):
        yield deviation(exchange, "words alone", actual=show(text), where="/text")


@invariant("AUDIO-REQ-STREAM-02", on=asks_for_stream)
def is_no_stream(exchange: Exchange) -> Iterator[Finding]:
    """A transcription with stream true is one JSON object, too."""
    yield from _one_object(exchange)


@invariant("AUDIO-OUT-DURATION-01", on=known)
def duration_is_the_length(exchange: Exchange) -> Iterator[Finding]:
    """The duration is the length of the uploaded clip, within 0.3 s or 5 %."""
    duration, clip = exchange.value("duration"), _clip(exchange)
    if clip is None or not _is_number(duration):
        raise Untestable("there is no duration, or nothing to compare it with")
    if abs(duration - clip.seconds) > max(SECONDS, SHARE * clip.seconds):
        expected = f"about {clip.seconds:g} s, the length of {clip.file}"
        yield deviation(exchange, expected, actual=show(duration), where="/duration")


@invariant("AUDIO-OUT-SEG-02", on=any_answer)
def segments_follow_each_other(exchange: Exchange) -> Iterator[Finding]:
    """Segments are numbered from 0, start in order, end after they start and inside the audio."""
    segments = _segments(exchange)
    rows: list[tuple[Any, Any, Any]] = [
        (each.get("id"), each.get("start"), each.get("end")) for each in segments
    ]
    if not all(_is_number(value) for row in rows for value in row):
        raise Untestable("a segment lacks its id or its times")
    ids, spans = [row[0] for row in rows], [row[1:] for row in rows]
    if ids != list(range(len(ids))):
        yield deviation(exchange, "ids 0, 1, 2, …", actual=show(ids), where="/segments")
    starts = [start for start, _ in spans]
    if starts != sorted(starts) or any(start > end for start, end in spans):
        expected = "segments in order, each with start before end"
        yield deviation(exchange, expected, actual=show(spans), where="/segments")
    length = _length(exchange)
    if (clip := _clip(exchange)) and not clip.words:
        length = max(length, WINDOW)
    if any(end > length + SLACK for _, end in spans):
        expected = f"no end after the audio's, {length:g} s"
        yield deviation(exchange, expected, actual=show(spans), where="/segments")


@invariant("AUDIO-OUT-SEG-03", on=any_answer)
def segments_make_the_text(exchange: Exchange) -> Iterator[Finding]:
    """The texts of the segments, joined, are the transcript, white space aside."""
    text, parts = exchange.value("text"), [each.get("text") for each in _segments(exchange)]
    if not isinstance(text, str) or not all(isinstance(part, str) for part in parts):
        raise Untestable("there is no text to compare")
    joined = " ".join(str(part) for part in parts)
    if "".join(joined.split()) != "".join(text.split()):
        expected = f"texts that join to {show(text)}"
        yield deviation(exchange, expected, actual=show(parts), where="/segments")


def _one_object(exchange: Exchange) -> Iterator[Finding]:
    found = list(documents.is_strict_json(exchange))
    if not found and not isinstance(exchange.document, dict):
        actual = show(exchange.document)
        found = [deviation(exchange, "a JSON object", actual=actual, where="/")]
    yield from found


def _clip(exchange: Exchange) -> Clip | None:
    body = exchange.request.body
    return next((clip for clip in clips().values() if clip.data in body), None)


def _length(exchange: Exchange) -> float:
    """The length of the audio: the clip's own, or what the answer says of a file unknown to us."""
    clip = _clip(exchange)
    if clip:
        return clip.seconds
    duration = exchange.value("duration")
    if not _is_number(duration):
        raise Untestable("the length of the audio is unknown")
    return float(duration)


def _segments(exchange: Exchange) -> list[dict[str, Any]]:
    segments = exchange.value("segments")
    if not isinstance(segments, list) or not all(isinstance(each, dict) for each in segments):
        raise Untestable("the segments are no list of objects")
    return segments


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
