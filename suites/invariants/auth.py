"""What no answer gives away, and what a refused permission is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fixtures.redaction.secret import Redactor, Secret
from suites.engine.judge import invariant
from suites.engine.verify import deviation, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding

SHORTEST = 12  # a shorter token may well occur in an answer by itself
PERMISSION = re.compile(r"permission|forbidden|access_denied", re.IGNORECASE)


def heard(exchange: Exchange) -> bool:
    """Whether any answer came."""
    return bool(exchange.status)


def denies_permission(exchange: Exchange) -> bool:
    """Whether an error says by its type or code that permission is missing, or has the status."""
    document = exchange.document
    error = document.get("error") if isinstance(document, dict) else None
    names = [error.get("type"), error.get("code")] if isinstance(error, dict) else []
    called = any(isinstance(name, str) and PERMISSION.search(name) for name in names)
    return exchange.answered and exchange.status >= 400 and called


@invariant("AUTH-LEAK-01", on=heard)
def no_key_comes_back(exchange: Exchange) -> Iterator[Finding]:
    """Neither the operator's key nor an invalid one can be read in an answer, however written."""
    for place in exchange.leaks:
        yield deviation(exchange, "an answer without the key", actual=f"the key in its {place}")
    sought = Redactor.of(*map(Secret, _presented(exchange)))
    if hit := sought.find(exchange.body):
        actual = f"the presented key in the body, {hit}"
        yield deviation(exchange, "an answer without the presented key", actual=actual)
    for name, value in exchange.headers:
        if sought.found(value.encode("latin-1", "replace")):
            actual = f"the presented key in the header {name}"
            yield deviation(exchange, "an answer without the presented key", actual=actual)


@invariant("AUTH-403-01", on=denies_permission)
def missing_permission_has_its_status(exchange: Exchange) -> Iterator[Finding]:
    """An error that is called one of permission has the status 403."""
    if exchange.status != 403:
        actual = f"HTTP {exchange.status}: {show(exchange.document)}"
        yield deviation(exchange, "HTTP 403 for missing permission", actual=actual)


def _presented(exchange: Exchange) -> Iterator[str]:
    """The invalid keys of a request. Where the operator's own stands in one, `leaks` tells."""
    for value in exchange.request.authorization or ():
        for token in value.decode("latin-1").split()[-1:]:
            if len(token) >= SHORTEST and "{" not in token:
                yield token
