"""Words are compared generously, and never too generously."""

from __future__ import annotations

import pytest

from suites.engine.speech import MOST_ERRORS, errors, words

SAID = "The children are playing in the garden today."
HEARD = (
    SAID,
    " the children are playing in the garden today",
    "Children are playing in a garden, today!",
    "The chill dren are playing in the garden. Thank you.",
    "The children are plain in the garden to day.",
)
UNHEARD = (
    "",
    "You",
    "Thank you for watching this video.",
    "Welcome to the quarterly planning meeting.",
    "1\n00:00:00,000 --> 00:00:02,800\n" + SAID,
    f"{SAID} {SAID}",
    "Los niños juegan hoy en el jardín.",
)


@pytest.mark.parametrize("text", HEARD)
def test_a_model_may_err(text: str) -> None:
    assert errors(SAID, text) <= MOST_ERRORS


@pytest.mark.parametrize("text", UNHEARD)
def test_other_words_are_not_these(text: str) -> None:
    assert errors(SAID, text) > MOST_ERRORS


def test_words_have_neither_case_nor_accents() -> None:
    assert words("Let’s, MAÑANA — día 5!") == ["let's", "manana", "dia", "5"]
