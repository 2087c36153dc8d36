"""What an answer to a drawn request breaks, if anything, and which clause says so.

Only whether it is answered is asked here. What is in the answer, error or not, the invariants
judge, as they judge every exchange.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fixtures.transport.trouble import LATE
from suites.engine import verify
from suites.fuzz import cost
from suites.support import routes

if TYPE_CHECKING:
    from fixtures.transport.exchange import Exchange
    from schemas.contract import Contract
    from schemas.table_types import Operation
    from suites.fuzz.cases import Case, Target

GENERAL = ("ERR-5XX-01", "ERR-400-02")
NOT_IMPLEMENTED = 501


@dataclass(frozen=True)
class Defect:
    """What is wrong with an answer: the symptom, in which clause, and what was expected."""

    symptom: str
    clause: str
    expected: tuple[str, ...]


def defect(target: Target, case: Case, exchange: Exchange) -> Defect | None:
    """What is wrong with the answer to this case. Raises Inconclusive."""
    verify.conclusive(exchange)
    working = case.promise.standing == "open" and isinstance(exchange.request.document, dict)
    busy = case.promise.standing != "refused" and (working or _long(target, exchange))
    if exchange.failure in LATE and busy:  # whoever takes it may have much to do
        return None
    if not exchange.answered or exchange.status >= 500:
        return _failed(target, case, exchange)
    if case.promise.standing == "accepted" and any(True for _ in verify.accepted(exchange)):
        clause = accepting(target, case)
        wanted = f"{verify.lacking(exchange)} to {case.label}"
        return Defect(f"HTTP {exchange.status}", clause, (wanted,))
    if case.promise.standing == "refused" and exchange.status < 400:
        wanted = f"a 4xx status with a JSON error to {case.label}"
        return Defect("accepted", case.promise.clauses[0], (wanted,))
    return None


def _long(target: Target, exchange: Exchange) -> bool:
    """Whether the request leaves room for a long text, which a slow model writes beyond any time.

    The stop sequences that brake it end no text in which they do not occur.
    """
    asked = exchange.request.fields
    cap = target.operation.cap
    return cap is not None and not cost.is_low(asked.get(cap.field, cap.default))


def accepting(target: Target, case: Case) -> str:
    """The clause by which the odd field is accepted, or an empty string for several fields."""
    if not case.odd:
        return _accepting(target.operation)
    # A field that is refused in a stream only is still that field.
    odd = {name: value for name, value in case.odd.items() if name != "stream"} or case.odd
    if len(odd) > 1:
        return ""
    field, value = next(iter(odd.items()))
    prompt = target.operation.prompt
    if prompt and field == prompt.field:
        said = value[0].get("content") if field == "messages" else value
        return prompt.parts if isinstance(said, list) else prompt.text
    rows = target.dut.contract.bodies.rows(target.kind) if target.kind else {}
    known = field in rows and rows[field].clauses
    return rows[field].clauses[0] if known else _accepting(target.operation)


def _accepting(operation: Operation) -> str:
    return operation.accept_clause or operation.prerequisite


def speakable(contract: Contract, operation: Operation) -> tuple[str, ...]:
    """All clauses that a defect of this operation may name."""
    found = [*GENERAL, _accepting(operation)]
    if operation.request:
        for row in contract.tables.requests[operation.request].rows:
            found += row.clauses[:1]
        found += contract.bodies[operation.request].refusing
    if operation.prompt:
        found += [operation.prompt.text, operation.prompt.parts]
    return tuple(dict.fromkeys(found))


def _failed(target: Target, case: Case, exchange: Exchange) -> Defect | None:
    """A 5xx, or no answer at all: the clause of a lawful field, else the general one."""
    if exchange.status == NOT_IMPLEMENTED and exchange.request.method not in ("GET", "POST"):
        return None
    if routes.closes_the_gate(target.dut, exchange):
        return None
    symptom = f"HTTP {exchange.status}" if exchange.answered else str(exchange.failure)
    if case.promise.standing == "accepted":
        clause = accepting(target, case) or "ERR-5XX-01"
        return Defect(symptom, clause, (f"{verify.lacking(exchange)} to {case.label}",))
    wanted = ["a 4xx status with a JSON error"]
    wanted += ["HTTP 200 with an answer"] if case.promise.standing == "open" else []
    return Defect(symptom, "ERR-5XX-01", tuple(f"{each} to {case.label}" for each in wanted))


__all__ = ["Defect", "accepting", "defect", "speakable"]
