"""When the bytes of a stream came: first byte, chunks, longest pause. Numbers for a small plot."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROWS = 6
TICKS = 240
WIDTH = 1000


@dataclass(frozen=True)
class Stream:
    """One streamed exchange. Times are in milliseconds, `ticks` in thousandths of the width."""

    exchange: str
    route: str
    model: str
    first: float
    total: float
    pause: float
    chunks: int
    ticks: tuple[int, ...]
    found: bool = False

    @property
    def wait(self) -> int:
        """How far the first byte stands from the left."""
        return self.ticks[0]

    @property
    def path(self) -> str:
        """The chunks as strokes of an SVG path, 24 high."""
        return "".join(f"M{tick} 2V22" for tick in self.ticks)


def streams(har: Mapping[str, dict[str, Any]], found: Iterable[str]) -> list[Stream]:
    """A few streams worth a look: those with findings, then the longest of each route."""
    ours = set(found)
    rows = [row for entry in har.values() if (row := _stream(entry, ours))]
    rows.sort(key=lambda row: (not row.found, -row.chunks))
    chosen: list[Stream] = []
    for most in (1, 2, ROWS):
        for row in rows:
            alike = sum((each.route, each.found) == (row.route, row.found) for each in chosen)
            if row not in chosen and alike < most and len(chosen) < ROWS:
                chosen.append(row)
    return sorted(chosen, key=lambda row: (not row.found, row.route, -row.chunks))


def _stream(entry: dict[str, Any], found: set[str]) -> Stream | None:
    answer, chunks = entry["response"], entry.get("_chunks") or []
    media = answer["content"].get("mimeType", "").lower()
    if not chunks or not media.startswith("text/event-stream"):
        return None
    times = [at * 1000 for at, _ in chunks]
    total = max(entry["time"], times[-1], 0.001)
    request = entry["request"]
    return Stream(
        exchange=entry.get("_id", ""),
        route=f"{request['method']} {request.get('_route') or request['url']}",
        model=_model(request),
        first=times[0],
        total=total,
        pause=max((later - sooner for sooner, later in pairwise(times)), default=0.0),
        chunks=len(times),
        ticks=tuple(round(at / total * WIDTH) for at in _sampled(times)),
        found=entry.get("_id") in found,
    )


def _sampled(times: list[float]) -> list[float]:
    """At most so many strokes as the plot can show, first and last among them."""
    if len(times) <= TICKS:
        return times
    step = (len(times) - 1) / (TICKS - 1)
    return [times[round(number * step)] for number in range(TICKS)]


def _model(request: dict[str, Any]) -> str:
    try:
        body = json.loads(request.get("postData", {}).get("text", ""))
    except (ValueError, RecursionError):
        return ""
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) else ""
