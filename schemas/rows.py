"""Rows of the data files, read strictly.

A mistake in a row is a `ContractError`, whose one line names file and id, says what is wrong and
how to mend it.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader as _BaseLoader
else:
    _BaseLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

DEEPEST = 32
_TYPE_NAMES = {str: "text", bool: "true or false", list: "a list", dict: "a mapping"}


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a row: its file and, once known, its id."""

    file: str
    id: str = "?"

    def __str__(self) -> str:
        return f"{self.file}, {self.id}"


class ContractError(Exception):
    """A row of the contract is wrong."""

    def __init__(self, where: Where, wrong: str, remedy: str) -> None:
        super().__init__(" ".join(f"{where}: {wrong}; {remedy}".split()))


class _Loader(_BaseLoader):
    """A safe YAML loader that refuses a key given twice in one mapping."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        keys = Counter(key.value for key, _ in node.value if isinstance(key.value, str))
        twice = {key for key, count in keys.items() if count > 1}
        if twice:
            problem = f"key given twice: {', '.join(sorted(map(str, twice)))}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_mapping(node, deep=deep)


def read_text(root: Path, file: str, where: Where) -> str:
    """The text of one file that a row, or the contract itself, speaks of."""
    try:
        return (root / file).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(where, f"{file} is not readable: {error}", "restore it") from error


def plain(raw: bytes, file: str) -> None:
    """Refuse YAML that grows when it is read: aliases, and a nesting without end."""
    depth = 0
    try:
        for event in yaml.parse(raw, _BaseLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > DEEPEST:
                told = "an alias" if depth <= DEEPEST else f"nested deeper than {DEEPEST}"
                raise ContractError(Where(file), told, "write it out")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ContractError(Where(file), f"not valid YAML: {error}", "mend the syntax") from None


def read(root: Path, file: str) -> Iterator[tuple[Where, dict[str, Any]]]:
    """The rows of one data file, each with its place."""
    try:
        rows = yaml.load(read_text(root, file, Where(file)), _Loader)  # noqa: S506
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise ContractError(Where(file), f"not valid YAML: {error}", "mend the syntax") from error
    for row in rows if isinstance(rows, list) else [rows]:
        if not isinstance(row, dict):
            raise ContractError(Where(file), f"not a row: {row!r}", "write a list of mappings")
        yield Where(file, str(row.get("id", row.get("name", "?")))), row


def check(
    where: Where,
    row: Mapping[str, Any],
    need: Mapping[str, type],
    may: Mapping[str, type],
) -> None:
    """Refuse a row with an unknown, missing, wrongly typed or empty value."""
    known = {**need, **may}
    for key in row.keys() - known.keys():
        raise ContractError(where, f"unknown key '{key}'", f"use one of {', '.join(known)}")
    for key in need.keys() - row.keys():
        remedy = f"add {key}: with {_TYPE_NAMES[need[key]]}"
        raise ContractError(where, f"'{key}' is missing", remedy)
    for key, value in row.items():
        if not isinstance(value, known[key]):
            raise ContractError(where, f"'{key}' is {value!r}", f"give {_TYPE_NAMES[known[key]]}")
        if value in ("", [], {}) or (isinstance(value, str) and not value.strip()):
            raise ContractError(where, f"'{key}' is empty", f"fill it in, or leave out {key}")


def texts(where: Where, key: str, values: Iterable[Any]) -> tuple[str, ...]:
    """The values of a list of texts. Refuses any other value, and one that stands twice."""
    found: list[str] = []
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ContractError(where, f"'{key}' is {values!r}", "give a list")
    for value in values:
        if not isinstance(value, str):
            raise ContractError(where, f"'{key}' holds {value!r}", "quote it: texts only")
        if value in found:
            raise ContractError(where, f"'{key}' holds '{value}' twice", "remove one")
        found.append(value)
    return tuple(found)


def choose(where: Where, key: str, value: str, choices: Iterable[str]) -> None:
    """Refuse a value that is not one of the choices."""
    choices = tuple(choices)
    if value not in choices:
        raise ContractError(where, f"unknown {key} '{value}'", f"use one of {', '.join(choices)}")
