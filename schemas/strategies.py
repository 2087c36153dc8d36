"""Hypothesis strategies and boundary values, derived from the documented tables.

`values` draws one value of a field, `requests` one whole body, of the standing that is asked for:
promised to be accepted, promised to be refused, or open. `edges` lists the values at the borders
of a row, without chance. Everything is checked against the schemas before it is handed out, so a
strategy and a schema cannot drift apart.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

from hypothesis import strategies as st

from schemas import tables, validate
from schemas.derive import schema as derived

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from schemas.table_types import RequestRow, Schema
    from schemas.validate import Standing

__all__ = [
    "ODD_TEXTS",
    "ODD_VALUES",
    "STUFFED",
    "edges",
    "from_schema",
    "requests",
    "texts",
    "values",
]

LONGEST_WORD = 10
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
SMALL = 1000
# Beyond this size a strategy draws nothing: what is sent has to stay cheap.
LONGEST = 40
MOST = 5


def values(kind: str, field: str, wanted: Standing) -> SearchStrategy[Any]:
    """Values of this standing for a field. An unknown field is open with any value."""
    row = _rows(kind).get(field)
    drawn: list[SearchStrategy[Any]] = [st.sampled_from(ODD_VALUES), _anything()]
    if row is not None:
        wrong = [each.schema for each in row.refused]
        chosen = {"accepted": [row.accepted], "refused": wrong, "open": []}[wanted]
        drawn = [from_schema(each, _definitions(kind)) for each in chosen] or drawn
        listed = [value for value, standing in edges(kind, field) if standing == wanted]
        drawn += [st.sampled_from(listed)] if listed else []
    return st.one_of(drawn).filter(lambda value: validate.standing(kind, field, value) == wanted)


def requests(
    kind: str, wanted: Standing, roles: Iterable[str] = (), **fixed: Any
) -> SearchStrategy[dict[str, Any]]:
    """Whole bodies of this standing; `fixed` fields are not drawn.

    Fields that need a role are drawn only where it is among `roles`. One field at a time is
    refused or open, the others are accepted: what was odd is then known.
    """
    known = frozenset(roles)
    rows = [row for row in _rows(kind).values() if not row.needs or row.needs in known]
    drawn = {row.field: values(kind, row.field, "accepted") for row in rows if _drawable(row)}
    drawn |= {name: st.just(value) for name, value in fixed.items()}
    required = {row.field for row in rows if row.required} | fixed.keys()
    good = st.fixed_dictionaries(
        {name: drawn[name] for name in drawn if name in required},
        optional={name: drawn[name] for name in drawn if name not in required},
    )
    if wanted == "accepted":
        return good.filter(partial(validate.accepts, kind))
    odd = [(row.field, wanted) for row in rows if row.field not in fixed]
    odd = [(name, wanted) for name, wanted in odd if wanted == "open" or _refuses(kind, name)]
    spoilt = [_with(good, name, values(kind, name, standing)) for name, standing in odd]
    if wanted == "refused":
        return st.one_of(spoilt).filter(lambda body: bool(validate.refusals(kind, body)))
    unknown = st.builds(
        lambda body, name, value: {**body, name: value}, good, texts(), st.sampled_from(ODD_VALUES)
    )
    return st.one_of(*spoilt, unknown).filter(lambda body: not validate.refusals(kind, body))


@cache
def edges(kind: str, field: str) -> tuple[tuple[Any, Standing], ...]:
    """The values at the borders of a row, inside and outside, each with its standing.

    What the table itself lists comes first, then the borders, then oddities of every type.
    """
    row = _rows(kind)[field]
    definitions = _definitions(kind)
    listed = [
        *row.example,
        *_borders(row.accepted, definitions),
        *(value for each in row.refused for value in each.example),
        *row.open_example,
        *ODD_VALUES,
    ]
    found: dict[str, tuple[Any, Standing]] = {}
    for value in listed:
        key = json.dumps(value, default=repr)
        found.setdefault(key, (value, validate.standing(kind, field, value)))
    return tuple(found.values())


def texts(shortest: int = 0, longest: int = LONGEST) -> SearchStrategy[str]:
    """Short texts, odd ones often."""
    short = st.text(min_size=shortest, max_size=max(shortest, min(longest, LONGEST)))
    odd = [each for each in ODD_TEXTS if shortest <= len(each) <= longest]
    return st.one_of(st.sampled_from(odd), short) if odd else short


def from_schema(schema: Any, definitions: Mapping[str, Any]) -> SearchStrategy[Any]:
    """Values that fit a schema of the tables. The keywords that no table uses are not read."""
    schema = resolved(schema, definitions)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            rest = {name: value for name, value in schema.items() if name != key}
            return st.one_of([from_schema(_both(rest, each), definitions) for each in schema[key]])
    if "allOf" in schema:
        whole = {name: value for name, value in schema.items() if name != "allOf"}
        for each in schema["allOf"]:
            whole = _both(whole, resolved(each, definitions))
        return from_schema(whole, definitions)
    types = schema.get("type", _implied(schema))
    types = [types] if isinstance(types, str) else types
    return st.one_of([_typed(each, schema, definitions) for each in types])


def resolved(schema: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its own reference followed."""
    schema = schema if isinstance(schema, dict) else {}
    while "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = _both(definitions[schema["$ref"].rpartition("/")[2]], beside)
    return cast("dict[str, Any]", schema)


def _typed(name: str, schema: Schema, definitions: Mapping[str, Any]) -> SearchStrategy[Any]:
    if name in ("integer", "number"):
        return _numbers(name, schema)
    if name == "string":
        return _strings(schema)
    if name == "array":
        return _arrays(schema, definitions)
    if name == "object":
        return _objects(schema, definitions)
    return st.booleans() if name == "boolean" else st.none()


