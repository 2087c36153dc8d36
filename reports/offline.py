"""What is said beside the verdicts: of recorded traffic, recorded runs, and the control."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Line = tuple[str, dict[str, bool]]
GOOD = ("met", "observed", "waived")


SHOWN = 20


def lines(document: dict[str, Any]) -> Iterator[Line]:
    """The lines of the summary that only such runs have."""
    yield from _recording(document)
    yield from _replayed(document)
    yield from _control(document)


def _control(document: dict[str, Any]) -> Iterator[Line]:
    """How the control did, and which violations it shares."""
    control = document.get("control")
    if not control:
        return
    head = f"control {control['base_url']}: {control['verdict'] or 'no verdict'}"
    if control["cause"]:
        yield (
            f"{head}: {control['cause']} (nothing is compared; {control['report']}/output.txt)",
            {},
        )
        return
    counts = ", ".join(f"{count} {name}" for name, count in control["counts"].items() if count)
    yield f"{head}: {counts or 'no violation on either'}", {}
    for name in control["counts"]:
        ids = [row["id"] for row in document["clauses"] if row.get("control") == name]
        if ids:
            more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
            yield f"  {name}: {', '.join(ids[:SHOWN])}{more}", {}


def _replayed(document: dict[str, Any]) -> Iterator[Line]:
    """On which clauses the recorded run said something else."""
    replayed = document.get("replayed")
    if not replayed:
        return
    if not replayed["verdict"]:
        yield f"  judged again, nothing sent: {replayed['report']}, which reached no verdict", {}
        return
    found, suite = replayed["differences"], "the same" if replayed["same_suite"] else "another"
    count = f"{len(found)} clauses differ" if found else "the same verdict on every clause"
    yield f"  judged again, nothing sent: {replayed['report']} ({suite} suite): {count}", {}
    for each in found[:SHOWN]:
        why = f" ({each['reason']})" if "reason" in each else ""
        change = f"{each['then']} → {each['now']}".replace("_", " ")
        yield f"  {each['id']}: {change}{why}", {"yellow": True}
    if len(found) > SHOWN:
        yield f"  and {len(found) - SHOWN} more in verdict.json", {}


def _recording(document: dict[str, Any]) -> Iterator[Line]:
    """What the recording held, and in one line what a script asks: is anything wrong in it."""
    recording = document.get("recording")
    if not recording:
        return
    entries = recording["exchanges"] + sum(recording["passed_over"].values())
    yield f"  {recording['exchanges']} of {entries} recorded exchanges judged, nothing sent", {}
    for reason, count in recording["passed_over"].items():
        yield f"  {count} passed over: {reason}", {}
    rows = document["clauses"]
    kept = sum(row["verdict"] in GOOD for row in rows)
    if kept and not any(row["verdict"] == "violated" and row["gate"] != "report" for row in rows):
        yield f"nothing is wrong in what was recorded: {kept} clauses kept", {"green": True}
