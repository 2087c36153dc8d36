"""The evidence of a run: every exchange as it happened, in `exchanges.har` (HAR 1.2).

The file is whole JSON after each exchange, so that a run that was killed leaves evidence too.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from schemas import files, inputs, kept, key_placeholders, shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO
    from pathlib import Path

HEAD, TAIL = b'"entries": [\n', b"\n]}}\n"
BODY_SHOWN = 1200
KEY_ENV = "COMPACTIFAI_API_KEY"
TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
STAND_IN = re.compile(f"({'|'.join(re.escape(each.decode()) for each in key_placeholders.SHELL)})")
NO_HAR = "not HAR 1.2: export it again, as HAR with content"


class Evidence:
    """The exchanges of a run; several processes may add to it at once.

    `clean` removes keys from what is written: also those that an answer had in pieces. Long
    exchanges share what `schemas.kept` gives them; how much of it is left stands beside the lock.
    """

    def __init__(
        self, path: Path, lock: Path, creator: dict[str, str], clean: Callable[[str], str] = str
    ) -> None:
        self._path = path
        self._lock = FileLock(lock)
        self._spent = lock.with_suffix(".spent")
        self._head = json.dumps({"log": {"version": "1.2", "creator": creator, "entries": []}})
        self._clean = clean

    def add(self, entry: dict[str, Any]) -> None:
        """Append one exchange. Raises OSError, and leaves the file as it was."""
        with self._lock:
            found = kept.fit(entry, kept.RUN - self._taken(), self._clean)
            text = self._clean(json.dumps(found.entry, ensure_ascii=False))
            row = text.encode("utf-8", "backslashreplace")
            if found.cost:
                files.replace(self._spent, str(self._taken() + found.cost).encode())
            if not self._path.exists():
                files.replace(self._path, self._head.removesuffix("]}}").encode() + TAIL)
            with files.named(self._path), files.opened(self._path, "r+b") as har:
                _append(har, row)

    def _taken(self) -> int:
        try:
            return int(self._spent.read_bytes())
        except (FileNotFoundError, ValueError):
            return 0


def _append(har: FileIO, row: bytes) -> None:
    """Put a row before the end of the file; where the disk is full, nothing but the end."""
    end = max(0, har.seek(0, os.SEEK_END) - len(TAIL))
    har.seek(max(0, end - 1))
    first = end > 0 and har.read(1) == b"["
    har.seek(end)
    try:
        files.write(har, (b"\n" if first else b",\n") + row + TAIL)
    except OSError:
        har.truncate(end)
        har.seek(end)
        files.write(har, TAIL)
        raise


class HarError(ValueError):
    """A file is no HAR. The message is one line, beginning with the file's name."""


def whole(path: Path) -> list[Any]:
    """All entries of any tool's HAR file, also of one that was cut. Raises HarError."""
    try:
        raw = inputs.read(path)
    except inputs.InputError as wrong:
        raise HarError(str(wrong)) from None
    if raw.partition(b"\n")[0].endswith(HEAD.rstrip(b"\n")):  # one entry a line; may be cut
        return list(entries(path))
    try:
        return [*json.loads(raw.decode("utf-8-sig"), parse_constant=str)["log"]["entries"]]
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
        self._last: dict[str, dict[str, Any]] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __getitem__(self, name: str) -> dict[str, Any]:
        if name not in self._last:  # many clauses in a row name the same one
            self._last = {name: self._read(name)}
        return self._last[name]

    def _read(self, name: str) -> dict[str, Any]:
        start, size = self._places[name]
        with self._path.open("rb") as har:
            har.seek(start)
            row = _read(self._path, har.read(size))
        if row is None:
            raise KeyError(name)
        return row

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """The exchanges of an evidence file, also of one whose writer was killed in the middle.

    Raises HarError for an entry that no writer of ours leaves, cut or not.
    """
    yield from (row for _, row in _placed(path))


