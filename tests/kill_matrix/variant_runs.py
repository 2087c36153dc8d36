"""Measures one lawful behaviour: nothing is violated, and a run of any tier ends with status 0."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from suites.engine.checks import TIERS
from tests.kill_matrix import memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fixtures.transport.exchange import Exchange
    from reports.verdicts import ClauseVerdict
    from tests.kill_matrix.memory import Memory, Report

SLOW = 0.1


@dataclass(frozen=True)
class Silence:
    """What was said of lawful behaviour: nothing, one hopes.

    `red` are the violated clauses that block or warn; `open` those that block and were not
    decided, which make a run incomplete; `exits` the exit status at each tier; `shows` whether
    anything was answered otherwise than by the honest reference at all.
    """

    name: str
    red: tuple[str, ...]
    open: tuple[str, ...]
    exits: dict[str, int]
    broken: tuple[str, ...]
    lines: tuple[str, ...]
    shows: bool
    sent: int
    seconds: float

    def row(self) -> dict[str, Any]:
        """What the file says of it."""
        return {
            "red": list(self.red),
            "open": list(self.open),
            "exit": self.exits,
            "shows": self.shows,
            "sent": self.sent,
            "seconds": round(self.seconds, 2),
            **({"broken": list(self.broken)} if self.broken else {}),
        }


def silence(
    root: str, known: Memory, moods: Sequence[str], tiers: Sequence[str] = TIERS
) -> Silence:
    """Run each tier on lawful behaviour."""
    began = time.perf_counter()
    own = memory.Memory()
    reports = [memory.examine(root, known, tier, moods=moods, own=own) for tier in tiers]
    said = {one.clause.id: one for report in reports for one in report.outcome.open}
    loud = {one.clause.id: one for report in reports for one in _violated(report)}
    harness = [one.reason for report in reports for one in report.outcome.harness]
    return Silence(
        name="+".join(moods),
        red=tuple(sorted(loud)),
        open=tuple(sorted(said)),
        exits={report.tier: report.outcome.exit_status for report in reports},
        broken=tuple(dict.fromkeys(harness)),
        lines=tuple(map(_line, (*loud.values(), *said.values()))),
        shows=any(_differs(each, known) for report in reports for each in report.exchanges),
        sent=sum(report.sent for report in reports),
        seconds=time.perf_counter() - began,
    )


def _violated(report: Report) -> list[ClauseVerdict]:
    red = [one for one in report.outcome.clauses if one.clause.id in report.violated]
    return [one for one in red if one.gate != "report"]


def _line(said: ClauseVerdict) -> str:
    found = [(f.expected, f.actual, f.where) for f in said.findings[:2]]
    return f"{said.clause.id} {said.verdict} {said.reason} {found or ''}"


def _differs(exchange: Exchange, known: Memory) -> bool:
    """Whether an answer is not what the honest reference gave to the same request."""
    answers = known.answers.get((exchange.request.key,))
    if not answers or exchange in answers:
        return False
    return _seen(exchange) != _seen(answers[-1]) or exchange.seconds > answers[-1].seconds + SLOW


def _seen(exchange: Exchange) -> tuple[object, ...]:
    headers = {name: value for name, value in exchange.headers if name != "x-request-id"}
    sizes = [len(chunk.data) for chunk in exchange.chunks]
    return exchange.status, exchange.failure, headers, sizes, _scrubbed(exchange.body)


def _scrubbed(body: bytes) -> bytes:
    """The body without ids and times."""
    return re.sub(rb"[0-9a-f]{24,32}|(?<!\d)\d{10}(?!\d)", b"*", body)
