"""When the pieces of a stream come."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fixtures.transport.exchange import Exchange


LATE = 0.7  # of the time that generating takes


def late(exchange: Exchange, quick: float = 0.0) -> float | None:
    """Which part of the generating time had passed when the first chunk came."""
    times = [event.at for event in exchange.payloads]
    if len(times) < 2 or times[-1] - quick < 0.1:
        return None
    return (times[0] - quick) / (times[-1] - quick)
