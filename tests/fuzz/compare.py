"""Side by side: our fuzz suite and `schemathesis run` alone, on the faults of only odd input.

`python -m tests.fuzz compare` writes what it measures to `side_by_side.json`, and says it as a
table in `side_by_side.md`.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import bench
from tests.fuzz import FAULTS
from tests.fuzz.alone import Alone, committed, filled

if TYPE_CHECKING:
    from collections.abc import Iterable

JSON = Path(__file__).parent / "side_by_side.json"
TABLE = JSON.with_suffix(".md")
OURS, WRITTEN = "fuzz suite", "written checks"
BARE, FILLED = "schemathesis run", "schemathesis run, models filled in"
WHO = (OURS, WRITTEN, BARE, FILLED)


def compare(root: str) -> int:
    """Measure what is not in the file yet: without the file, everything."""
    measured = json.loads(JSON.read_text("utf-8")) if JSON.exists() else {"faults": {}}
    with bench.deployment(f"{root}/v1") as dut:
        rivals = {BARE: Alone(committed()), FILLED: Alone(filled(dut))}
    honest = {name: rival.listen(root) for name, rival in rivals.items()}
    honest[OURS] = sorted(_ours(f"{root}/v1", "standard").violated)
    honest[WRITTEN] = sorted(bench.examine(f"{root}/v1").violated)
    measured["on the honest reference"] = honest
    measured["faults"] = {name: measured["faults"].get(name, {}) for name in FAULTS}
    for name, row in measured["faults"].items():
        for who in WHO:
            if who not in row:
                row[who] = _sought(who, name, root, rivals)
                JSON.write_text(json.dumps(measured, indent=1, sort_keys=True) + "\n", "utf-8")
                print(name, who, row[who], flush=True)
    TABLE.write_text(table(measured), "utf-8")
    return 0


def _sought(who: str, name: str, root: str, rivals: dict[str, Alone]) -> dict[str, Any]:
    base = f"{root}/fault/{name}/v1"
    if who in rivals:
        return rivals[who].seek(base)
    if who == OURS:
        return sought(base, set(FAULTS[name].violates))
    began = time.perf_counter()
    verdicts = bench.examine(base)
    seconds = round(time.perf_counter() - began, 1)
    found, requests = bool(verdicts.violated), len(verdicts.exchanges)
    return {"found": found, "requests": requests, "seconds": seconds, "tier": "deep"}


def sought(base_url: str, violates: set[str]) -> dict[str, Any]:
    """Whether our suite finds it by its clause and no other: at standard, and else at deep."""
    requests = 0
    began = time.perf_counter()
    for tier in ("standard", "deep"):
        verdicts = _ours(base_url, tier)
        requests += len(verdicts.exchanges)
        if found := verdicts.violated == violates:
            break
    seconds = round(time.perf_counter() - began, 1)
    return {"found": found, "requests": requests, "seconds": seconds, "tier": tier}


def _ours(base_url: str, tier: str) -> bench.Verdicts:
    return bench.examine(base_url, of=lambda case: case.last and case.tier == tier, tier=tier)


def table(measured: dict[str, Any]) -> str:
    """The figures as Markdown."""
    faults, honest = measured["faults"], measured["on the honest reference"]
    head = [f"| | {' | '.join(WHO)} |", f"|---|{'---|' * len(WHO)}"]
    lines = [
        "# Faults that only odd input shows, side by side",
        "",
        "Measured by `python -m tests.fuzz compare`. A fault counts as found by the fuzz suite",
        "when its clause is violated and no other; by the written checks, all of them at the deep",
        "tier, when anything is violated; by schemathesis when anything fails that does not fail",
        "on the honest reference.",
        "",
        *head,
        _row("faults found", (f"{_found(faults, who)} of {len(faults)}" for who in WHO)),
        _row("requests a fault, median", (_median(faults, who, "requests") for who in WHO)),
        _row("seconds a fault, median", (_median(faults, who, "seconds") for who in WHO)),
        _row("findings on the honest reference", (str(len(honest[who])) for who in WHO)),
        "",
        *head,
        *(_row(name, (_cell(faults[name][who]) for who in WHO)) for name in sorted(faults)),
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, cells: Iterable[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _found(faults: dict[str, Any], who: str) -> int:
    return sum(row[who]["found"] for row in faults.values())


def _median(faults: dict[str, Any], who: str, what: str) -> str:
    values = sorted(row[who][what] for row in faults.values())
    return f"{values[len(values) // 2]:g}"


def _cell(one: dict[str, Any]) -> str:
    tier = ", deep" if one.get("tier") == "deep" else ""
    return f"{'found' if one['found'] else 'no'}, {one['requests']}{tier}"
