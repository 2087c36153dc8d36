"""Files that the suite writes, and the one way from a name that came from outside to a path.

An id of a recording, a file's name in a folder that is judged again: such a name is a path only
by way of `inside`. What is written is for its owner alone, and whole or not at all.
"""

from __future__ import annotations

import io
import json
import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# The pattern stands in a schema, so that a document is refused where it enters.
_NAMES = json.loads((Path(__file__).parent / "entry.schema.json").read_text("utf-8"))
NAME = re.compile(_NAMES["$defs"]["name"]["pattern"])
PRIVATE = 0o077


class PathError(ValueError):
    """A name leads out of its folder, or to a link; the message is one line."""


def is_name(text: str) -> bool:
    """Whether a text can stand as one part of a path, on any system."""
    return NAME.fullmatch(text) is not None


def inside(folder: Path, *names: str) -> Path:
    """The path of these names below a folder. Raises PathError for a name that is none, or a link.

    The folder itself is the operator's choice, and may be a link.
    """
    path = folder
    for name in names:
        if not is_name(name):
            raise PathError(f"{folder}: {name[:80]!r} is no name of a file")
        path = path / name
        not_a_link(path)
    return path


def not_a_link(path: Path) -> Path:
    """The same path. Raises PathError where a link stands in its place."""
    if path.is_symlink():
        raise PathError(f"{path} is a link: remove it, or name another directory")
    return path


def replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, whoever is killed in the middle; a link is replaced.

    Raises OSError, and leaves what was there before.
    """
    half = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    half.unlink(missing_ok=True)
    try:
        with named(path), opened(half, "xb") as file:
            write(file, content)
        half.replace(path)
    except OSError:
        half.unlink(missing_ok=True)
        raise


def append(path: Path, content: bytes) -> None:
    """Add to a file. Raises OSError; what was there before stays."""
    with named(path), opened(path, "ab") as file:
        write(file, content)


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Names the file in an OSError that tells only what is wrong: that the disk is full."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def write(file: io.FileIO, content: bytes) -> None:
    """Write all of it. Raises OSError."""
    view = memoryview(content)
    while view:
        view = view[file.write(view) or 0 :]


def opened(path: Path, mode: str) -> io.FileIO:
    """A file that its owner alone may read, opened unbuffered; never a link. Raises OSError."""
    return io.FileIO(path, mode, opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
