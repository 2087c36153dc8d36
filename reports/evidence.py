"""The evidence of a run: every exchange as it happened, in `exchanges.har` (HAR 1.2).

The file is whole JSON after each exchange, so that a run that was killed leaves evidence too.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from schemas import key_placeholders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HEAD, TAIL = b'"entries": [\n', b"\n]}}\n"
BODY_SHOWN = 1200
NO_HAR = "not HAR 1.2: export it again, as HAR with content"


class Evidence:
    """The exchanges of a run; several processes may add to it at once.

    `clean` removes keys from what is written: also those that an answer had in pieces.
    """

    def __init__(
        self, path: Path, lock: Path, creator: dict[str, str], clean: Callable[[str], str] = str
    ) -> None:
        self._path = path
        self._lock = FileLock(lock)
        self._head = json.dumps({"log": {"version": "1.2", "creator": creator, "entries": []}})
        self._clean = clean

    def add(self, entry: dict[str, Any]) -> None:
        """Append one exchange."""
        row = self._clean(json.dumps(entry, ensure_ascii=False)).encode("utf-8", "backslashreplace")
        with self._lock:
            if not self._path.exists():
                self._path.write_bytes(self._head.removesuffix("]}}").encode() + TAIL)
            with self._path.open("r+b") as har:
                first = har.seek(-len(TAIL) - 1, 2) and har.read(1) == b"["
                har.seek(-len(TAIL), 2)
                har.write((b"\n" if first else b",\n") + row + TAIL)


class HarError(ValueError):
    """A file is no HAR. The message is one line, beginning with the file's name."""


def whole(path: Path) -> list[Any]:
    """All entries of any tool's HAR file, also of one that was cut. Raises HarError."""
    with path.open("rb") as har:
        ours = har.readline().endswith(HEAD)
    if ours:  # one entry a line; may be large, or cut
        return list(entries(path))
    try:
        return [*json.loads(path.read_bytes().decode("utf-8-sig"))["log"]["entries"]]
    except (KeyError, TypeError, ValueError, RecursionError):
        raise HarError(f"{path}: {NO_HAR}") from None


class Archive(Mapping[str, dict[str, Any]]):
    """The exchanges of an evidence file by their id, read from the disk one at a time.

    A run of the deep tier has ten thousand, too many to hold at once. Of those that share an id,
    it has the last.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places = {row["_id"]: place for place, row in _placed(path)}

    def __getitem__(self, name: str) -> dict[str, Any]:
        start, size = self._places[name]
        with self._path.open("rb") as har:
            har.seek(start)
            row = _row(har.read(size))
        if row is None:
            raise KeyError(name)
        return row

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """The exchanges of an evidence file, also of one whose writer was killed in the middle."""
    yield from (row for _, row in _placed(path))


def _placed(path: Path) -> Iterator[tuple[tuple[int, int], dict[str, Any]]]:
    """Each entry with its place: where its line begins, and how long it is."""
    if not path.exists():
        return
    start = 0
    with path.open("rb") as har:
        for line in har:
            if line.startswith(b"{") and (row := _row(line)):
                yield (start, len(line)), row
            start += len(line)


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line.rstrip().removesuffix(b","))
    except ValueError:
        return None
    return row if isinstance(row, dict) and "request" in row else None


def curl(entry: dict[str, Any], key_env: str, bodies: Path) -> str:
    """The command that sends this request again; the key stays in its variable.

    A body too long for a command line, or binary, is read from `bodies` (see `save_body`).
    """
    request = entry["request"]
    parts = ["curl -sS -i"]
    if request["method"] != "GET" or "postData" in request:
        parts.append(f"-X {shlex.quote(request['method'])}")
    parts.append(shlex.quote(request["url"]))
    parts += [_header(header, request, key_env) for header in request["headers"]]
    post = request.get("postData")
    if post:
        told = f"@{bodies / entry['_id']}" if _is_file(post) else post["text"]
        parts.append(f"--data-binary {shlex.quote(told)}")
        if not post["mimeType"]:  # curl would name one
            parts.append("-H Content-Type:")
    return " ".join(parts)


def save_body(entry: dict[str, Any], bodies: Path) -> None:
    """Write the body that the command of `curl` reads from a file."""
    post = entry["request"].get("postData")
    if post and _is_file(post):
        bodies.mkdir(exist_ok=True)
        binary = post.get("encoding") == "base64"
        text = post["text"]
        (bodies / entry["_id"]).write_bytes(base64.b64decode(text) if binary else text.encode())


def _header(header: dict[str, str], request: dict[str, Any], key_env: str) -> str:
    name, value = header["name"], header["value"]
    if name == "Authorization" and request.get("_own_key"):
        return f'-H "Authorization: Bearer ${key_env}"'
    shown = f"{name}: {value}"
    if any(stand_in.decode() in value for stand_in in key_placeholders.SHELL):
        shown = re.sub(r'[\\"$`]', r"\\\g<0>", shown)
        for stand_in, shell in key_placeholders.SHELL.items():
            shown = shown.replace(stand_in.decode(), shell.replace("VAR", key_env))
        return f'-H "{shown}"'
    # curl leaves out a header that ends in a colon, and sends one that ends in a semicolon empty.
    return f"-H {shlex.quote(f'{name}: {value}' if value else f'{name};')}"


def fits_a_line(entry: dict[str, Any]) -> bool:
    """Whether the command of `curl` needs no file."""
    post = entry["request"].get("postData")
    return not (post and _is_file(post))


def _is_file(post: dict[str, Any]) -> bool:
    return post.get("encoding") == "base64" or len(post["text"]) > BODY_SHOWN
