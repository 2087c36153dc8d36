"""A profile's word on single fields: what is supported, ignored, refused or left open there.

An override changes the row of a request table; the clauses that no row speaks of any more are no
longer promised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from schemas.structure import ClauseId, WrongValueError
from schemas.table_types import Refusal, RequestRow, RequestTable, Sheet, Support, Tables
from schemas.yaml_rows import ContractError

if TYPE_CHECKING:
    from schemas.yaml_rows import Where

__all__ = ["Override", "Placed", "applied", "as_row", "checked"]

# Of a row whose field is ignored: "is accepted", and "has no effect".
OF_IGNORED = 2
NOTHING: Mapping[str, Any] = {"not": {}}
ANY_BUT_NULL: Mapping[str, Any] = {"not": {"type": "null"}}


@dataclass(frozen=True, slots=True)
class Override:
    """How a profile supports a field, and the clauses by which it says so.

    Without clauses those of the row stand. `ignored` takes two (is accepted, has no effect),
    `refused` one.
    """

    support: Support
    clauses: tuple[ClauseId, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """An override of one field of one kind of request, and where it stands."""

    kind: str
    field: str
    override: Override
    where: Where


def as_row(value: Any) -> Any:
    """`seed: full` is short for `seed: {support: full}`."""
    return {"support": value} if isinstance(value, str) else value


def checked(override: Override) -> None:
    """Refuse an override with the wrong number of clauses. Raises WrongValueError."""
    most = {"ignored": OF_IGNORED, "refused": 1, "open": 0}.get(override.support, 1)
    if len(override.clauses) not in (0, most):
        raise WrongValueError(
            f"{len(override.clauses)} clauses for {override.support}", f"give {most}"
        )


def applied(tables: Tables, overrides: Iterable[Placed]) -> tuple[Tables, Mapping[str, str]]:
    """The tables with these overrides, and why each clause that they drop does not hold.

    Raises ContractError.
    """
    reasons: dict[str, str] = {}
    for each in overrides:
        sheet = tables.kinds[each.kind]
        table = sheet.requests[each.kind]
        rows = [_row(row, each) if row.field == each.field else row for row in table.rows]
        before = next(row for row in table.rows if row.field == each.field)
        reason = _reason(each)
        reasons.update(dict.fromkeys(_clauses(before), reason))
        tables = _with(tables, sheet, replace(table, rows=tuple(rows)))
    named = {
        clause
        for table in tables.requests.values()
        for row in table.rows
        for clause in _clauses(row)
    }
    named |= {one.prerequisite for one in tables.operations}
    return tables, {clause: why for clause, why in reasons.items() if clause not in named}


def _row(row: RequestRow, placed: Placed) -> RequestRow:
    override = placed.override
    clauses = override.clauses or row.clauses
    if override.support in ("full", "partial"):
        return replace(row, support=override.support, clauses=clauses[:1])
    if override.support == "open":
        return replace(
            row,
            support="open",
            accepted=dict(NOTHING),
            refused=(),
            presence_clause=None,
            required=False,
            example=(),
            open_example=(*row.example, *row.open_example),
            clauses=(),
        )
    if override.support == "ignored":
        if not override.clauses and row.support != "ignored":
            wrong = f"no clause says that '{row.field}' is ignored"
            raise ContractError(placed.where, wrong, "name two: is accepted, has no effect")
        return replace(row, support="ignored", clauses=clauses)
    if not override.clauses:
        wrong = f"no clause says that '{row.field}' is refused"
        raise ContractError(placed.where, wrong, "name it under clauses")
    refusal = Refusal(override.clauses[0], dict(ANY_BUT_NULL), row.example)
    return replace(
        row,
        support="refused",
        accepted=dict(NOTHING),
        refused=(refusal,),
        presence_clause=None,
        required=False,
        example=(),
        clauses=override.clauses,
    )


def _clauses(row: RequestRow) -> set[str]:
    found: set[str] = {*row.clauses, *(one.clause for one in row.refused)}
    return found | ({row.presence_clause} if row.presence_clause else set())


def _reason(placed: Placed) -> str:
    how = {
        "full": "the profile supports {}",
        "partial": "the profile supports {}",
        "ignored": "the profile ignores {}",
        "refused": "the profile refuses {}",
        "open": "the profile leaves {} open",
    }
    return how[placed.override.support].format(placed.field)


def _with(tables: Tables, sheet: Sheet, table: RequestTable) -> Tables:
    requests = MappingProxyType({**sheet.requests, table.name: table})
    return Tables({**tables.sheets, sheet.name: replace(sheet, requests=requests)})
