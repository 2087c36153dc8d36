"""Images and audio in chat, where a model declares them, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fixtures import examples
from schemas.outcomes import Inconclusive, NoControl
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, case, check, checks
from suites.support.media import COLOUR, SAID, beside, shown, sound
from suites.support.probes import FORMS, at_tier, crossed_at_tier, read

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

PRINTED = "compat-chat-image-request"


def seen(dut: Deployment, **fields: Any) -> Exchange:
    """The printed image request; where its host cannot be reached, the same with an own image.

    Raises Inconclusive when only the foreign host can be at fault.
    """
    printed = examples.load()[PRINTED].json
    body = {"messages": printed["messages"], "max_tokens": 32, **fields}
    exchange = dut.chat("image", **body)
    if exchange.ok:
        return exchange
    if dut.chat("image", **{**body, "messages": shown(COLOUR, "red")}).ok:
        raise Inconclusive("the host of the printed image cannot be reached, own images are seen")
    return exchange


@check("CHAT-PART-IMAGE-01")
def test_image_is_accepted(dut: Deployment) -> Findings:
    """A model that declares supports_image accepts an image_url part.

    At standard a link is asked for where data is not accepted: another clause streams one.
    """
    own = dut.chat("image", messages=shown(COLOUR, "red"))
    if dut.setup.tier == "deep" or not own.ok:
        yield from verify.accepted(seen(dut), "an image_url part")
    yield Observation("image_data_url", verify.side(own))


@check("CHAT-PART-IMAGE-05")
def test_image_is_accepted_with_stream(dut: Deployment) -> Findings:
    """The printed image request, which sets stream, is answered."""
    yield from verify.accepted(seen(dut, stream=True), "an image_url part with stream")


@check("CHAT-PART-IMAGE-02")
def test_blind_models_refuse_images(dut: Deployment) -> Findings:
    """A model that declares no supports_image refuses an image, and does not drop it silently."""
    for model, form in crossed_at_tier(dut, dut.cast.models("no_image")[:3], FORMS, most=2):
        exchange = dut.chat(model=model, messages=shown(COLOUR, "red"), **form)
        yield from verify.refused(exchange, f"an image for {model}")


@check("CHAT-PART-IMAGE-03")
def test_image_reaches_the_model(dut: Deployment) -> Findings:
    """An image lengthens the prompt, or two images get two answers."""
    red = dut.chat("image", messages=shown(COLOUR, "red"))
    if not red.ok:
        raise NoControl("own images are not accepted")
    bare = [{"role": "user", "content": [{"type": "text", "text": COLOUR}]}]
    without = dut.chat("image", messages=bare)
    if read(red).tokens("prompt_tokens") > read(without).tokens("prompt_tokens"):
        return
    if read(red).text == read(dut.chat("image", messages=shown(COLOUR, "blue"))).text:
        actual = "the same prompt_tokens as without, and the same answer to red and to blue"
        yield verify.deviation(red, "a prompt that holds the image", actual=actual)


@check("CHAT-PART-AUDIO-01")
def test_audio_is_accepted(dut: Deployment) -> Findings:
    """A chat model that declares supports_audio accepts an input_audio part."""
    parts = beside(SAID, sound("speech.wav", "wav"))
    for form in at_tier(dut, FORMS, 1):
        exchange = dut.chat("audio_chat", messages=parts, **form)
        yield from verify.accepted(exchange, "an input_audio part")


@check("CHAT-PART-AUDIO-02")
def test_deaf_models_refuse_audio(dut: Deployment) -> Findings:
    """A model that declares no supports_audio refuses audio, and does not drop it silently."""
    for model in at_tier(dut, dut.cast.models("no_audio")[:3], 1):
        parts = beside(SAID, sound("speech.wav", "wav"))
        for form in at_tier(dut, FORMS, 1):
            exchange = dut.chat(model=model, messages=parts, **form)
            yield from verify.refused(exchange, f"audio for {model}")


@checks([replace(case("CHAT-PART-AUDIO-03", ""), also=("CHAT-PART-AUDIO-01",))])
def test_both_audio_formats_are_accepted(dut: Deployment) -> Findings:
    """Audio is accepted as wav and as mp3.

    At standard as mp3 in a stream; what is refused there alone is refused for the stream.
    """
    for kind, form in crossed_at_tier(dut, ("wav", "mp3"), FORMS):
        parts = beside(SAID, sound(f"speech.{kind}", kind))
        for each in verify.accepted(dut.chat("audio_chat", messages=parts, **form), kind):
            alone = form and dut.chat("audio_chat", messages=parts).ok
            yield replace(each, clause="CHAT-PART-AUDIO-01" if alone else "")


@check("CHAT-PART-AUDIO-06")
def test_audio_reaches_the_model(dut: Deployment) -> Findings:
    """Audio lengthens the prompt, or speech and silence get two answers."""
    speech = dut.chat("audio_chat", messages=beside(SAID, sound("speech.wav", "wav")))
    bare = [{"role": "user", "content": [{"type": "text", "text": SAID}]}]
    without = dut.chat("audio_chat", messages=bare)
    if read(speech).tokens("prompt_tokens") > read(without).tokens("prompt_tokens"):
        return
    silence = dut.chat("audio_chat", messages=beside(SAID, sound("silence.wav", "wav")))
    if read(speech).text == read(silence).text:
        actual = "the same prompt_tokens as without, and the same answer to speech and to silence"
        yield verify.deviation(speech, "a prompt that holds the audio", actual=actual)


@check("CHAT-EX-02")
def test_printed_audio_request_is_accepted(dut: Deployment) -> Findings:
    """The printed audio request is accepted once its placeholder is real audio."""
    printed = examples.load()["compat-chat-audio-input-request"].json
    text, _ = printed["messages"][0]["content"]
    parts = beside(text["text"], sound("speech.wav", "wav"))
    yield from verify.accepted(dut.chat("audio_chat", messages=parts))
