"""The summary at the end of a run, drawn from `verdict.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Line = tuple[str, dict[str, bool]]
GOOD = ("CONFORMANT", "CONFORMANT WITH WAIVERS")
ORDER = (
    *("violated", "untestable", "inconclusive", "not_run"),
    *("waived", "met", "observed", "not_applicable"),
)


def lines(document: dict[str, Any]) -> Iterator[Line]:
    """The lines of the summary, each with the colours it takes on a terminal."""
    yield from _headline(document)
    if document["cause"]:
        yield f"  {document['cause']}", {}
    yield from _counts(document)
    bad = [row for row in document["clauses"] if row["verdict"] == "violated"]
    blocking = [row for row in bad if _blocks(row, document)]
    for row in blocking:
        yield from _clause(row, red=True)
    for row in bad:
        if row not in blocking:
            yield from _clause(row, red=False)
    if not document["cause"]:
        yield from _reasons(document)
    yield from _waivers(document)
    for error in document["harness_errors"]:
        yield f"SUITE ERROR in {error['source']}: {error['reason']}", {"red": True}
    if document["observations"]:
        sides = ", ".join(f"{key}={value}" for key, value in document["observations"].items())
        yield f"observed: {sides}", {}
    yield f"report: {document['suite']['report']}", {}


def _headline(document: dict[str, Any]) -> Iterator[Line]:
    deployment, suite = document["deployment"], document["suite"]
    good = document["verdict"] in GOOD
    yield (
        f"{document['verdict']}  {deployment['base_url']}  profile {deployment['profile']}, "
        f"tier {suite['tier']}",
        {"bold": True, "green": good, "red": not good},
    )
    yield (
        f"  {document['requests']} requests, {document['tokens']['total']} tokens, "
        f"{document['seconds']:.1f} s",
        {},
    )


def _counts(document: dict[str, Any]) -> Iterator[Line]:
    for gate, counts in document["counts"].items():
        told = [f"{counts[verdict]} {verdict}" for verdict in ORDER if counts.get(verdict)]
        yield f"  {gate:<7} {', '.join(told).replace('_', ' ')}", {}


def _blocks(row: dict[str, Any], document: dict[str, Any]) -> bool:
    return row["gate"] == "block" or (document["strict"] and row["gate"] == "warn")


def _clause(row: dict[str, Any], *, red: bool) -> Iterator[Line]:
    label = "VIOLATED" if red else f"violated ({row['gate']})"
    yield f"{label} {row['id']}  {row['statement']}", {"red": red, "yellow": not red}
    for finding in row["findings"][:3]:
        yield f"    expected: {' or '.join(finding['expected'])}", {}
        where = f"  at {finding['where']}" if finding["where"] else ""
        yield f"    actual:   {finding['actual']}{where}", {}
        if "curl" in finding:
            yield f"    {finding['curl']}", {}
    if len(row["findings"]) > 3:
        yield f"    and {len(row['findings']) - 3} more in verdict.json", {}


def _reasons(document: dict[str, Any]) -> Iterator[Line]:
    """Why clauses were not decided: one line a reason."""
    for verdict in ("untestable", "inconclusive"):
        by_reason: dict[str, list[str]] = {}
        for row in document["clauses"]:
            if row["verdict"] == verdict:
                by_reason.setdefault(row.get("reason", ""), []).append(row["id"])
        for reason, ids in by_reason.items():
            named = ", ".join(ids[:4]) + (f" and {len(ids) - 4} more" if len(ids) > 4 else "")
            yield f"{verdict}: {reason}: {named}", {"yellow": True}


def _waivers(document: dict[str, Any]) -> Iterator[Line]:
    for waiver in document["waivers"]:
        told = f"waiver {waiver['state']}: {waiver['clause']} ({waiver['owner']}, {waiver['ticket']})"
        if waiver["state"] == "in force":
            yield f"{told}, until {waiver['expires']}", {}
        else:
            yield f"{told}: delete it, line {waiver['line']} of the waiver file", {"red": True}
