"""Rows of the data files, read strictly, each with the line that it stands on.

A mistake in a row is a `ContractError`, whose one line names file, line and id, says what is wrong
and how to mend it. What a row may hold is said by the types that `schemas.structure` makes of it.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader as _BaseLoader
else:
    # libyaml is ten times as fast, and not everywhere; both read our files alike.
    _BaseLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


SHOWN = 20  # choices that a message lists
DEEPEST = 32  # levels of a file that comes from outside


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a row: its file and, once known, its line (from 1) and its id."""

    file: str
    id: str = "?"
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}{f':{self.line}' if self.line else ''}, {self.id}"


class ContractError(Exception):
    """A row of the contract is wrong."""

    def __init__(self, where: Where, wrong: str, remedy: str) -> None:
        super().__init__(" ".join(f"{where}: {wrong}; {remedy}".split()))


class Row(dict[str, Any]):
    """A mapping of a data file: `line` is where it begins, `lines` where each of its keys stands.

    A row that another one was made of has the lines of that one.
    """

    line: int = 0

    def __init__(self, values: Mapping[str, Any], lines: Mapping[str, int] | None = None) -> None:
        super().__init__(values)
        self.lines: Mapping[str, int] = dict(lines or {})

    def with_value(self, key: str, value: Any) -> "Row":
        """The same row with one more value, which stands nowhere in the file."""
        row = Row({**self, key: value}, self.lines)
        row.line = self.line
        return row


def at(where: Where, row: object, *path: object) -> Where:
    """The place of what stands at this path of a row, as near as the file tells."""
    line = row.line if isinstance(row, Row) else where.line
    for step in path:
        if isinstance(row, Row):
            line = row.lines.get(str(step), row.line)
        try:
            row = row[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            break
        line = row.line if isinstance(row, Row) else line
    return replace(where, line=line)


class _Loader(_BaseLoader):
    """A safe YAML loader that refuses a key given twice in one mapping."""

    def rows(self, node: Any) -> Iterator[Row]:
        """A mapping with its lines; made in two steps, as YAML's own, so that it may recur."""
        row = Row({}, {str(key.value): key.start_mark.line + 1 for key, _ in node.value})
        row.line = node.start_mark.line + 1
        yield row
        values: dict[Any, Any] = self.construct_mapping(node)
        row.update(values)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        keys = Counter(key.value for key, _ in node.value if isinstance(key.value, str))
        twice = {key for key, count in keys.items() if count > 1}
        if twice:
            problem = f"key given twice: {', '.join(sorted(map(str, twice)))}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_mapping(node, deep=deep)


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.rows)


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
                wrong = "an alias" if depth <= DEEPEST else f"nested deeper than {DEEPEST}"
                raise ContractError(Where(file), wrong, "write it out")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ContractError(Where(file), f"not valid YAML: {error}", "mend the syntax") from None


def read(root: Path, file: str) -> Iterator[tuple[Where, Row]]:
    """The rows of one data file, each with its place."""
    try:
        rows = yaml.load(read_text(root, file, Where(file)), _Loader)  # noqa: S506
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise ContractError(Where(file), f"not valid YAML: {error}", "mend the syntax") from error
    for row in rows if isinstance(rows, list) else [rows]:
        if not isinstance(row, Row):
            raise ContractError(Where(file), f"not a row: {row!r}", "write a list of mappings")
        yield Where(file, str(row.get("id", row.get("name", "?"))), row.line), row


def choose(where: Where, key: str, value: str, choices: Iterable[str]) -> None:
    """Refuse a value that is not one of the choices; of many choices the message lists none."""
    choices = tuple(choices)
    if value not in choices:
        remedy = (
            f"use one of {', '.join(choices)}" if len(choices) <= SHOWN else "mend or remove it"
        )
        raise ContractError(where, f"unknown {key} '{value}'", remedy)
