"""Runs in memory: a verdict document and its evidence, as a run would have made them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports import document, evidence, signoff
from reports.verdicts import Scope, decide
from schemas import profiles
from schemas.records import Finding, Judgement, Observation, Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.waivers import Waiver

LAW = profiles.load(profiles.DEFAULT)

BLOCKS, STREAMS, WARNS, REPORTS = (
    "CHAT-REQ-N-02",
    "STREAM-CHAT-DONE-01",
    "CHAT-RESP-FINISH-01",
    "CHAT-UNKNOWN-01",
)
CLAUSES = LAW.clauses
DIGEST = "0" * 64
FINDING = Finding(("a 4xx status",), "HTTP 200", "/choices", "x1", "small", BLOCKS)
BODY = '{"model": "small", "stream": true}'


def entry(name: str, body: str, *, media: str = "application/json", chunks: int = 1) -> Any:
    """A HAR entry as the recorder writes it."""
    return {
        "startedDateTime": "2026-06-01T10:00:00+00:00",
        "time": 100.0,
        "request": {
            "method": "POST",
            "url": "http://localhost/v1/chat/completions",
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "postData": {"mimeType": "application/json", "text": BODY},
            "_route": "/chat/completions",
            "_own_key": True,
            "_sample": 0,
            "_headers": [],
        },
        "response": {
            "status": 200,
            "statusText": "OK",
            "headers": [{"name": "Content-Type", "value": media}],
            "content": {"size": len(body), "mimeType": media, "text": body},
        },
        "_id": name,
        "_chunks": [[0.01 + 0.08 * number / chunks, 1] for number in range(chunks)],
    }


def met(*clauses: str) -> Judgement:
    """That these clauses are kept."""
    return Judgement(clauses, "invariants", Result.JUDGED, exchanges=("x0",))


def found(*findings: Finding, clause: str = BLOCKS) -> Judgement:
    """That a check found this."""
    exchanges = tuple(each.exchange for each in findings)
    named = tuple(replace(each, clause=clause) for each in findings)
    return Judgement((clause,), "test_it", Result.JUDGED, findings=named, exchanges=exchanges)


def observed(key: str, value: str) -> Judgement:
    """That the deployment takes this side."""
    return Judgement((REPORTS,), "test_it", Result.JUDGED, observations=(Observation(key, value),))


def run(
    *judgements: Judgement,
    har: Iterable[Any] = (),
    clauses: Iterable[str] = (BLOCKS, STREAMS, WARNS, REPORTS),
    waivers: tuple[Waiver, ...] = (),
    deployment: Any = None,
    suite: Any = None,
    rule: str = "abcdefabcdef",
) -> document.Document:
    """The document of a run with these clauses."""
    chosen = [CLAUSES[name] for name in clauses]
    outcome = decide(
        chosen,
        judgements,
        Scope(tiers={each.id: "smoke" for each in chosen}, tier="standard"),
        waivers,
        today=date(2026, 6, 1),
    )
    defaults = {
        "base_url": "http://localhost/v1",
        "profile": "compactifai",
        "reference": False,
        "models": {"chat": "small"},
        "listed": ["large", "small"],
        "listed_digest": DIGEST,
        "server": [],
    }
    by = {
        "version": "0.1.0",
        "digest": DIGEST,
        "contract": LAW.digest,
        "profile": DIGEST,
        "tier": "standard",
        "seed": "5eed",
        "finished": "2026-06-01T10:00:00+00:00",
        "report": "verdict.json",
    }
    return document.build(
        outcome,
        exit_status=outcome.exit_status,
        deployment={**defaults, **(deployment or {})},
        suite={**by, **(suite or {})},
        spent={"sent": 3, "tokens": 4, "asked": 24, "largest": 8},
        seconds=1.5,
        evidence={each["_id"]: each for each in har},
        curl=lambda each: evidence.curl(each, "KEY", Path("bodies")),
        rules={each.id: {"says": ["It is asked."], "digest": rule} for each in chosen},
    )


def save(folder: Path, report: document.Document, har: Iterable[Any] = ()) -> None:
    """Write the files of a run, as the reporter does."""
    folder.mkdir(exist_ok=True)
    entries = {each["_id"]: each for each in har}
    kept = evidence.Evidence(folder / "exchanges.har", folder / ".lock", {"name": "tests"})
    for each in entries.values():
        kept.add(each)
    if not entries:
        (folder / "exchanges.har").write_text('{"log": {"entries": []}}')
    document.write(folder / "verdict.json", report)
    signoff.write(folder, report, entries)
