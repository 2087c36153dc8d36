"""The fields of a transcription request, each by its own clause."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fixtures.audio import clip
from fixtures.target.plain_requests import ABSENT
from schemas.outcomes import Untestable
from schemas.records import Observation
from suites.audio.support import MEETING
from suites.engine import verify
from suites.engine.checks import Findings, check, checks
from suites.engine.speech import ask, heard, plain
from suites.support import table_cases
from suites.support.probes import at_tier

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

KIND = "audio.request"
LONG = ("ü会 " * 167)[:500]
# So many values of each row go together: all formats but the default one.
TOGETHER = 4
LANGUAGES = ("de", "it", "pt", "nl", "ca", "pl", "ru", "zh")
CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


@checks(table_cases.accepted(KIND, TOGETHER))
def test_documented_values_are_accepted(
    dut: Deployment, sent: tuple[table_cases.RequestVariation, ...]
) -> Findings:
    """Each sample value of a documented field is accepted: a field that is ignored, too."""
    for each in sent:
        # The answer to a format has a clause of its own, and so has that to a stream.
        if each.batch and not [*verify.status_ok(ask(dut, **each.batch))]:
            continue
        yield from verify.status_ok(ask(dut, **each.fields), each.label)


@check("AUDIO-REQ-PROMPT-01", tier="deep")
def test_long_prompts_are_accepted(dut: Deployment) -> Findings:
    """A prompt of 500 characters of several scripts is accepted."""
    yield from verify.status_ok(ask(dut, prompt=LONG), f"prompt = {verify.show(LONG)}")


@check("AUDIO-REQ-TEMP-02")
def test_a_temperature_out_of_range_is_refused(dut: Deployment) -> Findings:
    """A temperature below 0 or above 1, and one that is no number, is refused."""
    values = [
        value
        for each in dut.contract.bodies.rows(KIND)["temperature"].refused
        for value in each.example
    ]
    for value in at_tier(dut, [*dict.fromkeys(map(str, values))], 2):
        yield from verify.refused(ask(dut, temperature=value), f"temperature = {value!r}")


@check("AUDIO-REQ-MODEL-01")
def test_a_missing_or_unknown_model_is_refused(dut: Deployment) -> Findings:
    """No model, an empty one and an unknown one are refused.

    What becomes of a model that chats with audio is observed.
    """
    models = (("no", ABSENT), ("an unknown", dut.nonce("model")), ("an empty", ""))
    for kind, model in models:
        yield from verify.refused(ask(dut, model=model), f"{kind} model")
    for chats in at_tier(dut, dut.cast.models("audio_chat")[:1], 0):
        side = verify.side(ask(dut, model=chats))
        if side in ("accepted", "refused"):
            yield Observation("audio_flag", "both" if side == "accepted" else "chat")


@check("AUDIO-REQ-MODEL-01", tier="deep", needs=("no_audio",))
def test_a_text_model_is_accepted_or_refused(dut: Deployment) -> Findings:
    """A chat model that hears no audio is refused, or serves all the same: never a 5xx."""
    yield from verify.accepted_or_refused(ask(dut, model=dut.cast.model("no_audio")))


@check("AUDIO-REQ-MODEL-02")
def test_each_transcription_model_works(dut: Deployment) -> Findings:
    """Each model that is listed for transcription gives back the words of clear speech."""
    sent = plain(dut)
    exchanges = {model: ask(dut, model=model) for model in dut.cast.models("transcription")}
    for model, exchange in exchanges.items():
        yield from verify.accepted(exchange, f"model {model}")
    deaf = {model: each for model, each in exchanges.items() if each.ok and not heard(each, sent)}
    if deaf and not any(heard(each, sent) for each in exchanges.values()):
        raise Untestable("no model hears: see AUDIO-PATH-01")
    for model, exchange in deaf.items():
        if not heard(ask(dut, model=model, sample=1), sent):
            expected = f"words of {verify.show(sent.words)} from {model}"
            yield verify.deviation(exchange, expected, where="/text")


@check("AUDIO-REQ-LANG-01")
def test_the_language_is_named(dut: Deployment) -> Findings:
    """A language as an ISO code is accepted; whether the answer names it so is observed.

    A code of no language is sent too, for the clauses on errors.
    """
    exchange = dut.transcribe(clip(MEETING), language="en", temperature=0)
    if not exchange.ok:
        exchange = ask(dut, language="en")
    yield from verify.status_ok(exchange, "language = 'en'")
    for unknown in at_tier(dut, ("xx",), 0):
        ask(dut, language=unknown)
    yield Observation("audio_language_format", _format(_language(exchange.document)))


@check("AUDIO-REQ-LANG-01", tier="deep")
def test_many_languages_are_accepted(dut: Deployment) -> Findings:
    """The codes of widely spoken languages are accepted."""
    for code in LANGUAGES:
        yield from verify.status_ok(ask(dut, language=code), f"language = {code!r}")


@check("AUDIO-REQ-LANG-02")
def test_english_is_the_default(dut: Deployment) -> Findings:
    """Without language English speech is taken for English.

    Whether Spanish speech is taken for English as well, or its language is detected, is observed.
    """
    exchange = ask(dut)
    language = _language(exchange.document)
    if language and not language.casefold().startswith("en"):
        actual = verify.show(language)
        yield verify.deviation(exchange, "language en", actual=actual, where="/language")
    for file in at_tier(dut, ("spanish.wav",), 0):
        spanish = _language(dut.transcribe(clip(file)).document).casefold()
        if not spanish:
            continue
        english = spanish.startswith("en")
        yield Observation("audio_language_default", "en" if english else "detected")


@check("AUDIO-REQ-RESPFMT-02")
def test_any_response_format_gives_the_transcript(dut: Deployment) -> Findings:
    """With any response_format text holds the words, without numbers and times of subtitles."""
    sent = plain(dut)
    if not heard(ask(dut), sent):
        raise Untestable("the words are not heard without the field: see AUDIO-PATH-01")
    formats = dut.contract.bodies.rows(KIND)["response_format"].example
    for number, name in enumerate(at_tier(dut, formats, 1)):
        among_others = ask(dut, **table_cases.batch_of(dut.contract, KIND, number=number))
        if _has_text(among_others) and heard(among_others, sent):
            continue
        exchange = ask(dut, response_format=name)
        if _has_text(exchange) and not heard(exchange, sent):
            expected = f"words of {verify.show(sent.words)} with response_format {name}"
            yield verify.deviation(exchange, expected, where="/text")


@check("AUDIO-REQ-STREAM-02")
def test_a_transcription_is_no_stream(dut: Deployment) -> Findings:
    """With stream true the answer is one JSON object; which side is taken is observed."""
    exchange = ask(dut, stream="true")
    verify.conclusive(exchange)
    if not exchange.ok:
        yield Observation("audio_stream", "refused")
        raise Untestable("stream is not accepted: see AUDIO-REQ-STREAM-01")
    streamed = not isinstance(exchange.document, dict)
    yield Observation("audio_stream", "sse" if streamed else "json")
    if streamed:
        yield verify.deviation(exchange, "one JSON object")


def _has_text(exchange: Exchange) -> bool:
    """Whether there is a text to judge: what is refused or no JSON object is found elsewhere."""
    return exchange.ok and isinstance(exchange.document, dict) and "text" in exchange.document


def _language(document: Any) -> str:
    language = document.get("language") if isinstance(document, dict) else None
    return language if isinstance(language, str) else ""


def _format(language: str) -> str:
    if not language:
        return "absent"
    return "code" if CODE.fullmatch(language) else "name"
