"""No mistake of a client is answered with a 5xx: in any exchange of a run, whoever sent it and why.

What is no mistake is left to the clause that promises an answer: a lawful body, a listed model, a
recording of the suite. So is a route that answers nothing but 5xx.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from fixtures import audio
from fixtures.target.model_roles import usable
from fixtures.transport.exchange import NOT_JSON, parse
from fixtures.transport.trouble import GATEWAY
from suites.engine.judge import over_run
from suites.engine.verify import deviation
from suites.invariants.errors import RESPONSES, mangled, shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fixtures.transport.exchange import Exchange, Request
    from schemas.contract import Contract
    from schemas.records import Finding

LIST = "GET /models"
GATE = 500


def known(exchange: Exchange) -> bool:
    """Any whole answer of a documented route to our own key."""
    request = exchange.request
    return exchange.answered and exchange.law.binds(request.operation) and request.own_key


@over_run("ERR-5XX-01", on=known)
def a_mistake_is_no_crash(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """No request that is a mistake is answered with a 5xx, on a route that answers others."""
    served = {each.request.operation for each in exchanges if each.ok}
    listed = frozenset(
        str(entry["id"])
        for each in exchanges
        if each.request.operation == LIST and each.ok
        for entry in usable(each.document)
    )
    for exchange in exchanges:
        crashed = _crashed(exchange) and exchange.request.operation in served
        if crashed and not _lawful(exchange.request, exchange.law, listed):
            yield deviation(exchange, "a 4xx status with a JSON error")


def _crashed(exchange: Exchange) -> bool:
    """A 5xx that is the API's own: no gateway's, and not the one that a page names."""
    gateway = exchange.status in GATEWAY and not exchange.confirmed
    operation, gate = exchange.request.operation, shape(exchange.document) == "detail"
    return exchange.status >= GATE and not gateway and not (operation == RESPONSES and gate)


def _lawful(request: Request, law: Contract, listed: frozenset[str]) -> bool:
    """Whether some clause promises an answer to this request."""
    operation = law.operations[request.operation]
    if operation.request is None:
        return request.operation == LIST or any(
            request.route == f"/models/{name}" for name in listed
        )
    schema = law.bodies[operation.request]
    if operation.is_form:
        recorded = any(data in request.body for data in _recordings())
        texts = {name: values[0] for name, values in request.form.items()}
        # A form has texts alone: 0.5 stands there as it stands in JSON.
        read = {name: _value(text) for name, text in texts.items()}
        sound = any(schema.accepts({**fields, "file": "RIFF"}) for fields in (texts, read))
    else:
        recorded, sound = True, schema.accepts(request.document)
    unknown = bool(listed) and request.model not in listed
    return recorded and sound and not unknown and not mangled(request)


def _value(text: str) -> object:
    value = parse(text.encode("utf-8", "replace"))
    return text if value is NOT_JSON else value


@cache
def _recordings() -> tuple[bytes, ...]:
    return tuple(clip.data for clip in audio.clips().values())


__all__ = ["a_mistake_is_no_crash", "known"]
