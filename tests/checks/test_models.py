"""What no fault of a deployment can show: checks of printed examples, and of exchanges by hand."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from fixtures import examples
from fixtures.transport.exchange import Chunk, Exchange, Request
from schemas import profiles
from suites.engine import catalogue, judge
from suites.engine.checks import execute
from suites.models import test_examples
from suites.models.support import agree
from tests import bench

if TYPE_CHECKING:
    from collections.abc import Callable

LAW = profiles.load(profiles.DEFAULT)

catalogue.load(LAW)
LIST, OBJECT = test_examples.LIST, test_examples.OBJECT


def twice(bodies: dict[str, Any]) -> None:
    bodies[LIST]["data"].append(bodies[LIST]["data"][0])


def flagless(bodies: dict[str, Any]) -> None:
    del bodies[LIST]["data"][3]["capabilities"]["supports_image"]


def unlike(bodies: dict[str, Any]) -> None:
    bodies[OBJECT]["owned_by"] = "meta"


def timeless(bodies: dict[str, Any]) -> None:
    bodies[OBJECT]["created"] = "2025"


@pytest.mark.parametrize(
    ("clause", "spoil"),
    [
        ("MODELS-EX-01", twice),
        ("MODELS-EX-01", flagless),
        ("MODELS-EX-02", unlike),
        ("MODELS-EX-02", timeless),
    ],
)
def test_a_printed_example_that_does_not_fit_is_found(
    reference: str,
    monkeypatch: pytest.MonkeyPatch,
    clause: str,
    spoil: Callable[[dict[str, Any]], None],
) -> None:
    bodies = {name: copy.deepcopy(examples.load()[name].json) for name in (LIST, OBJECT)}
    spoil(bodies)
    spoilt = {name: type("Spoilt", (), {"json": body}) for name, body in bodies.items()}
    monkeypatch.setattr(examples, "load", lambda: spoilt)
    case = next(case for case in catalogue.load(LAW) if case.clause == clause)
    with bench.deployment(f"{reference}/v1") as dut:
        assert execute(case, dut).findings


@pytest.mark.parametrize(
    ("route", "model_id", "found"),
    [
        ("/models/a%2Fb", "a/b", False),
        ("/models/a/b", "a/b", False),
        ("/models/some-model-r", "some-model", False),
        ("/models/some-model?x=1", "some-model", False),
        ("/models/some", "some-model", True),
        ("/models/SOME-MODEL", "some-model", True),
    ],
)
def test_an_object_is_held_against_the_id_that_was_asked_for(
    route: str, model_id: str, *, found: bool
) -> None:
    body = b'{"id": "%s"}' % model_id.encode()
    exchange = Exchange("x", Request("GET", route), 200, (), (Chunk(0.1, body),), at=1.7e9)
    clauses = {each.clause for said in judge.judge(exchange, LAW) for each in said.findings}
    assert ("MODELS-GET-04" in clauses) is found


def test_a_flag_that_stands_in_one_place_alone_is_no_difference() -> None:
    listed = {"supports_image": True, "supports_video": False}
    assert agree(listed, {"supports_image": True})
    assert not agree(listed, {"supports_image": False})
    assert not agree("owner", "other")


@pytest.mark.parametrize("named", [(), (("transcription", "llama-3-1-8b"),)])
def test_a_model_that_the_operator_alone_names_declares_nothing(
    reference: str, named: tuple[tuple[str, str], ...]
) -> None:
    said = bench.examine(f"{reference}/v1", "MODELS-CAP-03", tier="standard", models=named)
    assert "MODELS-CAP-03" not in said.violated, said.text()
