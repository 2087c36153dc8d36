"""What changed between two runs, and who changed it: the deployment or the suite.

It is the suite's doing where the clause is new or says something else, or where the tier or the
profile are others: then more, or something else, was asked. Where only the checks of a clause were
rewritten it may be either's; that is no excuse for the deployment, so it counts as a regression
until the older evidence, judged again by the newer suite, tells the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.terminal import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.document import Document

GOOD = ("met", "observed")
DEPLOYED, EITHER, SUITE = "deployment", "deployment or suite", "suite"
SAME_LAW = ("statement", "quote", "gate", "level")
SUITE_FACTS = {
    "version": "suite version",
    "digest": "suite code",
    "contract": "contract",
    "profile": "profile",
    "tier": "tier",
    "versions": "library versions",
}
DEPLOYMENT_FACTS = {
    "base_url": "base URL",
    "headers": "headers",
    "models": "models tested",
    "fingerprints": "system fingerprints",
    "ids": "forms of ids",
}


@dataclass(frozen=True)
class Change:
    """One clause whose verdict is another: by whose doing, and what the suite changed."""

    clause: str
    statement: str
    gate: str
    before: str
    after: str
    by: str = DEPLOYED
    cause: str = ""
    blocks: bool = False
    detail: str = ""


@dataclass(frozen=True)
class Difference:
    """All that changed from one run to another."""

    violated: tuple[Change, ...]
    fixed: tuple[Change, ...]
    waived: tuple[Change, ...]
    lost: tuple[Change, ...]
    law: tuple[str, ...]
    observations: tuple[tuple[str, str, str], ...]
    vanished: tuple[str, ...]
    appeared: tuple[str, ...]
    suite: tuple[tuple[str, str, str], ...]
    deployment: tuple[tuple[str, str, str], ...]

    @property
    def regressions(self) -> tuple[Change, ...]:
        """What blocks, and is not known to be the suite's doing."""
        return tuple(each for each in self.violated if each.blocks and each.by != SUITE)


def compare(before: Document, after: Document) -> Difference:
    """What changed from `before` to `after`."""
    old = {row["id"]: row for row in before["clauses"]}
    new = {row["id"]: row for row in after["clauses"]}
    found: dict[str, list[Change]] = {"violated": [], "fixed": [], "waived": [], "lost": []}
    for clause, row in new.items():
        kind = _kind(old[clause]["verdict"] if clause in old else "not_run", row["verdict"])
        if kind:
            found[kind].append(_change(old.get(clause), row, before, after))
    return Difference(
        **{kind: tuple(changes) for kind, changes in found.items()},
        law=tuple(_law(old, new)),
        observations=tuple(_pairs(before["observations"], after["observations"])),
        vanished=_missing(before, after),
        appeared=_missing(after, before),
        suite=tuple(_named(before["suite"], after["suite"], SUITE_FACTS)),
        deployment=tuple(_named(before["deployment"], after["deployment"], DEPLOYMENT_FACTS)),
    )


def _kind(before: str, after: str) -> str:
    """Which list a change of verdict belongs to; empty for none."""
    if before == after:
        return ""
    if after in ("violated", "waived"):
        return after
    if before in ("violated", "waived") and after in GOOD:
        return "fixed"
    undecided = ("untestable", "inconclusive", "not_run", "not_applicable")
    return "lost" if before not in undecided and after in undecided else ""


def _change(
    old: dict[str, Any] | None, new: dict[str, Any], before: Document, after: Document
) -> Change:
    cause = _cause(old, new, before, after)
    rewritten = bool(old and old.get("judged_by") != new.get("judged_by"))
    return Change(
        clause=new["id"],
        statement=new["statement"],
        gate=new["gate"],
        before=old["verdict"] if old else "unknown",
        after=new["verdict"],
        by=SUITE if cause else EITHER if rewritten else DEPLOYED,
        cause=cause or ("its checks changed" if rewritten else ""),
        blocks=blocks(new, after),
        detail=new["findings"][0]["actual"] if new["findings"] else new.get("reason", ""),
    )


def _cause(
    old: dict[str, Any] | None, new: dict[str, Any], before: Document, after: Document
) -> str:
    """Why the suite asked something else of this clause; empty when it asked the same."""
    if old is None:
        return "the clause is new"
    other = [name for name in SAME_LAW if old[name] != new[name]]
    if other:
        return f"its {' and '.join(other)} changed"
    if old["verdict"] == "not_run" and before["suite"]["tier"] != after["suite"]["tier"]:
        return f"not run at --tier {before['suite']['tier']}"
    if before["deployment"]["profile"] != after["deployment"]["profile"]:
        return "the profile is another"
    return ""


def _law(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Clauses that came, went, or say something else."""
    for clause in new.keys() - old.keys():
        yield f"{clause}: new"
    for clause in old.keys() - new.keys():
        yield f"{clause}: removed"
    for clause in new.keys() & old.keys():
        for name in SAME_LAW:
            if old[clause][name] != new[clause][name]:
                yield f"{clause}: {name} was {old[clause][name]!r}, is {new[clause][name]!r}"


def _missing(here: Document, there: Document) -> tuple[str, ...]:
    gone = set(here["deployment"]["listed"]) - set(there["deployment"]["listed"])
    return tuple(sorted(gone))


def _pairs(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            yield key, _shown(old.get(key)), _shown(new.get(key))


def _named(
    old: dict[str, Any], new: dict[str, Any], names: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    for key, name in names.items():
        if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
            for inner, was, now in _pairs(old[key], new[key]):
                yield f"{name}, {inner}", was, now
        elif old.get(key) != new.get(key):
            yield name, _shown(old.get(key)), _shown(new.get(key))


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return "nothing" if value in (None, "") else str(value)


def lines(found: Difference) -> Iterator[str]:
    """The difference as text: what the deployment did, what may be either's, what the suite did."""
    yield from _verdicts(found, DEPLOYED)
    for models, change in ((found.vanished, "vanished"), (found.appeared, "appeared")):
        yield from (f"model {change}: {model}" for model in models)
    for key, was, now in found.observations:
        yield f"observation {key}: was {was}, is {now}"
    for name, was, now in found.deployment:
        yield f"deployment, {name}: was {was}, is {now}"
    yield from _verdicts(found, EITHER)
    if any(each.by == EITHER for changes in _lists(found).values() for each in changes):
        yield (
            "whose doing it is: judge the older run again (pytest --replay=A --report-dir=A2), "
            "then compare A2 with B"
        )
    yield from _verdicts(found, SUITE)
    for difference in sorted(found.law):
        yield f"contract changed: {difference}"
    for name, was, now in found.suite:
        yield f"suite changed, {name}: was {was}, is {now}"


def _lists(found: Difference) -> dict[str, tuple[Change, ...]]:
    return {
        "newly violated": found.violated,
        "newly waived": found.waived,
        "fixed": found.fixed,
        "no longer decided": found.lost,
    }


def _verdicts(found: Difference, by: str) -> Iterator[str]:
    for kind, changes in _lists(found).items():
        for each in (change for change in changes if change.by == by):
            because = f" ({each.cause})" if each.cause else ""
            label = kind if by == DEPLOYED else f"{kind} ({by})"
            yield f"{label}: {each.clause} [{each.gate}] {each.before} -> {each.after}{because}"
            if each.detail and kind != "fixed":
                yield f"    {each.detail}"
