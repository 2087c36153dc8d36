"""Other clients, in few lines: which work, which fail and whose fault it is, which are missing.

They stand in `observations`, one row `client <name> <version> <capability>` each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROW = re.compile(r"client (\S+ \d\S*) (.+)")
MISSING = "is not installed"
LONGEST = 160


def rows(document: dict[str, Any]) -> dict[str, dict[str, str]]:
    """For each client with its version: what stands in the matrix, by capability."""
    found: dict[str, dict[str, str]] = {}
    for key, value in document["observations"].items():
        if row := ROW.fullmatch(key):
            found.setdefault(row[1], {})[row[2]] = value
    return found


def lines(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, bool]]]:
    """The lines of the summary: those that work share one, each that fails has its own.

    One says how they were kept apart from the key.
    """
    good = []
    for client, cells in rows(document).items():
        failing = {name: result for name, result in cells.items() if result.startswith("fails")}
        if not failing:
            good.append(client)
        for result in dict.fromkeys(failing.values()):
            names = ", ".join(name for name in failing if failing[name] == result)
            yield f"client {client}: {names}: {result[:LONGEST]}", {"yellow": True}
    if good:
        yield f"  clients that work: {', '.join(good)}", {}
    if isolation := document["observations"].get("client_isolation"):
        yield f"  clients ran {isolation}", {}
    missing = {
        row["reason"]
        for row in document["clauses"]
        if row["verdict"] == "not_applicable" and MISSING in row.get("reason", "")
    }
    if missing:
        yield f"  not applicable: {'; '.join(sorted(missing))}", {}
