"""All checks and invariants of the suite, loaded without pytest's collection.

Under pytest-xdist the controller collects nothing, and still has to know which clauses this
version of the suite can decide.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suites.engine import checks, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schemas.contract import Contract

ROOT = Path(__file__).parents[1]
JUDGING = ("suites", "fixtures", "schemas")


@cache
def load(contract: Contract) -> tuple[checks.Check, ...]:
    """Import every check and invariant; returns the checks in the order of their files.

    Raises ValueError when two checks have one name.
    """
    invariants()
    _import("*/test_*.py")
    found: dict[str, checks.Check] = {}
    for declared in checks.DECLARED:
        for case in declared.under(contract):
            if found.get(case.name, case).function.__module__ != case.function.__module__:
                raise ValueError(f"{case.name} is declared twice")
            found[case.name] = case
    return tuple(found.values())


@cache
def invariants() -> None:
    """Import every invariant: the judge knows those that are imported, and judges from then on."""
    _import("invariants/*.py")


def _import(pattern: str) -> None:
    for path in sorted(ROOT.glob(pattern)):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        importlib.import_module(".".join(parts))


@cache
def rules(contract: Contract) -> Mapping[str, Mapping[str, Any]]:
    """What decides each clause: what its checks say of themselves, and a digest of their sources.

    With the digest a later run can tell a deployment that changed from a check that changed.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for case in load(contract):
        for clause in (case.clause, *case.also):
            source = f"{case.id}\0{_source(case.function)}\0{_plain(case.arguments)}"
            found.setdefault(clause, []).append((case.summary, source))
    judged = judge.rules(contract)
    everywhere: list[judge.Rule] = [*judged.one, *judged.run]
    for rule in everywhere:
        says = (inspect.getdoc(rule.judge) or "").partition("\n")[0]
        for clause in rule.clauses:
            found.setdefault(clause, []).append((says, _source(rule.judge)))
    return {clause: _rule(rows) for clause, rows in sorted(found.items())}


def published_rules(contract: Contract) -> Mapping[str, Mapping[str, Any]]:
    """What decides each clause, with the smallest tier that does: for programs beside the suites.

    It is the entry point `compactifai_conformance.rules`.
    """
    smallest = tiers(contract)
    return {name: {**rule, "tier": smallest[name]} for name, rule in rules(contract).items()}


def _rule(rows: list[tuple[str, str]]) -> Mapping[str, Any]:
    """Each sentence once, in the order of the checks; the sources in an order of their own."""
    sources = "\0".join(sorted(source for _, source in rows))
    return {
        "says": [says for says in dict.fromkeys(says for says, _ in rows) if says],
        "digest": hashlib.sha256(sources.encode()).hexdigest()[:12],
    }


@cache
def _source(function: Callable[..., object]) -> str:
    return inspect.getsource(function)


def _plain(arguments: object) -> str:
    """The arguments as text, without the addresses that change with each process."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(arguments))


@cache
def digest() -> str:
    """One SHA-256 over the code that sends and judges: it tells this suite from another's day."""
    found = hashlib.sha256()
    for folder in JUDGING:
        for path in sorted((ROOT.parent / folder).rglob("*.py")):
            name = path.relative_to(ROOT.parent).as_posix()
            if not name.startswith("fixtures/reference/"):
                found.update(f"{name}\0".encode() + path.read_bytes())
    return found.hexdigest()


@cache
def tiers(contract: Contract) -> Mapping[str, str]:
    """The smallest tier that decides each clause that this version can decide.

    What an invariant decides is decided by any traffic, so already in the smoke tier.
    """
    smallest: dict[str, str] = {}
    for case in load(contract):
        old = smallest.get(case.clause, checks.TIERS[-1])
        smallest[case.clause] = min(old, case.tier, key=checks.TIERS.index)
    for clause in judge.rules(contract).covered:
        smallest.setdefault(clause, checks.TIERS[0])
    return smallest
