"""What the sign-off report shows, as plain data: the same for HTML and Markdown, and bounded.

Ten thousand exchanges make no bigger page: only those of findings are shown, in excerpts.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports import clients, excerpt, offline, timeline
from reports.document import contract_of
from reports.terminal import GATES, GOOD, ORDER, blocks, repeated, roles
from schemas import kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reports.document import Document


KILLED = Path(__file__).parent / "kill-matrix.json"
FINDINGS = 4
EXCHANGES = 120
HEADERS = 14
LINE = 600
# Ids and times, in which two findings of one cause differ.
VARYING = re.compile(r"[0-9a-f]{8,}|\d+")
SHOWN_HEADERS = re.compile(
    r"content-|authorization|server|x-request-id|retry|location|allow|transf"
)


def of(document: Document, har: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """All that the templates are given."""
    bad = [row for row in document["clauses"] if row["verdict"] == "violated"]
    bad.sort(key=lambda row: (not blocks(row, document), row["gate"] != "warn"))
    budget = iter(range(EXCHANGES))
    violated = [_violated(row, document, har, budget) for row in bad]
    found = [each["exchange"] for row in bad for each in row["findings"]]
    return {
        "document": document,
        "good": document["verdict"] in GOOD,
        "means": _means(document),
        "beside": [line.strip() for line, _ in offline.lines(document)],
        "facts": _facts(document),
        "order": ORDER,
        "gates": GATES,
        "areas": _areas(document),
        "violated": violated,
        "repeated": repeated(document),
        "waived": [row for row in document["clauses"] if row["verdict"] == "waived"],
        "questions": _questions(document),
        "clients": _clients(document),
        "undecided": _undecided(document),
        "streams": timeline.streams(har, found),
        "strength": _strength(document),
        "measured": KILLED.exists(),
    }


def _means(document: Document) -> str:
    """The headline in one sentence, and another where a waiver has to go."""
    gone = sum(each["state"] in ("stale", "expired") for each in document["waivers"])
    note = f" {gone} of the waivers must be deleted." if gone else ""
    return _verdict(document) + note


def _verdict(document: Document) -> str:
    if document["cause"]:
        return str(document["cause"])
    bad = sum(row["verdict"] == "violated" and blocks(row, document) for row in document["clauses"])
    waived = sum(row["verdict"] == "waived" for row in document["clauses"])
    left = len(document["open"])
    tier = document["suite"]["tier"]
    return {
        "NOT CONFORMANT": f"{_many(bad, 'blocking clause')} violated.",
        "INCOMPLETE": f"{_many(left, 'blocking clause')} not decided."
        if left
        else "The suite itself failed, or nothing was exchanged.",
        "CONFORMANT WITH WAIVERS": f"{_many(waived, 'clause')} violated and waived; "
        f"all other blocking clauses of the tier {tier} kept.",
        "CONFORMANT": f"All blocking clauses that the tier {tier} decides are kept.",
    }.get(document["verdict"], "")


def _many(number: int, noun: str) -> str:
    return f"{number} {noun} is" if number == 1 else f"{number} {noun}s are"


def _facts(document: Document) -> dict[str, list[tuple[str, list[str]]]]:
    """Groups of (name, values): what was tested, by what, and at what cost."""
    deployment, suite = document["deployment"], document["suite"]
    window = deployment.get("window", {})
    budget = suite.get("budget", {})
    bounds = [f"{value} {name}" for name, value in budget.items() if value and name != "rate"]
    bounds += [budget["rate"]] if budget.get("rate") else []
    rows = {
        "Deployment": {
            "Base URL": [deployment["base_url"]],
            "Window": [" to ".join(each[:19].replace("T", " ") for each in window.values())],
            "Headers": [
                f"{name}: {value}"
                for name, values in deployment.get("headers", {}).items()
                for value in values
            ],
            "Models listed": [str(len(deployment["listed"]))],
            "Model list": [f"sha256 {deployment['listed_digest']}"],
            "Models tested": [f"{role}: {model}" for role, model in deployment["models"].items()],
            "Roles": list(roles(deployment)),
            "Answered as": deployment.get("answered_as", []),
            "System fingerprints": deployment.get("fingerprints", []),
            "Ids begin with": deployment.get("ids", []),
        },
        "Suite": {
            "Version": [suite["version"]],
            "Code": [f"sha256 {suite['digest']}"] if "digest" in suite else [],
            "Contract": [f"sha256 {suite['contract']}"],
            "Profile": [
                deployment["profile"],
                *([f"sha256 {suite['profile']}"] if "profile" in suite else []),
            ],
            "Tier": [suite["tier"] + (", strict" if document["strict"] else "")],
            "Seed": [suite["seed"]],
            "Versions": [f"{name} {value}" for name, value in suite.get("versions", {}).items()],
        },
        "Run": {
            "Finished": [suite["finished"][:19].replace("T", " ") + " UTC"],
            "Requests": [str(document["requests"])],
            "Tokens at worst": _worst(document["tokens"]),
            "Tokens spent": [str(document["tokens"]["total"])],
            "Seconds": [f"{document['seconds']:.1f}"],
            "Budget": bounds or ["no bound"],
            "Exit status": [str(document["exit_status"])],
        },
    }
    return {
        group: [(name, values) for name, values in fields.items() if any(values)]
        for group, fields in rows.items()
    }


def _worst(tokens: Document) -> list[str]:
    """What an obedient server could have been made to write."""
    if "worst_case" not in tokens:
        return []
    return [f"{tokens['worst_case']} completion tokens, {tokens['largest']} of them by one request"]


def _areas(document: Document) -> list[tuple[str, Counter[str]]]:
    areas: dict[str, Counter[str]] = {}
    for row in document["clauses"]:
        areas.setdefault(row["area"], Counter())[row["verdict"]] += 1
    return list(areas.items())


def _violated(
    row: dict[str, Any],
    document: Document,
    har: Mapping[str, dict[str, Any]],
    budget: Iterator[int],
) -> dict[str, Any]:
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for each in row["findings"]:
        key = (*each["expected"], VARYING.sub("#", each["actual"]), each["where"])
        alike.setdefault(key, []).append(each)
    shown = [_finding(findings, har, budget) for findings in islice(alike.values(), FINDINGS)]
    return {
        **row,
        "blocks": blocks(row, document),
        "shown": shown,
        "more": len(alike) - len(shown),
    }


def _finding(
    findings: list[dict[str, Any]], har: Mapping[str, dict[str, Any]], budget: Iterator[int]
) -> dict[str, Any]:
    first = findings[0]
    entry = har.get(first["exchange"])
    shows = entry is not None and next(budget, None) is not None
    return {
        **first,
        "actual": _short(first["actual"]),
        "again": len(findings) - 1,
        "models": sorted({each["model"] for each in findings if each.get("model")}),
        "entry": _exchange(entry, first["where"]) if entry and shows else None,
    }


def _exchange(entry: dict[str, Any], where: str) -> dict[str, Any]:
    request, answer = entry["request"], entry["response"]
    came = _body(answer["content"], where)
    marked = any(piece.kind == "mark" for piece in came)
    return {
        "id": entry["_id"],
        "request": f"{request['method']} {request['url']}",
        "sent_headers": _headers(request["headers"]),
        "sent": _body(request.get("postData", {}), "" if marked else where),
        "status": f"{answer['status']} {answer['statusText']}" if answer["status"] else "no answer",
        "failure": entry.get("_detail") or entry.get("_failure") or "",
        "came_headers": _headers(answer["headers"]),
        "came": came,
        "marked": marked,
        "milliseconds": f"{entry['time']:.0f}",
    }


def _headers(headers: list[dict[str, str]]) -> list[str]:
    lines = [
        f"{each['name']}: {each['value']}"
        for each in headers
        if SHOWN_HEADERS.match(each["name"].lower())
    ]
    return [_short(line) for line in lines[:HEADERS]]


def _body(content: dict[str, Any], where: str) -> list[excerpt.Piece]:
    if content.get("encoding") != "base64":
        return excerpt.pieces(content.get("text") or "", where)
    try:
        text = kept.body(content).decode("utf-8")
    except ValueError:
        return [excerpt.Piece("binary, see exchanges.har", "gap")]
    return excerpt.pieces(text, where)


def _short(text: str) -> str:
    return text if len(text) <= LINE else text[:LINE] + "…"


def _questions(document: Document) -> list[dict[str, Any]]:
    """The side taken on each question of the contract; what it does not know is shown as it is."""
    known = {each.key: each for each in contract_of(document).observations.values()}
    rows = []
    for key, value in document["observations"].items():
        if clients.ROW.fullmatch(key):
            continue
        asked = known.get(key)
        rows.append(
            {
                "key": key,
                "side": _short(value),
                "question": asked.question if asked else "",
                "kind": asked.kind if asked else "",
                "sides": [(each.source, _short(each.quote)) for each in asked.sides]
                if asked
                else [],
            }
        )
    rows.sort(key=lambda row: ("contradiction", "gap", "").index(str(row["kind"])))
    return rows


def _clients(document: Document) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The client matrix: for each client what works, and what does not; and the tone of each."""
    return [
        (client, [(name, _short(result), _tone(result)) for name, result in cells.items()])
        for client, cells in clients.rows(document).items()
    ]


