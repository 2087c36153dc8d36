"""What must work before a clause can be judged, so that one defect turns one clause red.

When a plain chat request fails, that is CHAT-PATH-01; the other chat clauses are then untestable,
which is red too, and says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.outcomes import NotApplicable, Unjudged, Untestable
from schemas.records import Judgement, Result
from suites.engine import speech
from suites.engine.verify import accepted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fixtures.target.deployment import Deployment
    from fixtures.target.model_roles import Cast
    from fixtures.transport.exchange import Exchange
    from schemas.contract import Clause, Contract
    from schemas.table_types import Operation
    from suites.engine.checks import Check

# They rest on no plain request: two ask each model by itself, where one that fails must not hide
# what the others do; the third finds out whether the endpoint is offered at all.
ALONE = frozenset({"RESP-GATE-01", "RESP-GATE-06", "GEN-EMB-01"})


ABSENT = (404, 405, 501)  # of a route that is not there


def unserved(contract: Contract, cast: Cast) -> Iterator[Judgement]:
    """What is said of the clauses that need a model which this deployment does not have.

    Some are decided by judges of answers alone, and of an endpoint that no model serves there are
    none. Whatever else was said of a clause counts before this.
    """
    for clause in contract.clauses.values():
        try:
            for role in clause.needs:
                cast.model(role)
        except NotApplicable as why:
            yield Judgement((clause.id,), "models", Result.NOT_APPLICABLE, str(why))
        except Untestable:
            continue


def unoffered(dut: Deployment) -> Iterator[Judgement]:
    """What is said of the clauses of an endpoint that this deployment lawfully lacks."""
    for clause in dut.contract.clauses.values():
        if reason := lacks(dut, clause.endpoint):
            yield Judgement((clause.id,), "endpoints", Result.NOT_APPLICABLE, reason)


def lacks(dut: Deployment, endpoint: str) -> str:
    """Why an endpoint that the profile calls optional is not offered; empty where it is."""
    operation = dut.contract.operations.get(endpoint)
    if operation is None or endpoint not in dut.contract.optional:
        return ""
    of_one = operation.path.endswith("}")
    try:
        answered = dut.model(dut.cast.model("chat")) if of_one else plain(operation, dut)
    except Unjudged:
        return ""
    status = answered.status
    return f"{endpoint} is not offered: HTTP {status}" if status in ABSENT else ""


def require(case: Check, dut: Deployment) -> None:
    """Raise NotApplicable or Untestable when the clause of this check cannot be judged."""
    clause = dut.contract.clauses[case.clause]
    if reason := dut.contract.not_promised.get(case.clause):
        raise NotApplicable(reason)
    if case.sent:
        if reason := lacks(dut, clause.endpoint):
            raise NotApplicable(reason)
        for role in (*clause.needs, *case.needs):
            dut.cast.model(role)
        for prerequisite, ask in prerequisites(clause, dut):
            if prerequisite != clause.id and clause.id not in ALONE and fails(ask()):
                raise Untestable(f"the plain request fails: see {prerequisite}")
    dut.used = []


Prerequisite = tuple[str, "Callable[[], Exchange]"]


def prerequisites(clause: Clause, dut: Deployment) -> Iterator[Prerequisite]:
    """The clauses that a clause rests on, each with the request that shows it."""
    operation = dut.contract.operations.get(clause.endpoint)
    if operation is None:
        return
    yield operation.prerequisite, lambda: plain(operation, dut)
    if operation.stream_prerequisite and clause.area == f"{operation.name}-stream":
        yield operation.stream_prerequisite, lambda: plain(operation, dut, stream=True)


def plain(operation: Operation, dut: Deployment, **fields: Any) -> Exchange:
    """The answer to the plain request of an operation; of one model, to that of the list."""
    if operation.is_form:
        return dut.transcribe(speech.plain(dut))
    if operation.role is None:
        return dut.models()
    return dut.send(dut.request(operation.path, **fields))


def fails(exchange: Exchange) -> bool:
    """Whether a plain request was not answered as it has to be."""
    return any(True for _ in accepted(exchange))
