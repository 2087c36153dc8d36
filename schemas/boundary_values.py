"""The values at the borders of a documented row, inside and outside, without chance.

And what programs stumble over anywhere: odd texts, odd numbers, values of every type. Each value
is handed out with what the schemas say of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from schemas.structure import Schema
    from schemas.validate import BodySchemas, Standing

__all__ = [
    "ODD_TEXTS",
    "ODD_VALUES",
    "STUFFED",
    "edges",
    "merged",
    "outside",
    "resolved",
]

LONGEST_WORD = 14
# Texts that are lawful everywhere, and that programs stumble over.
ODD_TEXTS = (
    *(
        "😀",
        "e\u0301",
        "שלום",
        "中文",
        "\u200d\u200b",
        "\ufeff",
        "\n",
        "\t",
        '"\\',
        "'",
        "<b>&amp;",
    ),
    *("__proto__", "constructor", "null", "NaN", "-1", "%s%n%x", "{}", "{{7*7}}", "${x}", "../.."),
    # What inference stacks treat specially.
    *("<|endoftext|>", "<|im_end|>", "[INST]", "</s>", "<think>", "{{", "{% x %}"),
    *("\u2028", "\x7f", "ﷺ", "🏳️‍🌈", "İ", "ß", " a ", "A" * 200),
)
# All of them that hold no other thing than themselves, in one text: what stumbles, stumbles here.
STUFFED = "Say OK " + " ".join(text for text in ODD_TEXTS if len(text) < LONGEST_WORD)
# Values of every JSON type, and the numbers at which types of fixed size end.
NUMBERS = (
    *(0, 1, -1, 2, 0.5, -0.5, 1.5, 1.0, -0.0, 2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63, 2**64),
    *(-(2**31) - 1, -(2**63) - 1, 10**30, 1e-9, 1e300, -1e300, 5e-324),
)
ODD_VALUES: tuple[Any, ...] = (
    *NUMBERS,
    *(None, True, False, "", " ", "0", "1", "x", "true", [], [[]], [None], [0], [""], {}),
    *({"": None}, {"a": {"b": {"c": []}}}, ["x"] * 5, "\x00", "\ud800", [{}], [[[[[]]]]]),
)
LONGEST_NAME = 40
MOST_NAMES = 16
PARTS = 16


@cache
def edges(bodies: BodySchemas, kind: str, field: str) -> tuple[tuple[Any, Standing], ...]:
    """The values at the borders of a row, inside and outside, each with its standing.

    What the table itself lists comes first, then the borders, then oddities of every type, then
    what lies evenly between the borders.
    """
    row, known = bodies.rows(kind)[field], bodies[kind].definitions
    listed = [
        *row.example,
        *_borders(row.accepted, known),
        *outside(bodies, kind, field),
        *(value for each in row.refused for value in each.example),
        *row.open_example,
        *ODD_VALUES,
        *(value for each in _alternatives(row.accepted, known) for value in _inside(each)),
    ]
    found: dict[str, tuple[Any, Standing]] = {}
    for value in listed:
        key = json.dumps(value, default=repr)
        found.setdefault(key, (value, bodies[kind].standing(field, value)))
    return tuple(found.values())


@cache
def outside(bodies: BodySchemas, kind: str, field: str) -> tuple[Any, ...]:
    """The values next to the range that a row prints, and not in it: one below, one above."""
    known = bodies[kind].definitions
    found: dict[str, Any] = {}
    for schema in _alternatives(bodies.rows(kind)[field].accepted, known):
        for value in (*_beside(schema), *_too_many(schema, known)):
            found.setdefault(json.dumps(value), value)
    return tuple(
        value for value in found.values() if bodies[kind].standing(field, value) != "accepted"
    )


def resolved(schema: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its own reference followed."""
    schema = schema if isinstance(schema, dict) else {}
    while "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = merged(definitions[schema["$ref"].rpartition("/")[2]], beside)
    return cast("dict[str, Any]", schema)


