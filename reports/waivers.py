"""Waivers: deviations that are known and accepted, kept with the deployment, never in the suite.

    [[waiver]]
    clause = "CHAT-REQ-N-02"
    reason = "The gateway answers n = 2 with one choice until release 4.2."
    owner = "jane@example.com"
    ticket = "GW-812"
    expires = 2026-12-31
    model = "gpt-oss-20b"       # optional: only findings on this model

A waiver names one clause: a wildcard would also waive what nobody has seen yet. One whose clause
is met is stale, one past its date has expired; both are said with the line to delete.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from schemas.records import Finding

NEEDED = ("clause", "reason", "owner", "ticket", "expires")
ALLOWED = (*NEEDED, "model", "endpoint")


class WaiverError(ValueError):
    """A waiver file that cannot be used; the message is one line with file, place and remedy."""


@dataclass(frozen=True)
class Waiver:
    """One accepted deviation. `line` is where it begins in its file."""

    clause: str
    reason: str
    owner: str
    ticket: str
    expires: date
    model: str = ""
    endpoint: str = ""
    line: int = 0

    def covers(self, finding: Finding, endpoint: str) -> bool:
        """Whether the waiver speaks of this finding, whatever its date."""
        return (
            finding.clause == self.clause
            and self.model in ("", finding.model)
            and self.endpoint in ("", endpoint)
        )

    def expired(self, today: date) -> bool:
        """Whether its last day is past."""
        return today > self.expires


def load(path: Path, known: Collection[str]) -> tuple[Waiver, ...]:
    """The waivers of a file; `known` are the clause ids. Raises WaiverError."""
    try:
        text = path.read_text("utf-8")
        rows = tomllib.loads(text).get("waiver", [])
    except OSError as error:
        raise WaiverError(f"{path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise WaiverError(f"{path}: not TOML: {error}") from None
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.strip() == "[[waiver]]"]
    return tuple(_read(path, row, line, known) for row, line in zip(rows, lines, strict=True))


def _read(path: Path, row: dict[str, Any], line: int, known: Collection[str]) -> Waiver:
    where = f"{path}:{line}"
    missing = [key for key in NEEDED if not row.get(key)]
    unknown = sorted(set(row) - set(ALLOWED))
    if missing:
        raise WaiverError(f"{where}: a waiver needs {', '.join(missing)}")
    if unknown:
        raise WaiverError(f"{where}: unknown key {unknown[0]}: known are {', '.join(ALLOWED)}")
    if row["clause"] not in known:
        raise WaiverError(f"{where}: {row['clause']} is no clause; a waiver names exactly one")
    if not isinstance(row["expires"], date):
        raise WaiverError(f"{where}: expires = {row['expires']!r}: write a date, as in 2026-12-31")
    return Waiver(**row, line=line)
