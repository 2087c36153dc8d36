"""Cases without end: schemathesis over the OpenAPI document, hypothesis over the tables.

Both only draw; what is drawn goes to a model that the deployment lists, gets cheap, is classified
by the documents, and is sent by the same client as everything else.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NOT_SET
from schemathesis.generation import GenerationMode

from fixtures.target.plain_requests import ABSENT
from schemas import openapi, strategies
from suites.fuzz.cases import Case, turns
from suites.fuzz.cost import MANY, cut
from suites.fuzz.promise import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import SearchStrategy

    from schemas.contract import Contract
    from suites.fuzz.cases import Target

    Drawn = schemathesis.Case[Any]

# Hypothesis draws constants of our own modules, too: of those that happen to be imported. With them
# a seed would mean other values in each process.
providers._get_local_constants = Constants

BATCH = 50
CAP = "max_output_tokens"
ROLES = ("tools", "reasoning", "responses")
STANDINGS = ("accepted", "refused", "open")
# Not ours to play with: the key, and what belongs to the connection.
HELD = frozenset(
    [
        *("authorization", "proxy-authorization", "cookie", "host", "connection", "keep-alive"),
        *("content-length", "content-type", "content-encoding", "accept-encoding"),
        *("transfer-encoding", "expect", "upgrade", "te", "trailer"),
    ]
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def cases(target: Target, seed: str) -> Iterator[Case]:
    """All that schemathesis enumerates, in turn with what each strategy draws, for ever."""
    name = f"{seed}/{target.route}"
    yield from turns(
        [
            chain.from_iterable(
                _of(target, drawn) for drawn in enumerated(_contract(target), target.route)
            ),
            *(_theirs(target, name, mode) for mode in GenerationMode),
            *(_ours(target, name, standing) for standing in STANDINGS),
        ]
    )


def enumerated(contract: Contract, route: str) -> Iterator[Drawn]:
    """What schemathesis draws without chance: its phases `examples` and `coverage`."""
    operation = _operation(contract, route)
    document = operation.schema
    for strategy in operation.get_strategies_from_examples():
        yield from draw(strategy, 1, "examples")
    yield from document.iter_coverage_cases(
        operation,
        generation_modes=list(GenerationMode),
        generation_config=document.config.generation_for(operation=operation, phase="coverage"),
    )


def draw(strategy: SearchStrategy[Any], most: int, seed: str) -> list[Any]:
    """So many values of a strategy, the same for the same seed."""
    drawn: list[Any] = []

    @hypothesis.seed(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))
    @hypothesis.settings(
        max_examples=most,
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def keep(value: Any) -> None:
        drawn.append(value)

    keep()
    return drawn


def _theirs(target: Target, name: str, mode: GenerationMode) -> Iterator[Case]:
    """What schemathesis draws, batch after batch."""
    for number in count():
        for drawn in draw(
            drawing(_contract(target), target.route, mode), BATCH, f"{name}/{number}/{mode.value}"
        ):
            yield from _of(target, drawn)


def _ours(target: Target, name: str, standing: str) -> Iterator[Case]:
    """What the tables draw of one standing, batch after batch."""
    # Whoever plays them: what is drawn does not depend on how many roles there are models for.
    bodies = _bodies(_contract(target), target.kind, standing, target.model)
    for number in count():
        for body in draw(bodies, BATCH, f"{name}/{number}/{standing}"):
            yield target.case(_differing(target, body))


@cache
def _bodies(
    contract: Contract, kind: str, standing: Any, model: str
) -> SearchStrategy[dict[str, Any]]:
    is_form = contract.asks(kind).is_form
    fixed: dict[str, Any] = {"file": b"x"} if is_form else {}
    drawn = strategies.requests(contract.bodies, kind, standing, ROLES, model=model, **fixed)
    if is_form:
        return drawn.map(lambda body: {k: v for k, v in body.items() if k != "file"})
    return drawn


@cache
def drawing(contract: Contract, route: str, mode: GenerationMode) -> SearchStrategy[Drawn]:
    drawing: SearchStrategy[Drawn] = _operation(contract, route).as_strategy(generation_mode=mode)
    return drawing


@cache
def _operation(contract: Contract, route: str) -> Any:
    document: Any = schemathesis.openapi.from_dict(
        openapi.document(contract.tables), config=SchemathesisConfig()
    )
    found = [each.ok() for each in document.get_all_operations()]
    return next(each for each in found if each.path == route)


def _contract(target: Target) -> Contract:
    return target.dut.contract


def _of(target: Target, drawn: Drawn) -> Iterator[Case]:
    """Our case of theirs: an object becomes odd fields, anything else the bytes that it is."""
    if drawn.method.upper() != "POST":
        if drawn.method.upper() in METHODS:
            yield target.raw(f"method {drawn.method}", method=drawn.method.upper())
        return
    headers = headers_of(drawn)
    if isinstance(drawn.body, dict):
        yield target.case(_differing(target, _plain(drawn.body)), headers=headers)
    elif headers:
        yield target.raw(f"headers {dict(headers)}", headers=headers)
    elif drawn.body is NOT_SET:
        yield target.raw("no body", b"")
    else:
        body = drawn.body if isinstance(drawn.body, bytes) else _dumped(drawn.body)
        yield target.raw(f"the body {body[:40]!r}", body, OPEN)


def headers_of(drawn: Drawn) -> tuple[tuple[str, str], ...]:
    """The headers that were drawn, without those that are not ours to play with."""
    return tuple(
        (name, value)
        for name, value in drawn.headers.items()
        if name.lower() not in HELD and _sendable(name, str(value))
    )


def _sendable(name: str, value: str) -> bool:
    """Whether HTTP allows it: the client would refuse it, and not the deployment."""
    token = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    visible = all(each == "\t" or " " <= each <= "~" or "\xa0" <= each <= "\xff" for each in value)
    return token and visible and value == value.strip()


def _differing(target: Target, body: dict[str, Any]) -> dict[str, Any]:
    """In what a drawn body differs from the plain one. Any text stands for the model of the run."""
    plain = target.plain
    required = ("messages", "prompt", "input")
    odd = {
        name: value
        for name, value in cut(body).items()
        if not (name == "model" and isinstance(value, str) and value)
        and (name not in plain or _dumped(plain[name]) != _dumped(value))
    }
    odd |= {name: ABSENT for name in required if name in plain and name not in body}
    if "model" not in body:
        odd["model"] = ABSENT
    cap = odd.get(CAP)
    # No stop sequence ends a response early, so that only a border may ask for many tokens.
    return {**odd, CAP: MANY} if isinstance(cap, int | float) and cap > MANY else odd


def _plain(value: Any) -> Any:
    """JSON as it can be written: schemathesis marks bytes with types of its own."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, str | int | float | bool | bytes) or value is None:
        return value
    return getattr(value, "data", str(value))


def _dumped(value: Any) -> bytes:
    return json.dumps(value, default=repr).encode("utf-8", "replace")


def first(target: Target, seed: str, most: int) -> Iterator[Case]:
    """The first so many cases."""
    return islice(filter(target.affords, cases(target, seed)), most)


__all__ = ["cases", "draw", "drawing", "enumerated", "first", "headers_of"]
