"""Reads of a body that are kept as one, and the times that are kept for them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from fixtures.transport import sse
from fixtures.transport.body import TOGETHER, Body

STREAM = b"data: {}\n\n: note\n\ndata: a\r\ndata: b\r\n\r\nevent: x\rdata: c\r\r" * 3


def kept(reads: list[tuple[float, bytes]]) -> Body:
    """A body of these reads."""
    body = Body(10_000)
    for at, data in reads:
        assert not body.add(at, data)
    return body


def test_one_byte_at_a_time_is_kept_as_events() -> None:
    body = kept([(number / 1e6, bytes([each])) for number, each in enumerate(STREAM)])
    assert b"".join(chunk.data for chunk in body.chunks) == STREAM
    assert len(body.chunks) < len(STREAM) / 5


def test_reads_that_took_their_time_stay_apart() -> None:
    reads = [(number * 2 * TOGETHER, b"x") for number in range(5)]
    assert [(chunk.at, chunk.data) for chunk in kept(reads).chunks] == reads


@given(st.lists(st.tuples(st.floats(0, 0.02), st.integers(0, 9)), max_size=80))
def test_every_event_keeps_its_time(cuts: list[tuple[float, int]]) -> None:
    reads, at, start = [], 0.0, 0
    for pause, size in cuts:
        at += pause
        if STREAM[start : start + size]:
            reads.append((at, STREAM[start : start + size]))
        start += size
    found = sse.read((chunk.at, chunk.data) for chunk in kept(reads).chunks)
    # A CR at the end of a read is decided by the next one, which is kept within TOGETHER.
    for ours, theirs in zip(found, sse.read(reads), strict=True):
        assert (ours.data, ours.start, ours.end) == (theirs.data, theirs.start, theirs.end)
        assert 0 <= ours.at - theirs.at <= TOGETHER


def test_events_are_counted_wherever_they_are_cut() -> None:
    for size in (1, 2, 3, 5, 7, 100):
        body = Body(9)
        for end in range(size, len(STREAM) + size, size):
            bound = body.add(0.0, STREAM[end - size : end])
            lines = re.findall(rb"(?:^|[\r\n])data:", STREAM[:end])
            assert ("events" in bound) == (len(lines) > 9)
        assert "events" in bound


def test_slow_reads_are_bounded() -> None:
    body = Body(10)
    bounds = [body.add(float(number), b"x") for number in range(12)]
    assert bounds[-1] == "more than 10 reads that took their time"
