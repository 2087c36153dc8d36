"""Bodies against the derived schemas: which clause a body violates, and where.

Pure and cached: a kind's schema is read from `json/` and prepared once. Each violation is told
once for each clause and place, by the nearest annotation above the constraint that failed.

Types are those of the JSON text, not of the mathematics: `1.0` is no integer and `true` no number,
because clients in typed languages fail on them. (JSON Schema itself counts 1.0 as an integer.)
Bytes count as a string, which is what a form's file part is.

An unknown kind raises `KeyError` with the known ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import jsonschema_rs
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from schemas.words import NOTHING, actual, expected

__all__ = [
    "Standing",
    "Violation",
    "accepts",
    "answered_names",
    "kinds",
    "needs",
    "refusals",
    "refusing",
    "standing",
    "violations",
]

DIRECTORY = Path(__file__).parent / "json"
Standing = Literal["accepted", "refused", "open"]

_MAPS = ("properties", "patternProperties")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SCHEMAS = ("items", "contains", "not", "if", "then", "else", "additionalProperties")
_NAMES = "propertyNames"
_ASSERTIONS = (
    *("type", "const", "enum", "required", "minimum", "maximum", "exclusiveMinimum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "minItems", "maxItems", "maxProperties"),
    *("x-presence-clauses", "x-expected", "x-at"),
)


@dataclass(frozen=True, slots=True)
class Violation:
    """One deviation: the clause, a JSON pointer to the place, and what was expected there.

    The pointer of a missing key is where the key belongs.
    """

    clause: str
    pointer: str
    expected: str
    actual: str


def kinds() -> tuple[str, ...]:
    """The kinds of bodies that have a schema."""
    return tuple(sorted(path.stem for path in DIRECTORY.glob("*.json")))


def violations(kind: str, instance: object) -> list[Violation]:
    """What the body deviates in, one for each distinct clause and place, in the body's order."""
    if _surely_valid(kind, instance):
        return []
    found: dict[tuple[str, str], Violation] = {}
    for error in _body_validator(kind).iter_errors(instance):
        for leaf in _leaves(error):
            violation = _violation(leaf)
            found.setdefault((violation.clause, violation.pointer), violation)
    return list(found.values())


@cache
def answered_names() -> frozenset[str]:
    """The keys that the documents name anywhere in an answer."""
    answers = [kind for kind in kinds() if not kind.endswith(".request")]
    return frozenset(name for kind in answers for name in _named(_schema(kind)))


def _named(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        yield from schema.get("required", ())
        schema = list(schema.values())
    for each in schema if isinstance(schema, list) else ():
        yield from _named(each)


def accepts(kind: str, body: object) -> bool:
    """Whether the documents promise to take this request.

    False for a field that no page names, at any depth, and for a pair in the wrong order
    (`min_tokens` above `max_tokens`): nothing is promised then.
    """
    if not isinstance(body, Mapping) or not _promise_validator(kind).is_valid(body):
        return False
    pairs = [(body.get(low), body.get(high)) for low, high in _schema(kind).get("x-order", ())]
    return all(low is None or high is None or low <= high for low, high in pairs)


def standing(kind: str, field: str, value: object) -> Standing:
    """What the documents promise of this value of a field, the rest of the request aside.

    `field` may be a field of a nested table, as in `message.role`. A field that no page names is
    open, with any value.
    """
    accepted, refused = _field_validators(kind, field)
    if accepted.is_valid(value):
        return "accepted"
    return "refused" if refused.is_valid(value) else "open"


def refusals(kind: str, body: object) -> tuple[str, ...]:
    """The clauses by which this request must be refused; none when it need not be."""
    if not isinstance(body, Mapping):
        return ()
    causes = _refusal_validators(kind)
    return tuple(dict.fromkeys(clause for clause, cause in causes if cause.is_valid(body)))


def refusing(kind: str) -> tuple[str, ...]:
    """All clauses by which a request of this kind may have to be refused."""
    return tuple(dict.fromkeys(clause for clause, _ in _refusal_validators(kind)))


def needs(kind: str, body: Mapping[str, Any]) -> frozenset[str]:
    """The roles that the model of this request must play for the promises to hold."""
    schema = _schema(kind)
    fields = {
        properties["x-needs"]
        for name, properties in schema["properties"].items()
        if name in body and "x-needs" in properties
    }
    when = (role for role, fits in _need_validators(kind) if fits.is_valid(body))
    return frozenset(fields).union(when)


def _surely_valid(kind: str, instance: object) -> bool:
    """Whether a fast validator takes the body, and nothing is in it that the two read differently.

    Nearly all bodies are valid, and a stream has thousands of events; the validator that tells
    clause and place costs a hundred times as much. To the fast one, 1.0 is an integer and bytes
    are an array; it raises ValueError for keys that are no text, and for half a surrogate pair.
    """
    try:
        return _fast_validator(kind).is_valid(instance) and not _holds_whole_floats(instance)
    except ValueError:
        return False


def _holds_whole_floats(instance: object) -> bool:
    """Whether a float without a fraction, or what JSON has no type for, stands in it anywhere."""
    left = [instance]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value
        elif isinstance(value, float):
            if value.is_integer() or not isfinite(value):
                return True
        elif not isinstance(value, str | int | None):
            return True
    return False


def _is_integer(_checker: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_string(_checker: object, value: object) -> bool:
    return isinstance(value, str | bytes)


def _required(
    _validator: object, names: list[str], instance: object, _schema: object
) -> Iterator[ValidationError]:
    """As the standard keyword, with the missing name as the message."""
    if isinstance(instance, Mapping):
        yield from (ValidationError(name) for name in names if name not in instance)


_types = Draft202012Validator.TYPE_CHECKER.redefine_many(
    {"integer": _is_integer, "string": _is_string}
)
_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"required": _required}, type_checker=_types
)


