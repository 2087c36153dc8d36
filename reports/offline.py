"""What is said of recorded traffic, beside the verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Line = tuple[str, dict[str, bool]]
GOOD = ("met", "observed", "waived")


def lines(document: dict[str, Any]) -> Iterator[Line]:
    """What the recording held, and in one line what a script asks: is anything wrong in it."""
    told = document.get("recording")
    if not told:
        return
    entries = told["exchanges"] + sum(told["passed_over"].values())
    yield f"  {told['exchanges']} of {entries} recorded exchanges judged, nothing sent", {}
    for reason, count in told["passed_over"].items():
        yield f"  {count} passed over: {reason}", {}
    rows = document["clauses"]
    kept = sum(row["verdict"] in GOOD for row in rows)
    if kept and not any(row["verdict"] == "violated" and row["gate"] != "report" for row in rows):
        yield f"nothing is wrong in what was recorded: {kept} clauses kept", {"green": True}
