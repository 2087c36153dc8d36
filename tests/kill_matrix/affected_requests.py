"""Which requests an alteration of the reference deployment concerns.

An alteration acts only where all its conditions hold. Those that look at nothing but the request
can be asked here, without the deployment; those that count, or look at the connection or at the
environment of their process, or throw dice, are taken to hold.
"""

from __future__ import annotations

import dis
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx

from fixtures.reference import alter, faults, messages, variants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fixtures.reference.alter import Alteration, Condition
    from fixtures.transport.client import Client
    from fixtures.transport.exchange import Request

# What a condition that looks at more than the request has in its code.
STORES = frozenset({"STORE_DEREF", "STORE_GLOBAL"})
NAMES = frozenset(
    {"connection", "nth", "random", "time", "monotonic", "append", "add", "next", "environ"}
)


def alterations(fault: str, moods: Iterable[str]) -> tuple[Alteration, ...]:
    """The fault, if one is named, and the variants."""
    lies = faults.load().named([fault] if fault else [])
    return (*lies, *variants.load().named(moods))


def concerns(altered: Iterable[Alteration], client: Client) -> Callable[[Request], bool]:
    """Says of a request whether any of the alterations may answer it otherwise."""
    asked = [
        [condition for condition in each.when if _of_the_request_alone(condition)]
        for each in altered
    ]

    @cache
    def holds(request: Request) -> bool:
        arrived = _arrived(request, client)
        return any(all(alter.holds(condition, arrived) for condition in each) for each in asked)

    return holds


@cache
def _of_the_request_alone(condition: Condition) -> bool:
    """Whether a condition says the same of equal requests, whatever was sent before."""
    pending: list[Any] = [condition]
    seen: list[Any] = []
    while pending:
        function = pending.pop()
        if function in seen:
            continue
        seen.append(function)
        code = getattr(function, "__code__", None)
        if code is None:
            return False
        if any(step.opname in STORES for step in dis.get_instructions(code)):
            return False
        if NAMES & {*code.co_names}:
            return False
        cells = [cell.cell_contents for cell in function.__closure__ or ()]
        names = [function.__globals__.get(name) for name in code.co_names]
        pending += [each for each in (*cells, *names) if hasattr(each, "__code__")]
    return True


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
