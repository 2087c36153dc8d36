"""Whether a model does what its flags declare, model by model and flag by flag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fixtures import examples
from fixtures.target.chat_view import Answer
from schemas.outcomes import NotApplicable, Untestable
from suites.engine import verify
from suites.engine.checks import Findings, case, checks
from suites.engine.speech import plain
from suites.support.media import COLOUR, SAID, beside, shown, sound
from suites.support.probes import MANY, in_turn, spread_at_tier
from suites.support.tools import BOTH, ask, forced

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

PRINTED_IMAGE = "compat-chat-image-request"


@dataclass(frozen=True)
class Flag:
    """A flag of a model: the role of models that have it, and how it is put to use."""

    role: str
    ask: Callable[[Deployment, str], Exchange]
    clause: str
    most: int = 2  # models that are asked at standard


def _chat(dut: Deployment, model: str) -> Exchange:
    return dut.chat(model=model, **in_turn(dut, model))


def _tools(dut: Deployment, model: str) -> Exchange:
    return ask(dut, forced("get_weather"), BOTH, model=model)


def _image(dut: Deployment, model: str) -> Exchange:
    """An image in a data URL, or the printed one where only links are taken."""
    own = dut.chat(model=model, messages=shown(COLOUR, "red"))
    if own.ok:
        return own
    printed = examples.load()[PRINTED_IMAGE].json["messages"]
    link = dut.chat(model=model, messages=printed, max_tokens=32)
    return link if link.ok else own


def _audio(dut: Deployment, model: str) -> Exchange:
    parts = beside(SAID, sound("speech.wav", "wav"))
    return dut.chat(model=model, messages=parts)


def _responses(dut: Deployment, model: str) -> Exchange:
    return dut.responses(model=model)


def _transcription(dut: Deployment, model: str) -> Exchange:
    return dut.transcribe(plain(dut), model=model)


FLAGS = {
    "chat": Flag("chat", _chat, "CHAT-GATE-01", MANY),
    "function calling": Flag("tools", _tools, "CHAT-TOOL-01"),
    "image": Flag("image", _image, "CHAT-PART-IMAGE-01"),
    "audio": Flag("audio_chat", _audio, "CHAT-PART-AUDIO-01"),
    "responses": Flag("responses", _responses, "RESP-PATH-01"),
    "transcription": Flag("transcription", _transcription, "AUDIO-PATH-01"),
}


@checks([case("MODELS-CAP-03", name, flag=flag) for name, flag in FLAGS.items()])
def test_models_do_what_they_declare(dut: Deployment, flag: Flag) -> Findings:
    """A model that declares a capability accepts a request that needs it; at standard a few do.

    When none of several models does, the capability itself is broken, and its own clause says so.
    """
    models = spread_at_tier(dut, dut.cast.declared(flag.role), flag.most)
    if not models:
        raise NotApplicable(f"no model is declared for the role '{flag.role}'")
    answers = {model: flag.ask(dut, model) for model in models}
    good = [model for model, exchange in answers.items() if _serves(flag, exchange)]
    if not good and (len(models) > 1 or flag.role == "image"):
        raise Untestable(f"no model does it: see {flag.clause}")
    for model, exchange in answers.items():
        verify.conclusive(exchange)
        if model not in good:
            yield verify.deviation(exchange, f"{model} does what its flag for {flag.role} declares")


def _serves(flag: Flag, exchange: Exchange) -> bool:
    """Whether the request was accepted. A forced call has to be there, where there is a text."""
    if any(True for _ in verify.status_ok(exchange)):
        return False
    answer = Answer(exchange)
    return flag.role != "tools" or bool(answer.tool_calls) or not "".join(answer.pieces).strip()
