"""Hunts for a word from inside a process, by every way that a client of the suite has.

    hunter.py REPORT WORD

appends a line to REPORT for each place where the word is found: environments and command lines of
all processes, memory and open files of those that can be read, its own environment, files below
HOME and the folder for temporary files. Imports the standard library alone. WORD comes in
hexadecimal, or the hunter would find its own command line.
"""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROC = Path("/proc")
SECONDS = 5.0
MOST_HUNTS = 4
PIECE = 4 * 1024 * 1024
MOST_OF_A_FILE = 1024 * 1024
MOST_FILES = 4000


def ancestors() -> list[str]:
    """The processes above this one, the nearest first."""
    found: list[str] = []
    with suppress(OSError):
        above = str(os.getppid())
        while above not in ("0", *found):
            found.append(above)
            above = (PROC / above / "stat").read_text("latin-1").rpartition(")")[2].split()[1]
    return found


def processes() -> list[str]:
    """All processes but this one, those above it first."""
    first = ancestors()
    with suppress(OSError):
        others = {each.name for each in PROC.iterdir() if each.name.isdigit()}
        first += sorted(others - {*first, str(os.getpid())}, key=int)
    return first


def read(path: Path) -> bytes:
    """The beginning of a file. Nothing is awaited: of /proc/kmsg, more comes some day."""
    with suppress(OSError), os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        return file.read(MOST_OF_A_FILE) or b""
    return b""


def memory(process: str) -> Iterator[bytes]:
    """The memory of a process in pieces, where it can be read."""
    with suppress(OSError):
        maps = (PROC / process / "maps").read_text("latin-1").splitlines()
        with (PROC / process / "mem").open("rb", buffering=0) as mem:
            for line in maps:
                span, rights = line.split()[:2]
                if rights.startswith("rw"):
                    begin, end = (int(each, 16) for each in span.split("-"))
                    yield from _piecewise(mem.fileno(), begin, end)


def _piecewise(descriptor: int, begin: int, end: int) -> Iterator[bytes]:
    for at in range(begin, end, PIECE):
        with suppress(OSError, OverflowError):
            yield os.pread(descriptor, min(PIECE + 256, end - at), at)


def files() -> Iterator[Path]:
    """Files below HOME and the folder for temporary files."""
    roots = dict.fromkeys([os.environ.get("HOME", "/"), tempfile.gettempdir(), "."])
    left = MOST_FILES
    for root in roots:
        for folder, _, names in os.walk(root):
            for name in names:
                left -= 1
                if left < 0:
                    return
                yield Path(folder, name)


def places(word: bytes) -> Iterator[str]:
    """Where the word is found."""
    if any(word in name + b"=" + value for name, value in os.environb.items()):
        yield "own environment"
    for process in processes():
        for name in ("environ", "cmdline"):
            if word in read(PROC / process / name):
                yield f"{name} of {process}"
        with suppress(OSError):
            for descriptor in (PROC / process / "fd").iterdir():
                if descriptor.is_file() and word in read(descriptor):
                    yield f"open file {descriptor.name} of {process}"
    for process in processes():
        if any(word in piece for piece in memory(process)):
            yield f"memory of {process}"
    for path in files():
        if path.is_file() and word in read(path):
            yield f"file {path}"


def main() -> None:
    """Write down what is found, until the time is over."""
    with Path(sys.argv[1]).open("a+", encoding="utf-8") as lines:
        # One at a time: a hunter holds the word in its own memory.
        fcntl.flock(lines, fcntl.LOCK_EX)
        lines.seek(0)
        if lines.read().count("hunted") >= MOST_HUNTS:
            return
        word, end = bytes.fromhex(sys.argv[2]), time.monotonic() + SECONDS
        lines.write(f"hunting as {os.getuid()}, {len(processes())} processes in sight\n")
        for place in places(word):
            lines.write(f"found: {place}\n")
            lines.flush()
            if time.monotonic() > end:
                break
        lines.write("hunted\n")


if __name__ == "__main__":
    main()
