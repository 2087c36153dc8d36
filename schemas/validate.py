"""Bodies against the derived schemas: which clause a body violates, and where.

Pure and cached: a kind's schema is derived from the tables and prepared once. Each violation is
reported once for each clause and place, by the nearest annotation above the constraint that failed.

Types are those of the JSON text, not of the mathematics: `1.0` is no integer and `true` no number,
because clients in typed languages fail on them. (JSON Schema itself counts 1.0 as an integer.)
Bytes count as a string, which is what a form's file part is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

import jsonschema_rs
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from schemas import derive, keywords
from schemas.messages import NOTHING, actual, expected

if TYPE_CHECKING:
    from schemas.table_types import RequestRow, Tables

__all__ = ["BodySchema", "BodySchemas", "Standing", "Violation"]

Standing = Literal["accepted", "refused", "open"]
_ASSERTIONS = (*keywords.ASSERTIONS, "x-presence-clauses", "x-expected", "x-at")


@dataclass(frozen=True, slots=True)
class Violation:
    """One deviation: the clause, a JSON pointer to the place, and what was expected there.

    The pointer of a missing key is where the key belongs.
    """

    clause: str
    pointer: str
    expected: str
    actual: str


class BodySchemas:
    """The schema of each kind of body that these tables describe. An unknown kind is a KeyError."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._made: dict[str, BodySchema] = {}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of bodies that have a schema."""
        return tuple(self.tables.kinds)

    def __getitem__(self, kind: str) -> BodySchema:
        if kind not in self._made:
            if kind not in self.tables.kinds:
                raise KeyError(f"unknown kind '{kind}'; known: {', '.join(self.kinds)}")
            self._made[kind] = BodySchema(derive.schema(self.tables, kind))
        return self._made[kind]

    def rows(self, kind: str) -> dict[str, RequestRow]:
        """The rows of a request table by their field."""
        return {row.field: row for row in self.tables.requests[kind].rows}

    def violations(self, kind: str, instance: object) -> list[Violation]:
        """What the body deviates in, one for each distinct clause and place, in its order."""
        return self[kind].violations(instance)

    @cached_property
    def answered_names(self) -> frozenset[str]:
        """The keys that the documents name anywhere in an answer."""
        return frozenset(
            name for kind in self.tables.responses for name in _named(self[kind].schema)
        )


