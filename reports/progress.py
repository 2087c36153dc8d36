"""pytest plugin: how far a run is, with an estimate; sparingly, and only in one that takes long.

It goes to stderr, past pytest's capture: a check that sends for minutes is a run that goes on.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds between two lines: people watch a terminal, a log is read afterwards.
WATCHED, LOGGED = 10.0, 30.0
# Requests that a check sends before it is known what it does here, and how many checks that equals.
USUAL, WEIGHT = 0.8, 30
DRAWN = "suites/fuzz/"
STDOUT, STDERR = 1, 2


@dataclass
class Course:
    """What was done so far. `drawn` are the requests of a check that sends drawn ones."""

    drawn: float
    checks: int = 0
    hunts: int = 0
    checked: int = 0
    hunted: int = 0
    by_hunts: int = 0
    seen: int = 0

    def expect(self, names: list[str]) -> None:
        """These checks will run."""
        self.hunts = sum(DRAWN in name for name in names)
        self.checks = len(names) - self.hunts

    def ended(self, name: str, sent: int) -> None:
        """A check ended when so many requests were sent in all."""
        if DRAWN in name:
            self.hunted += 1
            self.by_hunts += sent - self.seen
        else:
            self.checked += 1
        self.seen = sent

    def left(self, sent: int) -> int:
        """About how many requests will follow."""
        usual = (USUAL * WEIGHT + self.seen - self.by_hunts) / (WEIGHT + self.checked)
        left = usual * (self.checks - self.checked) + self.drawn * (self.hunts - self.hunted)
        return max(round(left) - (sent - self.seen), 0)

    def line(self, sent: int, seconds: float) -> str:
        """How far the run is after so many requests and seconds."""
        left = self.left(sent)
        rest = left * seconds / max(sent, 1)
        time_left = f"{rest:.0f} s" if rest < 120 else f"{rest / 60:.0f} min"
        return f"{sent} of ~{sent + left} requests, {time_left} left"


@dataclass(eq=False)  # pytest puts plugins into sets
class Progress:
    """Prints a line now and then. `sent` tells how many requests there were in all."""

    sent: Callable[[], int]
    course: Course
    every: float = field(default_factory=lambda: WATCHED if os.isatty(STDERR) else LOGGED)

    def __post_init__(self) -> None:
        self._to = os.dup(STDERR)
        # Where both go to the same place, pytest's line of dots is ended first.
        self._start = "\n" if os.path.sameopenfile(STDOUT, STDERR) else ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)
        self._began = time.monotonic()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the checks, where this process collects them."""
        if session.items:
            self.course.expect([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Count the checks, where workers collect them."""
        self.course.expect(ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Begin."""
        self._began = time.monotonic()
        self._thread.start()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what ended."""
        if report.when == "call":
            self.course.ended(report.nodeid, self.sent())

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Say no more."""
        self._over.set()

    def pytest_unconfigure(self) -> None:
        """Close what was opened."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(1)
        os.close(self._to)

    def _tell(self) -> None:
        with suppress(OSError):  # nobody reads it, or the run's folder is gone
            while not self._over.wait(self.every):
                said = self.course.line(self.sent(), time.monotonic() - self._began)
                os.write(self._to, f"{self._start}{said}\n".encode())


def of(sent: Callable[[], int], contract: Any, tier: str) -> Progress:
    """The progress of a run at this tier."""
    drawn = [each.drawn for each in contract.operations.values() if each.drawn]
    borders = [each.packs + each.single + each.other for each in drawn]
    deep = [each.deep for each in drawn] if tier == "deep" else []
    each = (*borders, *deep)
    return Progress(sent, Course(sum(each) / max(len(each), 1)))
