"""No judgement costs more than linear time, and what it says is bounded, whatever was sent.

Each is timed at one length and at ten times that length, in seconds of the processor.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.redaction.secret import Redactor, Secret
from fixtures.transport import har
from reports import excerpt
from schemas import profiles
from suites.engine import bounds, catalogue, judge
from suites.engine.verify import LONGEST
from suites.errors.test_texts import ADDRESS
from tests.checks import long

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.transport.exchange import Exchange
    from schemas.records import Judgement

LAW = profiles.load(profiles.DEFAULT)
# Ten times the input in ten times the time, and some for noise; what is too short is not measured.
SLOPE, FLOOR = 16.0, 0.015
# Seconds for a thousand events or elements: several times what they take.
BUDGET = 6.0
SHAPES = {**long.EVENTS, **{f"{name} (body)": each for name, each in long.BODIES.items()}}


@pytest.fixture(autouse=True, scope="module")
def _invariants() -> None:
    catalogue.invariants()
    for shape in long.ORDINARY.values():
        judged(shape(3))  # what is read once is read


def judged(exchange: Exchange) -> list[Judgement]:
    """What all invariants say, of the exchange and of a run that has it twice."""
    return [*judge.judge(exchange, LAW), *judge.judge_run([exchange, exchange.copy()], LAW)]


def seconds(act: Callable[[Exchange], Any], exchange: Exchange) -> float:
    began = time.process_time()
    act(exchange)
    return time.process_time() - began


def is_linear(act: Callable[[Exchange], Any], shape: long.Long, n: int) -> None:
    """Fails when ten times as much takes much more than ten times as long, each time of three."""
    timings = []
    for _ in range(3):
        short = max(FLOOR, seconds(act, shape(n // 10)))
        whole = seconds(act, shape(n))
        if whole < short * SLOPE and whole < BUDGET * max(1.0, n / 1000):
            return
        timings.append(f"{n // 10}: {short:.3f} s, {n}: {whole:.3f} s")
    raise AssertionError("; ".join(timings))


@pytest.mark.parametrize("name", SHAPES)
def test_judging_is_linear(name: str) -> None:
    n, shape = SHAPES[name]
    is_linear(judged, shape, n)


@pytest.mark.parametrize("name", long.LINES)
def test_reading_events_is_linear(name: str) -> None:
    n, shape = long.LINES[name]
    is_linear(lambda exchange: (exchange.events, exchange.payloads), shape, n)


@pytest.mark.parametrize("name", long.ORDINARY)
def test_an_ordinary_stream_is_judged_in_linear_time(name: str) -> None:
    is_linear(judged, long.ORDINARY[name], 2000)
    assert not any(each.findings for each in judged(long.ORDINARY[name](50)))


@pytest.mark.parametrize("name", ["wrong chunks", "one byte at a time", "one line"])
def test_recording_and_showing_is_linear(name: str) -> None:
    n, shape = {**long.EVENTS, **long.LINES}[name]
    redactor = Redactor.of(Secret("a-key-of-some-length"))

    def record(exchange: Exchange) -> None:
        entry = har.to_entry(exchange, "http://localhost/v1")
        again = har.from_entry(entry)
        redactor.body([each.data for each in again.chunks])
        excerpt.pieces(entry["response"]["content"]["text"], f"event {n - 1}, /a")

    is_linear(record, shape, n)


@pytest.mark.parametrize(
    "text", ["a.", "a-", "redis+a", "http://a", "10.0.0.", "redis:// ", "localhost:1"]
)
def test_addresses_are_sought_in_linear_time(text: str) -> None:
    def seek(n: int) -> float:
        began = time.process_time()
        any(True for _ in re.finditer(ADDRESS, text * n))
        return time.process_time() - began

    assert any(seek(20_000) < SLOPE * max(FLOOR, seek(2000)) for _ in range(3))


@pytest.mark.parametrize("name", SHAPES)
def test_findings_are_bounded(name: str) -> None:
    n, shape = SHAPES[name]
    exchange = shape(min(n, 300))
    for each in judged(exchange):
        assert each.result == "judged", each.reason
        assert len(each.line()) < 200_000
        for finding in each.findings:
            assert len(finding.actual) <= LONGEST + 40
        counted = Counter(finding.clause for finding in each.findings)
        for clause, count in counted.items():
            rules = sum(clause in (*rule.clauses, *rule.also) for rule in judge.rules(LAW).one)
            assert count <= (bounds.KEPT + 1) * rules, clause


def test_findings_that_are_not_kept_are_counted() -> None:
    exchange = long.events(long.CHAT, ({"a": k} for k in range(300)))
    said = [each for one in judge.judge(exchange, LAW) for each in one.findings]
    [last] = {each.actual for each in said if each.clause == "STREAM-CHAT-CHUNK-01"} & {
        each.actual for each in said if "more)" in each.actual
    }
    assert re.search(r"\(and (at least )?\d{3,4} more\)$", last)
