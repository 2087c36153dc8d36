"""A run beside another: the recorded one that it judges again, or one on a second deployment."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from schemas import inputs

if TYPE_CHECKING:
    from pathlib import Path

Document = dict[str, Any]
IDENTITY = ("version", "digest", "contract", "profile")
BROKEN = ("violated", "waived")
FINE = ("met", "observed", "not_applicable")
ONLY_HERE, BOTH, ONLY_CONTROL, UNDECIDED = "only here", "both", "only control", "undecided"


def with_recorded(report_dir: Path, built: Document) -> Document:
    """The clauses on which today's verdict is not the one of the run in this directory."""
    then = read(report_dir)
    comparison: Document = {
        "report": str(report_dir),
        "verdict": then.get("verdict", ""),
        "differences": [],
    }
    if then:
        suites = [[each["suite"].get(name) for name in IDENTITY] for each in (then, built)]
        comparison["same_suite"] = suites[0] == suites[1]
        old = {row["id"]: row["verdict"] for row in then["clauses"]}
        comparison["differences"] = [
            {
                "id": row["id"],
                "then": old.get(row["id"], "not_run"),
                "now": row["verdict"],
                **({"reason": row["reason"]} if row.get("reason") else {}),
            }
            for row in built["clauses"]
            if row["verdict"] != old.get(row["id"], "not_run")
        ]
    return comparison


def with_control(report_dir: Path, base_url: str, built: Document) -> Document:
    """The document, in which each violation says whether the control has it, too.

    `undecided` is one on which the control was not decided: nobody knows.
    """
    control = read(report_dir)
    there = {row["id"]: row for row in control.get("clauses", ())}
    rows = [_classed(row, there.get(row["id"])) for row in built["clauses"]]
    counts = Counter(row["control"] for row in rows if "control" in row)
    return {
        **built,
        "clauses": rows,
        "control": {
            "base_url": base_url,
            "verdict": control.get("verdict", ""),
            "cause": control.get("cause", "" if control else "it came to no verdict"),
            "report": str(report_dir),
            "counts": {name: counts[name] for name in (ONLY_HERE, BOTH, ONLY_CONTROL, UNDECIDED)},
            "only_control": [
                {"id": row["id"], "findings": there[row["id"]]["findings"]}
                for row in rows
                if row.get("control") == ONLY_CONTROL
            ],
        },
    }


def _classed(row: Document, other: Document | None) -> Document:
    """A clause with its class, where it is violated here or there."""
    theirs = other["verdict"] if other else ""
    if row["verdict"] not in BROKEN:
        return {**row, "control": ONLY_CONTROL} if theirs in BROKEN else row
    side = BOTH if theirs in BROKEN else ONLY_HERE if theirs in FINE else UNDECIDED
    same = {_kind(each) for each in other["findings"]} if other else set()
    findings = [
        {**each, "control": ONLY_HERE if side == BOTH and _kind(each) not in same else side}
        for each in row["findings"]
    ]
    return {**row, "control": side, "findings": findings}


def _kind(finding: Document) -> tuple[object, ...]:
    """What two findings share that have one cause: all but numbers, names and what came."""
    return (
        re.sub(r"\d+", "#", " or ".join(finding["expected"])),
        re.sub(r"\d+", "#", finding["where"]),
    )


def read(report_dir: Path) -> Document:
    """The verdict of a run, or an empty document where it did not reach one."""
    try:
        found: Document = inputs.document(report_dir / "verdict.json", "verdict")
    except inputs.InputError:
        return {}
    return found
