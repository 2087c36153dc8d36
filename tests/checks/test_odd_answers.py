"""Nothing that a deployment answers makes a check or an invariant crash.

An odd answer may break clauses, or leave them untestable; a crash would let a deployment turn its
verdict into "the suite itself failed". Here is a selection; with `ODD_ANSWERS=all` each change is
made at each place, and `python -m tests.checks.odd_runs` runs the checks on as many as there is
time for.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suites.engine import checks
from tests.checks import odd, odd_runs
from tests.checks.odd import Change
from tests.checks.odd_runs import Oddity, Scattered
from tests.checks.recorded import NAMES, record
from tests.kill_matrix import memory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.transport.exchange import Exchange
    from tests.kill_matrix.memory import Memory

ALL = os.environ.get("ODD_ANSWERS") == "all"
EACH = len(odd.CHANGES) if ALL else 1
APART = 1 if ALL else 4  # of the changes of a whole answer, each answer meets one in so many
RUNS = 100 if ALL else 10  # of all checks, at smoke
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=12)
    | st.sampled_from([10**400, -(10**80), "assistant", "stop", "message", "response.completed"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=6)
            | st.sampled_from(["id", "type", "index", "content", "error", "text"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def recorded(reference: str) -> Mapping[str, Exchange]:
    return record(f"{reference}/v1")


@pytest.fixture(scope="module")
def smoke(reference: str) -> Memory:
    return memory.learn(f"{reference}/v1", checks.TIERS[:1])


@pytest.mark.parametrize("name", NAMES)
def test_no_invariant_crashes_on_odd_values(recorded: Mapping[str, Exchange], name: str) -> None:
    mine = {name: recorded[name]}
    made = list(odd_runs.oddities(mine, EACH))
    assert len(made) >= EACH
    assert not _crashes_of_judges(recorded, made)


@pytest.mark.parametrize("name", NAMES)
def test_no_invariant_crashes_on_odd_bodies(recorded: Mapping[str, Exchange], name: str) -> None:
    made = list(odd_runs.whole({name: recorded[name]}))[NAMES.index(name) % APART :: APART]
    assert not _crashes_of_judges(recorded, made)


@settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_invariant_crashes_on_any_json(recorded: Mapping[str, Exchange], data: Any) -> None:
    name = data.draw(st.sampled_from(NAMES))
    place = data.draw(st.sampled_from(odd.places(recorded[name])))
    act = data.draw(st.sampled_from(["put", "put", "double"]))
    change = Change(act, json.dumps(data.draw(JSON)))
    one = Oddity(f"{name}, {place}: {change}", recorded[name], odd.apply(place, change))
    assert not _crashes_of_judges(recorded, [one])


@pytest.mark.parametrize("seed", range(RUNS))
def test_no_check_crashes_on_scattered_odd_answers(
    reference: str, smoke: Memory, seed: int
) -> None:
    odd_ones = Scattered(seed, 0.3)
    found = odd_runs.checked(f"{reference}/v1", smoke, odd_ones, "smoke")
    assert not odd_runs.text([(odd_ones, each) for each in found])


@pytest.mark.parametrize("place", ["/data/0/id", "/data/0/capabilities", "/data/0/created"])
def test_no_check_crashes_on_odd_models(
    reference: str, recorded: Mapping[str, Exchange], smoke: Memory, place: str
) -> None:
    made = [
        each
        for each in odd_runs.oddities({"models": recorded["models"]}, len(odd.CHANGES))
        if f", {place}:" in each.name
    ][:: 1 if ALL else 6]
    assert made
    found = [
        (one, each)
        for one in made
        for each in odd_runs.checked(f"{reference}/v1", smoke, one, "smoke")
    ]
    assert not odd_runs.text(found)


def test_a_crash_would_be_seen(recorded: Mapping[str, Exchange]) -> None:
    def crashes(_: Exchange) -> Exchange:
        broken = recorded["chat"].copy()
        object.__setattr__(broken, "headers", (5,))
        return broken

    one = Oddity("headers that are no pairs", recorded["chat"], crashes)
    assert "TypeError" in _crashes_of_judges(recorded, [one])


def _crashes_of_judges(recorded: Mapping[str, Exchange], made: list[Oddity]) -> str:
    found = [
        (one, each) for one in made for each in odd_runs.judged(one, odd_runs.beside(recorded, one))
    ]
    return odd_runs.text(found)