def _borders(schema: Any, definitions: Mapping[str, Any]) -> Iterator[Any]:
    """The values around the bounds that a schema prints."""
    schema = resolved(schema, definitions)
    yield from (value for value in schema.get("enum", ()))
    for key in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(key, ()):
            yield from _borders(each, definitions)
    step = 1 if schema.get("type") == "integer" else 0.001
    for bound in ("minimum", "exclusiveMinimum", "maximum"):
        if bound in schema:
            border = schema[bound]
            yield from (border, border + step, border - step)
            if step != 1:
                yield from (float(border), math.nextafter(border, 1))
    if schema.get("type") == "string" and not {"enum", "const", "pattern"} & schema.keys():
        longest = ["x" * schema["maxLength"]] if "maxLength" in schema else []
        yield from (STUFFED, *longest, *ODD_TEXTS)
    if schema.get("type") == "boolean":
        yield from (True, False)
    if schema.get("type") == "array":
        yield from _border_lists(schema, definitions)
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        yield from _border_maps(schema, definitions)


def _alternatives(schema: Any, definitions: Mapping[str, Any]) -> Iterator[Schema]:
    """The schema, and those of which it is one."""
    schema = resolved(schema, definitions)
    yield schema
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _alternatives(each, definitions)


def _beside(schema: Schema) -> Iterator[Any]:
    step = 1 if schema.get("type") == "integer" else 0.001
    only = schema.get("const") if step == 1 else None
    low, high = schema.get("minimum", only), schema.get("maximum", only)
    if "exclusiveMinimum" in schema:
        yield schema["exclusiveMinimum"]
    if low is not None:
        yield low - step
    if high is not None:
        yield high + step


def _inside(schema: Schema) -> Iterator[Any]:
    """Values that divide a range evenly."""
    if "maximum" not in schema or not {"minimum", "exclusiveMinimum"} & schema.keys():
        return
    low, high = schema.get("minimum", schema.get("exclusiveMinimum", 0)), schema["maximum"]
    for part in range(1, PARTS):
        if schema.get("type") == "integer":
            yield low + (high - low) * part // PARTS
        else:
            yield low + (high - low) * part / PARTS


def _too_many(schema: Schema, definitions: Mapping[str, Any]) -> Iterator[Any]:
    """One item, letter or name too many, and maps with a value next to its range."""
    items = resolved(schema.get("items", {}), definitions)
    if "maxItems" in schema and items.get("type") == "string":
        yield [chr(ord("a") + number) for number in range(schema["maxItems"] + 1)]
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
    if "maxProperties" in schema:
        yield {f"k{number}": "x" for number in range(schema["maxProperties"] + 1)}
    if "pattern" in schema.get("propertyNames", {}):
        yield {"😀": 0}
    if isinstance(schema.get("additionalProperties"), dict):
        inside = resolved(schema["additionalProperties"], definitions)
        yield from ({"50": value} for value in (*_beside(inside), *_too_many(inside, definitions)))


def _border_lists(schema: Schema, definitions: Mapping[str, Any]) -> Iterator[Any]:
    items = resolved(schema.get("items", {}), definitions)
    if items.get("type") != "string":
        return
    plain = ["a", "b", "c", "d", "e", "f", "g", "h"]
    most = schema.get("maxItems", len(plain) - 1)
    yield from ([*plain][:length] for length in (0, 1, most, most + 1))
    yield from ([text] for text in ODD_TEXTS[:6])
    yield [*plain[: most - 1], ""]


def _border_maps(schema: Schema, definitions: Mapping[str, Any]) -> Iterator[Any]:
    free = schema["additionalProperties"]
    inside = [each for each in _borders(free, definitions) if validate_one(free, each)] or ["x"]
    names = [name for name in (*ODD_TEXTS, "a", "50") if len(name) <= LONGEST_NAME]
    yield dict.fromkeys(names[:MOST_NAMES], inside[0])
    yield from ({"50": value} for value in inside[1:4])
    for most in (MOST_NAMES, MOST_NAMES + 1):
        yield {str(number): inside[0] for number in range(most)}
    yield from ({name: inside[0]} for name in names)


def validate_one(schema: Schema, value: object) -> bool:
    """Whether a value is of the simple type that a schema names."""
    types = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    return isinstance(value, types.get(str(schema.get("type")), object))  # type: ignore[arg-type]


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two schemas that both hold, as far as the tables need it."""
    whole = {**one, **other}
    if "properties" in one and "properties" in other:
        whole["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        whole["required"] = sorted({*one["required"], *other["required"]})
    return whole
