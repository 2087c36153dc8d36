"""The fast validator may only take what the one that tells clauses takes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.reference import catalogue
from schemas import profiles
from tests.checks import long

LAW = profiles.load(profiles.DEFAULT)
EDGES = st.sampled_from([0, 1, -1, 1.0, 0.0, -0.0, 1.5, True, None, "", "x", " ", "\ud800", "stop"])
ODD = st.sampled_from([[], {}, b"x", 10**30, float("nan"), float("inf"), {1: 2}])
DEEPER = st.recursive(
    EDGES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner)
)
VALUES = (EDGES | ODD | DEEPER).map(copy.deepcopy)
PLAIN: dict[str, Any] = {
    "chat.response": long.chat(),
    "chat.chunk": long.chunk({"role": "assistant", "content": "hi"}),
    "completions.chunk": long.text("hi"),
    "models.object": catalogue.listing()["data"][0],
    "models.list": catalogue.listing(),
    "responses.response": {**long.RESPONSE, "status": "completed", "output": [long.item(0)]},
    "responses.event": {"type": "response.completed", "response": long.RESPONSE},
    "error": {"error": {"message": "x", "type": "a", "param": None, "code": None}},
}


def places(value: Any) -> list[tuple[Any, Any]]:
    """Each container with a key of it."""
    rows = value.items() if isinstance(value, dict) else enumerate(value)
    inner = [(value, key, each) for key, each in list(rows)]
    return [(at, key) for at, key, _ in inner] + [
        place for _, _, each in inner if isinstance(each, dict | list) for place in places(each)
    ]


@pytest.mark.parametrize("kind", PLAIN)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_the_fast_validator_takes_has_no_violation(kind: str, data: st.DataObject) -> None:
    body = copy.deepcopy(PLAIN[kind])
    for _ in range(data.draw(st.integers(0, 3))):
        if found := places(body):
            at, key = data.draw(st.sampled_from(found))
            at[key] = data.draw(VALUES)
    if LAW.bodies[kind]._surely_accepts(body):
        assert not list(LAW.bodies[kind]._body.iter_errors(body)), body


@pytest.mark.parametrize("kind", ["chat.chunk", "models.list", "completions.chunk", "error"])
def test_ordinary_bodies_take_the_fast_way(kind: str) -> None:
    assert LAW.bodies[kind]._surely_accepts(PLAIN[kind])


@pytest.mark.parametrize("value", [1.0, b"1", [float("nan")], {"a": {"b": 2.0}}])
def test_what_the_two_read_differently_takes_the_slow_way(value: object) -> None:
    assert not LAW.bodies["chat.chunk"]._surely_accepts({**PLAIN["chat.chunk"], "further": value})
