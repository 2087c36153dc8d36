"""What a chat request says reaches the model: each turn, the system's message, each text part.

At standard one long conversation holds them all, and each says more in a second one: a prompt that
grows by as much as the same words cost in one message has lost none. Where it does not, or is not
answered, each is asked by itself, which is what a deviation rests on, and what deep always does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.outcomes import Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support.conversations import (
    BRIEF,
    FIRST,
    PIRATE,
    TALK,
    conversation,
    follows_the_prompt,
    said_by,
    text_parts,
    whole,
)
from suites.support.probes import FORMS, SCRIPTS, TELLS, Messages, as_messages, at_tier, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fixtures.target.deployment import Deployment

FEW_WORDS = 6  # around a word that is asked for
REPEAT = "Repeat exactly, and nothing else:"


# Conversations in which one turn before the last may be longer: a server that keeps the last ones
# only, or one role, or what is a string, or one of two messages in a row, loses it.
PAST: tuple[tuple[Callable[[str], Messages], str], ...] = (
    (lambda words: [said_by("system", BRIEF), *as_messages(words, *TALK)], "turn"),
    (lambda words: as_messages("Hello", words, "Say OK"), "answer of the assistant"),
    (
        lambda words: [said_by("user", words), *as_messages("Say OK")],
        "message before another of the user",
    ),
    (
        lambda words: [
            said_by("user", text_parts(words)),
            said_by("assistant", "OK"),
            *as_messages("Go on"),
        ],
        "array",
    ),
)
PLACES = 8


def arrives(dut: Deployment, form: dict[str, Any]) -> bool:
    """Whether every place of the conversation is seen to be part of the prompt.

    It grows by what the same words cost in one message, half a place more or less; a stream, where
    it tells its usage at all, counts what the plain answer does. Never so in the deep tier.
    """
    plain, long = dut.chat(), whole(dut)
    apart = dut.chat(
        messages=[said_by("system", text_parts(PIRATE * PLACES)), *as_messages("Say OK")]
    )
    asked = [plain, dut.chat(messages=conversation()), apart, long]
    if dut.setup.tier == "deep" or not all(each.ok for each in asked):
        return False
    base, short, same, more = (read(each).tokens("prompt_tokens") for each in asked)
    half = (same - base) / PLACES / 2
    if form:
        streamed = whole(dut, **TELLS)
        usage = read(streamed).usage if streamed.ok else None
        return usage is None or abs(read(streamed).tokens("prompt_tokens") - more) < half
    return abs((more - short) - (same - base)) < half


def accepts(dut: Deployment) -> bool:
    """Whether the conversation is answered, plain and streamed. Never so in the deep tier."""
    return dut.setup.tier != "deep" and whole(dut).ok and whole(dut, **TELLS).ok


@check("CHAT-MSG-ROLE-01")
def test_documented_roles_are_accepted(dut: Deployment) -> Findings:
    """Conversations of the roles system, user and assistant are accepted, a long one, too."""
    talk, _ = PAST[0]
    kinds = (talk(BRIEF), [said_by("system", BRIEF), *as_messages("Say OK")], as_messages("Say OK"))
    for messages in () if accepts(dut) else kinds:
        alone = dut.chat(messages=as_messages(*(str(each["content"]) for each in messages[-1:])))
        if any(True for _ in verify.accepted(alone)):
            raise Untestable("the same text is not accepted of a user: see CHAT-MSG-TEXT-01")
        roles = ", ".join(message["role"] for message in messages[:8])
        yield from verify.accepted(dut.chat(messages=messages), roles)


@check("CHAT-MSG-TEXT-01")
def test_texts_of_many_scripts_are_accepted(dut: Deployment) -> Findings:
    """A text of many scripts and signs is accepted as content, plain and streamed."""
    for form in FORMS:
        exchange = dut.chat(messages=SCRIPTS, max_tokens=40, **form)
        yield from verify.accepted(exchange, "a text of many scripts")


@check("CHAT-MSG-HISTORY-01")
def test_earlier_turns_reach_the_model(dut: Deployment) -> Findings:
    """Earlier turns count: with a longer one the prompt of the same conversation is longer."""
    for form in FORMS:
        for turns, label in () if arrives(dut, form) else PAST:
            short, long = (turns(words) for words in (BRIEF, PIRATE))
            yield from _longer(dut, short, long, f"a longer {label}", form)
    short_one, long_one = dut.chat(), whole(dut)
    if short_one.ok and long_one.ok and read(short_one).text.strip():
        said = read(long_one).text.strip()
        yield Observation("long_prompt", "text" if said else "nothing")


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
        near = as_messages(f"The code word is {word}. {ask}")
        far = as_messages(f"The code word is {word}.", "Understood.", ask)
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
    forms: tuple[Callable[[str], object], ...] = (str, text_parts)
    for content in () if arrives(dut, {}) else forms:
        short, long = (
            [said_by("system", content(each)), *as_messages("Say OK")] for each in (BRIEF, PIRATE)
        )
        for form in at_tier(dut, FORMS, 1):
            yield from _longer(dut, short, long, "a longer system message", form)


@check("CHAT-PART-TEXT-01")
def test_text_parts_are_accepted(dut: Deployment) -> Findings:
    """Content may be an array of text parts, in a message of any role, plain and streamed."""
    many, one = text_parts(FIRST, "Say OK", BRIEF), text_parts("Say OK")
    before = [said_by("user", FIRST), said_by("assistant", text_parts("OK")), said_by("user", one)]
    kinds = ([said_by("user", many)], [said_by("user", one)], before)
    of_all = (*kinds, [said_by("system", text_parts(BRIEF)), *as_messages("Say OK")])
    for messages in () if accepts(dut) and dut.chat(messages=conversation()).ok else of_all:
        for form in FORMS:
            yield from verify.accepted(dut.chat(messages=messages, **form))


@check("CHAT-PART-TEXT-02")
def test_every_text_part_counts(dut: Deployment) -> Findings:
    """Each of three text parts is part of the prompt: a longer one makes the prompt longer."""
    for place in () if arrives(dut, {}) else (1, 0, 2):
        texts = [[FIRST, "Say OK", BRIEF] for _ in range(2)]
        texts[1][place] = "Apple pie. " * 12
        less, more = ([said_by("user", text_parts(*each))] for each in texts)
        for form in at_tier(dut, FORMS, 1):
            yield from _longer(dut, less, more, "a longer text part", form)


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
            dut.chat(messages=[said_by("user", content)], max_tokens=48)
            for content in (" ".join([REPEAT, *pair]), text_parts(REPEAT, *pair))
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


def _longer(
    dut: Deployment, short: Messages, long: Messages, label: str, form: dict[str, Any]
) -> Findings:
    """A finding where a longer conversation has no longer prompt; a stream need not tell it."""
    tells = TELLS if form else {}
    less, exchange = (dut.chat(messages=each, **tells) for each in (short, long))
    if form and not (less.ok and exchange.ok and read(less).usage and read(exchange).usage):
        return
    before, more = (read(each).tokens("prompt_tokens") for each in (less, exchange))
    if more <= before:
        follows_the_prompt(dut)
        actual = f"{more} prompt tokens with {label}, {before} without"
        yield verify.deviation(exchange, f"a longer prompt with {label}", actual=actual)
