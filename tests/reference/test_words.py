"""What the model says, and how it is cut into tokens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.reference.tokenizer import Limits, Sampler, tokens, write
from tests.reference.local import Local, chat_body


@given(st.text())
def test_tokens_join_to_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text
    assert all(tokens(text))


@given(st.text(alphabet="ab .", max_size=40), st.lists(st.text("ab .", min_size=1), max_size=3))
def test_nothing_of_a_stop_string_is_written(text: str, stops: list[str]) -> None:
    written = write(text, iter(()), Limits(stop=tuple(stops))).text
    assert text.startswith(written)
    assert not any(stop in written for stop in stops)
    stopped = any(stop in text for stop in stops)
    assert stopped or written == text
    if len(stops) == 1:
        assert written == text.partition(stops[0])[0]


@given(st.floats(0, 2), st.floats(0, 1))
def test_a_pick_is_a_candidate(temperature: float, top_p: float) -> None:
    assert Sampler(temperature, top_p).pick("abc") in "abc"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Say OK", "OK."),
        ("Say OK.", "OK."),
        ("Reply with OK only", "OK"),
        ("Reply with the single word hello", "hello"),
        ("Reply with exactly this word and nothing else: ZQX-12", "ZQX-12"),
        ("Output exactly: a b c", "a b c"),
        ("Say the word apple", "apple."),
        ("Write the numbers from 1 to 4 separated by spaces", "1 2 3 4"),
        ("My secret word is plum. Please remember it.", "I will remember it."),
        ("Repeat exactly: Bogotá 東京 🙂", "Bogotá 東京 🙂"),
        ("Repeat 'Bogotá 東京 🙂'", "Bogotá 東京 🙂"),
        ("Repeat after me: MARK-123 and no more", "MARK-123 and no more"),
        ("Count from 3 to 6", "3 4 5 6"),
        ("Count: 1 2 3 ... 7 separated by spaces", "1 2 3 4 5 6 7"),
        ("Repeat the word la 3 times", "la la la"),
        ("Solve this step by step: What is 15% of 240?", "The answer is 36."),
        ("What is 2+2?", "The answer is 4."),
        ("What is the capital of Colombia?", "The capital of Colombia is Bogotá."),
        ("What is the code word?", "I do not know it: nobody told me."),
        ("Hello!", "Hello! How can I help you today?"),
    ],
)
def test_simple_instructions_are_obeyed(local: Local, question: str, answer: str) -> None:
    assert local.says(question) == answer


def reply_to(local: Local, *texts: str, system: str | None = None) -> str:
    roles = ["user", "assistant"] * len(texts)
    messages: list[Any] = [] if system is None else [{"role": "system", "content": system}]
    messages += [{"role": r, "content": t} for r, t in zip(roles, texts, strict=False)]
    reply = local.post("/chat/completions", json={**chat_body(), "messages": messages}).json()
    return str(reply["choices"][0]["message"]["content"])


def test_the_conversation_is_remembered(local: Local) -> None:
    conversation = "Remember the code word ZQXJ-4471.", "I will.", "What is the code word?"
    assert "ZQXJ-4471" in reply_to(local, *conversation)
    assert "marigold" in reply_to(
        local, "The code word is marigold", "Yes.", "Tell me the code word."
    )
    assert "BLURF" in reply_to(local, "Remember this word: BLURF", "OK", "Which word was it?")
    assert "Zelda" in reply_to(local, "My name is Zelda.", "Hi!", "What is my name?")
    assert "Camillo" in reply_to(local, "Hello, I'm Camillo", "Hi!", "What is my name?")
    parts = [{"type": "text", "text": t} for t in ("The first is AB-12.", "Repeat it and CD-34.")]
    message = {"role": "user", "content": parts}
    reply = local.post("/chat/completions", json={**chat_body(), "messages": [message]}).json()
    content = reply["choices"][0]["message"]["content"]
    assert "AB-12" in content
    assert "CD-34" in content


def test_the_system_is_obeyed(local: Local) -> None:
    rule = "End every answer with the word ZEBRA-9."
    assert reply_to(local, "Say hello.", system=rule).endswith(" ZEBRA-9")


def test_everything_else_gets_an_essay(local: Local) -> None:
    essay = local.says("Tell me about artificial intelligence", temperature=0)
    assert len(essay.split()) > 150
    assert "artificial intelligence" in essay
    assert essay == local.says("Tell me about artificial intelligence", temperature=0)
