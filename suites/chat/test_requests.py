"""Which models and which conversations a chat request may name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.outcomes import NotApplicable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support.examples import replay
from suites.support.probes import (
    COUNT,
    FORMS,
    MANY,
    SCRIPTS,
    as_messages,
    at_tier,
    in_turn,
    read,
    spread_at_tier,
)

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment

# What every model is asked; the judges of all answers look at its limits and its streams.
EACH: tuple[dict[str, Any], ...] = ({}, {"stream": True}, {"messages": COUNT, "max_tokens": 5})


@check("CHAT-PATH-01", tier="smoke")
def test_plain_request_is_answered(dut: Deployment) -> Findings:
    """A plain chat request is answered: the request that all others vary."""
    yield from verify.accepted(dut.chat())


@check("CHAT-GATE-01")
def test_every_chat_model_answers(dut: Deployment) -> Findings:
    """Every model that declares support_chat_completion answers; of a long list, sixteen.

    At standard every other one in a stream.
    """
    for model in spread_at_tier(dut, dut.cast.models("chat"), MANY):
        for fields in at_tier(dut, EACH, 0) or (in_turn(dut, model),):
            yield from verify.accepted(dut.chat(model=model, **fields), model)


@check("CHAT-GATE-02", tier="deep")
def test_models_without_chat_refuse(dut: Deployment) -> Findings:
    """Every model that declares support_chat_completion false refuses a chat request."""
    for model in at_tier(dut, dut.cast.models("no_chat"), 1):
        for form in at_tier(dut, FORMS, 1):
            yield from verify.refused(dut.chat(model=model, **form), model)


@check("CHAT-REQ-MODEL-03", tier="smoke")
def test_unknown_model_is_refused(dut: Deployment) -> Findings:
    """A model that nobody deployed is refused, with and without stream."""
    for form in FORMS:
        exchange = dut.chat(model="no-such-model-7f3a", **form)
        yield from verify.refused(exchange, "an unknown model")
        yield Observation("status_unknown_model", f"chat {exchange.status}")


@check("CHAT-REQ-MODEL-04")
def test_foreign_model_name_is_refused(dut: Deployment) -> Findings:
    """The name gpt-4 is refused where it is not deployed: no default model answers for it."""
    if any(entry["id"] == "gpt-4" for entry in dut.cast.entries):
        raise NotApplicable("gpt-4 is listed")
    if any(name == "gpt-4" for _, name in dut.setup.models):
        raise NotApplicable("gpt-4 is served: the operator names it")
    for form in at_tier(dut, FORMS[::-1], 1):
        yield from verify.refused(dut.chat(model="gpt-4", **form), "gpt-4")


@check("CHAT-REQ-MSG-02")
def test_no_message_is_refused(dut: Deployment) -> Findings:
    """An empty array of messages is refused."""
    yield from verify.refused(dut.chat(messages=[]), "messages: []")


@check("CHAT-MSG-CONSEC-01")
def test_consecutive_user_messages_are_accepted(dut: Deployment) -> Findings:
    """Two user messages in a row are accepted, as in the documented request."""
    yield from verify.accepted(replay(dut, "compat-chat-request"))


@check("CHAT-REQ-USER-01")
def test_user_is_not_part_of_the_prompt(dut: Deployment) -> Findings:
    """The field user changes nothing: the prompt is as long as without it."""
    tokens = read(dut.chat()).tokens("prompt_tokens")
    exchange = dut.chat(user="user-123 " * 20)
    yield from verify.accepted(exchange, "a user of 180 characters")
    count = read(exchange).tokens("prompt_tokens")
    if count != tokens and _counts_alike(dut):
        expected = f"{tokens} prompt tokens, as without user"
        yield verify.deviation(exchange, expected, actual=str(count))


@check("CHAT-REQ-USER-02", tier="deep")
def test_requests_remember_nothing(dut: Deployment) -> Findings:
    """A word that one request carried comes up in no later one, whatever the user."""
    word = dut.nonce("stateless")
    tell = as_messages(f"Remember the code word {word}.")
    ask = as_messages("What is the code word that I told you to remember?")
    verify.conclusive(dut.chat(messages=tell, user="user-a", max_tokens=16))
    for user in ("user-a", "user-b"):
        exchange = dut.chat(messages=ask, user=user, max_tokens=48)
        if word in read(exchange).text:
            actual = f"{user} gets {word}, which only an earlier request carried"
            yield verify.deviation(exchange, "an answer without the word", actual=actual)


@check("CHAT-RESP-USAGE-02")
def test_prompt_tokens_follow_the_prompt(dut: Deployment) -> Findings:
    """prompt_tokens of equal prompts are equal, those of a longer prompt higher."""
    first, second = dut.chat(), dut.chat(sample=1)
    counts = [read(each).tokens("prompt_tokens") for each in (first, second)]
    if counts[0] != counts[1]:
        actual = f"{counts[0]}, then {counts[1]}"
        yield verify.deviation(second, "the same prompt_tokens again", actual=actual)
    for longer in (
        dut.chat(messages=COUNT, max_tokens=5),
        dut.chat(messages=SCRIPTS, max_tokens=40),
    ):
        count = read(longer).tokens("prompt_tokens")
        if count <= counts[0]:
            actual = f"{count} tokens, {counts[0]} for a prompt of 2 words"
            yield verify.deviation(longer, "more tokens for a longer prompt", actual=actual)


def _counts_alike(dut: Deployment) -> bool:
    """Whether the plain prompt always counts the same: else no difference says anything."""
    return len({read(dut.chat(sample=k)).tokens("prompt_tokens") for k in range(4)}) == 1
