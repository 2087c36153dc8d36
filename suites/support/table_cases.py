"""Cases from the documented tables: a support table, executed.

A row lists values that are promised to be accepted, and values that are promised to be refused,
each with its clause. Both become cases here; adding a field is one row, never new code.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from fixtures.target import plain_requests
from fixtures.target.plain_requests import ABSENT
from suites.engine import verify
from suites.engine.checks import Cases, Check, case
from suites.support.probes import zipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fixtures.target.deployment import Deployment
    from schemas.contract import Contract
    from schemas.records import Finding
    from schemas.table_types import RequestRow, RequestTable

# So many values are sent in the standard tier: the first are the ends of a range, or tell most.
CHEAP = 2
STREAMS = (True, "true")
# What a form holds besides; what an upload says, its own checks ask.
FORM: Mapping[str, Any] = {"model": "a-model", "file": "RIFF"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get current weather information",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}
# Fields that mean something only together with another one.
TOGETHER: Mapping[str, Mapping[str, Any]] = {
    "tool_choice": {"tools": [WEATHER]},
    "parallel_tool_calls": {"tools": [WEATHER]},
}
# What the suite adds to a plain request for its own comfort. A server may refuse a value because of
# it, as engines refuse two choices where they always take the likeliest word: no verdict on a value
# rests on it, so a value is asked for without it, as the pages print it.
COMFORT: Mapping[str, Any] = {"temperature": ABSENT}


@dataclass(frozen=True)
class RequestVariation:
    """Fields that vary the plain request of a route, and the role of the model that is asked.

    `company` is one request that holds this value among lawful values of all other rows: where it
    is accepted, so is the value, and one request has served them all. `nested` values stand in an
    element of a list, as those of a message.
    """

    label: str
    fields: Mapping[str, Any]
    role: str
    batch: Mapping[str, Any] = field(default_factory=dict)
    nested: bool = False


def accepted(kind: str, cheap: int = CHEAP) -> Cases:
    """A case for each row: its sample values are accepted. The first clause of a row says so.

    The first values are sent in the standard tier, all of them in the deep one: so many as are
    `cheap` where they go along with those of other rows.
    """

    def cases(contract: Contract) -> Iterator[Check]:
        for row in contract.tables.requests[kind].rows:
            # Which models and which conversations are accepted, other checks ask with more care.
            if row.required:
                continue
            # That a stream is opened, its own clauses say.
            streams = contract.asks(kind).stream and row.field == "stream"
            numbers = [n for n, value in enumerate(row.example) if not (streams and value is True)]
            sent = [_in_batch(contract, kind, row, number) for number in numbers]
            most = cheap if any(each.batch for each in sent[:cheap]) else 1
            for tier, some in (("standard", sent[:most]), ("deep", sent[most:])):
                if some:
                    label = f"{row.field} {tier}"
                    yield case(row.clauses[0], label, tier=tier, sent=tuple(some))

    return cases


def take(dut: Deployment, route: str, each: RequestVariation) -> Iterator[Finding]:
    """A finding unless the value is accepted: in company, or else alone."""
    if each.batch:
        request = dut.request(route, each.role, **each.batch)
        together = dut.send(request if each.role else zipped(request))
        if together.ok and not any(True for _ in verify.accepted(together)):
            return
    alone = dut.send(dut.request(route, each.role, **{**COMFORT, **each.fields}))
    yield from verify.accepted(alone, each.label)


def refused(kind: str) -> Cases:
    """A case for each clause by which values of the table are refused.

    The standard tier sends a request without the field or the first value; where it blocks two
    numbers, which are the ends of a range; of an element of a list only what blocks. The deep one
    sends all others.
    """

    def cases(contract: Contract) -> Iterator[Check]:
        found: dict[str, list[RequestVariation]] = defaultdict(list)
        comfort = {} if contract.asks(kind).is_form else COMFORT
        for clause, sent in _wrong(contract, contract.tables.requests[kind]):
            found[clause].append(replace(sent, fields={**comfort, **sent.fields}))
        for clause, wrong in found.items():
            blocks = contract.clauses[clause].gate == "block"
            most = CHEAP if blocks and all(map(_is_number, wrong[:CHEAP])) else 1
            if wrong[0].nested and not blocks:
                most = 0
            for tier, some in (("standard", wrong[:most]), ("deep", wrong[most:])):
                if some:
                    yield case(clause, f"refused {tier}", tier=tier, sent=tuple(some))

    return cases


def _is_number(sent: RequestVariation) -> bool:
    own = [value for value in sent.fields.values() if value is not ABSENT]
    return all(type(value) in (int, float) for value in own)


def clauses(contract: Contract, kind: str) -> frozenset[str]:
    """The clauses that the rows of a table decide by themselves."""
    each = (*accepted(kind)(contract), *refused(kind)(contract))
    return frozenset(one.clause for one in each)


def varied(row: RequestRow, value: Any) -> RequestVariation:
    """The plain request with this value of a row's field."""
    label = f"no {row.field}" if value is ABSENT else f"{row.field} = {value!r}"
    fields = {**_beside(row), row.field: value}
    return RequestVariation(label, fields, row.needs or "")


