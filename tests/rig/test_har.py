"""Exchanges as HAR and back, and the file that holds them."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.transport import har
from fixtures.transport.exchange import Chunk, Exchange, Failure, Request
from reports.evidence import Archive, Evidence, entries, whole

if TYPE_CHECKING:
    from pathlib import Path

BASE = "http://localhost:8000/v1"
CREATOR = {"name": "test", "version": "1"}
BYTES = st.binary(max_size=40) | st.text(max_size=20).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)
LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=12)
HEADERS = st.lists(st.tuples(st.sampled_from(["Date", "x-a", "Set-Cookie"]), LATIN), max_size=4)
SECONDS = st.integers(0, 10**9).map(lambda micro: micro / 10**6)
REQUESTS = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    route=st.sampled_from(["/models", "/models/a%2Fb", "/chat/completions?x=1", "/"]),
    body=BYTES,
    content_type=st.sampled_from(["", "application/json", "multipart/form-data; boundary=x"]),
    headers=HEADERS.map(tuple),
    authorization=st.none() | st.lists(LATIN.map(lambda t: t.encode("latin-1"))).map(tuple),
    sample=st.integers(0, 9),
)
CHUNKS = st.lists(st.builds(Chunk, at=SECONDS, data=BYTES), max_size=5).map(tuple)
EXCHANGES = st.builds(
    Exchange,
    id=st.sampled_from(["abc", "abc~1"]),
    request=REQUESTS,
    status=st.integers(0, 999),
    headers=HEADERS.map(tuple),
    chunks=CHUNKS,
    at=st.integers(10**15, 2 * 10**15).map(lambda micro: micro / 10**6),
    seconds=SECONDS,
    http_version=st.sampled_from(["HTTP/1.1", "HTTP/1.0"]),
    failure=st.none() | st.sampled_from(list(Failure)),
    detail=st.text(max_size=10),
    leaks=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    retries=st.integers(0, 3),
    waits=st.integers(0, 3),
    confirmed=st.booleans(),
    foreign=st.booleans(),
)


def plain(exchange: Exchange) -> dict[str, Any]:
    """All fields, times to the microsecond, which is what HAR keeps."""
    return {
        **{each.name: getattr(exchange, each.name) for each in fields(exchange)},
        "chunks": [(round(chunk.at, 6), chunk.data) for chunk in exchange.chunks],
        "at": round(exchange.at, 6),
        "seconds": round(exchange.seconds, 6),
    }


@given(EXCHANGES)
def test_exchange_survives_har(exchange: Exchange) -> None:
    entry = json.loads(json.dumps(har.to_entry(exchange, BASE)))
    assert plain(har.from_entry(entry)) == plain(exchange)


REQUIRED = {
    "": ("startedDateTime", "time", "request", "response", "cache", "timings"),
    "request": (
        *("method", "url", "httpVersion", "cookies", "headers", "queryString"),
        *("headersSize", "bodySize"),
    ),
    "response": (
        *("status", "statusText", "httpVersion", "cookies", "headers", "content"),
        *("redirectURL", "headersSize", "bodySize"),
    ),
    "timings": ("send", "wait", "receive"),
}


@given(EXCHANGES)
def test_entry_has_what_har_requires(exchange: Exchange) -> None:
    entry = har.to_entry(exchange, BASE)
    for part, names in REQUIRED.items():
        assert set(names) <= set(entry[part] if part else entry)
    assert {"size", "mimeType"} <= set(entry["response"]["content"])
    if exchange.request.body:
        assert {"mimeType", "text"} <= set(entry["request"]["postData"])
    assert entry["timings"]["wait"] >= 0
    assert entry["timings"]["receive"] >= 0


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    return Evidence(tmp_path / "exchanges.har", tmp_path / "lock", CREATOR)


def entry(number: int) -> dict[str, Any]:
    """A small entry."""
    request = Request("POST", "/chat/completions", b'{"a": "\xc3\xa4"}', "application/json")
    exchange = Exchange(f"{number}", request, 200, chunks=(Chunk(0.1, b"{}\n" * number),))
    return har.to_entry(exchange, BASE)


def test_file_is_json_after_each_append(evidence: Evidence, tmp_path: Path) -> None:
    for number in range(4):
        evidence.add(entry(number))
        log = json.loads((tmp_path / "exchanges.har").read_text("utf-8"))["log"]
        assert [each["_id"] for each in log["entries"]] == [str(n) for n in range(number + 1)]
        assert log["version"] == "1.2"
        assert log["creator"] == CREATOR


def write(folder: Path, first: int) -> None:
    """What one process of a run does."""
    evidence = Evidence(folder / "exchanges.har", folder / "lock", CREATOR)
    for number in range(first, first + 25):
        evidence.add(entry(number))


def test_processes_may_write_at_once(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write, args=(tmp_path, 100 * n)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    rows = json.loads((tmp_path / "exchanges.har").read_text("utf-8"))["log"]["entries"]
    expected = {str(100 * n + m) for n in range(3) for m in range(25)}
    assert {each["_id"] for each in rows} == expected
    assert len(rows) == 75


def test_file_cut_anywhere_is_read(evidence: Evidence, tmp_path: Path) -> None:
    path = tmp_path / "exchanges.har"
    for number in range(3):
        evidence.add(entry(number))
    raw = path.read_bytes()
    borders = [raw.index(f'"_id": "{number}"'.encode()) for number in range(3)]
    for end in range(len(raw)):
        path.write_bytes(raw[:end])
        read = [each["_id"] for each in entries(path)]
        assert read == [str(n) for n in range(len(read))]
        # At most the entry in which the cut lies is lost.
        assert len(read) >= sum(border < end for border in borders) - 1


def test_entries_are_found_by_their_id(evidence: Evidence, tmp_path: Path) -> None:
    for number in range(3):
        evidence.add(entry(number))
    archive = Archive(tmp_path / "exchanges.har")
    assert list(archive) == ["0", "1", "2"]
    assert archive["1"] == json.loads(json.dumps(entry(1)))
    assert "3" not in archive
    assert len(Archive(tmp_path / "none.har")) == 0


def test_own_file_that_was_cut_is_judged_as_traffic(evidence: Evidence, tmp_path: Path) -> None:
    path = tmp_path / "exchanges.har"
    for number in range(3):
        evidence.add(entry(number))
    assert [each["_id"] for each in whole(path)] == ["0", "1", "2"]
    path.write_bytes(path.read_bytes()[:-100])
    assert [each["_id"] for each in whole(path)] == ["0", "1"]


def test_writing_goes_on_after_a_writer_was_killed(evidence: Evidence, tmp_path: Path) -> None:
    path = tmp_path / "exchanges.har"
    for number in range(2):
        evidence.add(entry(number))
    path.write_bytes(path.read_bytes()[:-100])
    evidence.add(entry(2))
    assert [each["_id"] for each in entries(path)] == ["0", "2"]


def test_no_file_is_no_exchange(tmp_path: Path) -> None:
    assert list(entries(tmp_path / "exchanges.har")) == []


def test_text_that_utf8_cannot_hold_is_escaped(evidence: Evidence, tmp_path: Path) -> None:
    evidence.add({**entry(0), "_detail": "\ud800"})
    (read,) = json.loads((tmp_path / "exchanges.har").read_bytes().decode("utf-8"))["log"][
        "entries"
    ]
    assert read["_detail"] == "\ud800"
