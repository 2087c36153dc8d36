"""What a deployment sends is judged whole, and kept in a stated share of the disk."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import resource
from random import Random
from typing import TYPE_CHECKING

import pytest

from fixtures.session.replay_client import Replies
from fixtures.target.probes import Probes
from fixtures.transport import har
from fixtures.transport.exchange import Chunk, Exchange, Request
from reports.evidence import Evidence, entries
from schemas import kept, profiles
from schemas.outcomes import Inconclusive, NotRecorded
from suites.engine import catalogue, judge
from tests.rig import liars, runs

if TYPE_CHECKING:
    from pathlib import Path

LAW = profiles.load(profiles.DEFAULT)

BASE = "http://x/v1"
MIB = 2**20
NOISE = Random(1).randbytes(8 * MIB)
ZEROS = bytes(8 * MIB)


def exchange(name: str, body: bytes, chunks: int = 1, headers: int = 0) -> Exchange:
    request = Request("POST", "/chat/completions", name.encode(), "application/json")
    step = max(1, len(body) // chunks)
    pieces = tuple(
        Chunk(round(at / 10**6, 6), body[at : at + step]) for at in range(0, len(body), step)
    )
    pairs = tuple((f"x-{number}", "y") for number in range(headers))
    return Exchange(request.key, request, 200, pairs, pieces, 1.7e9, 1.0)


def recorded(folder: Path, *exchanges: Exchange) -> list[Exchange]:
    """These exchanges, as they come back from the evidence."""
    evidence = Evidence(folder / "exchanges.har", folder / "har.lock", {"name": "tests"})
    for each in exchanges:
        evidence.add(har.to_entry(each, BASE))
    return [har.from_entry(entry) for entry in entries(folder / "exchanges.har")]


WHOLE = {
    "short text": b"{}",
    "long text": json.dumps({"data": ["model"] * 100_000}).encode(),
    "long noise": NOISE[:MIB],
    "zeros": ZEROS,
    "escapes": b'"\x01\x02' * 20_000,
    "no text": b"\xff" * 3000,
}


@pytest.mark.parametrize("name", WHOLE)
def test_answer_within_the_share_is_kept_whole(name: str, tmp_path: Path) -> None:
    (back,) = recorded(tmp_path, exchange("a", WHOLE[name], chunks=20))
    assert back == exchange("a", WHOLE[name], chunks=20)
    assert (tmp_path / "exchanges.har").stat().st_size < 1.4 * len(WHOLE[name]) + 4000


def test_short_text_stays_text_for_other_tools(tmp_path: Path) -> None:
    body = json.dumps({"data": ["é"] * 5000}, ensure_ascii=False).encode()
    recorded(tmp_path, exchange("a", body))
    (entry,) = json.loads((tmp_path / "exchanges.har").read_text("utf-8"))["log"]["entries"]
    assert entry["response"]["content"]["text"].encode() == body
    assert "encoding" not in entry["response"]["content"]


HOSTILE = {
    "noise": exchange("a", NOISE),
    "zeros": exchange("a", ZEROS),
    "many pieces": exchange("a", NOISE[:MIB], chunks=MIB),
    "headers": exchange("a", b"{}", headers=10_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_run_of_450_such_answers_stays_within_its_share(name: str, tmp_path: Path) -> None:
    one = har.to_entry(HOSTILE[name], BASE)
    spent, written = 0, 0
    for _ in range(450):
        found = kept.fit(one, kept.RUN - spent)
        spent += found.cost
        # Once the share is spent, each costs the same.
        written += len(json.dumps(found.entry))
        if not found.cost:
            left = 450 - _
            written += (left - 1) * len(json.dumps(found.entry))
            break
    assert written < 35 * MIB
    assert spent <= kept.RUN


def test_what_was_cut_says_what_it_was(tmp_path: Path) -> None:
    (back,) = recorded(tmp_path, exchange("a", NOISE))
    assert back.cut is not None
    assert (back.cut.size, back.cut.digest) == (len(NOISE), hashlib.sha256(NOISE).hexdigest())
    assert NOISE.startswith(back.body)
    # It is the same when it is recorded again, as a replay does.
    folder = tmp_path / "again"
    folder.mkdir()
    assert recorded(folder, back) == [back]


def test_nothing_is_said_of_what_was_cut(tmp_path: Path) -> None:
    catalogue.invariants()
    (back,) = recorded(tmp_path, exchange("a", NOISE))
    (judgement,) = judge.judge(back, LAW)
    assert (judgement.result, judgement.findings) == ("inconclusive", ())
    assert "keeps only the beginning" in judgement.reason
    live = next(iter(judge.judge(exchange("a", NOISE), LAW)))
    assert set(live.clauses) <= set(judgement.clauses)
    assert not list(judge.judge_run([back], LAW))
    with pytest.raises(NotRecorded, match="keeps only the beginning"):
        Replies([back]).next(back.request)


def test_probe_that_was_cut_is_whole_where_it_was_sent(tmp_path: Path) -> None:
    whole = exchange("a", NOISE)
    mine, other = Probes(tmp_path, BASE), Probes(tmp_path, BASE)
    assert mine.once(whole.request, lambda _: whole).body == NOISE
    assert mine.once(whole.request, lambda _: whole).body == NOISE
    with pytest.raises(Inconclusive, match="keeps only the beginning"):
        other.once(whole.request, lambda _: whole)


def test_probes_of_a_run_stay_within_their_share(tmp_path: Path) -> None:
    probes = Probes(tmp_path, BASE)
    for number in range(12):
        one = exchange(str(number), NOISE[:MIB])
        probes.once(one.request, lambda _, one=one: one)  # type: ignore[misc]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2 * kept.PROBES


def test_disk_that_is_full_loses_one_exchange(tmp_path: Path) -> None:
    """What was recorded before stays whole JSON, and is read."""
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        try:
            recorded(tmp_path, *(exchange(str(n), NOISE[:9000]) for n in range(9)))
        except OSError:
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    rows = json.loads((tmp_path / "exchanges.har").read_text("utf-8"))["log"]["entries"]
    assert len(rows) == len(list(entries(tmp_path / "exchanges.har"))) == 3


async def bombs(wire: liars.Wire) -> None:
    """Sends 20 MiB of zeros in 20 kB, whatever is asked."""
    body = gzip.compress(bytes(20 * MIB), 9)
    await wire.say(liars.answer("200 OK", "Content-Encoding: gzip", body=body))


async def noises(wire: liars.Wire) -> None:
    """Sends 4 MiB that nothing makes shorter, whatever is asked."""
    await wire.say(liars.answer(body=NOISE[: 4 * MIB]))


@pytest.mark.parametrize("liar", [bombs, pytest.param(noises, marks=pytest.mark.slow)])
def test_whole_run_writes_little(liar: liars.Liar, tmp_path: Path) -> None:
    with liars.serving(liar) as running:
        ended = runs.start(
            tmp_path, "suites/chat", "-q", f"--base-url={running.url}", "--model=m",
            "--request-timeout=5",
        )  # fmt: skip
    ended.no_traceback()
    assert ended.exit_status in (1, 6)
    written = sum(path.stat().st_size for path in ended.folder.rglob("*") if path.is_file())
    assert written < 50 * MIB


def test_long_answer_is_not_shown_whole() -> None:
    """pytest shows what a failing item holds: eight megabytes would be 32 MB of text."""
    assert len(repr(HOSTILE["noise"])) < 2000
