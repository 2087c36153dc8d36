"""The JSON Schema keywords that the tables may use: those that the judge enforces, and no other.

A keyword that the judge does not know would be published and never held, so it is refused where it
is written.
"""

from __future__ import annotations

from typing import Any

from schemas.structure import Schema, WrongValueError

# Keywords that hold a value, a mapping of schemas, a list of schemas, one schema.
ASSERTIONS = (
    *("type", "const", "enum", "required", "minimum", "maximum", "exclusiveMinimum", "multipleOf"),
    *(
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
    ),
)
MAPS = ("properties", "patternProperties")
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SCHEMAS = ("items", "contains", "not", "if", "then", "else", "additionalProperties")
NAMES = "propertyNames"
# What says something to readers and tools, and constrains nothing.
NOTES = ("title", "description", "format", "examples", "default")
REFERENCE = "$ref"
# What `schemas.derive` writes for the judge.
ANNOTATIONS = (
    *("x-value-clause", "x-presence-clauses", "x-expected", "x-at", "x-refused", "x-support"),
    *("x-needs", "x-clauses", "x-variants", "x-order"),
)

_KNOWN = frozenset((*ASSERTIONS, *MAPS, *LISTS, *SCHEMAS, NAMES, *NOTES, REFERENCE))


def check(schema: Schema) -> None:
    """Refuse a keyword that the judge would pass over, at any depth. Raises WrongValueError."""
    unknown = sorted(key for key in schema if key not in _KNOWN and not key.startswith("x-"))
    unknown += sorted(key for key in schema if key.startswith("x-") and key not in ANNOTATIONS)
    if unknown:
        raise WrongValueError(
            f"the judge knows no keyword '{unknown[0]}'", "write it with known keywords"
        )
    for inner in _parts(schema):
        if isinstance(inner, dict):
            check(inner)


def _parts(schema: Schema) -> list[Any]:
    """The schemas that stand directly in this one."""
    found = [schema[key] for key in (*SCHEMAS, NAMES) if key in schema]
    for key in MAPS:
        found += list(schema.get(key, {}).values())
    for key in LISTS:
        found += schema.get(key, [])
    return found
