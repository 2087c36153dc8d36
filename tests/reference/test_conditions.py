"""A condition that is not marked as impure says the same of equal requests, whenever it is asked.

The kill matrix rests on it: it asks such conditions without the deployment.
"""

from __future__ import annotations

import base64
import json
import random
from itertools import product
from typing import TYPE_CHECKING

import pytest

from fixtures.reference import alter, faults, variants
from fixtures.reference.faults.auth import unknown_key
from fixtures.reference.messages import Request
from schemas import profiles

if TYPE_CHECKING:
    from fixtures.reference.alter import Condition

LAW = profiles.load(profiles.DEFAULT)
PLAIN = (b"reference-key", b"a-key-of-tests", b"a-key-of-tests-and-more", b"another", b"a-key-of-")
KEYS = (*PLAIN, *(base64.b64encode(b":" + each) for each in PLAIN))
WORDS = (b"Bearer ", b"Basic ", b"")
REGISTERS = {"fault": faults.load().entries, "variant": variants.load().entries}


def requests() -> list[Request]:
    """The plain request of each operation, plain and streamed, with keys that do and do not fit."""
    made = []
    for operation, streamed in product(LAW.operations.values(), (False, True)):
        body = {"model": "cai-llama-3-1-8b-slim", **operation.plain, "stream": streamed}
        made += [
            Request(
                method=operation.method.upper(),
                path=operation.path,
                headers=[(b"authorization", word + key), (b"content-type", b"application/json")],
                body=json.dumps(body).encode(),
            )
            for word, key in product(WORDS, KEYS)
        ]
    return made


def asked(condition: Condition, order: list[Request]) -> dict[int, bool]:
    return {id(request): alter.holds(condition, request) for request in order}


REQUESTS = requests()
SHUFFLED = random.Random(1).sample(REQUESTS * 2, len(REQUESTS) * 2)


@pytest.mark.parametrize("kind", REGISTERS)
def test_pure_condition_looks_at_the_request_alone(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pure = [
        (name, condition)
        for name, alteration in REGISTERS[kind].items()
        for condition in alteration.when
        if alter.is_pure(condition)
    ]
    before = [asked(condition, REQUESTS) for _, condition in pure]
    monkeypatch.setenv("COMPACTIFAI_API_KEY", "a-key-of-tests")
    after = [asked(condition, SHUFFLED) for _, condition in pure]
    assert [
        name for (name, _), old, new in zip(pure, before, after, strict=True) if old != new
    ] == []


def test_what_counts_or_draws_is_marked() -> None:
    for condition in (alter.nth(2), alter.every(3), alter.sometimes(0.5)):
        assert not alter.is_pure(condition)


def test_sample_reaches_what_it_is_for() -> None:
    """Both answers of the condition that looks at the key, or the test above would see nothing."""
    assert {alter.holds(unknown_key, each) for each in REQUESTS} == {True, False}
