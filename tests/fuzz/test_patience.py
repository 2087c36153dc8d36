"""A hunt ends, whatever the deployment does, and keeps what it has found."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.transport.exchange import Chunk, Exchange, Failure, Request
from schemas import profiles
from schemas.outcomes import NotRun
from suites.fuzz import plan
from suites.fuzz.cases import Target, target
from suites.fuzz.drive import Hunt
from tests import bench

if TYPE_CHECKING:
    from collections.abc import Iterator

LAW = profiles.load(profiles.DEFAULT)

SLOW = 0.02


@pytest.fixture(scope="module")
def chat(reference: str) -> Iterator[Target]:
    with bench.deployment(f"{reference}/v1") as dut:
        yield target(dut, LAW.operations["POST /chat/completions"], None)


def _answered(request: Request) -> Exchange:
    return Exchange(request.key, request, 200, chunks=(Chunk(0.0, b'{"choices": []}'),))


def _hanging(request: Request) -> Exchange:
    """No answer in time, twice, while a plain request was answered."""
    time.sleep(SLOW)
    return Exchange(request.key, request, 0, failure=Failure.TIMEOUT, confirmed=True)


def test_answers_that_never_come_end_a_hunt_early(chat: Target) -> None:
    hunt = Hunt(chat, _hanging, patience=5 * SLOW)
    hunt.run(plan.standard(chat))
    assert hunt.weary
    assert hunt.sent <= 7
    assert [finding.actual[:29] for finding in hunt.findings("")] == [
        "no answer within the time-out"
    ]


def test_a_slow_deployment_that_answers_is_heard_to_the_end(chat: Target) -> None:
    def slow(request: Request) -> Exchange:
        time.sleep(SLOW)
        return Exchange(request.key, request, 400)

    cases = [chat.case({"unknown": number}) for number in range(10)]
    hunt = Hunt(chat, slow, patience=SLOW)
    hunt.run(cases)
    assert hunt.sent == len(cases)
    assert not hunt.weary


def test_a_budget_that_ends_while_a_case_is_made_small_loses_no_finding(chat: Target) -> None:
    asked: list[Request] = []

    def poor(request: Request) -> Exchange:
        if len(asked) == 3:
            raise NotRun("the budget is spent")
        asked.append(request)
        return Exchange(request.key, request, 500)

    hunt = Hunt(chat, poor)
    hunt.run([chat.case({"user": "a", "seed": 1, "unknown": 1, "stop": "b"})])
    assert hunt.spent
    assert [finding for finding in hunt.findings("") if finding.clause]


def test_causes_that_hide_behind_each_other_are_all_found(chat: Target) -> None:
    def broken(request: Request) -> Exchange:
        if {"user", "seed"} & request.fields.keys():
            return Exchange(request.key, request, 500)
        return _answered(request)

    hunt = Hunt(chat, broken)
    hunt.run([chat.case({"user": "a", "stop": "b", "seed": 1})])
    assert {finding.clause for finding in hunt.findings("")} == {
        "CHAT-REQ-USER-01",
        "CHAT-IGN-SEED-01",
    }


def test_parts_of_a_whole_are_asked_only_where_it_is_not_answered(chat: Target) -> None:
    whole = next(case for case in plan.standard(chat) if case.parts)

    answered = Hunt(chat, _answered)
    answered.run([whole])
    assert answered.sent == 1
    refused = Hunt(chat, lambda request: Exchange(request.key, request, 400))
    refused.run([whole])
    assert refused.sent == 1 + len(whole.parts)


@pytest.mark.parametrize(
    ("body", "blamed"),
    [
        ({"max_tokens": 500}, False),
        ({"max_tokens": 500, "stream": True}, False),
        ({"max_tokens": -1}, True),
        ({"seed": 1}, True),
    ],
)
def test_a_long_answer_may_take_longer_than_anybody_waits(
    chat: Target, body: dict[str, Any], *, blamed: bool
) -> None:
    hunt = Hunt(chat, _hanging)
    hunt.run([chat.case(body)])
    assert bool(list(hunt.findings(""))) is blamed
