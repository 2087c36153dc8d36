"""POST /audio/transcriptions, and recordings in chat."""

from __future__ import annotations

import base64
import io
import wave
from typing import Any

import httpx
import pytest

from tests.reference.local import Local, chat_body, error

TWO = "Welcome to the meeting. Let's review the agenda."
MARKER = f"transcript:12.6:en:{TWO}".encode()


def silence(seconds: float = 1.0) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(bytes(int(16000 * seconds)))
    return file.getvalue()


MP3 = b"\xff\xfb\x90\x00" + bytes(414)
RECORDINGS = {
    "wav": silence() + b"LIST" + MARKER + b"\0",
    "flac": b"fLaC" + bytes(40) + MARKER + b"\0",
    "mp3": MP3 + MARKER + b"\0",
    "mpeg": b"\0\0\1\xba" + bytes(20) + MARKER + b"|end",
    "mpga": b"ID3\x03\0\0\0\0\0\x64" + MARKER.ljust(100, b"\0") + MP3,
    "mp4": b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x08moov" + MARKER + b"\0",
    "m4a": b"\0\0\0\x10ftypM4A \0\0\0\0\0\0\0\x08moov" + MARKER.decode().encode("utf-16-le"),
    "ogg": b"OggS\0\2" + bytes(20) + b"\1\x0a" + b"\1vorbis\0\0\0" + MARKER + b"\0",
    "webm": b"\x1a\x45\xdf\xa3\x88\x42\x82\x84webm\x18\x53\x80\x67" + MARKER + b"\0",
}


def transcribe(
    local: Local, data: bytes, name: str = "speech.wav", **fields: str
) -> httpx.Response:
    form = {"model": "whisper-large-v3", **fields}
    return local.post("/audio/transcriptions", files={"file": (name, data)}, data=form)


@pytest.mark.parametrize("extension", RECORDINGS)
def test_every_container_is_heard(local: Local, extension: str) -> None:
    reply = transcribe(local, RECORDINGS[extension], f"A.{extension.upper()}")
    body = reply.json()
    assert body["task"] == "transcribe"
    assert (body["language"], body["duration"], body["text"]) == ("en", 12.6, TWO)
    assert [segment["id"] for segment in body["segments"]] == [0, 1]
    assert " ".join(segment["text"] for segment in body["segments"]) == TWO
    assert body["segments"][0]["end"] == body["segments"][1]["start"]
    assert body["segments"][-1]["end"] == 12.6


def test_a_recording_without_words_is_silence(local: Local) -> None:
    body = transcribe(local, silence(3)).json()
    assert (body["text"], body["duration"], body["segments"]) == ("", 3.0, [])


@pytest.mark.parametrize("seconds", ["", ".", "..", "1.2.3", "x"])
def test_a_broken_marker_is_no_words(local: Local, seconds: str) -> None:
    data = silence() + f"transcript:{seconds}:en:Hello".encode()
    assert transcribe(local, data).json()["text"] == ""


OPTIONS: list[dict[str, Any]] = [
    *({"response_format": name} for name in ("json", "text", "srt", "vtt", "verbose_json", "zzz")),
    {"stream": "true"},
    {"include[]": "logprobs"},
    {"timestamp_granularities[]": "word"},
    {"chunking_strategy": "auto"},
    {"chunking_strategy[type]": "server_vad"},
    {"prompt": "Meeting notes."},
    {"temperature": "0.0"},
]


@pytest.mark.parametrize("fields", OPTIONS)
def test_accepted_fields_have_no_effect(local: Local, fields: dict[str, str]) -> None:
    plain = transcribe(local, RECORDINGS["wav"])
    other = transcribe(local, RECORDINGS["wav"], **fields)
    assert other.json() == plain.json()
    assert other.headers["content-type"] == "application/json"


def test_language_is_echoed(local: Local) -> None:
    assert transcribe(local, RECORDINGS["wav"], language="es").json()["language"] == "es"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", ""),
        ("model", "nope"),
        ("model", "glm-5-1"),
        ("temperature", "1.1"),
        ("temperature", "hot"),
        ("temperature", "nan"),
        ("language", "english"),
    ],
)
def test_wrong_values_are_refused_by_name(local: Local, field: str, value: str) -> None:
    reply = transcribe(local, RECORDINGS["wav"], **{field: value})
    assert reply.status_code == 400
    assert error(reply)["param"] == field


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", RECORDINGS["wav"]),
        ("noextension", RECORDINGS["wav"]),
        ("a.wav", b""),
        ("a.mp3", b"Just some text, and rather a lot of it, which is no audio."),
        ("a.wav", silence()[:20]),
        ("a.wav", b"RIFF\x24\0\0\0WAVE" + b"\x9b\x07\xfe" * 20),
        ("a.wav", silence(0)),
        ("a.flac", b"fLaC\0"),
        ("a.ogg", b"OggS\0\2"),
        ("a.mp4", b"\0\0\0\x10ftyp"),
        ("a.webm", b"\x1a\x45\xdf\xa3"),
        ("a.mp3", b"ID3\x03\0"),
    ],
)
def test_what_is_no_recording_is_refused(local: Local, name: str, data: bytes) -> None:
    reply = transcribe(local, data, name)
    assert reply.status_code == 400
    assert error(reply)["param"] == "file"


def test_the_file_must_be_a_file(local: Local) -> None:
    form = {"model": "whisper-large-v3"}
    route = "/audio/transcriptions"
    assert local.post(route, json=form).status_code == 400
    assert local.post(route, data=form).status_code == 400
    assert error(local.post(route, files={"x": b"y"}, data=form))["param"] == "file"
    text_field = {**form, "file": "abc"}
    assert error(local.post(route, files={"x": b"y"}, data=text_field))["param"] == "file"


def spoken(data: object, model: str = "nemotron-3-nano-omni", form: object = "wav") -> Any:
    parts = [
        {"type": "text", "text": "Which word is spoken?"},
        {"type": "input_audio", "input_audio": {"data": data, "format": form}},
    ]
    return chat_body(model=model, messages=[{"role": "user", "content": parts}])


def test_recordings_are_heard_in_chat(local: Local) -> None:
    data = base64.b64encode(silence() + b"transcript:1:en:zebra|end").decode()
    reply = local.post("/chat/completions", json=spoken(data)).json()
    assert "zebra" in reply["choices"][0]["message"]["content"]
    refused = local.post("/chat/completions", json=spoken(data, "glm-5-1"))
    assert error(refused)["code"] == "capability_not_supported"


@pytest.mark.parametrize(
    ("data", "form"),
    [("!!!", "wav"), ("", "wav"), (5, "wav"), ("BASE64_AUDIO_HERE", "wav"), ("AAAA", "mp3")]
    + [(base64.b64encode(silence()).decode(), form) for form in ("flac", "", 5, None, "mp3")],
)
def test_what_cannot_be_heard_is_refused(local: Local, data: object, form: object) -> None:
    assert local.post("/chat/completions", json=spoken(data, form=form)).status_code == 400