class BodySchema:
    """One kind's schema, and what it says of a body."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema
        self._fields: dict[str, tuple[Any, Any]] = {}

    @property
    def definitions(self) -> Mapping[str, Any]:
        """What the schema refers to, by name."""
        found: Mapping[str, Any] = self.schema.get("$defs", {})
        return found

    def violations(self, instance: object) -> list[Violation]:
        """What the body deviates in, one for each distinct clause and place, in its order."""
        if self._surely_accepts(instance):
            return []
        found: dict[tuple[str, str], Violation] = {}
        for error in self._body.iter_errors(instance):
            for leaf in _leaves(error):
                violation = _violation(leaf)
                found.setdefault((violation.clause, violation.pointer), violation)
        return list(found.values())

    def accepts(self, body: object) -> bool:
        """Whether the documents promise to take this request.

        False for a field that no page names, at any depth, and for a pair in the wrong order
        (`min_tokens` above `max_tokens`): nothing is promised then.
        """
        if not isinstance(body, Mapping) or not self._promise.is_valid(body):
            return False
        pairs = [(body.get(low), body.get(high)) for low, high in self.schema.get("x-order", ())]
        return all(low is None or high is None or low <= high for low, high in pairs)

    def standing(self, field: str, value: object) -> Standing:
        """What the documents promise of this value of a field, the rest of the request aside.

        `field` may be a field of a nested table, as in `message.role`. A field that no page names
        is open, with any value.
        """
        accepted, refused = self._field(field)
        if accepted.is_valid(value):
            return "accepted"
        return "refused" if refused.is_valid(value) else "open"

    def refusals(self, body: object) -> tuple[str, ...]:
        """The clauses by which this request must be refused; none when it need not be."""
        if not isinstance(body, Mapping):
            return ()
        causes = self._refusing
        return tuple(dict.fromkeys(clause for clause, cause in causes if cause.is_valid(body)))

    @property
    def refusing(self) -> tuple[str, ...]:
        """All clauses by which a request of this kind may have to be refused."""
        return tuple(dict.fromkeys(clause for clause, _ in self._refusing))

    def needs(self, body: Mapping[str, Any]) -> frozenset[str]:
        """The roles that the model of this request must play for the promises to hold."""
        fields = {
            properties["x-needs"]
            for name, properties in self.schema["properties"].items()
            if name in body and "x-needs" in properties
        }
        when = (role for role, fits in self._needing if fits.is_valid(body))
        return frozenset(fields).union(when)

    def _surely_accepts(self, instance: object) -> bool:
        """Whether a fast validator takes the body, and nothing is in it that the two read
        differently.

        Nearly all bodies are valid, and a stream has thousands of events; the validator that tells
        clause and place costs a hundred times as much. To the fast one, 1.0 is an integer and bytes
        are an array; it raises ValueError for keys that are no text, and for half a surrogate pair.
        """
        try:
            return self._fast.is_valid(instance) and not _holds_whole_floats(instance)
        except ValueError:
            return False

    @cached_property
    def _fast(self) -> Any:
        return jsonschema_rs.Draft202012Validator(_prepared(self.schema, self.definitions, ""))

    @cached_property
    def _body(self) -> Any:
        return _Validator(_prepared(self.schema, self.definitions, ""))

    @cached_property
    def _promise(self) -> Any:
        return _Validator(_closed(_prepared(self.schema, self.definitions, "")))

    def _field(self, field: str) -> tuple[Any, Any]:
        """Of the accepted and of the refused values of a field; an unknown field has neither."""
        if field not in self._fields:
            table, _, name = field.rpartition(".")
            owner = self.definitions[table] if table else self.schema
            row = owner["properties"].get(name, {"not": {}})
            refused = row.get("x-refused", {"not": {}})
            self._fields[field] = (
                _Validator(_closed(_prepared(row, self.definitions, ""))),
                _Validator(_prepared(refused, self.definitions, "")),
            )
        return self._fields[field]

    @cached_property
    def _refusing(self) -> tuple[tuple[str, Any], ...]:
        """Each cause to refuse a whole request, with its clause."""
        causes: list[tuple[str, dict[str, Any]]] = [
            (clause, {"not": {"required": [name]}})
            for name, clause in self.schema.get("x-presence-clauses", {}).items()
        ]
        for name, row in self.schema["properties"].items():
            for cause in row.get("x-refused", {}).get("anyOf", ()):
                one = {"required": [name], "properties": {name: cause}}
                causes.append((cause["x-value-clause"], one))
        return tuple(
            (clause, _Validator(_prepared(one, self.definitions, ""))) for clause, one in causes
        )

    @cached_property
    def _needing(self) -> tuple[tuple[str, Any], ...]:
        listed = self.schema.get("x-needs", ())
        return tuple((need["role"], _Validator(_prepared(need["when"], {}, ""))) for need in listed)


def _named(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        yield from schema.get("required", ())
        schema = list(schema.values())
    for each in schema if isinstance(schema, list) else ():
        yield from _named(each)


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
        elif key in keywords.MAPS:
            ready[key] = {k: _prepared(v, definitions, clause) for k, v in value.items()}
        elif key in keywords.LISTS:
            ready[key] = [_prepared(one, definitions, clause) for one in value]
        elif key in (*keywords.SCHEMAS, keywords.NAMES):
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
    expectation = schema.get("x-expected") or expected(error.validator, schema)
    return Violation(schema["x-value-clause"], _pointer(path), expectation, actual(value))


def _pointer(path: list[str]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path)
