"""The reader of event streams: any bytes, cut anywhere, give the same events."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fixtures.transport import sse

# Bytes that matter to the format, so that random streams are full of its corners.
PIECES = st.sampled_from(
    [
        *(b"data", b"data:", b"data: ", b"event: e", b"id: 7", b"id: \0", b"retry: 5", b": note"),
        *(b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", b":", b" ", b"[DONE]", b"{}", b"x"),
        *(b"\xef\xbb\xbf", b"\xef", b"\xbb", "ä€🦊".encode(), b"\xf0\x9f", b"\xff", b"\0"),
    ]
)
STREAMS = st.lists(PIECES, max_size=40).map(b"".join) | st.binary(max_size=120)


def cut(stream: bytes, positions: list[int]) -> list[tuple[float, bytes]]:
    """The stream in pieces, cut at these positions."""
    edges = [0, *sorted(position % (len(stream) + 1) for position in positions), len(stream)]
    return [(0.0, stream[a:b]) for a, b in pairwise(edges)]


def by_the_book(stream: bytes) -> list[tuple[str, str, bool]]:
    """(data, event, closed) of each event, from the whole stream at once, as the standard says."""
    lines = re.split(rb"\r\n|\r|\n", stream.removeprefix(b"\xef\xbb\xbf"))
    events: list[tuple[str, str, bool]] = []
    data: list[bytes] = []
    kind = b""
    for number, line in enumerate(lines):
        last = number == len(lines) - 1
        if line == b"" or last:
            if last and line and not line.startswith(b":"):
                data, kind = take(line, data, kind)
            if data:
                text = b"\n".join(data).decode("utf-8", "replace")
                events.append((text, kind.decode("utf-8", "replace"), not last))
            data, kind = [], b""
        elif not line.startswith(b":"):
            data, kind = take(line, data, kind)
    return events


def take(line: bytes, data: list[bytes], kind: bytes) -> tuple[list[bytes], bytes]:
    name, _, value = line.partition(b":")
    value = value[1:] if value.startswith(b" ") else value
    if name == b"data":
        return [*data, value], kind
    return data, value if name == b"event" else kind


@settings(max_examples=500)
@given(STREAMS, st.lists(st.integers(0, 10_000), max_size=8))
@example(b"data: a\r\n\r\ndata: b\r\n\r\n", [8, 9, 10])
@example(b"\xef\xbb\xbfdata: a\n\n", [1, 2])
def test_cuts_change_nothing(stream: bytes, positions: list[int]) -> None:
    assert sse.read(cut(stream, positions)) == sse.read([(0.0, stream)])


@given(STREAMS)
def test_single_bytes_give_the_same_events(stream: bytes) -> None:
    single = [(0.0, stream[n : n + 1]) for n in range(len(stream))]
    assert sse.read(single) == sse.read([(0.0, stream)])


@settings(max_examples=500)
@given(STREAMS)
def test_events_are_those_of_the_standard(stream: bytes) -> None:
    read = [(each.data, each.event, each.closed) for each in sse.read([(0.0, stream)])]
    assert read == by_the_book(stream)


@given(STREAMS)
def test_offsets_name_the_bytes_of_an_event(stream: bytes) -> None:
    """What stands between start and end gives, read alone, the same event."""
    for event in sse.read([(0.0, stream)]):
        again = sse.read([(0.0, stream[event.start : event.end])])
        width = event.end - event.start
        # At the very beginning of a stream a byte order mark is skipped, later it is data.
        if not stream[event.start :].startswith(sse.BOM):
            assert again == [replace(event, start=0, end=width)]


STANDARD = {
    "lf": (b"data: a\n\n", [("a", "")]),
    "crlf": (b"data: a\r\n\r\n", [("a", "")]),
    "cr": (b"data: a\r\r", [("a", "")]),
    "mixed": (b"data: a\r\ndata: b\rdata: c\n\r\n", [("a\nb\nc", "")]),
    "comment": (b": ping\n\ndata: a\n: in between\n\n", [("a", "")]),
    "several lines": (b"data: a\ndata:\ndata:  b\n\n", [("a\n\n b", "")]),
    "event": (b"event: response.created\ndata: {}\n\n", [("{}", "response.created")]),
    "last event name wins": (b"event: a\nevent: b\ndata: x\n\n", [("x", "b")]),
    "event without data": (b"event: a\n\ndata: x\n\n", [("x", "")]),
    "field without colon": (b"data\n\n", [("", "")]),
    "unknown field": (b"foo: bar\ndata: x\n\n", [("x", "")]),
    "byte order mark": (b"\xef\xbb\xbfdata: a\n\n", [("a", "")]),
    "second byte order mark": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [("b", "")]),
    "one space only": (b"data:a\n\ndata:  a\n\n", [("a", ""), (" a", "")]),
    "done": (b"data: [DONE]\n\n", [("[DONE]", "")]),
    "empty": (b"", []),
    "blank lines only": (b"\n\r\n\r\n\n", []),
}


@pytest.mark.parametrize("name", STANDARD)
def test_line_ends_and_fields(name: str) -> None:
    stream, expected = STANDARD[name]
    assert [(each.data, each.event) for each in sse.read([(0.0, stream)])] == expected


def test_missing_last_blank_line_leaves_the_event_open() -> None:
    events = sse.read([(0.0, b"data: a\n\ndata: [DONE]\n")])
    assert [(event.data, event.closed) for event in events] == [("a", True), ("[DONE]", False)]
    assert events[1].done


def test_event_tells_where_and_when_it_stood() -> None:
    stream = b": hello\n\nid: 7\nretry: 20\ndata: x\n\n"
    (event,) = sse.read([(0.5, stream[:20]), (1.5, stream[20:])])
    assert (event.start, event.end, event.at) == (9, len(stream), 1.5)
    assert (event.id, event.retry, event.names) == ("7", "20", ("id", "retry", "data"))


def test_id_with_nul_is_ignored() -> None:
    (event,) = sse.read([(0.0, b"id: 1\nid: a\0b\ndata: x\n\n")])
    assert event.id == "1"


def test_broken_utf8_is_reported() -> None:
    good, bad = sse.read([(0.0, "data: ä\n\n".encode() + b"data: \xe4\n\n")])
    assert (good.utf8, bad.utf8) == (True, False)
    assert bad.data == "\N{REPLACEMENT CHARACTER}"


def test_comments_are_counted() -> None:
    reader = sse.Reader()
    reader.feed(b": a\n\n:b\ndata: x\n\n")
    assert reader.comments == 2


MEGABYTE = 1024 * 1024
LARGE = {
    "many events, CR": (b"data: x\r\r", 8),
    "one line": (b"x", 8),
    "many events, LF": (b"data: x\n\n", 1),
    "many events, CRLF": (b"data: x\r\n\r\n", 1),
    "many blank lines": (b"\n", 1),
    "many comments": (b":\r", 1),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_streams_take_linear_time(name: str) -> None:
    """A reader that searches a line twice takes minutes for one of these."""
    piece, megabytes = LARGE[name]
    stream = piece * (megabytes * MEGABYTE // len(piece))
    began = time.process_time()
    sse.read([(0.0, stream)])
    assert time.process_time() - began < 10 * megabytes


def test_long_line_in_small_pieces_takes_linear_time() -> None:
    began = time.process_time()
    sse.read((0.0, b"x" * 64) for _ in range(8 * MEGABYTE // 64))
    assert time.process_time() - began < 20
