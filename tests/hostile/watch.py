"""What a run does to the machine: processes, memory, files; sampled from /proc while it runs."""

from __future__ import annotations

import ctypes
import os
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.hostile.hunt import Key, hunt

PROC = Path("/proc")
PAGE = os.sysconf("SC_PAGE_SIZE")
PAUSE = 0.1
MEMORY_AFTER = 0.7  # seconds; a younger process may still be what it was forked from
MEMORY_EVERY = 3.0
MOST_MEMORY = 1 << 30
SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of each descendant whose own parent ends, so that none is lost."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


@dataclass
class Watch:
    """The processes below one, and the folders that they write to, until `stop`.

    `peak` and `written` are the most bytes of memory and on disk at any one time; `leaks` say where
    the key stood in a process below the first; `blind` counts when one could not be looked into.
    """

    pid: int
    key: Key
    folders: tuple[Path, ...]
    peak: int = 0
    written: int = 0
    blind: int = 0
    seen: set[int] = field(default_factory=set)
    leaks: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._ages: dict[int, float] = {}
        self._looked: dict[int, float] = {}
        self._known: set[bytes] = set()
        self._sizes_due = 0.0
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take the last figures."""
        self._over.set()
        self._thread.join()
        self.written = max(self.written, sum(map(_size, self.folders)))

    def left(self) -> list[int]:
        """Processes of the run that still run."""
        return [pid for pid in self.seen if _state(pid) not in ("", "Z")]

    def _sample(self) -> None:
        while not self._over.wait(PAUSE):
            family = descendants(self.pid)
            self.seen |= family.keys()
            self.peak = max(self.peak, sum(map(_resident, [self.pid, *family])))
            for pid in family:
                self._look_into(pid)
            if time.monotonic() > self._sizes_due:
                self.written = max(self.written, sum(map(_size, self.folders)))
                self._sizes_due = time.monotonic() + 1

    def _look_into(self, pid: int) -> None:
        name, now = _name(pid), time.monotonic()
        age = now - self._ages.setdefault(pid, now)
        forked = _bytes(pid, "cmdline") == _bytes(self.pid, "cmdline") and age < MEMORY_AFTER
        if forked:
            return
        for place in ("cmdline", "environ"):
            data = _bytes(pid, place)
            if data in self._known:
                continue
            self._known.add(data)
            if found := hunt(data, self.key, 2):
                self.leaks.add(f"{place} of {name}: {found}")
        if age >= MEMORY_AFTER and now - self._looked.get(pid, 0.0) >= MEMORY_EVERY:
            self._looked[pid] = now
            self._hunt_memory(pid, name)

    def _hunt_memory(self, pid: int, name: str) -> None:
        held = holds(pid, self.key)
        if held is None:
            self.blind += _state(pid) not in ("", "Z")
        elif held:
            self.leaks.add(f"memory of {name}")


def descendants(pid: int) -> dict[int, int]:
    """All processes below this one, with their parents."""
    parents = {each: parent for each in _pids() if (parent := _parent(each))}
    found: dict[int, int] = {}
    below = {pid}
    while below:
        below = {each for each, parent in parents.items() if parent in below and each not in found}
        found |= {each: parents[each] for each in below}
    return found


def holds(pid: int, key: Key) -> bool | None:
    """Whether a key stands in the writable memory of a process; None where nobody may look."""
    try:
        with (PROC / str(pid) / "mem").open("rb", buffering=0) as memory:
            left = MOST_MEMORY
            for begin, end in _writable(pid):
                left -= end - begin
                if left < 0:
                    break
                memory.seek(begin)
                if key.standing_in(memory.read(end - begin) or b"") == "raw":
                    return True
    except (OSError, ValueError, OverflowError):
        return None
    return False


def _writable(pid: int) -> list[tuple[int, int]]:
    ranges = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw\S+ .*$", _text(pid, "maps"), re.MULTILINE)
    return [(int(begin, 16), int(end, 16)) for begin, end in ranges]


def _pids() -> list[int]:
    return [int(each.name) for each in PROC.iterdir() if each.name.isdigit()]


def _stat(pid: int) -> list[str]:
    return _text(pid, "stat").rpartition(")")[2].split()


def _state(pid: int) -> str:
    return (_stat(pid) or [""])[0]


def _parent(pid: int) -> int:
    return int((_stat(pid) or ["", "0"])[1])


def _resident(pid: int) -> int:
    """Resident bytes that are the process's own: shared pages are not counted twice."""
    pages = _text(pid, "statm").split()
    return (int(pages[1]) - int(pages[2])) * PAGE if pages else 0


def _name(pid: int) -> str:
    words = _bytes(pid, "cmdline").decode("utf-8", "replace").split("\0")
    return " ".join(Path(word).name for word in words[:3] if word)[:60]


def _bytes(pid: int, name: str) -> bytes:
    try:
        return (PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""


def _text(pid: int, name: str) -> str:
    return _bytes(pid, name).decode("utf-8", "replace")


def _size(folder: Path) -> int:
    """Bytes of all files in a folder; links are not followed."""
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(base, name).lstat().st_size
            except OSError:
                continue
    return total
