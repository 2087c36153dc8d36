"""What is published: reports/kill-matrix.json, and the same as a table to read."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas import contract

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kill_matrix.kills import Kill
    from tests.kill_matrix.silences import Silence

PATH = Path(__file__).parents[2] / "reports" / "kill-matrix.json"
Matrix = dict[str, Any]


def matrix(killed: Mapping[str, Kill], silent: Mapping[str, Silence], seconds: float) -> Matrix:
    """All that was measured, as it is written."""
    return {
        "format": 1,
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "contract": contract.load().digest,
        "seconds": round(seconds),
        "figures": figures(killed, silent),
        "faults": {name: killed[name].row() for name in sorted(killed)},
        "variants": {name: silent[name].row() for name in sorted(silent)},
        "clauses": _clauses(killed),
    }


def figures(killed: Mapping[str, Kill], silent: Mapping[str, Silence]) -> dict[str, Any]:
    """The figures that the README tells."""
    single = [each for each in silent.values() if "+" not in each.name]
    return {
        "faults": len(killed),
        "killed": sum(each.killed for each in killed.values()),
        "collateral": round(
            sum(len(each.collateral) for each in killed.values()) / max(1, len(killed)), 2
        ),
        "variants": len(single),
        "combinations": len(silent) - len(single),
        "accusations": sum(len(each.red) for each in silent.values()),
        "runs_not_0": sum(sum(map(bool, each.exits.values())) for each in silent.values()),
    }


def _clauses(killed: Mapping[str, Kill]) -> dict[str, dict[str, Any]]:
    """How many faults each clause has, and how many of them it sees itself."""
    tried: dict[str, int] = defaultdict(int)
    seen: dict[str, int] = defaultdict(int)
    for each in killed.values():
        for clause in each.violates:
            tried[clause] += 1
            seen[clause] += clause in each.red
    return {
        name: {"faults": tried[name], "killed": seen[name], "gate": clause.gate}
        for name, clause in contract.load().clauses.items()
    }


def good(found: Matrix) -> bool:
    """Whether all faults are killed, and nothing lawful is accused."""
    told = found["figures"]
    return told["killed"] == told["faults"] and not told["accusations"] + told["runs_not_0"]


def told_of_kill(one: Kill) -> str:
    """One line for the terminal."""
    word = "killed" if one.killed else "SURVIVED"
    beside = f", collateral {' '.join(sorted(one.collateral))}" if one.collateral else ""
    broken = f", BROKEN {one.broken}" if one.broken else ""
    return f"{word} {one.name} at {one.how}, {one.sent} sent, {one.seconds:.1f} s{beside}{broken}"


def told_of_silence(one: Silence) -> str:
    """One line for the terminal, and more where something was said."""
    loud = one.red or any(one.exits.values()) or one.broken
    lines = [f"{'LOUD' if loud else 'silent'} {one.name}, {one.exits}, {one.seconds:.1f} s"]
    lines += ["  changes nothing"] * (not one.shows)
    return "\n  ".join((*lines, *one.told, *one.broken))


def summary(found: Matrix) -> str:
    """The figures in one line."""
    return ", ".join(f"{name} {value}" for name, value in found["figures"].items())


def write(found: Matrix, path: Path) -> None:
    """Write the file and the table beside it."""
    path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    path.with_suffix(".md").write_text(table(found), "utf-8")


def table(found: Matrix) -> str:
    """The matrix in Markdown."""
    lines = ["# Kill matrix", "", summary(found), "", "| Fault | Killed by | Collateral |"]
    lines += ["|---|---|---|"]
    for name, row in found["faults"].items():
        by = (
            ", ".join(clause for clause in row["violates"] if clause in row["red"]) or "**nothing**"
        )
        lines.append(f"| {name} | {by} ({row['tier']}) | {', '.join(row['collateral'])} |")
    return "\n".join(lines) + "\n"
