"""Odd forms for the upload: fields twice, empty, unnamed, in another order, and no form at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fixtures.transport import multipart_form
from suites.fuzz.cases import Case, Target, flat, parts, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.audio import Clip


NAMED = "Grüße (2).wav"  # as people name their recordings


def few(target: Target, clip: Clip) -> Iterator[Case]:
    """As much as goes into a few requests; the ones that break most come first."""
    model, file = ("model", target.model), ("file", (clip.file, clip.media, clip.data))
    many: list[multipart_form.Part] = [("x", str(number)) for number in range(50)]
    named = ("file", (NAMED, clip.media, clip.data))
    odd: list[multipart_form.Part] = [named, model, ("", "x"), ("prompt", "\0😀"), *many]
    yield whole("an odd form", _harmless(target, clip), parts(target, odd, ""))
    yield parts(
        target, [model, file, ("temperature", "0"), ("temperature", "1")], "temperature twice"
    )
    yield parts(target, [model, model, file], "model twice")
    yield parts(target, [model, ("file", "no file")], "file as a text field")


def _harmless(target: Target, clip: Clip) -> Iterator[Case]:
    """What most readers of forms take as it comes."""
    model, file = ("model", target.model), ("file", (clip.file, clip.media, clip.data))
    yield parts(target, [model, ("file", (NAMED, clip.media, clip.data))], f"a file named {NAMED}")
    yield parts(target, [file, model], "the file before the model")
    yield parts(target, [model, file, ("", "x")], "a field without a name")
    yield parts(target, [model, file, ("prompt", "\0😀")], "a prompt with a NUL")
    yield parts(target, [model, file, *(("x", str(n)) for n in range(50))], "50 unknown fields")


def cases(target: Target, clip: Clip) -> Iterator[Case]:
    """Each once."""
    model, file = ("model", target.model), ("file", (clip.file, clip.media, clip.data))
    yield from flat(few(target, clip))
    yield parts(target, [model, file, file], "file twice")
    yield parts(
        target, [("model", ("m", "text/plain", target.model.encode())), file], "model as a file"
    )
    yield parts(target, [model, file, ("language", "")], "an empty language")
    yield parts(target, [model, file, ("temperature", "1e-1")], "temperature as 1e-1")
    yield parts(target, [model, file, ("temperature", "NaN")], "temperature NaN")
    yield parts(target, [model, file, ("prompt", "w " * 3000)], "a prompt of 3000 words")
    for name in (
        "",
        "a" * 300 + ".wav",
        "../../etc/passwd.wav",
        "ü😀.wav",
        "a\tb.wav",
        ".wav",
        "wav",
    ):
        named = ("file", (name, clip.media, clip.data))
        yield parts(target, [model, named], f"a file named {name[:30]!r}")
    for media in ("", "text/html", "audio/", "audio/wav; codecs=x", "x"):
        typed = ("file", (clip.file, media, clip.data))
        yield parts(target, [model, typed], f"a file of type {media!r}")
    plain = parts(target, [model, file], "").request
    for content_type in (
        *("multipart/form-data", "multipart/form-data; boundary=", "application/json", ""),
        *("multipart/mixed; boundary=x", f"{multipart_form.CONTENT_TYPE}; charset=klingon"),
    ):
        label = f"Content-Type: {content_type}"
        yield Case(replace(plain, content_type=content_type), label, parts(target, [], "").promise)
    for label, body in (
        ("no closing boundary", plain.body[: -len(multipart_form.BOUNDARY) - 6]),
        ("an empty body", b""),
        ("bytes that are no form", b"\0\1\2"),
        ("a file cut in half", plain.body[: len(plain.body) // 2]),
    ):
        yield Case(replace(plain, body=body), label, parts(target, [], "").promise)
