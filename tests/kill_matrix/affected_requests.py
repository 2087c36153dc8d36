"""Which requests an alteration of the reference deployment concerns.

An alteration acts only where all its conditions hold. Those that look at nothing but the request
can be asked here, without the deployment; those that are marked as impure are taken to hold.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import httpx

from fixtures.reference import alter, faults, messages, variants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fixtures.reference.alter import Alteration
    from fixtures.transport.client import Client
    from fixtures.transport.exchange import Request


def alterations(fault: str, moods: Iterable[str]) -> tuple[Alteration, ...]:
    """The fault, if one is named, and the variants."""
    lies = faults.load().named([fault] if fault else [])
    return (*lies, *variants.load().named(moods))


def concerns(altered: Iterable[Alteration], client: Client) -> Callable[[Request], bool]:
    """Says of a request whether any of the alterations may answer it otherwise."""
    asked = [[condition for condition in each.when if alter.is_pure(condition)] for each in altered]

    @cache
    def holds(request: Request) -> bool:
        arrived = _arrived(request, client)
        return any(all(alter.holds(condition, arrived) for condition in each) for each in asked)

    return holds


def _arrived(request: Request, client: Client) -> messages.Request:
    """The request as the deployment sees it."""
    built = client._build(request)
    path, _, query = built.url.raw_path.decode("latin-1").partition("?")
    return messages.Request(
        method=request.method,
        path=path.removeprefix(httpx.URL(client.base_url).raw_path.decode("latin-1")),
        headers=[(name.lower(), value) for name, value in built.headers.raw],
        body=request.body,
        query=query,
    )
