"""What the standard tier sends holds the borders of every range that a table prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.audio import speech
from fixtures.transport import worst_case
from schemas import boundary_values, profiles
from suites.fuzz import generated, plan
from suites.fuzz.cases import flat, target
from tests import bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.target.deployment import Deployment
    from suites.fuzz.cases import Target

LAW = profiles.load(profiles.DEFAULT)
DRAWN = {name: one for name, one in LAW.operations.items() if one.drawn and one.request}


@pytest.fixture(scope="module")
def dut(reference: str) -> Iterator[Deployment]:
    with bench.deployment(f"{reference}/v1") as found:
        yield found


def _target(dut: Deployment, operation: str) -> Target:
    one = DRAWN[operation]
    return target(dut, one, speech() if one.is_form else None)


def _key(field: str, value: Any) -> tuple[str, str]:
    return field, json.dumps(value, default=repr)


@pytest.mark.parametrize("operation", DRAWN)
def test_the_values_next_to_each_range_are_sent(dut: Deployment, operation: str) -> None:
    sent = {
        _key(name, value)
        for case in flat(plan.standard(_target(dut, operation)))
        for name, value in case.odd.items()
    }
    kind = str(DRAWN[operation].request)
    next_to = {
        _key(row.field, value)
        for row in LAW.tables.requests[kind].rows
        for value in boundary_values.outside(LAW.bodies, kind, row.field)
        if worst_case.tokens({row.field: value}) <= worst_case.BOUNDS["deep"]
    }
    assert next_to
    assert not next_to - sent


@pytest.mark.parametrize(
    ("kind", "field", "values"),
    [
        ("chat.request", "temperature", (-0.001, 2.001)),
        ("chat.request", "top_p", (0, 1.001)),
        ("chat.request", "n", (0, 2)),
        ("chat.request", "max_tokens", (0, 4097)),
        ("chat.request", "stop", (["a", "b", "c", "d", "e"],)),
        ("chat.request", "logit_bias", ({"😀": 0}, {"50": -101}, {"50": 101})),
        ("chat.request", "user", ()),
        ("completions.request", "best_of", (0, 21)),
        ("responses.request", "max_output_tokens", (15, 4097)),
        ("audio.request", "prompt", ("x" * 501,)),
        ("audio.request", "temperature", (-0.001, 1.001)),
    ],
)
def test_next_to_a_range_lies_one_value_on_each_side(
    kind: str, field: str, values: tuple[Any, ...]
) -> None:
    assert boundary_values.outside(LAW.bodies, kind, field) == values


@pytest.mark.parametrize("operation", DRAWN)
def test_packs_hold_only_what_is_promised(dut: Deployment, operation: str) -> None:
    drawn = DRAWN[operation].drawn
    share = drawn.packs if drawn else 0
    packs = list(plan.packed(_target(dut, operation), share))
    assert len(packs) == share > 0
    assert {pack.promise.standing for pack in packs} == {"accepted"}


def test_form_keeps_each_character_and_replaces_half_of_one(dut: Deployment) -> None:
    on = _target(dut, "POST /audio/transcriptions")
    sent = on.request({**on.plain, "prompt": 'é😀\u2028"\\', "language": "x\ud83d"})
    assert sent.form["prompt"] == ('é😀\u2028"\\',)
    assert sent.form["language"] == ("x?",)


MODEL = "cai-llama-3-1-8b-slim"
TWO = tuple((role, MODEL) for role in ("chat", "completions"))
FOUR = (*TWO, ("tools", MODEL), ("reasoning", MODEL))


@pytest.mark.parametrize("operation", ["POST /chat/completions", "POST /completions"])
def test_what_is_sent_does_not_depend_on_the_roles_that_are_named(
    reference: str, operation: str
) -> None:
    sent, drawn = [], []
    for models in (TWO, FOUR):
        with bench.deployment(f"{reference}/v1", models=models) as dut:
            on = _target(dut, operation)
            sent.append({case.id: case for case in flat(plan.standard(on))})
            drawn.append([case.id for case in generated.first(on, "seed", 200)])
    two, four = sent
    assert two.keys() <= four.keys()
    roles = {"tools", "tool_choice", "reasoning_effort", "reasoning_enabled", "parallel_tool_calls"}
    assert all(roles & four[more].odd.keys() for more in four.keys() - two.keys())
    assert drawn[0] == drawn[1]
