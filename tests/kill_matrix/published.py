"""What is published: reports/kill-matrix.json, and the same as a table to read."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fixtures.reference import faults, variants
from reports import writers
from schemas import profiles
from tests.kill_matrix import combinations
from tests.kill_matrix.proof import UNBREAKABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kill_matrix.kills import Kill
    from tests.kill_matrix.variant_runs import Silence

LAW = profiles.load(profiles.DEFAULT)

PATH = Path(__file__).parents[2] / "reports" / "kill-matrix.json"
SETS = 50  # of variants, that are drawn to go together
Row = dict[str, Any]


@dataclass
class Matrix:
    """What was measured of faults and variants, by name."""

    faults: dict[str, Row] = field(default_factory=dict)
    variants: dict[str, Row] = field(default_factory=dict)
    seconds: float = 0.0

    @classmethod
    def read(cls, path: Path = PATH) -> Matrix:
        """What was written, as far as it still exists."""
        if not path.exists():
            return cls()
        found = json.loads(path.read_text("utf-8"))
        lies, moods = faults.load().entries, variants.load().entries
        sets = combinations.drawn(list(moods), SETS)
        return cls(
            {name: row for name, row in found["faults"].items() if name in lies},
            {n: row for n, row in found["variants"].items() if n in moods or n in sets},
            found["seconds"],
        )

    def knows(self, name: str) -> bool:
        """Whether this fault was measured with the clauses that it violates now, and killed."""
        row = self.faults.get(name)
        return bool(
            row
            and row["killed"]
            and row["violates"] == sorted(faults.load().entries[name].violates)
        )

    def heard(self, name: str) -> bool:
        """Whether nothing was said of these variants when they were measured."""
        row = self.variants.get(name)
        return row is not None and not row["red"] and not any(row["exit"].values())

    @property
    def figures(self) -> Row:
        """What the README tells."""
        single = [name for name in self.variants if "+" not in name]
        besides = sum(len(row["collateral"]) for row in self.faults.values())
        return {
            "faults": len(self.faults),
            "killed": sum(row["killed"] for row in self.faults.values()),
            "collateral": round(besides / max(1, len(self.faults)), 2),
            "variants": len(single),
            "combinations": len(self.variants) - len(single),
            "accused": sum(bool(row["red"]) for row in self.variants.values()),
            "runs_not_0": sum(
                sum(map(bool, row["exit"].values())) for row in self.variants.values()
            ),
        }

    @property
    def good(self) -> bool:
        """Whether all faults are killed, and nothing lawful is accused."""
        told = self.figures
        return told["killed"] == told["faults"] and not told["accused"] + told["runs_not_0"]

    @property
    def clauses(self) -> dict[str, Row]:
        """How many faults each clause has, and how many of them its checks see."""
        tried = Counter(clause for row in self.faults.values() for clause in row["violates"])
        seen = Counter(
            clause
            for row in self.faults.values()
            for clause in row["violates"]
            if clause in row["red"]
        )
        return {
            name: {
                "faults": tried[name],
                "killed": seen[name],
                "gate": clause.gate,
                **({"unbreakable": UNBREAKABLE[name]} if name in UNBREAKABLE else {}),
            }
            for name, clause in LAW.clauses.items()
        }

    def as_written(self) -> Row:
        """The file."""
        return {
            "format": 1,
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
            "contract": LAW.digest,
            "seconds": round(self.seconds),
            "figures": self.figures,
            "faults": {name: self.faults[name] for name in sorted(self.faults)},
            "variants": {name: self.variants[name] for name in sorted(self.variants)},
            "clauses": self.clauses,
        }


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


def summary(figures: Row) -> str:
    """The figures in one line."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())


def write(matrix: Matrix, path: Path) -> None:
    """Write the file and the table beside it."""
    found = matrix.as_written()
    path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    path.with_suffix(".md").write_text(table(found), "utf-8")


def table(found: Row) -> str:
    """The matrix in Markdown: what was measured, faults by clause, and what lawful ones did."""
    lines = ["# Kill matrix", "", f"Measured {found['measured']}: {summary(found['figures'])}.", ""]
    lines += ["## Clauses", "", "✓: its checks see the fault. –: another clause's do.", ""]
    lines += writers.table(("Clause", "Gate", "Faults"), _by_clause(found))
    lines += ["", "## Faults", ""]
    head = ("Fault", "Violates", "Turned red besides", "Tier")
    lines += writers.table(head, map(_of_fault, found["faults"].items()))
    lines += ["", "## Lawful variants", ""]
    rows = ((name, _all(row["red"]), _all(row["open"])) for name, row in found["variants"].items())
    lines += writers.table(("Variant", "Red", "Undecided"), rows)
    return "\n".join(lines) + "\n"


def _of_fault(fault: tuple[str, Row]) -> tuple[str, ...]:
    name, row = fault
    told = [f"{each} {'✓' if each in row['red'] else '–'}" for each in row["violates"]]
    tier = row["tier"] if row["killed"] else writers.Markdown("**survived**")
    return name, _all(told), _all(row["collateral"]), tier


def _all(names: list[str]) -> str:
    return ", ".join(names)


def _by_clause(found: Row) -> Iterator[tuple[str, ...]]:
    for clause, row in found["clauses"].items():
        told = [
            f"{name} {'✓' if clause in fault['red'] else '–'}"
            for name, fault in found["faults"].items()
            if clause in fault["violates"]
        ]
        yield clause, row["gate"], _all(told) or row.get("unbreakable", "none")
