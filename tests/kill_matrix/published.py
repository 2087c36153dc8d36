"""What is published of the matrix: which faults each clause has, and which its checks see.

`reports/kill-matrix.json` has one line a clause, and one a variant; the reports read the clauses,
and the choice of what is measured on each change reads what each fault and variant cost.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fixtures.reference import faults, variants
from schemas import profiles
from suites.engine.checks import TIERS
from tests.kill_matrix import combinations
from tests.kill_matrix.proof import UNBREAKABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kill_matrix.kills import Kill
    from tests.kill_matrix.variant_runs import Silence

LAW = profiles.load(profiles.DEFAULT)

PATH = Path(__file__).parents[2] / "reports" / "kill-matrix.json"
SETS = 50  # of variants, that are drawn to go together
ROUNDED = 25  # requests: what a fault costs differs from run to run, and the file does not
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
        lies, moods = faults.load().entries, variants.lawful()
        sets = combinations.drawn(moods, SETS)
        return cls(
            {name: row for name, row in _rows(found) if name in lies},
            {
                name: {"red": found["loud"].get(name, []), "exit": {}, "sent": sent}
                for name, sent in found["variants"].items()
                if name in moods or name in sets
            },
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
        figures = self.figures
        return (
            figures["killed"] == figures["faults"]
            and not any(row.get("broken") for row in self.faults.values())
            and not figures["accused"] + figures["runs_not_0"]
        )

    @property
    def clauses(self) -> dict[str, Row]:
        """The faults of each clause that its checks see, and those that others see, with costs."""
        rows: dict[str, Row] = {}
        for name in LAW.clauses:
            mine = {n: row for n, row in sorted(self.faults.items()) if name in row["violates"]}
            seen = {n: _cost(row) for n, row in mine.items() if name in row["red"]}
            unseen = {n: _cost(row) for n, row in mine.items() if n not in seen}
            why = {"unbreakable": UNBREAKABLE[name]} if name in UNBREAKABLE else {}
            rows[name] = {"seen": seen, "unseen": unseen, **why}
        return rows

    def as_written(self) -> Row:
        """The file."""
        loud = {name: row["red"] or ["INCOMPLETE"] for name, row in self.variants.items()}
        return {
            "format": 2,
            "contract": LAW.digest,
            "seconds": round(self.seconds),
            "figures": self.figures,
            "clauses": self.clauses,
            "besides": {
                name: row["collateral"]
                for name, row in sorted(self.faults.items())
                if row["collateral"]
            },
            "deep": sorted(n for n, row in self.faults.items() if row["tier"] not in TIERS[:2]),
            "variants": {name: _cost(row) for name, row in sorted(self.variants.items())},
            "loud": {name: why for name, why in loud.items() if not self.heard(name)},
        }


def _cost(row: Row) -> int:
    """Requests, rounded up."""
    sent: int = -(-row["sent"] // ROUNDED) * ROUNDED
    return sent


def _rows(found: Row) -> Iterator[tuple[str, Row]]:
    """What the file says of each fault."""
    violates: dict[str, list[str]] = defaultdict(list)
    red: dict[str, list[str]] = defaultdict(list)
    sent: dict[str, int] = {}
    for clause, row in found["clauses"].items():
        for name, cost in (*row["seen"].items(), *row["unseen"].items()):
            violates[name].append(clause)
            red[name] += [clause] if name in row["seen"] else []
            sent[name] = cost
    for name in sorted(sent):
        besides = found["besides"].get(name, [])
        yield (
            name,
            {
                "violates": sorted(violates[name]),
                "red": sorted([*red[name], *besides]),
                "killed": bool(red[name]),
                "collateral": besides,
                "tier": TIERS[2] if name in found["deep"] else TIERS[1],
                "sent": sent[name],
            },
        )


def line_of_kill(one: Kill) -> str:
    """One line for the terminal."""
    word = "killed" if one.killed else "SURVIVED"
    beside = f", collateral {' '.join(sorted(one.collateral))}" if one.collateral else ""
    broken = f", BROKEN {one.broken}" if one.broken else ""
    return f"{word} {one.name} at {one.how}, {one.sent} sent, {one.seconds:.1f} s{beside}{broken}"


def lines_of_silence(one: Silence) -> str:
    """One line for the terminal, and more where something was said."""
    loud = one.red or any(one.exits.values()) or one.broken
    lines = [f"{'LOUD' if loud else 'silent'} {one.name}, {one.exits}, {one.seconds:.1f} s"]
    lines += ["  changes nothing"] * (not one.shows)
    return "\n  ".join((*lines, *one.lines, *one.broken))


def summary(figures: Row) -> str:
    """The figures in one line."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())


def write(matrix: Matrix, path: Path) -> None:
    """Write the file."""
    path.write_text(as_text(matrix.as_written()), "utf-8")


def as_text(found: Row) -> str:
    """The file as JSON, one line an entry: a change of one clause is a change of one line."""
    parts = []
    for name, value in found.items():
        if isinstance(value, dict) and name != "figures":
            rows = [f"  {json.dumps(key)}: {json.dumps(each)}" for key, each in value.items()]
            text = "{\n" + ",\n".join(rows) + "\n }" if rows else "{}"
        else:
            text = json.dumps(value)
        parts.append(f" {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
