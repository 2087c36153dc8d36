"""The documented tables as data: what may be sent to an endpoint, and what it answers.

`read()` makes typed sheets of rows, one sheet an endpoint. It raises `ContractError` when a row is
malformed, names a clause, role, table or document that does not exist, or prints words that its
document does not print. Adding a field is one row, never new code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from schemas.structure import Reader, WrongValueError
from schemas.table_types import (
    Printed,
    RequestRow,
    RequestTable,
    ResponseRow,
    ResponseTable,
    Sheet,
    Tables,
)
from schemas.yaml_rows import Row, Where, at, choose

__all__ = ["CHECKS", "MAKES", "SHARED", "read", "references", "verified"]

SHARED = "common"
# The parts of a sheet that hold tables by their name.
NAMED = ("requests", "responses", "request_objects", "response_objects")


def read(rows: Iterable[tuple[Where, Row]], reader: Reader) -> tuple[Sheet, ...]:
    """The sheets of these rows. Raises ContractError."""
    return tuple(reader.read(where, Sheet, _with_names(row)) for where, row in rows)


def verified(tables: Tables, places: Mapping[str, tuple[Where, Row]]) -> Tables:
    """The tables, when each name that they refer to is in their own sheet or in the shared one.

    `places` are the rows that the sheets were made of. Raises ContractError.
    """
    shared = tables.sheets[SHARED].definitions if SHARED in tables.sheets else {}
    for sheet in tables.sheets.values():
        if sheet.name not in places:
            continue
        where, row = places[sheet.name]
        for side in ("request", "response"):
            objects = getattr(sheet, f"{side}_objects")
            known = {**shared, **sheet.definitions, **objects}
            for part in (f"{side}s", f"{side}_objects"):
                for table in getattr(sheet, part).values():
                    place = at(Where(where.file, table.name), row, part, table.name)
                    for name in _named_in(table):
                        choose(place, "table or definition", name, known)
        for operation in sheet.operations:
            for kind in filter(None, (operation.request, operation.answer, operation.stream)):
                choose(Where(where.file, operation.id), "kind of body", kind, tables.kinds)
    return tables


def references(node: object) -> Iterator[str]:
    """The names that a schema refers to, at any depth."""
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix("#/$defs/")
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from references(value)


def _with_names(row: Row) -> Row:
    """The sheet with each table's name, which stands as its key, in the table as well."""
    for part in NAMED:
        if isinstance(row.get(part), Mapping):
            tables = {
                name: each.with_value("name", name) if isinstance(each, Row) else each
                for name, each in row[part].items()
            }
            row = _replaced(row, part, tables)
    return row


def _replaced(row: Row, key: str, value: Mapping[str, Any]) -> Row:
    inner = Row(value, row[key].lines)
    inner.line = row[key].line
    return row.with_value(key, inner)


def _named_in(table: RequestTable | ResponseTable) -> Iterator[str]:
    yield from references(table.schema)
    for row in table.rows:
        if isinstance(row, RequestRow):
            yield from references([row.accepted, *(one.schema for one in row.refused)])
            yield from filter(None, [row.each])
        else:
            yield from references([row.schema, *(one.schema for one in row.further)])


def _exactly_one(table: RequestTable | ResponseTable) -> None:
    if bool(table.rows) == (table.schema is not None):
        raise WrongValueError("not one of rows and schema", "give exactly one")


def _says_whose_absence(row: ResponseRow) -> None:
    if row.required != (row.presence_clause is not None):
        remedy = "give a required field, and no other, a presence_clause"
        raise WrongValueError("presence_clause and required disagree", remedy)


def _pairs(table: RequestTable) -> None:
    _exactly_one(table)
    known = {row.field for row in table.rows}
    if any(len(pair) != 2 or not known.issuperset(pair) for pair in table.unranked):
        raise WrongValueError("'unranked' holds no pairs of its rows", "give two fields each")
    if any(len(pair) != 2 for pair in table.order):
        raise WrongValueError(
            "'order' holds no pairs", "give two fields each: the lower, then the higher"
        )


def _printed(value: Any) -> Any:
    """Words by their document, as a list of both."""
    if not isinstance(value, Mapping):
        return value
    return [{"source": source, "words": words} for source, words in value.items()]


CHECKS: dict[Any, Callable[[Any], None]] = {
    RequestTable: _pairs,
    ResponseTable: _exactly_one,
    ResponseRow: _says_whose_absence,
}
MAKES: dict[Any, Callable[[Any], Any]] = {tuple[Printed, ...]: _printed}
