"""Rows to frozen dataclasses: the types say what a row may hold, and cattrs holds it to them.

Why cattrs: it leaves the dataclasses as they are, names the path of each mistake, and takes a rule
for each type, so a reference to a clause is checked where it stands. A mistake becomes the one line
of a `ContractError`, with file, line, id and remedy. Nothing is converted on the way: a number is
no text, a text is no list, and an unknown key is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NewType, TypeVar, get_args, get_origin

from cattrs import BaseValidationError, Converter, ForbiddenExtraKeysError
from cattrs.errors import AttributeValidationNote, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, override

from schemas.yaml_rows import SHOWN, ContractError, Where, at

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "AnyText",
    "ClauseId",
    "ObservationId",
    "OneValue",
    "Reader",
    "RoleName",
    "Schema",
    "SourceName",
    "WrongValueError",
]

# Names that must be those of something that exists: `Reader` is given what does.
ClauseId = NewType("ClauseId", str)
ObservationId = NewType("ObservationId", str)
RoleName = NewType("RoleName", str)
SourceName = NewType("SourceName", str)
NAMES = {
    ClauseId: "clause",
    ObservationId: "observation",
    RoleName: "role",
    SourceName: "source",
}
# A JSON Schema, and a value of any type that may be absent: a tuple of one or none.
Schema = dict[str, Any]
OneValue = NewType("OneValue", tuple[Any, ...])
# A text that may be empty.
AnyText = NewType("AnyText", str)

_T = TypeVar("_T")
_TYPES = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


class WrongValueError(ValueError):
    """A value is wrong; says so, and what to write instead.

    `{key}` stands for the value's own key, `{field}` for the field of the row that it is in.
    """

    def __init__(self, wrong: str, remedy: str) -> None:
        super().__init__(wrong)
        self.remedy = remedy


class Reader:
    """Makes typed objects of rows.

    `known` are the names that exist, by their type; a type that is not among them is not checked.
    `checks` are asked about each object of a type, and `schema` about each JSON Schema: they raise
    WrongValueError. `makes` turn the raw value of a type into the form that its type takes.
    """

    def __init__(
        self,
        known: Mapping[Any, Collection[str]] | None = None,
        checks: Mapping[Any, Callable[[Any], None]] | None = None,
        makes: Mapping[Any, Callable[[Any], Any]] | None = None,
        schema: Callable[[Schema], None] = lambda _: None,
    ) -> None:
        self._known = dict(known or {})
        self._checks = dict(checks or {})
        self._makes = dict(makes or {})
        self._schema = schema
        self._converter = Converter(forbid_extra_keys=True, detailed_validation=True)
        hook = self._converter.register_structure_hook_factory
        hook(is_dataclass, self._record)
        hook(_is(tuple), self._several)
        hook(_is(Mapping), self._mapping)
        plain = self._converter.register_structure_hook_func
        plain(_is(Literal), _choice)
        plain(lambda kind: kind == Schema, self._checked_schema)
        for kind in _TYPES:
            self._converter.register_structure_hook(kind, _plain)
        plain(lambda kind: kind is AnyText, lambda value, _: _plain(value, str, least=0))
        for name in NAMES:
            plain(lambda kind, name=name: kind is name, self._name)  # type: ignore[misc]

    def read(self, where: Where, kind: type[_T], row: Mapping[str, Any]) -> _T:
        """The row as an object of this type. Raises ContractError."""
        try:
            return self._converter.structure(row, kind)
        except (BaseValidationError, WrongValueError) as error:
            path, cause = _first(error)
            place = at(where, row, *(step.name for step in path))
            raise _as_contract_error(place, path, cause) from None

    def _record(self, kind: Any) -> Callable[[Any, Any], Any]:
        once: dict[str, Any] = {
            each.name: override(struct_hook=lambda value, _: (value,))
            for each in fields(kind)
            if each.type in (OneValue, "OneValue")
        }
        make = make_dict_structure_fn(kind, self._converter, _cattrs_forbid_extra_keys=True, **once)

        def build(value: Any, _: Any) -> Any:
            value = self._makes[kind](value) if kind in self._makes else value
            if not isinstance(value, Mapping):
                raise WrongValueError(f"not a row: {value!r}", "write a mapping")
            made = make(value, kind)
            if kind in self._checks:
                self._checks[kind](made)
            return made

        return build

    def _several(self, kind: Any) -> Callable[[Any, Any], Any]:
        of, *_ = get_args(kind)
        named = of is str or of in NAMES

        def build(value: Any, _: Any) -> Any:
            value = self._makes[kind](value) if kind in self._makes else value
            if not isinstance(value, list):
                raise WrongValueError(f"'{{key}}' is {value!r}", "give a list")
            if not value:
                raise WrongValueError("'{key}' is empty", "fill it in, or leave out {key}")
            found: list[Any] = []
            for number, each in enumerate(value):
                if named and not isinstance(each, str):
                    raise WrongValueError(f"'{{key}}' holds {each!r}", "quote it: texts only")
                found.append(self._inside(of, each, number))
                if named and each in value[:number]:
                    raise WrongValueError(f"'{{key}}' holds '{each}' twice", "remove one")
            return tuple(found)

        return build

    def _mapping(self, kind: Any) -> Callable[[Any, Any], Any]:
        name, of = get_args(kind)

        def build(value: Any, _: Any) -> Any:
            if not isinstance(value, Mapping):
                raise WrongValueError(f"'{{key}}' is {value!r}", "give a mapping")
            if not value:
                raise WrongValueError("'{key}' is empty", "fill it in, or leave out {key}")
            structure = self._converter.structure
            return MappingProxyType(
                {structure(key, name): self._inside(of, value[key], key) for key in value}
            )

        return build

    def _inside(self, kind: Any, value: Any, place: str | int) -> Any:
        """One element of a list or mapping; a mistake in it knows its place."""
        try:
            return self._converter.structure(value, kind)
        except (BaseValidationError, WrongValueError) as error:
            error.add_note(IterableValidationNote("", place, kind))
            raise

    def _name(self, value: Any, kind: Any) -> str:
        text = _plain(value, str)
        known = self._known.get(kind)
        if known is not None and text not in known:
            listed = f"use one of {', '.join(known)}" if len(known) <= SHOWN else ""
            raise WrongValueError(f"unknown {NAMES[kind]} '{text}'", listed or "mend or remove it")
        return str(text)

    def _checked_schema(self, value: Any, _: Any) -> Schema:
        if not isinstance(value, Mapping):
            raise WrongValueError(f"'{{key}}' is {value!r}", "give a mapping")
        if not value:
            raise WrongValueError("'{key}' is empty", "fill it in, or leave out {key}")
        self._schema(dict(value))
        return dict(value)


def _is(origin: Any) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) in (origin, getattr(origin, "__origin__", origin))


def _plain(value: Any, kind: Any, least: int = 1) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise WrongValueError(f"'{{key}}' is {value!r}", f"give {_TYPES[kind]}")
    if isinstance(value, str) and len(value.strip()) < least:
        raise WrongValueError("'{key}' is empty", "fill it in, or leave out {key}")
    return value


def _choice(value: Any, kind: Any) -> Any:
    choices = get_args(kind)
    if value not in choices:
        remedy = f"use one of {', '.join(map(str, choices))}"
        raise WrongValueError(f"unknown {{field}} '{value}'", remedy)
    return value


@dataclass(frozen=True)
class Step:
    """One step to a mistake: a field of a row (`is_field`), or an index or a key in it."""

    name: Any
    is_field: bool


def _first(error: BaseException) -> tuple[list[Step], BaseException]:
    """The way to the first mistake, an unknown key before others, and what is wrong there."""
    path = _steps(error)
    while isinstance(error, BaseValidationError) and error.exceptions:
        unknown = [each for each in error.exceptions if isinstance(each, ForbiddenExtraKeysError)]
        error = (*unknown, *error.exceptions)[0]
        path += _steps(error)
    return path, error


def _steps(error: BaseException) -> list[Step]:
    """The steps that led to an exception, outermost first."""
    found: list[Step] = []
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            found.append(Step(note.name, is_field=True))
        elif isinstance(note, IterableValidationNote):
            found.append(Step(note.index, is_field=False))
    return found[::-1]


def _as_contract_error(where: Where, path: list[Step], cause: BaseException) -> ContractError:
    key = next((str(each.name) for each in reversed(path) if isinstance(each.name, str)), "row")
    field = next((str(each.name) for each in reversed(path) if each.is_field), "row")
    if isinstance(cause, ForbiddenExtraKeysError):
        unknown = min(map(str, cause.extra_fields))
        taken = ", ".join(each.name for each in fields(cause.cl))
        return ContractError(where, f"unknown key '{unknown}'", f"use one of {taken}")
    if isinstance(cause, KeyError):
        kind = next((n.type for n in cause.__notes__ if isinstance(n, AttributeValidationNote)), 0)
        given = f" with {_TYPES[kind]}" if kind in _TYPES else ""
        return ContractError(where, f"'{key}' is missing", f"add {key}:{given}")
    if isinstance(cause, WrongValueError):
        words = (str(cause), str(cause.remedy))
        filled = (each.replace("{key}", key).replace("{field}", field) for each in words)
        return ContractError(where, *filled)
    return ContractError(where, f"'{key}': {cause}", "mend it")
