"""`verdict.json`: the machine-readable result, described by `schemas/verdict.schema.json`.

Every other report is drawn from this document, so that none of them can disagree with it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from reports import evidence as evidence_file
from reports import writers
from schemas import files, inputs, profiles
from schemas.records import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from reports.verdicts import ClauseVerdict, Outcome
    from reports.waivers import Waiver
    from schemas.contract import Contract
    from schemas.records import Finding

Document = dict[str, Any]
FINDINGS_SHOWN = 20


class ReportError(ValueError):
    """A report cannot be read or made; the message is one line with the next step."""


def contract_of(document: Document) -> Contract:
    """The contract that a run was judged by, as this version knows it; the default one where the
    profile was a file of the operator's.
    """
    named = document["deployment"]["profile"]
    return profiles.load(named if named in profiles.known() else profiles.DEFAULT)


def build(
    outcome: Outcome,
    *,
    exit_status: int,
    deployment: Mapping[str, Any],
    suite: Mapping[str, Any],
    spent: Mapping[str, int],
    seconds: float,
    evidence: Mapping[str, Document],
    curl: Callable[[Document], str],
    rules: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Document:
    """The document of a run.

    `evidence` are the HAR entries by exchange id, `rules` what decides each clause.
    """
    clauses = [
        {**_clause(said, evidence, curl), **_judged_by(rules.get(said.clause.id))}
        for said in outcome.clauses
    ]
    return {
        "format": 1,
        "verdict": str(outcome.headline),
        "exit_status": exit_status,
        "cause": outcome.obstacle,
        "deployment": dict(deployment),
        "suite": dict(suite),
        "strict": outcome.strict,
        "requests": spent["sent"],
        "tokens": {
            "total": spent["tokens"],
            "worst_case": spent["asked"],
            "largest": spent["largest"],
        },
        "seconds": round(seconds, 2),
        "counts": _counts(outcome),
        "open": [said.clause.id for said in outcome.open],
        "clauses": clauses,
        "observations": _observations(outcome),
        "waivers": _waivers(outcome),
        "not_run": [
            {"id": said.clause.id, "reason": said.reason}
            for said in outcome.clauses
            if said.verdict is Verdict.NOT_RUN
        ],
        "harness_errors": [
            {
                "source": judgement.source,
                "clauses": list(judgement.clauses),
                "reason": judgement.reason,
            }
            for judgement in outcome.harness
        ],
    }


def write(path: Path, document: Document) -> None:
    """Write the document whole or not at all."""
    files.replace(path, dump(document))


def dump(document: Any) -> bytes:
    """JSON in UTF-8, with a line end."""
    return f"{writers.json_text(document, indent=2)}\n".encode()


def read(report_dir: Path) -> Document:
    """The document in a report directory. Raises ReportError, one line with the next step."""
    try:
        path = report_dir / "verdict.json" if report_dir.is_dir() else report_dir
        document: Document = inputs.document(path, "verdict")
    except (OSError, inputs.InputError) as wrong:
        reason = getattr(wrong, "strerror", None) or wrong
        raise ReportError(f"{reason}: name the --report-dir of a run") from None
    return document


def _judged_by(rule: Mapping[str, Any] | None) -> Document:
    return {"checks": list(rule["says"]), "judged_by": rule["digest"]} if rule else {}


def _clause(
    said: ClauseVerdict, evidence: Mapping[str, Document], curl: Callable[[Document], str]
) -> Document:
    clause = said.clause
    row: Document = {
        "id": clause.id,
        "area": clause.area,
        "endpoint": clause.endpoint,
        "statement": clause.statement,
        "source": clause.source,
        "section": clause.section,
        "quote": clause.quote,
        "level": clause.level,
        "gate": said.gate,
        "verdict": str(said.verdict),
        "findings": [_finding(each, evidence, curl) for each in _distinct(said.findings)],
        "exchanges": said.exchanges,
    }
    if said.reason:
        row["reason"] = said.reason
    if said.forms.asked < said.forms.of:
        row["forms"] = asdict(said.forms)
    if said.because:
        row["because"] = list(said.because)
    if said.unjudged:
        row["unjudged"] = [
            {"check": each.source, "result": str(each.result), "reason": each.reason}
            for each in said.unjudged
        ]
    if said.observations:
        row["observed"] = {seen.key: seen.value for seen in said.observations}
    if said.example in evidence and evidence_file.fits_a_line(evidence[said.example]):
        row["example"] = curl(evidence[said.example])
    if said.waiver:
        row["waiver"] = f"{said.waiver.owner}: {said.waiver.reason}"
    return row


def _distinct(findings: tuple[Finding, ...]) -> list[Finding]:
    """The first finding of each cause: what one invariant finds a thousand times is one."""
    seen: dict[object, Finding] = {}
    for finding in findings:
        seen.setdefault((finding.expected, finding.actual, finding.where, finding.model), finding)
    return list(seen.values())[:FINDINGS_SHOWN]


def _finding(
    finding: Finding, evidence: Mapping[str, Document], curl: Callable[[Document], str]
) -> Document:
    row: Document = {
        "expected": list(finding.expected),
        "actual": finding.actual,
        "where": finding.where,
        "exchange": finding.exchange,
    }
    if finding.model:
        row["model"] = finding.model
    if finding.exchange in evidence:
        row["curl"] = curl(evidence[finding.exchange])
    return row


def _counts(outcome: Outcome) -> Document:
    """Verdicts by gate."""
    return {
        gate: dict(
            sorted(Counter(str(s.verdict) for s in outcome.clauses if s.gate == gate).items())
        )
        for gate in ("block", "warn", "report")
    }


def _observations(outcome: Outcome) -> Document:
    seen: dict[str, set[str]] = {}
    for each in outcome.observations:
        seen.setdefault(each.key, set()).add(each.value)
    return {key: ", ".join(sorted(values)) for key, values in sorted(seen.items())}


def _waivers(outcome: Outcome) -> list[Document]:
    states = {
        **dict.fromkeys(outcome.waivers, "idle"),
        **{said.waiver: "in force" for said in outcome.clauses if said.waiver},
        **dict.fromkeys(outcome.stale, "stale"),
        **dict.fromkeys(outcome.expired, "expired"),
    }
    return [_waiver(waiver, state) for waiver, state in states.items()]


def _waiver(waiver: Waiver, state: str) -> Document:
    return {
        "clause": waiver.clause,
        "state": state,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "ticket": waiver.ticket,
        "expires": waiver.expires.isoformat(),
        "model": waiver.model,
        "endpoint": waiver.endpoint,
        "line": waiver.line,
    }
