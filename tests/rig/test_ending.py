"""Runs that are ended from outside, or by their time: whole reports, nobody left, nothing lost."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from fixtures.transport.client import AGENT
from tests.bench import BENCH_KEY
from tests.rig import liars, runs, slow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

SECONDS = 5.0
WAITING = ("--request-timeout=60",)


@pytest.fixture
def waiting(reference: str) -> Iterator[liars.Running]:
    """A deployment that lists the models of the reference, and answers nothing else."""
    key = {"Authorization": f"Bearer {BENCH_KEY}"}
    listing = httpx.get(f"{reference}/v1/models", headers=key, trust_env=False).content

    async def lists_and_waits(wire: liars.Wire) -> None:
        if wire.heard[-1].startswith(b"GET /v1/models "):
            await wire.say(liars.answer(body=listing))
        else:
            await liars.says_nothing(wire)

    with liars.serving(lists_and_waits) as running:
        yield running


@pytest.fixture
def waiting_for_others(reference: str) -> Iterator[liars.Running]:
    """The reference, which answers us, and no other client."""
    host, _, port = reference.removeprefix("http://").partition(":")

    async def answers_us_alone(wire: liars.Wire) -> None:
        asked = wire.heard[-1]
        if AGENT.encode() not in asked:
            await liars.says_nothing(wire)
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(asked.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        await wire.say(await reader.read())
        writer.close()

    with liars.serving(answers_us_alone) as running:
        yield running


async def throttles_for_long(wire: liars.Wire) -> None:
    await wire.say(liars.answer("429 Too Many Requests", "Retry-After: 15", body=b'{"nr": 1}'))


def descendants(pid: int) -> set[int]:
    """The processes that this one started, and those that they started."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(path.parent.name)] = int(fields[1])
    found, more = set(), {pid}
    while more:
        found |= more
        more = {child for child, parent in parents.items() if parent in found} - found
    return found - {pid}


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A run that is underway; its reports are in `report`, what it prints in `out`."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "COMPACTIFAI", "GITHUB_STEP"))
    }
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"]
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(
            [*command, f"--report-dir={folder / 'report'}", *arguments],
            cwd=runs.ROOT,
            env={**inherited, "COMPACTIFAI_API_KEY": BENCH_KEY},
            stdout=out,
            stderr=out,
        )
        try:
            yield process
        finally:
            for each in (process.pid, *descendants(process.pid)):
                try:
                    os.kill(each, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            process.wait()


def wait_for(happened: Callable[[], bool], seconds: float = 90.0) -> None:
    """Wait until something happened. Fails when it does not."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def posted(running: liars.Running, mark: bytes = b"POST") -> Callable[[], bool]:
    """Whether the liar heard such a request."""
    return lambda: any(mark in each for each in running.heard)


def whole(folder: Path) -> runs.Run:
    """The reports of a run, every one of them."""
    out = (folder / "out").read_text("utf-8")
    report = folder / "report"
    if (report / "exchanges.har").exists():  # nothing was exchanged otherwise
        json.loads((report / "exchanges.har").read_text("utf-8"))
    assert (report / "signoff.html").read_text("utf-8").rstrip().endswith("</html>")
    assert (report / "signoff.md").is_file()
    run = runs.Run(0, out, "", report)
    run.no_traceback()
    return run


def queued(pid: int) -> float:
    """Seconds in which the process could run, and other processes had the machine."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text("utf-8").split()[1]) / 1e9
    except OSError:
        return 0.0


def ended(process: subprocess.Popen[bytes], status: int) -> float:
    """Seconds until the process ended with this status, on a machine of its own.

    It waits for those that it started, and they for the machine.
    """
    began = time.monotonic()
    before = {pid: queued(pid) for pid in (process.pid, *descendants(process.pid))}
    stolen = dict.fromkeys(before, 0.0)
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        assert time.monotonic() - began < 120
        stolen |= {pid: max(stolen[pid], queued(pid) - before[pid]) for pid in before}
        time.sleep(0.02)
    took = time.monotonic() - began
    assert process.wait() == status
    return took - stolen.pop(process.pid) - max(stolen.values(), default=0.0)


def ends(process: subprocess.Popen[bytes], number: int, folder: Path, cause: str) -> None:
    """The signal ends the run: in time, with whole reports, and with all that it started."""
    started_by_it = descendants(process.pid)
    process.send_signal(number)
    took = ended(process, 2)
    run = whole(folder)
    assert run.verdict["verdict"] == "INCOMPLETE"
    assert run.verdict["exit_status"] == 2
    assert cause in [each["reason"] for each in run.verdict["harness_errors"]]
    wait_for(lambda: not [pid for pid in started_by_it if Path(f"/proc/{pid}").exists()], 1)
    assert took < SECONDS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
@pytest.mark.parametrize("processes", ["0", "4"])
def test_signal_ends_a_run_that_awaits_an_answer(
    waiting: liars.Running, tmp_path: Path, number: signal.Signals, processes: str
) -> None:
    arguments = ("suites/chat", f"--base-url={waiting.url}", *WAITING, "-n", processes)
    with started(tmp_path, *arguments) as process:
        wait_for(posted(waiting))
        ends(process, number, tmp_path, f"interrupted by {number.name}")


def test_signal_ends_the_first_look(tmp_path: Path) -> None:
    with liars.serving(liars.says_nothing) as running:
        arguments = ("suites/models", f"--base-url={running.url}", *WAITING)
        with started(tmp_path, *arguments) as process:
            wait_for(posted(running, b"GET"))
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 2
    verdict = json.loads((tmp_path / "report" / "verdict.json").read_text("utf-8"))
    assert verdict["verdict"] == "INCOMPLETE"


def test_signal_ends_other_clients(waiting_for_others: liars.Running, tmp_path: Path) -> None:
    url = f"--base-url={waiting_for_others.url}"
    with started(tmp_path, "suites/clients/test_printed.py", "-k", "curl", url) as process:
        wait_for(posted(waiting_for_others, b"curl/"))
        assert descendants(process.pid)
        ends(process, signal.SIGTERM, tmp_path, "interrupted by SIGTERM")


SLOWLY = ("suites/models", "--tier=smoke", "-p", "tests.rig.slow")


@pytest.mark.parametrize("processes", ["0", "2"])
def test_signal_ends_the_judging_at_the_end(reference: str, tmp_path: Path, processes: str) -> None:
    arguments = (*SLOWLY, f"--base-url={reference}/v1", "-n", processes)
    with started(tmp_path, *arguments) as process:
        wait_for(lambda: slow.JUDGING in (tmp_path / "out").read_text("utf-8"))
        ends(process, signal.SIGTERM, tmp_path, "interrupted by SIGTERM")


def test_second_signal_ends_at_once(waiting: liars.Running, tmp_path: Path) -> None:
    arguments = ("suites/chat", f"--base-url={waiting.url}", *WAITING, "-n", "4")
    with started(tmp_path, *arguments) as process:
        wait_for(posted(waiting))
        left = descendants(process.pid)
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        process.wait(60)
        assert time.monotonic() - began < 1
        wait_for(lambda: not [pid for pid in left if Path(f"/proc/{pid}").exists()], 3)


def test_killed_run_has_lost_no_answer(tmp_path: Path) -> None:
    """Killed while it waits for its next attempt."""
    with liars.serving(throttles_for_long) as running:
        arguments = ("suites/models", f"--base-url={running.url}")
        with started(tmp_path, *arguments) as process:
            wait_for(lambda: running.requests > 0)
            time.sleep(1)
            process.kill()
            process.wait()
        har = json.loads((tmp_path / "report" / "exchanges.har").read_text("utf-8"))
    bodies = [entry["response"]["content"]["text"] for entry in har["log"]["entries"]]
    assert bodies == ['{"nr": 1}'] * running.requests


def out_of_time(process: subprocess.Popen[bytes], folder: Path, seconds: float) -> runs.Run:
    """The run ends by itself, as incomplete, long before the next answer, with its start-up."""
    assert ended(process, 6) < seconds + 3 * SECONDS
    run = whole(folder)
    assert run.verdict["verdict"] == "INCOMPLETE"
    return run


@pytest.mark.parametrize("processes", ["0", "2"])
def test_run_ends_when_its_time_is_over(
    waiting: liars.Running, tmp_path: Path, processes: str
) -> None:
    arguments = ("suites/chat", "suites/clients/test_printed.py", f"--base-url={waiting.url}")
    budget = ("--time-budget=10", *WAITING, "-n", processes)
    with started(tmp_path, *arguments, *budget) as process:
        run = out_of_time(process, tmp_path, 10)
    reasons = [row.get("reason") for row in run.clauses.values() if row["verdict"] == "not_run"]
    assert "the time budget of 10 s is spent" in reasons
    assert run.verdict["suite"]["budget"]["seconds"] == 10
    assert not [row for row in run.clauses.values() if row["verdict"] == "violated"]


def test_first_look_ends_when_its_time_is_over(tmp_path: Path) -> None:
    with liars.serving(liars.says_nothing) as running:
        arguments = ("suites/models", f"--base-url={running.url}", "--time-budget=3", *WAITING)
        with started(tmp_path, *arguments) as process:
            run = out_of_time(process, tmp_path, 3)
    assert run.verdict["cause"] == "the time budget of 3 s is spent"


def test_judging_ends_when_its_time_is_over(reference: str, tmp_path: Path) -> None:
    arguments = (*SLOWLY, f"--base-url={reference}/v1", "--time-budget=15")
    with started(tmp_path, *arguments) as process:
        out_of_time(process, tmp_path, 15)
