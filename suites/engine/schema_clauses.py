"""Which clauses a derived response schema speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.structure import Schema

VALUE = "x-value-clause"
PRESENCE = "x-presence-clauses"


@dataclass(frozen=True)
class Spoken:
    """`always` are decided by any body of the kind, `ever` by one that has the optional parts.

    A body without tool calls says nothing of the clauses on tool calls: it may not count for them.
    """

    always: tuple[str, ...]
    ever: tuple[str, ...]


def clauses_of(schema: Schema) -> Spoken:
    """The clauses of a derived schema."""
    always = tuple(sorted(set(_required(schema, schema))))
    return Spoken(always, tuple(sorted(set(_all(schema)))))


def _all(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if VALUE in node:
            yield node[VALUE]
        yield from node.get(PRESENCE, {}).values()
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _all(each)


def _required(schema: Any, root: Any) -> Iterator[str]:
    """Clauses on the way through required properties and the first elements of lists."""
    schema = _resolve(schema, root)
    if VALUE in schema:
        yield schema[VALUE]
    for rule in schema.get("allOf", ()):
        if VALUE in rule.get("then", {}):
            yield rule["then"][VALUE]
    for name in schema.get("required", ()):
        if name in schema.get(PRESENCE, {}):
            yield schema[PRESENCE][name]
        yield from _required(schema.get("properties", {}).get(name, {}), root)
    for element in (schema.get("items"), *schema.get("prefixItems", ())):
        if isinstance(element, dict):
            yield from _required(element, root)


def _resolve(schema: Any, root: Any) -> Any:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return {**_resolve(root["$defs"][name], root), **schema}
    return schema
