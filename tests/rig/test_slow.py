"""A slow deployment that does no harm is judged, in no more time than its requests take."""

from __future__ import annotations

import json
import re
from statistics import median
from typing import TYPE_CHECKING

import pytest

from fixtures.transport.limits import Limits
from reports.progress import Course
from tests import bench
from tests.bench import BENCH_KEY
from tests.rig import runs, slow_link

if TYPE_CHECKING:
    from pathlib import Path

KEY = {"COMPACTIFAI_API_KEY": BENCH_KEY}
MORE = 60.0  # seconds that a run may take beside its requests


@pytest.mark.parametrize(
    ("tier", "added"), [("smoke", 0.3), pytest.param("standard", 0.3, marks=pytest.mark.slow)]
)
def test_run_ends_with_its_requests(
    tier: str, added: float, reference: str, tmp_path: Path
) -> None:
    with slow_link.serving(f"{reference}/v1", added) as url:
        run = runs.start(tmp_path, f"--base-url={url}", f"--tier={tier}", "-q", **KEY)
    assert run.exit_status == 0, run.out
    evidence = json.loads((run.folder / "exchanges.har").read_text("utf-8"))
    took = [entry["time"] / 1000 for entry in evidence["log"]["entries"]]
    assert median(took) > added
    assert run.verdict["seconds"] < len(took) * median(took) + MORE
    if tier == "standard":
        lines = re.findall(r"(?m)^(\d+) of ~(\d+) requests, \d+ (?:s|min) left$", run.err)
        assert 2 <= len(lines) <= run.verdict["seconds"] / 30
        guesses = [int(total) for _, total in lines]
        assert all(0.7 < guess / run.verdict["requests"] < 1.4 for guess in guesses)


@pytest.mark.parametrize("judged", [True, False], ids=["allowed", "not allowed"])
def test_patience_is_that_of_the_request_time_out(
    judged: bool,
    reference: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An answer after 35 s with a time-out of 120 s, at a fiftieth of the time."""
    monkeypatch.setattr(Limits, "total", 1.2)
    monkeypatch.setattr(Limits, "idle", 0.6)
    allowed = 2.4 if judged else 1.2
    with (
        slow_link.serving(f"{reference}/v1", 0.8) as url,
        bench.deployment(url, request_timeout=allowed) as dut,
    ):
        answer = dut.models()
    assert answer.ok == judged
    assert judged or "0.6 s" in answer.detail


def test_estimate_follows_what_is_sent() -> None:
    course = Course(drawn=20)
    course.expect([*(f"suites/chat/test.py::{n}" for n in range(100)), "suites/fuzz/test.py::a"])
    assert course.line(0, 0.0) == "0 of ~100 requests, 0 s left"
    for number in range(100):
        course.ended(f"suites/chat/test.py::{number}", 2 * number + 2)
    assert course.line(200, 100.0) == "200 of ~220 requests, 10 s left"
    assert course.line(210, 105.0) == "210 of ~220 requests, 5 s left"
    assert course.line(230, 115.0) == "230 of ~230 requests, 0 s left"
    course.ended("suites/fuzz/test.py::a", 230)
    assert course.line(230, 115.0) == "230 of ~230 requests, 0 s left"
