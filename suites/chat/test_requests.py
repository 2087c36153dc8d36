"""Which models and which conversations a chat request may name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.outcomes import NotApplicable, Untestable
from schemas.records import Observation
from suites import verify
from suites.asking import COUNT, MANY, Messages, across, few, read, said
from suites.chat.test_examples import replay
from suites.checks import Findings, check

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fixtures.deployment import Deployment

FORMS: tuple[dict[str, Any], ...] = ({}, {"stream": True})
# What every model is asked; the judges of all answers look at its limits and its streams.
EACH: tuple[dict[str, Any], ...] = ({}, {"stream": True}, {"messages": COUNT, "max_tokens": 5})
FIRST, BRIEF = "Here are two sentences.", "Be brief."
FEW_WORDS = 6  # around a word that is asked for
REPEAT = "Repeat exactly, and nothing else:"
PIRATE = "Answer like a pirate who has lost his parrot at sea. " * 4


def _by(role: str, content: object) -> dict[str, Any]:
    return {"role": role, "content": content}


def _parts(*texts: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text} for text in texts]


TALK = ("I see.", "Go on.", "Yes.", "And then?", "OK.", "Say OK")
# Conversations in which one turn before the last may be longer: a server that keeps the last ones
# only, or one role, or what is a string, or one of two messages in a row, loses it.
PAST: tuple[tuple[Callable[[str], Messages], str], ...] = (
    (lambda words: [_by("system", BRIEF), *said(words, *TALK)], "turn"),
    (lambda words: said("Hello", words, "Say OK"), "answer of the assistant"),
    (lambda words: [_by("user", words), *said("Say OK")], "message before another of the user"),
    (lambda words: [_by("user", _parts(words)), _by("assistant", "OK"), *said("Go on")], "array"),
)


@check("CHAT-PATH-01", tier="smoke")
def test_plain_request_is_answered(dut: Deployment) -> Findings:
    """A plain chat request is answered: the request that all others vary."""
    yield from verify.accepted(dut.chat())


@check("CHAT-GATE-01")
def test_every_chat_model_answers(dut: Deployment) -> Findings:
    """Every model that declares support_chat_completion answers; of a long list, sixteen."""
    for model in across(dut, dut.cast.models("chat"), MANY):
        for fields in few(dut, EACH, 1):
            yield from verify.accepted(dut.chat(model=model, **fields), model)


@check("CHAT-GATE-02", tier="deep")
def test_models_without_chat_refuse(dut: Deployment) -> Findings:
    """Every model that declares support_chat_completion false refuses a chat request."""
    for model in few(dut, dut.cast.models("no_chat"), 1):
        for form in few(dut, FORMS, 1):
            yield from verify.refused(dut.chat(model=model, **form), model)


@check("CHAT-REQ-MODEL-03", tier="smoke")
def test_unknown_model_is_refused(dut: Deployment) -> Findings:
    """A model that nobody deployed is refused, with and without stream."""
    for form in FORMS:
        exchange = dut.chat(model="no-such-model-7f3a", **form)
        yield from verify.refused(exchange, "an unknown model")
        yield Observation("status_unknown_model", f"chat {exchange.status}")


@check("CHAT-REQ-MODEL-04", tier="deep")
def test_foreign_model_name_is_refused(dut: Deployment) -> Findings:
    """The name gpt-4 is refused where it is not deployed: no default model answers for it."""
    if any(entry["id"] == "gpt-4" for entry in dut.cast.entries):
        raise NotApplicable("gpt-4 is listed")
    yield from verify.refused(dut.chat(model="gpt-4"), "gpt-4")


@check("CHAT-REQ-MSG-02")
def test_no_message_is_refused(dut: Deployment) -> Findings:
    """An empty array of messages is refused."""
    yield from verify.refused(dut.chat(messages=[]), "messages: []")


@check("CHAT-MSG-ROLE-01")
def test_documented_roles_are_accepted(dut: Deployment) -> Findings:
    """Conversations of the roles system, user and assistant are accepted."""
    talk, _ = PAST[0]
    kinds = (talk(BRIEF), [_by("system", BRIEF), *said("Say OK")], said("Say OK"))
    for messages in few(dut, kinds, 1):
        roles = ", ".join(message["role"] for message in messages)
        yield from verify.accepted(dut.chat(messages=messages), roles)


@check("CHAT-MSG-CONSEC-01")
def test_consecutive_user_messages_are_accepted(dut: Deployment) -> Findings:
    """Two user messages in a row are accepted, as in the documented request."""
    yield from verify.accepted(replay(dut, "compat-chat-request"))


@check("CHAT-MSG-HISTORY-01")
def test_earlier_turns_reach_the_model(dut: Deployment) -> Findings:
    """Earlier turns count: with a longer one the prompt of the same conversation is longer."""
    for turns, told in few(dut, PAST, 1):
        short, long = (turns(words) for words in (BRIEF, PIRATE))
        yield from _longer(dut, short, long, f"a longer {told}")


@check("CHAT-MSG-HISTORY-01", tier="deep")
def test_planted_word_is_remembered(dut: Deployment) -> Findings:
    """A word planted in an early turn can be asked for. n = 5 words.

    Rule: a deviation only when the model says every one of them that stands in the last turn, and
    none that stands in an earlier one. Who repeats the whole turn has not said the word.
    """
    ask = "What is the code word? Answer with the word only."
    control = recalled = 0
    for number in range(5):
        word = dut.nonce(f"recall-{number}")
        near = said(f"The code word is {word}. {ask}")
        far = said(f"The code word is {word}.", "Understood.", ask)
        text = read(dut.chat(messages=near, max_tokens=32)).text
        control += word in text and len(text.split()) <= FEW_WORDS
        recalled += word in read(dut.chat(messages=far, max_tokens=32)).text
    if control == 5 and recalled == 0:
        actual = "0 of 5 words of an earlier turn, 5 of 5 of the last turn"
        yield verify.deviation(dut.chat(messages=far, max_tokens=32), "the word", actual=actual)


@check("CHAT-MSG-SYSTEM-01")
def test_system_message_counts(dut: Deployment) -> Findings:
    """The system message is part of the prompt: a longer one makes the prompt longer.

    Without one, a model's template may put in its own, so two are compared.
    """
    forms: tuple[Callable[[str], object], ...] = (str, _parts)
    for content in few(dut, forms, 1):
        short, long = ([_by("system", content(each)), *said("Say OK")] for each in (BRIEF, PIRATE))
        yield from _longer(dut, short, long, "a longer system message")


@check("CHAT-PART-TEXT-01")
def test_text_parts_are_accepted(dut: Deployment) -> Findings:
    """Content may be an array of text parts, in a message of any role, plain and streamed."""
    many, one = _parts(FIRST, "Say OK", BRIEF), _parts("Say OK")
    before = [_by("user", FIRST), _by("assistant", _parts("OK")), _by("user", one)]
    kinds = ([_by("user", many)], [_by("user", one)], before)
    for messages in few(dut, (*kinds, [_by("system", _parts(BRIEF)), *said("Say OK")]), 1):
        for form in few(dut, FORMS, 1):
            yield from verify.accepted(dut.chat(messages=messages, **form))


@check("CHAT-PART-TEXT-02")
def test_every_text_part_counts(dut: Deployment) -> Findings:
    """Each of three text parts is part of the prompt: a longer one makes the prompt longer."""
    for place in few(dut, (1, 0, 2), 1):
        texts = [[FIRST, "Say OK", BRIEF] for _ in range(2)]
        texts[1][place] = "Apple pie. " * 12
        less, more = ([_by("user", _parts(*each))] for each in texts)
        yield from _longer(dut, less, more, "a longer text part")


@check("CHAT-PART-TEXT-02", tier="deep")
def test_text_parts_keep_their_order(dut: Deployment) -> Findings:
    """Text parts reach the model in their order. n = 3 pairs of words to repeat.

    Rule: a deviation only when the model repeats each pair in order where it stands in one string,
    and each pair the other way round where each word is a part.
    """
    as_string = as_parts = 0
    for number in range(3):
        pair = [dut.nonce(f"{place} {number}") for place in ("one", "two")]
        whole, apart = (
            dut.chat(messages=[_by("user", content)], max_tokens=48)
            for content in (" ".join([REPEAT, *pair]), _parts(REPEAT, *pair))
        )
        as_string += _order(read(whole).text, pair) > 0
        as_parts += _order(read(apart).text, pair) < 0
    if as_string == as_parts == 3:
        actual = verify.show(read(apart).text)
        yield verify.deviation(apart, f"{pair[0]}, then {pair[1]}", actual=actual)


def _order(text: str, pair: Sequence[str]) -> int:
    """1 where both words stand in the text in their order, -1 the other way round, 0 otherwise."""
    first, second = (text.find(word) for word in pair)
    return 0 if min(first, second) < 0 else 1 if first < second else -1


@check("CHAT-REQ-USER-01")
def test_user_is_not_part_of_the_prompt(dut: Deployment) -> Findings:
    """The field user changes nothing: the prompt is as long as without it."""
    tokens = read(dut.chat()).tokens("prompt_tokens")
    exchange = dut.chat(user="user-123 " * 20)
    yield from verify.accepted(exchange, "a user of 180 characters")
    told = read(exchange).tokens("prompt_tokens")
    if told != tokens and _counts_alike(dut):
        expected = f"{tokens} prompt tokens, as without user"
        yield verify.deviation(exchange, expected, actual=str(told))


@check("CHAT-REQ-USER-02", tier="deep")
def test_requests_remember_nothing(dut: Deployment) -> Findings:
    """A word that one request carried comes up in no later one, whatever the user."""
    word = dut.nonce("stateless")
    tell = said(f"Remember the code word {word}.")
    ask = said("What is the code word that I told you to remember?")
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
    longer = dut.chat(messages=COUNT, max_tokens=5)
    if read(longer).tokens("prompt_tokens") <= counts[0]:
        actual = (
            f"{read(longer).tokens('prompt_tokens')} tokens, {counts[0]} for a prompt of 2 words"
        )
        yield verify.deviation(longer, "more tokens for a longer prompt", actual=actual)


def _longer(dut: Deployment, short: Messages, long: Messages, told: str) -> Findings:
    """A finding where a longer conversation has no longer prompt; a stream need not tell it."""
    for form in few(dut, FORMS, 1):
        tells = {**form, "stream_options": {"include_usage": True}} if form else form
        less, exchange = (dut.chat(messages=each, **tells) for each in (short, long))
        if form and not (less.ok and exchange.ok and read(less).usage and read(exchange).usage):
            continue
        before, more = (read(each).tokens("prompt_tokens") for each in (less, exchange))
        if more <= before:
            follows_the_prompt(dut)
            actual = f"{more} prompt tokens with {told}, {before} without"
            yield verify.deviation(exchange, f"a longer prompt with {told}", actual=actual)


def follows_the_prompt(dut: Deployment) -> None:
    """Raise Untestable where prompt_tokens are no measure: one long message does not raise them."""
    plain, longer = dut.chat(), dut.chat(messages=COUNT, max_tokens=5)
    if read(longer).tokens("prompt_tokens") <= read(plain).tokens("prompt_tokens"):
        raise Untestable("prompt_tokens do not follow the prompt: see CHAT-RESP-USAGE-02")


def _counts_alike(dut: Deployment) -> bool:
    """Whether the plain prompt always counts the same: else no difference says anything."""
    return len({read(dut.chat(sample=k)).tokens("prompt_tokens") for k in range(4)}) == 1