def _placed(path: Path) -> Iterator[tuple[tuple[int, int], dict[str, Any]]]:
    """Each entry with its place: where its line begins, and how long it is."""
    if not path.exists():
        return
    start = 0
    try:
        file = inputs.open_plain(path)
    except inputs.InputError as wrong:
        raise HarError(str(wrong)) from None
    with open(file, "rb") as har:  # noqa: PTH123  (a descriptor)
        for line in har:
            if line.startswith(b"{") and (row := _read(path, line)):
                yield (start, len(line)), row
            start += len(line)


def _read(path: Path, line: bytes) -> dict[str, Any] | None:
    """The entry of a line, which fits its schema; None for a line that is cut, and for the head."""
    try:
        row = _row(line)
        return None if row is None else dict(inputs.checked(row, "entry"))
    except inputs.InputError as wrong:
        raise HarError(f"{path}: an entry is not as this suite writes it: {wrong}") from None


def _row(line: bytes) -> dict[str, Any] | None:
    text = line.rstrip().removesuffix(b",")
    if not text.endswith(b"}"):
        return None
    try:
        row = inputs.parse(text)
    except inputs.InputError as wrong:
        if "deep" in str(wrong):
            raise
        return None
    return row if isinstance(row, dict) and "request" in row else None


def curl(entry: dict[str, Any], key_env: str, bodies: Path) -> str:
    """The command that sends this request again; the key stays in its variable.

    A body too long for a command line, or binary, is read from `bodies` (see `save_body`). Each
    part is one word for the shell, and means nothing but itself to curl. A header that no client
    can send is left out.
    """
    request = entry["request"]
    url, post = request["url"], request.get("postData")
    parts = ["curl -sS -i"]
    if request["method"] == "HEAD":
        parts.append("-I")
    elif request["method"] != "GET" or "postData" in request:
        parts.append(f"-X {shell.word(request['method'])}")
    if re.search(r"[][{}]", url):  # curl would make several URLs of them
        parts.append("-g")
    if re.search(r"/\.", url):  # and shorten the path
        parts.append("--path-as-is")
    parts.append(f"--url {shell.word(url)}" if url.startswith("-") else shell.word(url))
    variable = key_env if shell.VARIABLE.fullmatch(key_env) else KEY_ENV
    parts += [_header(each, request, variable) for each in request["headers"] if _sendable(each)]
    if post:
        # Of text, curl would take one that begins with @ for the name of a file.
        if _is_file(post):
            parts.append("--data-binary " + shell.word(f"@{files.inside(bodies, entry['_id'])}"))
        else:
            parts.append("--data-raw " + shell.word(post["text"]))
        if not post["mimeType"]:  # curl would name one
            parts.append("-H Content-Type:")
    return " ".join(parts)


def save_body(entry: dict[str, Any], bodies: Path) -> None:
    """Write the body that the command of `curl` reads from a file. Raises PathError, OSError."""
    post = entry["request"].get("postData")
    if post and _is_file(post):
        path = files.inside(bodies, entry["_id"])
        bodies.mkdir(mode=0o700, exist_ok=True)
        files.replace(path, kept.body(post))


def _sendable(header: dict[str, str]) -> bool:
    """Whether a client can send this header as one: its name is a token, its value a line."""
    return bool(TOKEN.fullmatch(header["name"])) and not re.search(r"[\r\n\0]", header["value"])


def _header(header: dict[str, str], request: dict[str, Any], variable: str) -> str:
    name, value = header["name"], header["value"]
    if name == "Authorization" and request.get("_own_key"):
        return f'-H "Authorization: Bearer ${variable}"'
    # curl leaves out a header that ends in a colon, and sends one that ends in a semicolon empty.
    shown = f"{name}: {value}" if value else f"{name};"
    pieces = STAND_IN.split(shown)
    made = [
        key_placeholders.SHELL[piece.encode()].replace("VAR", variable)
        if STAND_IN.fullmatch(piece)
        else shell.word(piece, "latin-1")
        for piece in pieces
        if piece
    ]
    return f"-H {''.join(made)}"


def fits_a_line(entry: dict[str, Any]) -> bool:
    """Whether the command of `curl` needs no file."""
    post = entry["request"].get("postData")
    return not (post and _is_file(post))


def _is_file(post: dict[str, Any]) -> bool:
    text = post["text"]
    return post.get("encoding") == "base64" or len(text) > BODY_SHOWN or "\0" in text
