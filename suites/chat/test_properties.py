"""Relations between chat requests that nobody wrote: what holds whatever is said. Deep tier only.

The texts and conversations are drawn from the seed of the run, so that a run can be repeated.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from schemas.strategies import texts
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.fuzz.generated import draw
from suites.support.probes import Messages, as_messages, read

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

TEXTS, TALKS = 20, 12
MORE = " one two three four five six seven eight"
# Scripts and signs that end up at the borders of chunks, and are cut there by a careless server.
ALPHABETS = (
    "e\u0301a\u0308o\u0302\u0331",
    "\U0001f600\U0001f3f3\ufe0f\u200d\U0001f308\U0001f469\u200d\U0001f467",
    "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd \u202eabc\u202c",
    "\u6771\u4eac\u3002\u7e41\u9ad4 ",
    "\U0001d54f\U00020000\U0001f1e8\U0001f1f4",
    " \t\n\r\u00a0\u2003x",
)
# What some tokenizers bar, or a JSON reader may refuse to call text.
DISPUTED = ("OK \u0000 OK", "OK \ud800 OK", "\udc00", "\ufffe\uffff", " ", "\n\n", "\u200b")


@st.composite
def talks(draw_: st.DrawFn) -> Messages:
    """A conversation that takes turns and ends with the user, with a system message or without."""
    plain = st.text(st.sampled_from("abc xyz ,."), min_size=1, max_size=24).map("word {}".format)
    turns = draw_(st.integers(0, 6)) * 2 + 1
    messages = as_messages(*(draw_(plain) for _ in range(turns)))
    for message in messages:
        if message["role"] == "user" and draw_(st.booleans()):
            parts = [message["content"], draw_(plain)]
            message["content"] = [{"type": "text", "text": part} for part in parts]
    system = [{"role": "system", "content": draw_(plain)}]
    return [*(system if draw_(st.booleans()) else []), *messages]


def scripts() -> st.SearchStrategy[str]:
    """A text in one of many alphabets, or an odd one."""
    letters = st.sampled_from(ALPHABETS).flatmap(
        lambda alphabet: st.text(st.sampled_from(alphabet), min_size=1, max_size=40)
    )
    return st.one_of(letters, texts(1)).map("Say {}".format)


@check("CHAT-MSG-TEXT-01", tier="deep")
def test_texts_of_any_script_are_accepted(dut: Deployment) -> Findings:
    """Texts of any script are accepted as content, plain and streamed. n = 20, drawn."""
    for text in _texts(dut):
        for form in ({}, {"stream": True}):
            exchange = dut.chat(messages=as_messages(text), **form)
            yield from verify.accepted(exchange, f"the text {verify.show(text)}")


@check("CHAT-MSG-TEXT-01", tier="deep")
def test_disputed_texts_do_no_harm(dut: Deployment) -> Findings:
    """A NUL, a lone surrogate and white space alone are accepted or refused, never a 5xx."""
    for text in DISPUTED:
        for form in ({}, {"stream": True}):
            yield from verify.accepted_or_refused(dut.chat(messages=as_messages(text), **form))


@check("CHAT-RESP-USAGE-02", tier="deep")
def test_longer_texts_count_more(dut: Deployment) -> Findings:
    """A text with eight words more has more prompt tokens, in any script. n = 20, drawn."""
    for text in _texts(dut):
        short, long = (dut.chat(messages=as_messages(each)) for each in (text, text + MORE))
        if short.ok and long.ok:
            yield from _longer(short, long, f"eight words more than {verify.show(text)}")


@check("STREAM-CHAT-USAGE-01", tier="deep")
def test_usage_of_drawn_texts_is_the_plain_one(dut: Deployment) -> Findings:
    """Where a stream tells its usage, any text counts as much as plain. n = 20, drawn."""
    for text in _texts(dut):
        plain, streamed = (
            dut.chat(messages=as_messages(text), **form) for form in ({}, {"stream": True})
        )
        if not (plain.ok and streamed.ok) or read(streamed).usage is None:
            continue
        wanted, tokens = (read(each).tokens("prompt_tokens") for each in (plain, streamed))
        if wanted != tokens:
            expected = f"{wanted} prompt tokens, as plain"
            yield verify.deviation(streamed, expected, actual=str(tokens), where="/usage")


@check("CHAT-MSG-TEXT-01", tier="deep")
def test_conversations_are_accepted(dut: Deployment) -> Findings:
    """Conversations that take turns are accepted, of one turn and of sixty-one. n = 12, drawn."""
    long = as_messages(*(f"Turn {number}" for number in range(61)))
    for messages in (*_talks(dut), long):
        exchange = dut.chat(messages=messages)
        roles = ", ".join(message["role"] for message in messages[:8])
        yield from verify.accepted(exchange, f"{len(messages)} messages: {roles}")


@check("CHAT-MSG-HISTORY-01", tier="deep")
def test_each_turn_counts(dut: Deployment) -> Findings:
    """A conversation with one exchange more before it has more prompt tokens. n = 12, drawn."""
    earlier = as_messages(
        "Tell me something about the sea", "It is wide and deep, and salty as well"
    )
    for messages in _talks(dut):
        head = [each for each in messages[:1] if each["role"] == "system"]
        more = [*head, *earlier, *messages[len(head) :]]
        short, long = dut.chat(messages=messages), dut.chat(messages=more)
        if short.ok and long.ok:
            yield from _longer(short, long, "one exchange more")


def _longer(short: Exchange, long: Exchange, label: str) -> Findings:
    less, more = (read(each).tokens("prompt_tokens") for each in (short, long))
    if more <= less:
        expected = f"more than {less} prompt tokens with {label}"
        yield verify.deviation(long, expected, actual=str(more), where="/usage/prompt_tokens")


def _texts(dut: Deployment) -> list[str]:
    whole = (f"Say {alphabet}" for alphabet in ALPHABETS)
    drawn = (*whole, *draw(scripts(), 3 * TEXTS, f"{dut.setup.seed} texts"))
    lawful = (text for text in drawn if not any(map(_is_disputed, text)))
    return list(dict.fromkeys(lawful))[:TEXTS]


def _is_disputed(sign: str) -> bool:
    """Control characters and what is no character, which some tokenizers bar."""
    return unicodedata.category(sign) in ("Cc", "Cs", "Cn", "Co") and sign not in "\t\n"


def _talks(dut: Deployment) -> list[Any]:
    return draw(talks(), TALKS, f"{dut.setup.seed} talks")
