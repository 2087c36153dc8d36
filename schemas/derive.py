"""Tables to JSON Schemas (2020-12): one schema a kind of body, readable and stable.

Annotations carry the law along. Of a request: `x-refused` (the values promised to be refused, each
with the clause that says so), `x-support`, `x-needs`, `x-order`. Of an answer: `x-value-clause`
(violated by a wrong value, inherited by all that has none of its own), `x-presence-clauses` (by a
missing key), `x-expected` and `x-at` (how and where a rule is shown). `x-clauses` lists them all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from schemas.structure import Schema
from schemas.table_types import (
    Printed,
    Refusal,
    RequestRow,
    RequestTable,
    ResponseRow,
    ResponseTable,
    Rule,
    Sheet,
    Tables,
)
from schemas.tables import SHARED, references

__all__ = ["DIALECT", "DIRECTORY", "files", "refusals", "schema", "text"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DIRECTORY = Path(__file__).parent / "json"


def files(tables: Tables) -> dict[Path, str]:
    """Each schema file with the text that it must hold."""
    return {DIRECTORY / f"{kind}.json": text(schema(tables, kind)) for kind in tables.kinds}


def text(document: Schema) -> str:
    """A JSON document as it is written to a file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def schema(tables: Tables, kind: str) -> Schema:
    """The schema of one kind of body, with all that it refers to under `$defs`."""
    sheet = tables.kinds[kind]
    if kind in sheet.requests:
        root = _request(sheet, sheet.requests[kind])
    else:
        root = _response(sheet.responses[kind])
    known = definitions(tables, sheet, kind)
    used = {name: known[name] for name in _reachable(root, known)}
    head = {"$schema": DIALECT, "$id": f"{kind}.json"}
    return {**head, **root, **({"$defs": used} if used else {})}


def definitions(tables: Tables, sheet: Sheet, kind: str) -> dict[str, Schema]:
    """All that the tables of this sheet may refer to, by name."""
    shared = tables.sheets[SHARED].definitions if SHARED in tables.sheets else {}
    if kind in sheet.requests:
        objects = {k: _request(sheet, table) for k, table in sheet.request_objects.items()}
    else:
        objects = {k: _response(table) for k, table in sheet.response_objects.items()}
    return {**shared, **sheet.definitions, **objects}


def refusals(sheet: Sheet, table: RequestTable) -> Iterator[Refusal]:
    """What a request of this table is refused for: each cause with its clause, over the whole."""
    yield from table.refused
    for row in table.rows:
        if row.presence_clause:
            yield Refusal(row.presence_clause, {"not": {"required": [row.field]}})
        for one in row_refusals(sheet, row):
            yield Refusal(
                one.clause, {"required": [row.field], "properties": {row.field: one.schema}}
            )


def row_refusals(sheet: Sheet, row: RequestRow) -> Iterator[Refusal]:
    """What a value of this field is refused for, its elements included."""
    yield from row.refused
    if row.each:
        for one in refusals(sheet, sheet.request_objects[row.each]):
            element = {"type": "object", **one.schema}
            yield Refusal(one.clause, {"type": "array", "contains": element})


def _request(sheet: Sheet, table: RequestTable) -> Schema:
    required = [row.field for row in table.rows if row.required]
    presence = {row.field: row.presence_clause for row in table.rows if row.presence_clause}
    built: Schema = {"title": table.title}
    if table.schema is not None:
        return {**built, **table.schema, **_refused(table.refused)}
    built["type"] = "object"
    built["required"] = required
    built["properties"] = {row.field: _sent(sheet, row) for row in table.rows}
    built["x-presence-clauses"] = presence
    built["x-order"] = [list(pair) for pair in table.order]
    built["x-needs"] = [{"role": need.role, "when": need.when} for need in table.needs]
    return {**_filled(built), **_refused(table.refused)}


def _sent(sheet: Sheet, row: RequestRow) -> Schema:
    """A field of a request: its schema takes the accepted values."""
    head = _filled({"description": _description(row.printed, row.open)})
    default = {"default": row.default[0]} if row.default else {}
    notes = _filled(
        {
            "examples": list(row.example),
            "x-support": row.support,
            "x-needs": row.needs,
            "x-clauses": list(row.clauses),
            "x-variants": {one.value: one.clause for one in row.variants},
        }
    )
    return {**head, **row.accepted, **default, **notes, **_refused(row_refusals(sheet, row))}


def _refused(causes: Iterable[Refusal]) -> Schema:
    listed = [{"x-value-clause": one.clause, **one.schema} for one in causes]
    return {"x-refused": {"anyOf": listed}} if listed else {}


def _response(table: ResponseTable) -> Schema:
    built: Schema = {"title": table.title, "description": table.note}
    built["x-value-clause"] = table.value_clause
    if table.schema is not None:
        return {**_filled(built), **table.schema}
    built["type"] = "object"
    built["required"] = [row.field for row in table.rows if row.required]
    built["properties"] = {row.field: _received(row) for row in table.rows}
    built["allOf"] = [_rule(rule) for rule in table.rules]
    built["x-presence-clauses"] = {
        row.field: row.presence_clause for row in table.rows if row.presence_clause
    }
    return _filled(built)


def _received(row: ResponseRow) -> Schema:
    """A field of an answer: its own constraint, then the further ones once that holds."""
    core = _or_null(row.schema) if row.nullable else row.schema
    clauses = (row.value_clause, row.presence_clause, *(rule.clause for rule in row.further))
    notes = {
        "allOf": [{"if": core, "then": _rule(rule)} for rule in row.further],
        "x-value-clause": row.value_clause,
        "x-expected": row.expected,
        "x-clauses": list(dict.fromkeys(filter(None, clauses))),
    }
    head = _filled({"description": _description(row.printed, row.note)})
    return {**head, **core, **_filled(notes)}


def _rule(rule: Rule) -> Schema:
    notes = {"x-value-clause": rule.clause, "x-expected": rule.expected, "x-at": rule.at}
    return {**rule.schema, **_filled(notes)}


def _or_null(schema: Schema) -> Schema:
    """The schema, or null."""
    if isinstance(schema.get("type"), str) and not {"const", "enum"} & schema.keys():
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _description(printed: Iterable[Printed], note: str) -> str:
    words = [f"{one.source}: {' '.join(one.words.split())}" for one in printed]
    return "\n".join([*words, *([f"Open: {note}"] if note else [])])


def _filled(built: Schema) -> Schema:
    """Without the keys that say nothing."""
    return {key: value for key, value in built.items() if value not in (None, "", [], {})}


def _reachable(root: Schema, known: Mapping[str, Schema]) -> list[str]:
    """The names that the schema refers to, directly or not, in the order of `known`."""
    found: set[str] = set()
    waiting = [root]
    while waiting:
        for name in set(references(waiting.pop())) - found:
            found.add(name)
            waiting.append(known[name])
    return [name for name in known if name in found]
