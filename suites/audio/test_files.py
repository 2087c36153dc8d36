"""Which files are transcribed, and which are refused."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from fixtures.audio import CONTAINERS, Clip, clip, speech
from fixtures.images import image
from fixtures.target.plain_requests import post
from fixtures.transport.document import as_object, dicts
from schemas.outcomes import NotApplicable, Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, case, check, checks
from suites.engine.speech import heard, made, plain
from suites.support.probes import at_tier

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment

FORMAT = {
    name: f"AUDIO-FMT-0{number}"
    for number, name in enumerate(
        ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm"), 1
    )
}
CONVERTED = ("webm", "m4a", "mp4")
# What Python's and Node's clients of the API send for these extensions; curl sends octet-stream.
CLIENTS = {
    "flac": "audio/x-flac",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "m4a": "audio/x-m4a",
    "webm": "video/webm",
}
X_WAV = "audio/x-wav"
OCTETS = "application/octet-stream"
NOTES = b"These are the notes of a meeting. Nobody spoke them. " * 40
NOISE = random.Random(0).randbytes(4000)  # noqa: S311  (noise, not a secret)
UNSUPPORTED = {"400", "413", "415", "422", "accepted"}
TRACES = ("ffmpeg", "/tmp/", "codec", "convert", ".mp3")  # noqa: S108  (looked for, not used)

NO_AUDIO = (
    made("notes.mp3", "audio/mpeg", NOTES),
    made("picture.png", "image/png", image("red").data),
    made(
        "report.pdf", "application/pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    ),
    made("notes.txt", "text/plain", NOTES),
)
DAMAGED = {
    "a wav file without its samples": made("speech.wav", "audio/wav", speech("wav").data[:20]),
    "half an mp3 file": made("speech.mp3", "audio/mpeg", speech("mp3").data[:9001]),
}
MORE_DAMAGED = {
    "noise behind a flac header": made("speech.flac", "audio/flac", b"fLaC" + NOISE),
    "the first bytes of an m4a file": made("speech.m4a", "audio/mp4", speech("m4a").data[:40]),
    "half a wav file": made("speech.wav", "audio/wav", speech("wav").data[:50001]),
    "noise behind a wav header": made("speech.wav", "audio/wav", speech("wav").data[:44] + NOISE),
    "half a webm file": made("speech.webm", "audio/webm", speech("webm").data[:6001]),
    "half an ogg file": made("speech.ogg", "audio/ogg", speech("ogg").data[:8001]),
    "noise named mp4": made("speech.mp4", "audio/mp4", NOISE),
    "one byte": made("speech.wav", "audio/wav", b"R"),
}


@check("AUDIO-PATH-01", tier="smoke")
def test_speech_becomes_text(dut: Deployment) -> Findings:
    """An upload of clear English speech is answered with its words, half of them at least."""
    heard_clip = plain(dut)
    exchange = dut.transcribe(heard_clip)
    yield from verify.accepted(exchange, heard_clip.file)
    if exchange.ok and not _hears_any(dut):
        expected = f"words of {verify.show(heard_clip.words)}"
        yield verify.deviation(exchange, expected, where="/text")


@check("AUDIO-PATH-01", tier="deep")
def test_uploads_at_once_are_not_mixed_up(dut: Deployment) -> Findings:
    """Eight uploads at the same time, of two clips in turn, are each answered with their words."""
    pair = (plain(dut), clip("meeting_minutes.mp3"))
    for each in pair:
        _control(dut, each)
    sent = [pair[number % 2] for number in range(8)]
    answers = dut.together([dut.upload(each, sample=n) for n, each in enumerate(sent)])
    for each, exchange in zip(sent, answers, strict=True):
        yield from verify.accepted(exchange, "one of eight uploads at once")
        if exchange.ok and not heard(exchange, each):
            yield verify.deviation(exchange, f"words of {verify.show(each.words)}", where="/text")


@checks([case(FORMAT[name], name, container=name) for name in CONTAINERS])
def test_each_container_is_transcribed(dut: Deployment, container: str) -> Findings:
    """The file is accepted under the media type that the SDKs send, and its words come back."""
    yield from _transcribed(dut, _as_sent(container))


@checks([case(FORMAT[name], f"{name} as sent", tier="deep", container=name) for name in CONTAINERS])
def test_other_media_types_are_no_obstacle(dut: Deployment, container: str) -> Findings:
    """The file is transcribed under its registered media type, and under those of other clients."""
    file = speech(container)
    for media in (OCTETS, file.media, *([X_WAV] if container == "wav" else ())):
        yield from _transcribed(dut, replace(file, media=media))


@check("AUDIO-FMT-10")
def test_conversion_leaves_no_trace(dut: Deployment) -> Findings:
    """Answers to mp4, webm and m4a have the keys of that to mp3, and no word of a conversion."""
    control = _keys(dut, "mp3")
    for name in at_tier(dut, CONVERTED, 2):
        exchange = dut.transcribe(_as_sent(name))
        if (keys := _keys(dut, name)) != control:
            expected = f"the keys of the answer to mp3: {verify.show(sorted(control))}"
            yield verify.deviation(exchange, expected, actual=verify.show(sorted(keys)), where="/")
        body = exchange.body.decode("utf-8", "replace").casefold()
        for trace in (each for each in TRACES if each in body):
            yield verify.deviation(exchange, f"no {trace!r} in the answer")


@check("AUDIO-FMT-11")
def test_what_is_no_audio_is_refused(dut: Deployment) -> Findings:
    """A text, a PDF, a picture, and a text named .mp3 are refused with a 4xx, observed which."""
    sent = at_tier(dut, NO_AUDIO, 2)
    answers = [dut.transcribe(each) for each in sent]
    for each, exchange in zip(sent, answers, strict=True):
        yield from verify.refused(exchange, each.file)
    sides = {"accepted" if each.ok else str(each.status) for each in answers}
    if len(sides) > 1 or sides <= UNSUPPORTED:
        yield Observation("status_unsupported_audio", sides.pop() if len(sides) == 1 else "mixed")


@check("AUDIO-FMT-12", tier="deep")
def test_odd_names_do_no_harm(dut: Deployment) -> Findings:
    """SPEECH.WAV, and a wav file that is named speech.mp3, are accepted or refused."""
    for name in at_tier(dut, ("speech.mp3", "SPEECH.WAV"), 1):
        yield from verify.accepted_or_refused(dut.transcribe(replace(speech("wav"), file=name)))


@check("AUDIO-REQ-FILE-01")
def test_an_upload_without_a_file_is_refused(dut: Deployment) -> Findings:
    """No file, a file name in place of the file, an empty file, and a JSON body are refused."""
    body = {"model": dut.cast.model("transcription")}
    wrong = (
        ("a form without a file", dut.upload(None)),
        ("an empty file", dut.upload(made("speech.wav", "audio/wav", b""))),
        ("a file that is text", dut.upload(None, file="speech.wav")),
        ("a JSON body", post("/audio/transcriptions", body)),
    )
    for label, request in at_tier(dut, wrong, 2):
        yield from verify.refused(dut.send(request), label)


@checks(
    [
        case("AUDIO-REQ-FILE-02", "standard", damaged=DAMAGED),
        case("AUDIO-REQ-FILE-02", "deep", tier="deep", damaged=MORE_DAMAGED),
    ]
)
def test_damaged_files_do_no_harm(dut: Deployment, damaged: dict[str, Clip]) -> Findings:
    """A damaged file is refused, or read as far as it goes; never a 5xx, never without an end."""
    for label, each in at_tier(dut, [*damaged.items()], 1):
        for finding in verify.accepted_or_refused(dut.transcribe(each)):
            yield replace(finding, actual=f"{finding.actual}, to {label}")


def _as_sent(container: str) -> Clip:
    """The clip in a container, under the media type that the SDKs send for it."""
    file = speech(container)
    return replace(file, media=CLIENTS.get(container, file.media))


def _transcribed(dut: Deployment, sent: Clip) -> Findings:
    """The clip is accepted, and heard: asked twice before it is called unheard."""
    exchange = dut.transcribe(sent)
    yield from verify.accepted(exchange, f"{sent.file} as {sent.media}")
    if not exchange.ok or heard(exchange, sent) or heard(dut.transcribe(sent, sample=1), sent):
        return
    others = [each for each in ("wav", "mp3") if speech(each).file != sent.file]
    if not any(heard(dut.transcribe(speech(each)), sent) for each in others):
        raise Untestable("no container is heard: see AUDIO-PATH-01")
    expected = f"words of {verify.show(sent.words)}, as from {' or '.join(others)}"
    yield verify.deviation(exchange, expected, where="/text")


def _hears_any(dut: Deployment) -> bool:
    """Whether the words of a clip that everybody takes come back, asked twice."""
    tries = [(speech(name), sample) for name in ("wav", "mp3") for sample in (0, 1)]
    return any(heard(dut.transcribe(each, sample=sample), each) for each, sample in tries)


def _control(dut: Deployment, sent: Clip) -> None:
    if not heard(dut.transcribe(sent), sent):
        raise NotApplicable(f"{sent.file} is not heard alone, so it cannot be told who hears it")


def _keys(dut: Deployment, container: str) -> set[str]:
    """The keys of the answer to a container, and of its segments. Raises Untestable."""
    sent = _as_sent(container)
    exchange = dut.transcribe(sent)
    verify.conclusive(exchange)
    if not heard(exchange, sent):
        raise Untestable(f".{container} is not transcribed: see {FORMAT[container]}")
    document = as_object(exchange.document)
    parts = dicts(document.get("segments"))
    return set(document) | {f"segments/{key}" for each in parts for key in each}
