"""What is said of recorded traffic and of recorded runs, beside the verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Line = tuple[str, dict[str, bool]]
GOOD = ("met", "observed", "waived")


SHOWN = 20


def lines(document: dict[str, Any]) -> Iterator[Line]:
    """The lines of the summary that only a run has which sends nothing."""
    yield from _recording(document)
    yield from _replayed(document)


def _replayed(document: dict[str, Any]) -> Iterator[Line]:
    """On which clauses the recorded run said something else."""
    told = document.get("replayed")
    if not told:
        return
    if not told["verdict"]:
        yield f"  judged again, nothing sent: {told['report']}, which reached no verdict", {}
        return
    found, suite = told["differences"], "the same" if told["same_suite"] else "another"
    count = f"{len(found)} clauses differ" if found else "the same verdict on every clause"
    yield f"  judged again, nothing sent: {told['report']} ({suite} suite): {count}", {}
    for each in found[:SHOWN]:
        why = f" ({each['reason']})" if "reason" in each else ""
        change = f"{each['then']} → {each['now']}".replace("_", " ")
        yield f"  {each['id']}: {change}{why}", {"yellow": True}
    if len(found) > SHOWN:
        yield f"  and {len(found) - SHOWN} more in verdict.json", {}


def _recording(document: dict[str, Any]) -> Iterator[Line]:
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