def _tone(result: str) -> str:
    return next((word for word in ("works", "fails") if result.startswith(word)), "")


def _undecided(document: Document) -> list[dict[str, Any]]:
    """One row a verdict and reason, what blocks first."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in document["clauses"]:
        if row.get("because"):
            continue
        if row["verdict"] in ("untestable", "inconclusive", "not_run", "not_applicable"):
            groups.setdefault((row["verdict"], row.get("reason", "")), []).append(row)
    still = set(document["open"])
    rows = [
        {
            "verdict": verdict,
            "reason": _short(reason),
            "clauses": clauses,
            "open": any(row["id"] in still for row in clauses),
        }
        for (verdict, reason), clauses in groups.items()
    ]
    return sorted(rows, key=lambda row: (not row["open"], ORDER.index(str(row["verdict"]))))


def _strength(document: Document) -> dict[str, list[dict[str, Any]]]:
    """What each verdict rests on, by area: exchanges, checks, and the faults that they catch."""
    killed = _killed()
    areas: dict[str, list[dict[str, Any]]] = {}
    for row in document["clauses"]:
        proof = killed.get(row["id"])
        share = f"{proof['killed']} of {proof['faults']}" if proof else "not measured"
        areas.setdefault(row["area"], []).append({**row, "killed": share})
    return areas


def _killed() -> dict[str, dict[str, int]]:
    """How many of the faults planted for each clause are found; empty when not measured."""
    try:
        found = json.loads(KILLED.read_bytes())["clauses"]
    except OSError:
        return {}
    seen = {name: len(row["seen"]) for name, row in found.items()}
    return {
        name: {"faults": seen[name] + len(row["unseen"]), "killed": seen[name]}
        for name, row in found.items()
    }