@cache
def _schema(kind: str) -> dict[str, Any]:
    path = DIRECTORY / f"{kind}.json"
    if kind not in kinds():
        raise KeyError(f"unknown kind '{kind}'; known: {', '.join(kinds())}")
    schema: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return schema


@cache
def _body_validator(kind: str) -> Any:
    schema = _schema(kind)
    return _Validator(_prepared(schema, schema.get("$defs", {}), ""))


@cache
def _fast_validator(kind: str) -> Any:
    schema = _schema(kind)
    return jsonschema_rs.Draft202012Validator(_prepared(schema, schema.get("$defs", {}), ""))


@cache
def _promise_validator(kind: str) -> Any:
    schema = _schema(kind)
    return _Validator(_closed(_prepared(schema, schema.get("$defs", {}), "")))


@cache
def _field_validators(kind: str, field: str) -> tuple[Any, Any]:
    """Of the accepted and of the refused values of a field; an unknown field has neither."""
    schema = _schema(kind)
    definitions = schema.get("$defs", {})
    table, _, name = field.rpartition(".")
    owner = definitions[table] if table else schema
    row = owner["properties"].get(name, {"not": {}})
    refused = row.get("x-refused", {"not": {}})
    return (
        _Validator(_closed(_prepared(row, definitions, ""))),
        _Validator(_prepared(refused, definitions, "")),
    )


@cache
def _refusal_validators(kind: str) -> tuple[tuple[str, Any], ...]:
    """Each cause to refuse a whole request, with its clause."""
    schema = _schema(kind)
    definitions = schema.get("$defs", {})
    causes: list[tuple[str, dict[str, Any]]] = [
        (clause, {"not": {"required": [name]}})
        for name, clause in schema.get("x-presence-clauses", {}).items()
    ]
    for name, row in schema["properties"].items():
        for cause in row.get("x-refused", {}).get("anyOf", ()):
            one = {"required": [name], "properties": {name: cause}}
            causes.append((cause["x-value-clause"], one))
    return tuple((clause, _Validator(_prepared(one, definitions, ""))) for clause, one in causes)


@cache
def _need_validators(kind: str) -> tuple[tuple[str, Any], ...]:
    listed = _schema(kind).get("x-needs", ())
    return tuple((need["role"], _Validator(_prepared(need["when"], {}, ""))) for need in listed)


def _prepared(schema: Any, definitions: Mapping[str, Any], clause: str) -> Any:
    """The schema with its references put in place and the clause of each part written on it."""
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        schema = _resolved(schema, definitions)
    clause = schema.get("x-value-clause", clause)
    ready: dict[str, Any] = {"x-value-clause": clause}
    for key, value in schema.items():
        if key in _ASSERTIONS:
            ready[key] = value
        elif key in _MAPS:
            ready[key] = {k: _prepared(v, definitions, clause) for k, v in value.items()}
        elif key in _LISTS:
            ready[key] = [_prepared(one, definitions, clause) for one in value]
        elif key in _SCHEMAS or key == _NAMES:
            ready[key] = _prepared(value, definitions, clause)
    return ready


def _closed(schema: Any) -> Any:
    """The prepared schema without room for keys that no table names, at any depth.

    Where a schema itself says what other keys may hold, that stands.
    """
    if not isinstance(schema, dict):
        return schema
    shut = dict(schema)
    if "properties" in schema:
        shut["properties"] = {key: _closed(one) for key, one in schema["properties"].items()}
        shut.setdefault("additionalProperties", False)
    if "items" in schema:
        shut["items"] = _closed(schema["items"])
    for key in {"allOf", "anyOf"} & schema.keys():
        shut[key] = [_closed(one) for one in schema[key]]
    return shut


def _resolved(schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The definition that a schema refers to, with what stands beside the reference."""
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    target = definitions[schema["$ref"].removeprefix("#/$defs/")]
    if "$ref" in target:
        target = _resolved(target, definitions)
    both = [*target.get("allOf", ()), *beside.get("allOf", ())]
    return {**target, **beside, **({"allOf": both} if both else {})}


def _leaves(error: Any) -> Iterator[Any]:
    """The errors that matter: of alternatives, those of the one that the value was meant to be."""
    alternatives = error.validator in ("anyOf", "oneOf")
    if not alternatives or "x-expected" in error.schema:
        yield error
        return
    branches: dict[Any, list[Any]] = {}
    for cause in error.context:
        branches.setdefault(cause.schema_path[0], []).append(cause)
    meant = [causes for causes in branches.values() if not any(map(_is_of_another_kind, causes))]
    if len(meant) != 1:
        yield error
        return
    for cause in meant[0]:
        yield from _leaves(cause)


def _is_of_another_kind(error: Any) -> bool:
    """Whether the error says that the value was never meant to be of this alternative."""
    path = list(error.relative_path)
    if error.validator == "type":
        return not path
    return error.validator in ("const", "enum") and path in ([], ["type"], ["object"])


def _violation(error: Any) -> Violation:
    schema: Mapping[str, Any] = error.schema
    path = [str(step) for step in error.absolute_path]
    if error.validator == "required":
        clause = schema.get("x-presence-clauses", {}).get(error.message, schema["x-value-clause"])
        missing = (clause, _pointer([*path, error.message]), f"the key '{error.message}'")
        return Violation(*missing, actual(error.instance))
    at, value = schema.get("x-at"), error.instance
    if at:
        path.append(at)
        value = value.get(at, NOTHING) if isinstance(value, Mapping) else value
    told = schema.get("x-expected") or expected(error.validator, schema)
    return Violation(schema["x-value-clause"], _pointer(path), told, actual(value))


def _pointer(path: list[str]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path)
