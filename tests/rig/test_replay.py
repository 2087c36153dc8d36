"""A recorded run is judged again, offline: the same verdicts, and differences by name."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.session.replay_client import Recorded, Replies
from fixtures.session.run import join, prepare
from fixtures.target import plain_requests, setup
from fixtures.transport.exchange import Chunk, Exchange, Request
from fixtures.transport.proxy import Proxy
from reports import compared
from schemas.outcomes import NotRecorded
from tests.bench import BENCH_KEY
from tests.reports import samples
from tests.rig import runs

if TYPE_CHECKING:
    from pathlib import Path

FAULT = "stream-forgets-done"
CLAUSE = "STREAM-CHAT-DONE-01"
SUITES = "suites/chat_stream"
BODY = {"model": "a", "messages": [{"role": "user", "content": "Say OK"}]}
CHAT = plain_requests.post("/chat/completions", BODY)


def exchange(request: Request = CHAT, name: str = "", text: str = "") -> Exchange:
    chunks = (Chunk(0.1, text.encode()),)
    return Exchange(f"{request.key}{name}", request, 200, chunks=chunks)


def test_answers_come_in_their_order_and_the_last_stays() -> None:
    replies = Replies([exchange(text="1"), exchange(name="~ab12ef", text="2")])
    assert [replies.next(CHAT).body for _ in range(3)] == [b"1", b"2", b"2"]


@pytest.mark.parametrize("name", ["~0", "~0123456789ab", "~node-chat-ab12ef", "~ab12ef~0"])
def test_attempts_controls_and_other_clients_answer_nobody(name: str) -> None:
    with pytest.raises(NotRecorded, match="no answer to a POST /chat/completions"):
        Replies([exchange(name=name)]).next(CHAT)


def test_samples_are_distinguished() -> None:
    second = plain_requests.post("/chat/completions", BODY, sample=1)
    replies = Replies([exchange(text="1"), exchange(second, text="2")])
    assert replies.next(second).body == b"2"


def test_other_clients_are_not_started(tmp_path: Path) -> None:
    asked = setup.Setup("http://x/v1", "NO_KEY", "compactifai", "deep", "5eed", offline=True)
    prepare(tmp_path / "run", asked)
    dut = join(tmp_path / "run", lambda _: None)
    assert isinstance(dut.client, Recorded)
    with pytest.raises(NotRecorded), Proxy(dut.client, ("one",)):
        pass


def saved(folder: Path, document: Any) -> None:
    """A report directory with a verdict, and evidence of nothing."""
    folder.mkdir(exist_ok=True)
    (folder / "exchanges.har").write_text("", "utf-8")
    (folder / "verdict.json").write_text(json.dumps(document), "utf-8")


def test_what_was_asked_is_known_from_the_verdict_alone(tmp_path: Path) -> None:
    deployment = {"base_url": "http://x/v1", "profile": "openai", "reference": False}
    saved(tmp_path, samples.run(deployment=deployment, suite={"tier": "deep", "seed": "5eed"}))
    asked = setup.recorded(tmp_path)
    assert (asked.base_url, asked.profile, asked.tier, asked.seed) == (
        *("http://x/v1", "openai"),
        *("deep", "5eed"),
    )


def test_setup_of_another_version_is_read(tmp_path: Path) -> None:
    row = {"base_url": "http://x/v1", "key_env": "K", "profile": "p", "tier": "smoke", "seed": "1"}
    path = tmp_path / "setup.json"
    path.write_text(json.dumps({**row, "models": [["", "a"]], "gone": 1}), "utf-8")
    assert setup.Setup.read(path).models == (("", "a"),)


def test_directory_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(setup.UsageError, match=r"there is no exchanges\.har"):
        setup.recorded(tmp_path)
    (tmp_path / "exchanges.har").write_text("", "utf-8")
    with pytest.raises(setup.UsageError, match="says what was run"):
        setup.recorded(tmp_path)
    saved(tmp_path, {})
    with pytest.raises(setup.UsageError, match="required property"):
        setup.recorded(tmp_path)


@pytest.fixture(scope="module")
def live(reference: str, tmp_path_factory: pytest.TempPathFactory) -> runs.Run:
    """A run on a fault."""
    folder = tmp_path_factory.mktemp("live")
    url = f"--base-url={reference}/fault/{FAULT}/v1"
    key = {"COMPACTIFAI_API_KEY": BENCH_KEY}
    return runs.start(folder, SUITES, "-q", url, **key)


def verdicts(run: runs.Run) -> dict[str, tuple[Any, ...]]:
    """What is said of each clause, in no particular order, wherever long bodies are kept."""
    return {
        name: (
            row["verdict"],
            row["exchanges"],
            sorted(str(each).replace(str(run.folder), "") for each in row["findings"]),
        )
        for name, row in run.clauses.items()
    }


def test_replay_says_the_same(live: runs.Run, tmp_path: Path) -> None:
    second = runs.start(tmp_path, SUITES, "-q", f"--replay={live.folder}")
    second.no_traceback()
    assert second.verdict["requests"] == 0
    assert live.clauses[CLAUSE]["verdict"] == "violated"
    assert verdicts(second) == verdicts(live)
    assert (second.exit_status, second.verdict["observations"]) == (
        live.exit_status,
        live.verdict["observations"],
    )
    assert second.verdict["replayed"]["differences"] == []
    assert second.verdict["replayed"]["same_suite"]


def test_replay_of_a_killed_run_judges_what_is_whole(live: runs.Run, tmp_path: Path) -> None:
    """Killed in the middle of an entry, before there was a verdict."""
    killed = tmp_path / "killed"
    shutil.copytree(live.folder, killed)
    (killed / "verdict.json").unlink()
    os.truncate(killed / "exchanges.har", (killed / "exchanges.har").stat().st_size - 700)
    run = runs.start(tmp_path, SUITES, "-q", f"--replay={killed}")
    run.no_traceback()
    assert run.exit_status == 1
    assert run.clauses[CLAUSE]["verdict"] == "violated"
    assert run.verdict["replayed"] == {"report": str(killed), "verdict": "", "differences": []}
    reasons = [row["reason"] for row in run.verdict["not_run"]]
    assert any("the recording has no answer to a POST" in reason for reason in reasons)


def test_differences_are_named(tmp_path: Path) -> None:
    then = samples.run(samples.met(samples.BLOCKS), clauses=(samples.BLOCKS, samples.STREAMS))
    saved(tmp_path, then)
    now = [
        {"id": samples.BLOCKS, "verdict": "not_run", "reason": "why"},
        {"id": samples.STREAMS, "verdict": "not_run"},
        {"id": samples.WARNS, "verdict": "violated"},
    ]
    suite = {**then["suite"], "digest": "z"}
    comparison = compared.with_recorded(tmp_path, {"suite": suite, "clauses": now})
    assert not comparison["same_suite"]
    assert comparison["differences"] == [
        {"id": samples.BLOCKS, "then": "met", "now": "not_run", "reason": "why"},
        {"id": samples.WARNS, "then": "not_run", "now": "violated"},
    ]


def test_recorded_run_is_not_written_over(live: runs.Run) -> None:
    run = runs.start(live.folder.parent, f"--replay={live.folder}")
    assert run.exit_status == 4
    assert "would be written over" in run.err
    assert (live.folder / "verdict.json").exists()
