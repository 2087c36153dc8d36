"""What the processes of a run share: budget, rate, and probes that are sent once."""

from __future__ import annotations

import json
import multiprocessing
import re
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from fixtures.session import run
from fixtures.target import plain_requests
from fixtures.target.probes import Probes
from fixtures.target.setup import Setup
from fixtures.transport.budget import Allowance, Rate, TimeBudget
from fixtures.transport.exchange import Chunk, Exchange, Request
from schemas.outcomes import NotRun
from tests.rig import liars

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SPAWN = multiprocessing.get_context("spawn")
MODELS = Request("GET", "/models")


def in_processes(count: int, target: Callable[..., None], *arguments: object) -> None:
    """Run a function in this many processes at once."""
    started = [SPAWN.Process(target=target, args=arguments) for _ in range(count)]
    for each in started:
        each.start()
    for each in started:
        each.join(60)
        assert each.exitcode == 0


def answered(text: str, *, streamed: bool = False) -> Exchange:
    """An exchange with this body."""
    body = {"model": "a", "stream": True} if streamed else {"model": "a"}
    request = plain_requests.post("/chat/completions", body)
    return Exchange("a", request, 200, chunks=(Chunk(0.0, text.encode()),))


def take_all(folder: Path) -> None:
    allowance = Allowance(folder, requests=40)
    for _ in range(20):
        try:
            allowance.take(1)
        except NotRun:
            return


def test_processes_share_one_budget(tmp_path: Path) -> None:
    in_processes(4, take_all, tmp_path)
    assert Allowance(tmp_path).spent()["sent"] == 40


def take_three(folder: Path) -> None:
    allowance = Allowance(folder, rate=Rate(10, 1.0))
    for _ in range(3):
        time.sleep(allowance.take(1))
        with (folder / "turns").open("a") as turns:
            turns.write(f"{time.time()}\n")


def test_processes_share_one_rate(tmp_path: Path) -> None:
    in_processes(3, take_three, tmp_path)
    turns = sorted(map(float, (tmp_path / "turns").read_text().split()))
    assert len(turns) == 9
    assert turns[-1] - turns[0] > 0.75


def test_requests_that_go_together_are_taken_together(tmp_path: Path) -> None:
    allowance = Allowance(tmp_path, requests=5)
    allowance.take(3)
    with pytest.raises(NotRun, match="budget of 5 requests is spent"):
        allowance.take(3)
    allowance.take(2)
    assert allowance.spent()["sent"] == 5


def usage(total: object) -> str:
    """A body with these total tokens."""
    return json.dumps({"usage": {"prompt_tokens": 1, "total_tokens": total}})


TOKENS = {
    "plain": (usage(3), False, 3),
    "no usage": ("{}", False, 0),
    "refusal": ('{"error": {}}', False, 0),
    "stream": (f"data: {{}}\n\ndata: {usage(7)}\n\ndata: [DONE]\n\n", True, 7),
    "stream without usage": ("data: {}\n\ndata: {}\n\n", True, 2),
    "event of responses": (f'data: {{"response": {usage(9)}}}\n\n', True, 9),
    "nonsense": (usage("many"), False, 0),
    "implausible": (usage(10**12), False, 0),
    "negative": (usage(-5), False, 0),
}


@pytest.mark.parametrize("name", TOKENS)
def test_tokens_are_counted(tmp_path: Path, name: str) -> None:
    text, streamed, tokens = TOKENS[name]
    allowance = Allowance(tmp_path)
    allowance.spend(answered(text, streamed=streamed))
    assert allowance.spent()["tokens"] == tokens


def test_token_budget_ends_the_sending(tmp_path: Path) -> None:
    allowance = Allowance(tmp_path, tokens=10)
    allowance.take(1)
    allowance.spend(answered(usage(12)))
    with pytest.raises(NotRun, match="budget of 10 tokens is spent"):
        allowance.take(1)


