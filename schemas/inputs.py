"""Files that came from outside: read within bounds, and held against their schema.

Whatever is in them, there is a document of the right types afterwards, or one `InputError`.
"""

from __future__ import annotations

import json
import os
import re
import stat
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent
LARGEST = 2**30
DEEPEST = 64
SHOWN = 160
SURROGATE = re.compile("[\ud800-\udfff]")


class InputError(ValueError):
    """A file or a part of one cannot be used; the message is one line that says why."""


def open_plain(path: Path, limit: int = LARGEST) -> int:
    """The descriptor of a plain file of at most so many bytes, to be read. Raises InputError.

    A directory, a device or a pipe is none: it may never end, or never begin.
    """
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no name of a file"
        raise InputError(f"{shown(str(path))}: {reason}") from None
    found = os.fstat(file)
    if stat.S_ISREG(found.st_mode) and found.st_size <= limit:
        return file
    os.close(file)
    wrong = "a directory" if stat.S_ISDIR(found.st_mode) else "no plain file"
    if stat.S_ISREG(found.st_mode):
        wrong = f"larger than {limit} bytes"
    raise InputError(f"{shown(str(path))}: {wrong}")


def read(path: Path, limit: int = LARGEST) -> bytes:
    """The bytes of a plain file. Raises InputError."""
    with open(open_plain(path, limit), "rb") as file:
        return file.read(limit)


def document(path: Path, schema: str, limit: int = LARGEST) -> Any:
    """The JSON of a file, which fits this schema. Raises InputError."""
    try:
        return checked(parse(read(path, limit)), schema)
    except InputError as wrong:
        message = str(wrong)
        name = shown(str(path))
        raise InputError(message if message.startswith(name) else f"{name}: {message}") from None


def parse(raw: bytes | str) -> Any:
    """The JSON that this holds, nested no deeper than `DEEPEST`. Raises InputError.

    What is no number of JSON (NaN, Infinity) is the text of its name: no number is found there.
    """
    try:
        found = json.loads(raw, parse_constant=str)
    except (ValueError, RecursionError):
        raise InputError("not JSON") from None
    level = [found]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _nested(each)]
        if not level:
            return found
    raise InputError(f"nested deeper than {DEEPEST}")


def _nested(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        yield from (each for each in inside if isinstance(each, dict | list))


def checked(value: Any, schema: str) -> Any:
    """The value, which fits this schema. Raises InputError, which names the place.

    Half of a surrogate pair, as an answer may hold, is a character like another.
    """
    rule = _validator(schema)
    try:
        error = next(iter(rule.iter_errors(value)), None)
    except UnicodeEncodeError:
        error = next(iter(rule.iter_errors(_plain(value))), None)
    if error is None:
        return value
    place = "".join(f"/{each}" for each in error.instance_path) or "the whole"
    raise InputError(f"{shown(place)}: {shown(_wrong(error))}")


def fits(value: Any, schema: str) -> bool:
    """Whether the value fits this schema."""
    try:
        checked(value, schema)
    except InputError:
        return False
    return True


def _wrong(error: Any) -> str:
    """What is wrong, with as much of what is there as is short."""
    message = str(error.message)
    return message if len(message) <= SHOWN else f"not what {error.schema_path[-1]} asks for"


def shown(text: str) -> str:
    """One line of text in which nothing is invisible."""
    line = "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
    return line if len(line) <= SHOWN * 2 else line[: SHOWN * 2] + "…"


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {_plain(name): _plain(each) for name, each in value.items()}
    return value


@cache
def _validator(name: str) -> Any:
    """What holds a value against `schemas/NAME.schema.json`, or against a part of it (`NAME#PART`).

    A field that the schema does not name is passed over: a later version may have written it.
    """
    file, _, part = name.partition("#")
    known = {path.name: _open(json.loads(path.read_bytes())) for path in _schemas()}
    target = f"{file}.schema.json" + (f"#/$defs/{part}" if part else "")
    registry = jsonschema_rs.Registry(list(known.items()))
    return jsonschema_rs.validator_for(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": target},
        registry=registry,
    )


def _schemas() -> list[Path]:
    names = ("entry", "setup", "clients", "verdict")
    return [FOLDER / f"{name}.schema.json" for name in names]


def _open(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_open(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = schema.get("additionalProperties") is False
    return {
        name: _open(each)
        for name, each in schema.items()
        if not (closed and name == "additionalProperties")
    }
