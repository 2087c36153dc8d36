"""What an answer to a drawn request breaks, if anything, and which clause says so.

Only whether it is answered is asked here. What is in the answer, error or not, the invariants
judge, as they judge every exchange.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fixtures.exchange import Failure
from schemas import tables, validate
from suites import doors, verify
from suites.fuzz import cost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fixtures.exchange import Exchange
    from suites.fuzz.cases import Case, Target

GENERAL = ("ERR-5XX-01", "ERR-400-02")
NOT_IMPLEMENTED = 501
LATE = (Failure.TIMEOUT, Failure.STALLED)
# The field that caps an answer, and what holds without it.
CAPS: dict[str, tuple[str, int | None]] = {
    "chat.request": ("max_tokens", None),
    "completions.request": ("max_tokens", 16),
    "responses.request": ("max_output_tokens", None),
}
# The clauses by which the two forms of a prompt are accepted: a string, and a list.
PROMPTS = {
    ("chat.request", "messages"): ("CHAT-MSG-ROLE-01", "CHAT-PART-TEXT-01"),
    ("completions.request", "prompt"): ("COMP-REQ-PROMPT-02", "COMP-REQ-PROMPT-03"),
    ("responses.request", "input"): ("RESP-REQ-INPUT-02", "RESP-REQ-INPUT-03"),
}


@dataclass(frozen=True)
class Defect:
    """What is wrong with an answer: the symptom, in which clause, and what was expected."""

    symptom: str
    clause: str
    expected: tuple[str, ...]


def defect(target: Target, case: Case, exchange: Exchange) -> Defect | None:
    """What is wrong with the answer to this case. Raises Inconclusive."""
    verify.conclusive(exchange)
    if exchange.failure in LATE and case.promise.standing != "refused" and _long(target, exchange):
        return None
    if not exchange.answered or exchange.status >= 500:
        return _failed(target, case, exchange)
    if case.promise.standing == "accepted" and any(True for _ in verify.accepted(exchange)):
        clause = accepting(target, case)
        told = f"HTTP 200 with an answer to {case.told}"
        return Defect(f"HTTP {exchange.status}", clause, (told,))
    if case.promise.standing == "refused" and exchange.status < 400:
        told = f"a 4xx status with a JSON error to {case.told}"
        return Defect("accepted", case.promise.clauses[0], (told,))
    return None


def _long(target: Target, exchange: Exchange) -> bool:
    """Whether the request leaves room for a long text, which a slow model writes beyond any time.

    The stop sequences that brake it end no text in which they do not occur.
    """
    asked = exchange.request.fields
    if target.kind not in CAPS:
        return False
    name, default = CAPS[target.kind]
    return not cost.is_low(asked.get(name, default))


def accepting(target: Target, case: Case) -> str:
    """The clause by which the odd field is accepted, or an empty string for several fields."""
    if not case.odd:
        return PATHS[target.kind]
    # A field that is refused in a stream only is still that field.
    odd = {name: value for name, value in case.odd.items() if name != "stream"} or case.odd
    if len(odd) > 1:
        return ""
    field, value = next(iter(odd.items()))
    if (target.kind, field) in PROMPTS:
        text, listed = PROMPTS[target.kind, field]
        said = value[0].get("content") if field == "messages" else value
        return listed if isinstance(said, list) else text
    rows = {row.field: row for row in tables.load().requests[target.kind].rows}
    return rows[field].clauses[0] if field in rows else PATHS[target.kind]


def speakable(kinds: Iterable[str]) -> tuple[str, ...]:
    """All clauses that a defect may name."""
    found = list(GENERAL)
    for kind in kinds:
        for row in tables.load().requests[kind].rows:
            found += [row.clauses[0], *PROMPTS.get((kind, row.field), ())]
        found += PATHS.values()
        found += validate.refusing(kind)
    return tuple(dict.fromkeys(found))


PATHS = {
    "": "MODELS-GET-01",
    "chat.request": "CHAT-PATH-01",
    "completions.request": "COMP-PATH-01",
    "responses.request": "RESP-PATH-01",
    "audio.request": "AUDIO-PATH-01",
}


def _failed(target: Target, case: Case, exchange: Exchange) -> Defect | None:
    """A 5xx, or no answer at all: the clause of a lawful field, else the general one."""
    if exchange.status == NOT_IMPLEMENTED and exchange.request.method not in ("GET", "POST"):
        return None
    if doors.closes_the_gate(target.dut, exchange):
        return None
    symptom = f"HTTP {exchange.status}" if exchange.answered else str(exchange.failure)
    if case.promise.standing == "accepted":
        clause = accepting(target, case) or "ERR-5XX-01"
        return Defect(symptom, clause, (f"HTTP 200 with an answer to {case.told}",))
    wanted = ["a 4xx status with a JSON error"]
    wanted += ["HTTP 200 with an answer"] if case.promise.standing == "open" else []
    return Defect(symptom, "ERR-5XX-01", tuple(f"{each} to {case.told}" for each in wanted))


__all__ = ["Defect", "accepting", "defect", "speakable"]