def _in_batch(contract: Contract, kind: str, row: RequestRow, number: int) -> RequestVariation:
    sent = varied(row, row.example[number])
    batch = batch_of(contract, kind, row.needs or "", number)
    is_in = row.field in batch and batch[row.field] == row.example[number]
    return replace(sent, batch=batch) if is_in else sent


@cache
def batch_of(contract: Contract, kind: str, role: str = "", number: int = 0) -> Mapping[str, Any]:
    """The n-th sample value of each row of a role, where the table promises to take them all.

    None asks for a stream, which has another form of answer.
    """
    operation = contract.asks(kind)
    plain = FORM if operation.is_form else plain_requests.plain(operation, "a-model")
    fields = {row.field for row in contract.tables.requests[kind].rows}
    together: dict[str, Any] = {}
    for row in contract.tables.requests[kind].rows:
        value = _value(row, number)
        if (row.needs or "") != role or row.required or value.get("stream") in STREAMS:
            continue
        beside = {name: value for name, value in _beside(row).items() if name in fields}
        with_it = {**beside, **together, **value}
        if contract.bodies[kind].accepts({**plain, **with_it}):
            together = with_it
    return together


def _beside(row: RequestRow) -> Mapping[str, Any]:
    return TOGETHER.get(row.field, {})


def _value(row: RequestRow, number: int) -> Mapping[str, Any]:
    return {row.field: row.example[number]} if number < len(row.example) else {}


def _wrong(contract: Contract, table: RequestTable) -> Iterator[tuple[str, RequestVariation]]:
    for row in table.rows:
        if row.required and row.presence_clause:
            yield row.presence_clause, varied(row, ABSENT)
        for refusal in row.refused:
            for value in refusal.example:
                yield refusal.clause, varied(row, value)
        if row.each:
            yield from _wrong_elements(contract, row, row.each)


def _wrong_elements(
    contract: Contract, row: RequestRow, name: str
) -> Iterator[tuple[str, RequestVariation]]:
    """The same for each wrong element of a list: a message, a part of its content."""
    for clause, value, role in _wrong_objects(contract, name):
        yield (
            clause,
            RequestVariation(f"{row.field}: {value!r}", {row.field: [value]}, role, nested=True),
        )


def _wrong_objects(contract: Contract, name: str) -> Iterator[tuple[str, Any, str]]:
    objects = {
        each: table
        for sheet in contract.tables.sheets.values()
        for each, table in sheet.request_objects.items()
    }
    table = objects[name]
    plain = {row.field: row.example[0] for row in table.rows if row.required and row.example}
    for refusal in table.refused:
        for value in refusal.example:
            yield refusal.clause, value, _role(contract, refusal.clause)
    for row in table.rows:
        for refusal in row.refused:
            for value in refusal.example:
                yield refusal.clause, {**plain, row.field: value}, _role(contract, refusal.clause)
        if row.required and row.presence_clause:
            without = {field: value for field, value in plain.items() if field != row.field}
            yield row.presence_clause, without, _role(contract, row.presence_clause)
        if row.each:
            for clause, value, role in _wrong_objects(contract, row.each):
                yield clause, {**plain, row.field: [value]}, role


def _role(contract: Contract, clause: str) -> str:
    needs = contract.clauses[clause].needs
    return needs[0] if needs else ""
