"""A run beside another: the recorded one that it judges again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Document = dict[str, Any]
IDENTITY = ("version", "digest", "contract", "profile")


def with_recorded(report_dir: Path, built: Document) -> Document:
    """The clauses on which today's verdict is not the one of the run in this directory."""
    then = read(report_dir)
    told: Document = {
        "report": str(report_dir),
        "verdict": then.get("verdict", ""),
        "differences": [],
    }
    if then:
        suites = [[each["suite"].get(name) for name in IDENTITY] for each in (then, built)]
        told["same_suite"] = suites[0] == suites[1]
        old = {row["id"]: row["verdict"] for row in then["clauses"]}
        told["differences"] = [
            {
                "id": row["id"],
                "then": old.get(row["id"], "not_run"),
                "now": row["verdict"],
                **({"reason": row["reason"]} if row.get("reason") else {}),
            }
            for row in built["clauses"]
            if row["verdict"] != old.get(row["id"], "not_run")
        ]
    return told


def read(report_dir: Path) -> Document:
    """The verdict of a run, or an empty document where it did not reach one."""
    try:
        found = json.loads((report_dir / "verdict.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and "clauses" in found else {}
