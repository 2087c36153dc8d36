"""Hypothesis strategies and boundary values, derived from the documented tables.

`values` draws one value of a field, `requests` one whole body, of the standing that is asked for:
promised to be accepted, promised to be refused, or open. Everything is checked against the schemas
before it is handed out, so a strategy and a schema cannot drift apart. What is not left to chance
stands in `schemas/boundary_values.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from schemas.boundary_values import ODD_TEXTS, ODD_VALUES, edges, merged, resolved

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from schemas.structure import Schema
    from schemas.table_types import RequestRow
    from schemas.validate import BodySchemas, Standing

__all__ = ["from_schema", "requests", "texts", "values"]

SMALL = 1000
# Beyond this size a strategy draws nothing: what is sent has to stay cheap.
LONGEST = 40
MOST = 5


def values(bodies: BodySchemas, kind: str, field: str, wanted: Standing) -> SearchStrategy[Any]:
    """Values of this standing for a field. An unknown field is open with any value."""
    row = bodies.rows(kind).get(field)
    drawn: list[SearchStrategy[Any]] = [st.sampled_from(ODD_VALUES), _anything()]
    if row is not None:
        wrong = [each.schema for each in row.refused]
        chosen = {"accepted": [row.accepted], "refused": wrong, "open": []}[wanted]
        drawn = [from_schema(each, bodies[kind].definitions) for each in chosen] or drawn
        listed = [value for value, standing in edges(bodies, kind, field) if standing == wanted]
        drawn += [st.sampled_from(listed)] if listed else []
    standing = bodies[kind].standing
    return st.one_of(drawn).filter(lambda value: standing(field, value) == wanted)


def requests(
    bodies: BodySchemas, kind: str, wanted: Standing, roles: Iterable[str] = (), **fixed: Any
) -> SearchStrategy[dict[str, Any]]:
    """Whole bodies of this standing; `fixed` fields are not drawn.

    Fields that need a role are drawn only where it is among `roles`. One field at a time is
    refused or open, the others are accepted: what was odd is then known.
    """
    known = frozenset(roles)
    drawable = [row for row in bodies.rows(kind).values() if not row.needs or row.needs in known]
    drawn = {
        row.field: values(bodies, kind, row.field, "accepted") for row in drawable if _drawable(row)
    }
    drawn |= {name: st.just(value) for name, value in fixed.items()}
    required = {row.field for row in drawable if row.required} | fixed.keys()
    good = st.fixed_dictionaries(
        {name: drawn[name] for name in drawn if name in required},
        optional={name: drawn[name] for name in drawn if name not in required},
    )
    if wanted == "accepted":
        return good.filter(bodies[kind].accepts)
    odd = [(row.field, wanted) for row in drawable if row.field not in fixed]
    odd = [
        (name, wanted) for name, wanted in odd if wanted == "open" or _refuses(bodies, kind, name)
    ]
    spoilt = [_with(good, name, values(bodies, kind, name, standing)) for name, standing in odd]
    if wanted == "refused":
        return st.one_of(spoilt).filter(lambda body: bool(bodies[kind].refusals(body)))
    unknown = st.builds(
        lambda body, name, value: {**body, name: value}, good, texts(), st.sampled_from(ODD_VALUES)
    )
    return st.one_of(*spoilt, unknown).filter(lambda body: not bodies[kind].refusals(body))


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
            return st.one_of([from_schema(merged(rest, each), definitions) for each in schema[key]])
    if "allOf" in schema:
        whole = {name: value for name, value in schema.items() if name != "allOf"}
        for each in schema["allOf"]:
            whole = merged(whole, resolved(each, definitions))
        return from_schema(whole, definitions)
    types = schema.get("type", _implied(schema))
    types = [types] if isinstance(types, str) else types
    return st.one_of([_typed(each, schema, definitions) for each in types])


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
    if floor is None or high is None:
        return st.one_of(whole, fractions)
    # Drawn floats crowd at the ends: tenths of a percent of the range reach its middle.
    spread = st.integers(1, 999).map(lambda part: round(floor + (high - floor) * part / 1000, 3))
    return st.one_of(whole, fractions, spread) if high >= 1 else st.one_of(fractions, spread)


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
    both = merged(resolved(schema.get("items", {}), definitions), schema["contains"])
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


def _with(
    good: SearchStrategy[dict[str, Any]], name: str, odd: SearchStrategy[Any]
) -> SearchStrategy[dict[str, Any]]:
    return st.builds(lambda body, value: {**body, name: value}, good, odd)


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


def _refuses(bodies: BodySchemas, kind: str, field: str) -> bool:
    return bool(bodies.rows(kind)[field].refused)


def _drawable(row: RequestRow) -> bool:
    """Whether any value is accepted at all."""
    return row.accepted != {"not": {}}
