"""The evidence of a run: every exchange as it happened, in `exchanges.har` (HAR 1.2).

The file is whole JSON after each exchange, so that a run that was killed leaves evidence too.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from filelock import FileLock

if TYPE_CHECKING:
    from pathlib import Path

TAIL = b"\n]}}\n"
BODY_SHOWN = 4000


class Evidence:
    """The exchanges of a run; several processes may add to it at once."""

    def __init__(self, path: Path, lock: Path, creator: dict[str, str]) -> None:
        self._path = path
        self._lock = FileLock(lock)
        self._head = json.dumps({"log": {"version": "1.2", "creator": creator, "entries": []}})

    def add(self, entry: dict[str, Any]) -> None:
        """Append one exchange."""
        row = json.dumps(entry, ensure_ascii=False).encode("utf-8", "surrogatepass")
        with self._lock:
            if not self._path.exists():
                self._path.write_bytes(self._head.removesuffix("]}}").encode() + TAIL)
            with self._path.open("r+b") as har:
                first = har.seek(-len(TAIL) - 1, 2) and har.read(1) == b"["
                har.seek(-len(TAIL), 2)
                har.write((b"\n" if first else b",\n") + row + TAIL)


def entries(path: Path) -> list[dict[str, Any]]:
    """All exchanges of an evidence file, also of one whose writer was killed in the middle."""
    if not path.exists():
        return []
    raw = path.read_bytes()
    try:
        rows: list[dict[str, Any]] = json.loads(raw)["log"]["entries"]
    except ValueError:
        return [row for line in raw.split(b"\n")[1:] if (row := _row(line))]
    return rows


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line.removesuffix(b","))
    except ValueError:
        return None
    return row if isinstance(row, dict) and "request" in row else None


def curl(entry: dict[str, Any], key_env: str) -> str:
    """The command that sends this request again; the key stays in its variable."""
    request = entry["request"]
    parts = ["curl -sS -i"]
    if request["method"] != "GET" or "postData" in request:
        parts.append(f"-X {shlex.quote(request['method'])}")
    parts.append(shlex.quote(request["url"]))
    for header in request["headers"]:
        value = f"{header['name']}: {header['value']}"
        if header["name"] == "Authorization" and request.get("_own_key"):
            parts.append(f'-H "Authorization: Bearer ${key_env}"')
        else:
            parts.append(f"-H {shlex.quote(value)}")
    parts += _body(request.get("postData"), entry.get("_id", ""))
    return " ".join(parts)


def _body(post: dict[str, Any] | None, exchange: str) -> list[str]:
    if not post:
        return []
    text = post["text"]
    if post.get("encoding") == "base64" or len(text) > BODY_SHOWN:
        return [f"--data-binary @body-of-{exchange}  # {len(text)} characters, see exchanges.har"]
    return [f"--data-binary {shlex.quote(text)}"]
