"""What hangs is not asked for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.target import plain_requests
from fixtures.transport.breaker import Breaker
from fixtures.transport.exchange import Exchange, Failure, Request
from schemas.outcomes import Inconclusive

if TYPE_CHECKING:
    from pathlib import Path

CHAT = plain_requests.post("/chat/completions", {"model": "a"})
STREAM = plain_requests.post("/chat/completions", {"model": "a", "stream": True})
LIST = Request("GET", "/models")


def ended(
    request: Request, at: float, failure: Failure | None = Failure.TIMEOUT, seconds: float = 5.0
) -> Exchange:
    return Exchange("x", request, 0 if failure else 200, at=at, seconds=seconds, failure=failure)


@pytest.fixture
def breaker(tmp_path: Path) -> Breaker:
    return Breaker(tmp_path, 5.0)


def test_kind_that_hung_three_times_in_a_row_is_not_asked_again(breaker: Breaker) -> None:
    breaker.heard(ended(CHAT, 0, None))
    for number in range(3):
        breaker.pass_on(CHAT)
        breaker.heard(ended(CHAT, number * 10))
    with pytest.raises(
        Inconclusive, match="POST /chat/completions got no end within the time-out 3 times in a row"
    ):
        breaker.pass_on(CHAT)
    breaker.pass_on(STREAM)
    breaker.pass_on(LIST)


def test_kind_that_was_never_answered_is_asked_twice(breaker: Breaker) -> None:
    breaker.heard(ended(STREAM, 0, None))
    for number in range(2):
        breaker.pass_on(CHAT)
        breaker.heard(ended(CHAT, number * 10))
    with pytest.raises(Inconclusive, match="2 times in a row"):
        breaker.pass_on(CHAT)


def test_ids_at_the_end_of_a_route_are_of_one_kind(breaker: Breaker) -> None:
    for number in range(2):
        breaker.heard(ended(Request("GET", f"/responses/resp_{number}a"), number * 10))
    with pytest.raises(Inconclusive, match="GET /responses/… got no end"):
        breaker.pass_on(Request("GET", "/responses/resp_77b"))


def test_other_processes_of_the_run_know_it(breaker: Breaker, tmp_path: Path) -> None:
    for number in range(3):
        breaker.heard(ended(CHAT, number * 10))
    with pytest.raises(Inconclusive):
        Breaker(tmp_path, 5.0).pass_on(CHAT)


def test_answer_between_begins_anew(breaker: Breaker) -> None:
    for number in range(4):
        breaker.heard(ended(CHAT, number * 10))
        breaker.heard(ended(CHAT, number * 10 + 6, None))
    breaker.pass_on(CHAT)


def test_what_hung_at_the_same_time_counts_once(breaker: Breaker) -> None:
    for number in range(8):
        breaker.heard(ended(CHAT, number / 10))
    breaker.pass_on(CHAT)


@pytest.mark.parametrize(
    ("failure", "seconds", "counts"),
    [
        (Failure.STALLED, 5.0, True),
        (Failure.OVERSIZE, 4.0, True),
        (Failure.OVERSIZE, 0.1, False),
        (Failure.CLOSED, 5.0, False),
        (Failure.CONNECT, 5.0, False),
    ],
)
def test_what_ends_by_itself_or_costs_little_does_not_count(
    failure: Failure, seconds: float, counts: bool, breaker: Breaker
) -> None:
    for number in range(5):
        breaker.heard(ended(CHAT, number * 10, failure, seconds))
    if counts:
        with pytest.raises(Inconclusive):
            breaker.pass_on(CHAT)
    else:
        breaker.pass_on(CHAT)


def test_run_that_lost_much_asks_what_hangs_less_often(breaker: Breaker) -> None:
    """Four time-outs, one each of four kinds that answer else: then two of a fifth are enough."""
    kinds = [plain_requests.post(f"/{name}", {"model": "a"}) for name in "abcdefgh"]
    for kind in (*kinds, STREAM, LIST):
        breaker.heard(ended(kind, 0, None))
    for number, kind in enumerate(kinds[:4]):
        breaker.heard(ended(kind, number * 10))
    for number in range(2):
        breaker.pass_on(STREAM)
        breaker.heard(ended(STREAM, 100 + number * 10))
    with pytest.raises(Inconclusive, match="with stream got no end within the time-out 2 times"):
        breaker.pass_on(STREAM)
    for number, kind in enumerate(kinds[4:]):
        breaker.heard(ended(kind, 200 + number * 10))
    with pytest.raises(Inconclusive, match="got no end within the time-out once"):
        breaker.pass_on(kinds[7])
    breaker.pass_on(LIST)