@pytest.mark.parametrize(("text", "rate"), [("60/m", Rate(60, 60.0)), ("1/s", Rate(1, 1.0))])
def test_rate_is_read(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize("text", ["", "60", "60/d", "0/s", "-1/s", "1.5/s", "a/s", "/s", "60/"])
def test_wrong_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 60/m"):
        Rate.parse(text)


def ask(folder: Path) -> None:
    """One process of a run: five probes, each wanted twice."""
    dut = run.join(folder, lambda _: None)
    for number in [*range(5), *range(5)]:
        dut.send(Request("GET", "/models", sample=number))
    dut.client.close()


def test_probe_is_sent_once_whatever_the_number_of_processes(tmp_path: Path) -> None:
    with liars.serving(liars.honest) as running:
        setup = Setup(running.url, "NO_KEY", "compactifai", "smoke", "seed")
        run.prepare(tmp_path / "run", setup)
        in_processes(4, ask, tmp_path / "run")
    assert running.requests == 5


def test_probe_gives_every_process_the_same_exchange(tmp_path: Path) -> None:
    def send(request: Request) -> Exchange:
        return Exchange(request.key, request, 200, chunks=(Chunk(0.25, b"{}"),), seconds=0.5)

    def never(request: Request) -> Exchange:
        raise AssertionError("sent twice")

    first = Probes(tmp_path, "http://x/v1").once(MODELS, send)
    assert Probes(tmp_path, "http://x/v1").once(MODELS, never) == first


def test_probe_that_was_not_sent_is_sent_later(tmp_path: Path) -> None:
    def broke(request: Request) -> Exchange:
        raise NotRun("the budget is spent")

    probes = Probes(tmp_path, "http://x/v1")
    with pytest.raises(NotRun):
        probes.once(MODELS, broke)
    assert probes.once(MODELS, lambda r: Exchange(r.key, r, 200)).status == 200


def test_shared_files_are_written_whole(tmp_path: Path) -> None:
    """A process that is killed leaves no half of a counter or a probe behind."""
    allowance = Allowance(tmp_path)
    allowance.take(1)
    Probes(tmp_path, "http://x/v1").once(MODELS, lambda r: Exchange(r.key, r, 200))
    for path in tmp_path.glob("*.json"):
        json.loads(path.read_text("utf-8"))
    assert not list(tmp_path.glob("*.tmp"))


@pytest.mark.parametrize("model", [".", "..", "../admin", "a b", "x\r\nX-Y: z", "a?b#c", "\ud800"])
def test_id_of_a_model_is_one_segment_of_its_route(tmp_path: Path, model: str) -> None:
    """Whatever a deployment lists: the request is for that, and for nothing above it."""
    setup = Setup("http://127.0.0.1:1/v1", "NO_KEY", "compactifai", "smoke", "seed", offline=True)
    run.prepare(tmp_path / "run", setup)
    route = run.join(tmp_path / "run", lambda _: None).retrieval(model).route
    url = httpx.URL(setup.base_url + route)
    assert url.raw_path == f"/v1{route}".encode()
    assert re.fullmatch(r"/models/[\w%.-]+", route)


def test_time_ends_the_sending(tmp_path: Path) -> None:
    over = TimeBudget(10.0, time.monotonic() + 0.5)  # a tenth is kept for the reports
    allowance = Allowance(tmp_path, time=over)
    assert not allowance.unfinished
    with pytest.raises(NotRun, match="the time budget of 10 s is spent"):
        allowance.take(1)
    assert allowance.spent()["sent"] == 0
    assert Allowance(tmp_path, time=over).unfinished == "the time budget of 10 s is spent"


def test_turn_after_the_end_is_no_turn(tmp_path: Path) -> None:
    allowance = Allowance(tmp_path, rate=Rate(1, 60.0), time=TimeBudget.begin(30.0))
    allowance.take(1)
    with pytest.raises(NotRun, match="the time budget"):
        allowance.take(1)
    assert allowance.spent()["sent"] == 1