def _numbers(name: str, schema: Schema) -> SearchStrategy[Any]:
    low, high = schema.get("minimum"), schema.get("maximum")
    above = schema.get("exclusiveMinimum")
    floor = low if low is not None else above
    least = None if floor is None else math.ceil(floor)
    most = None if high is None else math.floor(high)
    # Of all integers the small ones are asked for, and the large ones break.
    bounds = (-SMALL if least is None else least, SMALL if most is None else most)
    small = (max(bounds[0], -SMALL), min(bounds[1], SMALL))
    whole = st.integers(least, most)
    if small[0] <= small[1] and floor != high:
        whole = st.one_of(st.integers(*small), whole)
    if name == "integer" or schema.get("multipleOf") == 1:
        return whole
    fractions = st.floats(
        floor, high, allow_nan=False, allow_infinity=False, exclude_min=above is not None
    )
    return st.one_of(whole, fractions) if floor is None or high is None or high >= 1 else fractions


def _strings(schema: Schema) -> SearchStrategy[Any]:
    if schema.get("format") == "binary":
        return st.binary(min_size=schema.get("minLength", 0), max_size=LONGEST)
    pattern = schema.get("pattern")
    if pattern:
        return st.from_regex(pattern, fullmatch=pattern.startswith("^"))
    return texts(schema.get("minLength", 0), schema.get("maxLength", LONGEST))


def _arrays(schema: Schema, definitions: Mapping[str, Any]) -> SearchStrategy[Any]:
    items = from_schema(schema["items"], definitions) if "items" in schema else _anything()
    least, most = schema.get("minItems", 0), schema.get("maxItems", MOST)
    if "contains" not in schema:
        return st.lists(items, min_size=least, max_size=max(least, min(most, MOST)))
    both = _both(resolved(schema.get("items", {}), definitions), schema["contains"])
    one = from_schema(both, definitions)
    return st.builds(lambda rest, it: [*rest, it], st.lists(items, max_size=MOST - 1), one)


def _objects(schema: Schema, definitions: Mapping[str, Any]) -> SearchStrategy[Any]:
    properties = {
        name: from_schema(each, definitions) for name, each in schema.get("properties", {}).items()
    }
    required = set(schema.get("required", ()))
    for name in required - properties.keys():
        properties[name] = _anything()
    named = st.fixed_dictionaries(
        {name: each for name, each in properties.items() if name in required},
        optional={name: each for name, each in properties.items() if name not in required},
    )
    free = schema.get("additionalProperties")
    if not isinstance(free, dict):
        return named
    names = from_schema({"type": "string", **schema.get("propertyNames", {})}, definitions)
    most = min(schema.get("maxProperties", MOST), MOST)
    further = st.dictionaries(names, from_schema(free, definitions), max_size=most)
    return st.builds(lambda more, fixed: {**more, **fixed}, further, named)


def _anything() -> SearchStrategy[Any]:
    """JSON of any type, small."""
    leaves = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        texts(),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=MOST), st.dictionaries(texts(), inner, max_size=MOST)
        ),
        max_leaves=MOST,
    )


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
        yield from (STUFFED, *ODD_TEXTS)
    if schema.get("type") == "boolean":
        yield from (True, False)
    if schema.get("type") == "array":
        yield from _border_lists(schema, definitions)
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        yield from _border_maps(schema, definitions)


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
    names = [name for name in (*ODD_TEXTS, "a", "50") if len(name) <= LONGEST]
    yield dict.fromkeys(names[:16], inside[0])
    yield from ({name: inside[0]} for name in names)
    yield from ({"a": value} for value in inside[:4])
    for most in (16, 17):
        yield {f"k{number}": inside[0] for number in range(most)}


def validate_one(schema: Schema, value: object) -> bool:
    """Whether a value is of the simple type that a schema names."""
    types = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    return isinstance(value, types.get(str(schema.get("type")), object))  # type: ignore[arg-type]


def _with(
    good: SearchStrategy[dict[str, Any]], name: str, odd: SearchStrategy[Any]
) -> SearchStrategy[dict[str, Any]]:
    return st.builds(lambda body, value: {**body, name: value}, good, odd)


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two schemas that both hold, as far as the tables need it."""
    merged = {**one, **other}
    if "properties" in one and "properties" in other:
        merged["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        merged["required"] = sorted({*one["required"], *other["required"]})
    return merged


def _implied(schema: Schema) -> list[str]:
    """The types that the keywords of a schema speak of."""
    if {"properties", "required", "additionalProperties", "propertyNames"} & schema.keys():
        return ["object"]
    if {"items", "contains", "minItems", "maxItems"} & schema.keys():
        return ["array"]
    if {"minimum", "maximum", "multipleOf", "exclusiveMinimum"} & schema.keys():
        return ["number"]
    if {"minLength", "maxLength", "pattern"} & schema.keys():
        return ["string"]
    return ["null", "boolean", "number", "string", "array", "object"]


def _refuses(kind: str, field: str) -> bool:
    return bool(_rows(kind)[field].refused)


def _drawable(row: RequestRow) -> bool:
    """Whether any value is accepted at all."""
    return row.accepted != {"not": {}}


@cache
def _rows(kind: str) -> dict[str, RequestRow]:
    return {row.field: row for row in tables.load().requests[kind].rows}


@cache
def _definitions(kind: str) -> dict[str, Any]:
    return cast("dict[str, Any]", derived(tables.load(), kind).get("$defs", {}))
