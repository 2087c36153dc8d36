"""What a strategy draws is what the schemas say of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from schemas import boundary_values, profiles, strategies
from suites.fuzz import generated

LAW = profiles.load(profiles.DEFAULT)

BODIES = LAW.bodies
KINDS = tuple(LAW.tables.requests)
# The model is given here: what else can be refused.
REFUSING = tuple(
    kind
    for kind in KINDS
    if any(row.refused for row in LAW.tables.requests[kind].rows if row.field != "model")
)
STANDINGS = ("accepted", "refused", "open")
ROWS = [(kind, row.field) for kind in KINDS for row in LAW.tables.requests[kind].rows]
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("kind", KINDS)
def test_accepted_requests_are_promised_to_be_taken(kind: str) -> None:
    @FEW
    @given(strategies.requests(BODIES, kind, "accepted", ("tools", "reasoning", "responses")))
    def holds(body: dict[str, Any]) -> None:
        assert BODIES[kind].accepts(body)
        assert not BODIES[kind].refusals(body)

    holds()


@pytest.mark.parametrize("kind", REFUSING)
def test_refused_requests_have_a_clause(kind: str) -> None:
    @FEW
    @given(strategies.requests(BODIES, kind, "refused", model="a-model"))
    def holds(body: dict[str, Any]) -> None:
        assert BODIES[kind].refusals(body)
        assert body["model"] == "a-model"

    holds()


@pytest.mark.parametrize("kind", KINDS)
def test_open_requests_are_neither(kind: str) -> None:
    @FEW
    @given(strategies.requests(BODIES, kind, "open", model="a-model"))
    def holds(body: dict[str, Any]) -> None:
        assert not BODIES[kind].refusals(body)

    holds()


@pytest.mark.parametrize(("kind", "field"), ROWS)
def test_edges_are_classified_by_the_schema(kind: str, field: str) -> None:
    listed = boundary_values.edges(BODIES, kind, field)
    assert len(listed) > 5
    assert all(BODIES[kind].standing(field, value) == standing for value, standing in listed)


def test_edges_hold_the_borders_of_a_printed_range() -> None:
    values = dict.fromkeys(
        value
        for value, _ in boundary_values.edges(BODIES, "completions.request", "top_p")
        if isinstance(value, float | int)
    )
    assert {0, 0.001, 0.999, 1, -0.001, 1.001} <= set(values)


@pytest.mark.parametrize("standing", STANDINGS)
def test_values_of_a_row_have_the_standing_that_was_asked_for(standing: Any) -> None:
    @FEW
    @given(strategies.values(BODIES, "chat.request", "temperature", standing))
    def holds(value: Any) -> None:
        assert BODIES["chat.request"].standing("temperature", value) == standing

    holds()


@FEW
@given(st.data())
def test_an_unknown_field_is_open(data: st.DataObject) -> None:
    value = data.draw(strategies.values(BODIES, "chat.request", "no_such_field", "open"))
    assert BODIES["chat.request"].standing("no_such_field", value) == "open"


def test_hypothesis_still_asks_where_we_answer_that_it_knows_no_constants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Constants of modules that happen to be imported would make a seed mean other values."""
    mark = 918_273_645
    assert providers._get_local_constants is Constants
    assert mark not in generated.draw(st.integers(min_value=7), 500, "a seed")
    monkeypatch.setattr(providers, "_get_local_constants", lambda: Constants(integers={mark}))
    # Other bounds: what it knows of the first ones is cached.
    assert mark in generated.draw(st.integers(min_value=8), 500, "a seed")
