"""What a cache gives again: the same response, and no new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fixtures.transport.exchange import Exchange


def is_repeated(first: Exchange, second: Exchange) -> bool:
    """Whether a cache gave one response twice: the same answer to the same request, times included.

    It is one response then, and has one id.
    """
    asked = first.request.operation == second.request.operation
    asked = asked and first.request.body == second.request.body
    return asked and _content(first) == _content(second)


def _content(exchange: Exchange) -> object:
    events = [event.data for event in exchange.payloads] if exchange.is_stream else []
    return events or exchange.document
