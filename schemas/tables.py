"""The documented tables as data: what may be sent to an endpoint, and what it answers.

`load()` reads `tables/*.yaml`, one file an endpoint, and returns them typed. It raises
`ContractError` when a row is malformed, names a clause, role, table or document that does not
exist, or prints words that its document does not print. Adding a field is one row, never new code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from schemas import contract, rows
from schemas.rows import ContractError, Where
from schemas.table_types import (
    SUPPORT,
    Link,
    Need,
    Operation,
    Parameter,
    Printed,
    Refusal,
    RequestRow,
    RequestTable,
    ResponseRow,
    ResponseTable,
    Rule,
    Sheet,
    Tables,
    Variant,
)

__all__ = ["DIRECTORY", "SHARED", "ContractError", "load", "references"]

DIRECTORY = Path(__file__).parent / "tables"
SHARED = "common"

_T = TypeVar("_T")
_Made = TypeVar("_Made")
_Row = dict[str, Any]
_Make = Callable[[Where, _Row], _Made]


@cache
def load(directory: Path = DIRECTORY) -> Tables:
    """Read and check the tables in `directory`. Raises ContractError."""
    found = [
        _sheet(where, row)
        for path in sorted(directory.glob("*.yaml"))
        for where, row in rows.read(directory, path.name)
    ]
    tables = Tables(MappingProxyType({sheet.name: sheet for sheet in found}))
    _check_references(tables)
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


def _sheet(where: Where, row: _Row) -> Sheet:
    parts = ("requests", "responses", "request_objects", "response_objects", "definitions")
    rows.check(where, row, {"name": str, "title": str}, {"operations": list, **_all(parts, dict)})
    request, response = _tables(_request_table), _tables(_response_table)
    return Sheet(
        name=row["name"],
        title=row["title"],
        operations=_many(where, row.get("operations", ()), _operation),
        requests=request(where, row.get("requests", {})),
        responses=response(where, row.get("responses", {})),
        request_objects=request(where, row.get("request_objects", {})),
        response_objects=response(where, row.get("response_objects", {})),
        definitions=MappingProxyType(row.get("definitions", {})),
    )


def _tables(make: Callable[[Where, str, _Row], _T]) -> Callable[[Where, _Row], Mapping[str, _T]]:
    def build(where: Where, named: _Row) -> Mapping[str, _T]:
        made = {name: make(Where(where.file, name), name, row) for name, row in named.items()}
        return MappingProxyType(made)

    return build


def _request_table(where: Where, name: str, row: _Row) -> RequestTable:
    may = {**_all(("rows", "refused", "order", "needs"), list), "schema": dict}
    rows.check(where, row, {"title": str}, may)
    _one_of(where, row, "rows", "schema")
    return RequestTable(
        name=name,
        title=row["title"],
        rows=_many(where, row.get("rows", ()), _request_row),
        schema=row.get("schema"),
        refused=_many(where, row.get("refused", ()), _refusal),
        order=tuple((low, high) for low, high in row.get("order", ())),
        needs=_many(where, row.get("needs", ()), _need),
    )


def _request_row(where: Where, row: _Row) -> RequestRow:
    need = {**_all(("field", "type", "support"), str), "accepted": dict}
    lists = _all(("refused", "example", "open_example", "variants"), list)
    texts = _all(("presence_clause", "open", "needs", "each"), str)
    may = {"required": bool, "printed": dict, "default": object, **lists, **texts}
    rows.check(where, row, {**need, "clauses": list}, may)
    where = Where(where.file, f"{where.id}.{row['field']}")
    rows.choose(where, "support", row["support"], SUPPORT)
    if "needs" in row:
        rows.choose(where, "role", row["needs"], contract.load().roles)
    _clauses(where, row, "presence_clause")
    made: _Row = {
        "clauses": _clause_ids(where, row["clauses"]),
        "printed": _printed(where, row.get("printed", {})),
        "refused": _many(where, row.get("refused", ()), _refusal),
        "variants": _many(where, row.get("variants", ()), _variant),
        "example": tuple(row.get("example", ())),
        "open_example": tuple(row.get("open_example", ())),
        "default": (row["default"],) if "default" in row else (),
    }
    return RequestRow(**{**row, **made})


def _refusal(where: Where, row: _Row) -> Refusal:
    rows.check(where, row, {"clause": str, "schema": dict}, {"example": list})
    _clauses(where, row, "clause")
    return Refusal(**{**row, "example": tuple(row.get("example", ()))})


def _variant(where: Where, row: _Row) -> Variant:
    rows.check(where, row, {"value": str, "clause": str}, {})
    _clauses(where, row, "clause")
    return Variant(**row)


def _need(where: Where, row: _Row) -> Need:
    rows.check(where, row, {"role": str, "when": dict}, {})
    rows.choose(where, "role", row["role"], contract.load().roles)
    return Need(**row)


def _response_table(where: Where, name: str, row: _Row) -> ResponseTable:
    may = {"rows": list, "rules": list, "schema": dict, "note": str}
    rows.check(where, row, {"title": str, "value_clause": str}, may)
    _one_of(where, row, "rows", "schema")
    _clauses(where, row, "value_clause")
    made: _Row = {
        "rows": _many(where, row.get("rows", ()), _response_row),
        "rules": _many(where, row.get("rules", ()), _rule),
    }
    return ResponseTable(**{**row, **made, "name": name})


def _response_row(where: Where, row: _Row) -> ResponseRow:
    need = {"field": str, "schema": dict, "value_clause": str}
    texts = _all(("presence_clause", "expected", "note"), str)
    flags = _all(("required", "nullable"), bool)
    rows.check(where, row, need, {"further": list, "printed": dict, **texts, **flags})
    where = Where(where.file, f"{where.id}.{row['field']}")
    _clauses(where, row, "value_clause", "presence_clause")
    if row.get("required", False) != ("presence_clause" in row):
        remedy = "give a required field, and no other, a presence_clause"
        raise ContractError(where, "presence_clause and required disagree", remedy)
    made: _Row = {
        "further": _many(where, row.get("further", ()), _rule),
        "printed": _printed(where, row.get("printed", {})),
    }
    return ResponseRow(**{**row, **made})


def _rule(where: Where, row: _Row) -> Rule:
    rows.check(where, row, {"clause": str, "schema": dict}, _all(("expected", "at"), str))
    _clauses(where, row, "clause")
    return Rule(**row)


def _operation(where: Where, row: _Row) -> Operation:
    texts = _all(("id", "method", "path", "summary", "answer"), str)
    lists = _all(("parameters", "links", "errors"), list)
    rows.check(where, row, texts, {**_all(("request", "media", "stream"), str), **lists})
    made: _Row = {
        "parameters": _many(where, row.get("parameters", ()), _parameter),
        "links": _many(where, row.get("links", ()), _link),
        "errors": rows.texts(where, "errors", row.get("errors", ())),
    }
    return Operation(**{**row, **made})


def _link(where: Where, row: _Row) -> Link:
    rows.check(where, row, _all(("operation", "parameter", "pointer"), str), {})
    return Link(**row)


def _parameter(where: Where, row: _Row) -> Parameter:
    rows.check(where, row, {"name": str, "description": str, "schema": dict}, {})
    return Parameter(**row)


def _many(where: Where, found: Any, make: _Make[_T]) -> tuple[_T, ...]:
    for row in found:
        if not isinstance(row, dict):
            raise ContractError(where, f"not a row: {row!r}", "write a mapping")
    return tuple(make(where, row) for row in found)


def _all(names: tuple[str, ...], kind: type) -> dict[str, type]:
    return dict.fromkeys(names, kind)


def _one_of(where: Where, row: _Row, *keys: str) -> None:
    if sum(key in row for key in keys) != 1:
        raise ContractError(where, f"not one of {' and '.join(keys)}", "give exactly one")


def _clauses(where: Where, row: _Row, *keys: str) -> None:
    """Refuse an unknown clause under any of these keys of the row."""
    _clause_ids(where, [row[key] for key in keys if key in row])


def _clause_ids(where: Where, ids: list[Any]) -> tuple[str, ...]:
    for clause in ids:
        if clause not in contract.load().clauses:
            raise ContractError(where, f"unknown clause '{clause}'", "mend or remove the id")
    return tuple(ids)


def _printed(where: Where, printed: Mapping[str, Any]) -> tuple[Printed, ...]:
    sources = contract.load().sources
    for source, words in printed.items():
        rows.choose(where, "source", source, sources)
        if not sources[source].prints(str(words)):
            remedy = f"copy the words from sources/{source}.txt"
            raise ContractError(where, f"not in its source: {words!r}", remedy)
    return tuple(Printed(*one) for one in printed.items())


def _check_references(tables: Tables) -> None:
    """Each name that a table refers to is in its own sheet or in the shared one."""
    shared = tables.sheets[SHARED].definitions if SHARED in tables.sheets else {}
    for sheet in tables.sheets.values():
        for side in ("request", "response"):
            named = {**getattr(sheet, f"{side}s"), **getattr(sheet, f"{side}_objects")}
            known = {**shared, **sheet.definitions, **getattr(sheet, f"{side}_objects")}
            for table in named.values():
                where = Where(f"{sheet.name}.yaml", table.name)
                each = [row.each for row in table.rows if getattr(row, "each", None)]
                for name in (*_schemas(table), *each):
                    rows.choose(where, "table or definition", name, known)


def _schemas(table: RequestTable | ResponseTable) -> Iterator[str]:
    yield from references(table.schema)
    for row in table.rows:
        if isinstance(row, RequestRow):
            yield from references([row.accepted, *(one.schema for one in row.refused)])
        else:
            yield from references([row.schema, *(one.schema for one in row.further)])
