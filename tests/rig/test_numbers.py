"""Numbers of any size are read as what they are worth."""

from __future__ import annotations

from math import inf

import pytest

from fixtures.transport import document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (str(int(1e300)), 1e300),
        (str(-int(1e307)), -1e307),
        ("9" * 310, inf),
        ("-" + "9" * 310, -inf),
        ("9" * 200, int("9" * 200)),
    ],
    ids=["three hundred digits", "negative", "beyond a float", "beyond it, negative", "exact"],
)
def test_long_whole_number_equals_the_short_form(text: str, value: float) -> None:
    assert document.decoder().decode(text) == value


def test_millions_of_digits_cost_little() -> None:
    assert document.decoder().decode("1" * 4_000_000) == inf
