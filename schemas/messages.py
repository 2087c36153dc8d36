"""What a schema expects and what came, in a few words of plain English."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["LONGEST", "NOTHING", "actual", "expected"]

LONGEST = 120
NOTHING: Any = object()
_TYPES = {
    "array": "an array",
    "boolean": "a boolean",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} elements",
    "maxItems": "at most {} elements",
    "pattern": "text that matches {}",
}
# These name null themselves, where it is lawful.
ALTERNATIVES = ("const", "enum", "anyOf", "oneOf")


def expected(keyword: str, schema: Mapping[str, Any]) -> str:
    """What one keyword of a schema asks for."""
    value = schema.get(keyword)
    if keyword == "type":
        return _type(value)
    if keyword == "const":
        return _value(value)
    if keyword == "enum" and isinstance(value, list):
        return f"one of {', '.join(map(_value, value))}"
    types = schema.get("type")
    if isinstance(types, list) and "null" in types and keyword not in ALTERNATIVES:
        rest = {**schema, "type": [each for each in types if each != "null"]}
        return f"{expected(keyword, rest)} or null"
    if keyword == "minLength" and value == 1:
        return "a non-empty string"
    if keyword == "minItems" and value == 1:
        return "at least one element"
    if keyword in ("anyOf", "oneOf") and isinstance(value, list):
        return " or ".join(dict.fromkeys(map(_whole, value)))
    if keyword == "contains" and isinstance(value, dict):
        return f"an element that is {_whole(value)}"
    return _BOUNDS.get(keyword, "another value").format(value)


def actual(value: object) -> str:
    """What came, never longer than LONGEST. NOTHING stands for an absent value."""
    if value is NOTHING:
        return "nothing"
    if isinstance(value, Mapping):
        keys = ", ".join(str(key)[:30] for key in list(value)[:12])
        return _cut(f"an object with {keys}" if keys else "an empty object")
    if isinstance(value, list):
        return f"an array of {len(value)}"
    if isinstance(value, str):
        return _cut(json.dumps(value[:LONGEST], ensure_ascii=False))
    return _cut(json.dumps(value) if isinstance(value, bool | int | float | None) else repr(value))


def _whole(schema: object) -> str:
    """What a whole schema asks for, by its most telling keyword."""
    if not isinstance(schema, Mapping):
        return "another value"
    if "x-expected" in schema:
        return str(schema["x-expected"])
    for keyword in ("const", "enum", "type", "anyOf"):
        if keyword in schema:
            return expected(keyword, schema)
    return "another value"


def _type(names: object) -> str:
    if isinstance(names, list):
        return " or ".join(_TYPES.get(name, str(name)) for name in names)
    return _TYPES.get(str(names), str(names))


def _value(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else json.dumps(value)


def _cut(text: str) -> str:
    """The text, short, and free of the lone surrogates that no file can hold."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
