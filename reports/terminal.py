"""The summary at the end of a run, drawn from `verdict.json`. It counts clauses, pytest checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports import clients, offline
from schemas import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

Line = tuple[str, dict[str, bool]]
GOOD = ("CONFORMANT", "CONFORMANT WITH WAIVERS")
GATES = {"block": "that block", "warn": "that warn", "report": "that report"}
ORDER = (
    *("violated", "untestable", "inconclusive", "not_run"),
    *("waived", "met", "observed", "not_applicable"),
)
FINDINGS = 2
IDS = 4


def lines(document: dict[str, Any]) -> Iterator[Line]:
    """The lines of the summary, each with the colours it takes on a terminal."""
    for text, colours in _lines(document):
        yield visible.printed(text), colours


def _lines(document: dict[str, Any]) -> Iterator[Line]:
    yield from _headline(document)
    if document["cause"]:
        yield f"  {document['cause']}", {}
    else:
        yield from _counts(document)
        yield from _roles(document)
        yield from _violated(document)
        yield from _undecided(document)
        yield from clients.lines(document)
    yield from offline.lines(document)
    yield from _waivers(document)
    for error in document["harness_errors"]:
        yield f"SUITE ERROR in {error['source']}: {error['reason']}", {"red": True}
    yield f"report: {document['suite']['report']}", {}


def _headline(document: dict[str, Any]) -> Iterator[Line]:
    deployment, suite = document["deployment"], document["suite"]
    good = document["verdict"] in GOOD
    yield (
        f"{document['verdict']}  {deployment['base_url']}  "
        f"(profile {deployment['profile']}, tier {suite['tier']})",
        {"bold": True, "green": good, "red": not good},
    )


def _counts(document: dict[str, Any]) -> Iterator[Line]:
    for gate, counts in document["counts"].items():
        parts = [f"{counts[verdict]} {verdict}" for verdict in ORDER if counts.get(verdict)]
        yield f"  clauses {GATES[gate]}: {', '.join(parts).replace('_', ' ')}", {}
    tokens, seen = document["tokens"]["total"], len(document["observations"])
    yield (
        f"  {document['requests']} requests, {tokens} tokens, {document['seconds']:.1f} s, "
        f"{seen} observations",
        {},
    )


def _roles(document: dict[str, Any]) -> Iterator[Line]:
    """Which roles the operator's models play, and what nobody was asked for want of a model."""
    for line in roles(document["deployment"]):
        yield f"  {line}", {}


def roles(deployment: dict[str, Any]) -> Iterator[str]:
    """The same in sentences, for every report."""
    tried = deployment.get("tried", [])
    for model in dict.fromkeys(each["model"] for each in tried):
        played = [role for role, who in deployment["models"].items() if who == model]
        vain = [f"{e['role']} ({e['why']})" for e in tried if e["model"] == model and e["why"]]
        more = f"; tried without success: {', '.join(vain)}" if vain else ""
        yield f"{model} plays {', '.join(played) or 'no role'}{more}"
    if missing := sorted(deployment.get("unplayed", {}).items(), key=lambda each: -each[1]):
        first, *others = (f"{count} clauses need {role}" for role, count in missing)
        listed = [first, *(each.replace(" clauses need", "") for each in others)]
        yield (
            f"not asked for want of a model: {', '.join(listed)}; "
            f"--model={missing[0][0]}=ID names one"
        )


def _violated(document: dict[str, Any]) -> Iterator[Line]:
    """What blocks comes first."""
    bad = [row for row in document["clauses"] if row["verdict"] == "violated"]
    blocking = [row for row in bad if blocks(row, document)]
    repeats = repeated(document)
    for row in blocking:
        yield from _clause(row, "VIOLATED", {"red": True}, repeats)
    for row in bad:
        if row not in blocking:
            yield from _clause(row, f"violated ({row['gate']})", {"yellow": True}, repeats)


def repeated(document: dict[str, Any]) -> dict[str, list[str]]:
    """By the id of a violated clause, the wholes that could not be judged because of it."""
    found: dict[str, list[str]] = {}
    for row in document["clauses"]:
        for cause in row.get("because", ())[:1]:
            found.setdefault(cause, []).append(row["id"])
    return found


def blocks(row: dict[str, Any], document: dict[str, Any]) -> bool:
    """Whether this clause fails the run when it is violated."""
    strict: bool = document["strict"]
    return row["gate"] == "block" or (strict and row["gate"] == "warn")


def _clause(
    row: dict[str, Any], label: str, colours: dict[str, bool], repeats: dict[str, list[str]]
) -> Iterator[Line]:
    """A clause with its findings; one that came again on another request or model is shown once."""
    yield f"{label} {row['id']}  {row['statement']}", colours
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for each in row["findings"]:
        alike.setdefault((*each["expected"], each["actual"], each["where"]), []).append(each)
    for findings in list(alike.values())[:FINDINGS]:
        first, more = findings[0], len(findings) - 1
        where = f"  at {first['where']}" if first["where"] else ""
        again = f"  ({more} more like it)" if more else ""
        yield f"    expected: {' or '.join(first['expected'])}", {}
        yield f"    actual:   {first['actual']}{where}{again}", {}
        if "curl" in first:
            yield f"    {first['curl']}", {}
    if len(alike) > FINDINGS:
        yield f"    and {len(alike) - FINDINGS} other findings in verdict.json", {}
    if ids := repeats.get(row["id"]):
        yield f"    not judged because of it: {', '.join(ids)}", {}


def _undecided(document: dict[str, Any]) -> Iterator[Line]:
    """Why clauses were not decided, one line a reason; of those not run only what blocks."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in document["clauses"]:
        verdict = row["verdict"]
        folded = bool(row.get("because"))  # told beside its cause, but for what nobody could judge
        undecided = verdict in ("untestable", "inconclusive") or row["id"] in document["open"]
        if undecided and not folded:
            reasons.setdefault((verdict, row.get("reason", "")), []).append(row["id"])
        for each in row.get("unjudged", ()):
            if folded and each["result"] == "untestable":
                continue
            of = f"one check of {row['id']}, which is {verdict.replace('_', ' ')}"
            reasons.setdefault((each["result"], each["reason"]), []).append(of)
    for (verdict, reason), ids in sorted(reasons.items(), key=lambda each: ORDER.index(each[0][0])):
        more = f" and {len(ids) - IDS} more" if len(ids) > IDS else ""
        colours = {"red": True} if verdict == "untestable" else {"yellow": True}
        yield f"{verdict.replace('_', ' ')}: {reason}: {', '.join(ids[:IDS])}{more}", colours


def _waivers(document: dict[str, Any]) -> Iterator[Line]:
    for waiver in document["waivers"]:
        who = f"{waiver['owner']}, {waiver['ticket']}"
        line = f"waiver {waiver['state']}: {waiver['clause']} ({who})"
        if waiver["state"] in ("stale", "expired"):
            yield f"{line}: delete it, line {waiver['line']} of the waiver file", {"red": True}
        else:
            yield f"{line}, until {waiver['expires']}", {}
