"""One clause, explained: its words, what is sent and lawful, whom a fault hurts, and a curl."""

from __future__ import annotations

import difflib
import json
import textwrap
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from reports.document import ReportError
from schemas import shell, visible
from schemas.contract import collapse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schemas.contract import Clause, Contract
    from schemas.table_types import RequestRow

KNOWLEDGE = Path(__file__).parent / "knowledge.yaml"
CLIPS = Path(__file__).parents[1] / "fixtures" / "audio"
WIDTH = 88
LABEL = 10
RULES = "compactifai_conformance.rules"  # the entry point under which the suites stand
GATES = {"block": "fails the run", "warn": "warns", "report": "only reports"}
EACH = "Every answer of the route is judged, whatever was asked."
OPEN = "Every answer that keeps the sentence above; further fields of an answer always are."
PLAIN = "(the plain request of the route; after a run, --report-dir shows the exact one)"
KEY = '-H "Authorization: Bearer $COMPACTIFAI_API_KEY"'
JSON = "-H 'Content-Type: application/json'"


@dataclass(frozen=True)
class Fault:
    """A vice that was seen in the field; `known` are servers that had it."""

    fault: str
    clauses: tuple[str, ...]
    breaks: str
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class Knowledge:
    """What is known of faults: by area who is hurt, and each fault."""

    areas: Mapping[str, str]
    faults: tuple[Fault, ...] = field(default=())


@cache
def knowledge() -> Knowledge:
    """What `knowledge.yaml` says."""
    read = yaml.safe_load(KNOWLEDGE.read_text("utf-8"))
    faults = tuple(
        Fault(row["fault"], tuple(row["clauses"]), row["breaks"], tuple(row["known"]))
        for row in read["faults"]
    )
    return Knowledge(read["areas"], faults)


def rules(contract: Contract) -> Mapping[str, Mapping[str, Any]]:
    """What the suites say of their checks: they register it, since nothing here imports them.

    Raises ReportError.
    """
    for entry in metadata.entry_points(group=RULES):
        found: Mapping[str, Mapping[str, Any]] = entry.load()(contract)
        return found
    raise ReportError(f"no {RULES} is installed: pip install -e . from the project's root")


def clause(contract: Contract, name: str) -> Clause:
    """The clause of that id. Raises ReportError, with the nearest ids."""
    clauses = contract.clauses
    if name.upper() in clauses:
        return clauses[name.upper()]
    near = difflib.get_close_matches(name.upper(), clauses, n=3, cutoff=0.5)
    remedy = f"did you mean {', '.join(near)}?" if near else "schemas/clauses/ lists them"
    raise ReportError(f"no clause {name}: {remedy}")


def text(
    contract: Contract,
    one: Clause,
    rule: Mapping[str, Any],
    run: Mapping[str, Any] | None = None,
) -> str:
    """The explanation. `rule` is what the suites say of it, `run` its row of a verdict.json."""
    parts = [f"{one.id}  {one.statement}", f"{one.level}, {GATES[one.gate]}, {one.endpoint}"]
    for label, lines in _parts(contract, one, rule, run):
        parts.append("")
        for number, line in enumerate(lines):
            parts.append(_row(label if number == 0 else "", line, whole=label == "curl"))
    return visible.log("\n".join(parts))


def _parts(
    contract: Contract, one: Clause, rule: Mapping[str, Any], run: Mapping[str, Any] | None
) -> Iterator[tuple[str, list[str]]]:
    sources = contract.sources
    yield "quote", [f"“{' '.join(one.quote.split())}”"]
    yield (
        "source",
        [
            f"{sources[one.source].title}, {one.section}",
            *(f"also {sources[q.source].title}: “{collapse(q.quote)}”" for q in one.also),
        ],
    )
    if one.needs:
        yield "needs", [f"a model for: {', '.join(one.needs)}"]
    yield "checks", [*(rule.get("says") or [EACH]), *_tier(rule)]
    yield "lawful", list(_lawful(contract, one)) or [OPEN]
    yield (
        "breaks",
        [row.breaks for row in _faults(one)]
        or [f"Nothing specific is known. Meets it: {knowledge().areas[one.area]}."],
    )
    known = [f"{row.fault} {'; '.join(row.known)}." for row in _faults(one) if row.known]
    yield "known in", known or ["No server is known to us that has this fault."]
    if run:
        yield "last run", _last(run)
    yield "curl", [run["example"]] if run and "example" in run else _curl(contract, one)


def _tier(rule: Mapping[str, Any]) -> list[str]:
    return [f"(runs from --tier {rule['tier']} on)"] if rule.get("tier") else []


def _curl(contract: Contract, one: Clause) -> list[str]:
    body = _body(contract, one)
    plain = body is not None and _altered(contract, one, body) == body
    special = plain and ("refused" in one.statement or "accepted" in one.statement)
    return [smallest(contract, one), *([PLAIN] if special else [])]


def _body(contract: Contract, one: Clause) -> dict[str, Any] | None:
    """The plain body of the endpoint; what the suite adds for its own comfort is left out."""
    operation = contract.posts(one.endpoint.partition(" ")[2])
    if operation is None or operation.is_form:
        return None
    plain = {name: value for name, value in operation.plain.items() if name != "temperature"}
    return {"model": "MODEL", **plain}


def _faults(one: Clause) -> list[Fault]:
    return [row for row in knowledge().faults if one.id in row.clauses]


def _last(run: Mapping[str, Any]) -> list[str]:
    lines = [run["verdict"].replace("_", " ") + (f": {run['reason']}" if "reason" in run else "")]
    for finding in run["findings"][:3]:
        lines.append(f"expected {' or '.join(finding['expected'])}")
        lines.append(f"actual   {finding['actual']}")
    return lines


def _lawful(contract: Contract, one: Clause) -> Iterator[str]:
    """The values that the tables promise, what they leave open, and questions with two sides."""
    for row in _rows(contract, one.id):
        yield from _of_row(one.id, row)
    for sheet in contract.tables.sheets.values():
        for answer in (*sheet.responses.values(), *sheet.response_objects.values()):
            for line in answer.rows:
                if one.id in (line.value_clause, line.presence_clause):
                    yield f"{line.field}: {line.expected or json.dumps(line.schema)}"
    asked = contract.observations
    for each in asked.values():
        if one.id in each.clauses or each.id in one.see:
            yield f"either side: {each.question} ({', '.join(each.values) or 'any answer'})"


def _rows(contract: Contract, name: str) -> Iterator[RequestRow]:
    for sheet in contract.tables.sheets.values():
        for table in (*sheet.requests.values(), *sheet.request_objects.values()):
            for row in table.rows:
                refusals = {each.clause for each in row.refused}
                if name in {row.clauses[0], row.presence_clause, *refusals}:
                    yield row


def _of_row(name: str, row: RequestRow) -> Iterator[str]:
    refused = [value for each in row.refused if each.clause == name for value in each.example]
    if refused:
        yield f"{row.field}: refused is {_few(refused)}"
    if row.example:
        yield f"{row.field}: accepted is {_few(row.example)}"
    if row.open:
        yield f"{row.field}: left open: {row.open}"


def _few(values: Any) -> str:
    shown = [json.dumps(value, ensure_ascii=False) for value in list(values)[:5]]
    return ", ".join(each if len(each) < WIDTH else each[:WIDTH] + "…" for each in shown)


def smallest(contract: Contract, one: Clause) -> str:
    """The smallest command whose answer shows the clause, where the documents give its request."""
    method, _, route = one.endpoint.partition(" ")
    if not route or method == "GET":
        path = route.replace("{model_id}", "MODEL") or "/models"
        return f'curl -sS -i "$BASE_URL{path}"{_key(one)}'
    url = f'curl -sS -i "$BASE_URL{route}"{_key(one)}'
    body = _body(contract, one)
    if body is None:
        fields = {"model": "MODEL", **_altered(contract, one, {})}
        options = (f"-F {shell.word(f'{name}={_plain(value)}')}" for name, value in fields.items())
        return f"{url} -F file=@fixtures/audio/speech{_kind(contract, one)} {' '.join(options)}"
    body = _altered(contract, one, body)
    if one.area.endswith("-stream") or one.id.startswith("STREAM-"):
        body = {**body, "stream": True}
    return f"{url} {JSON} --data-raw {shell.word(json.dumps(body, ensure_ascii=False))}"


def _kind(contract: Contract, one: Clause) -> str:
    """The type of audio file that the clause speaks of, or any."""
    sheets = contract.tables.sheets.values()
    rows = [row for each in sheets for table in each.requests.values() for row in table.rows]
    own = [each.value for row in rows for each in row.variants if each.clause == one.id]
    return next((kind for kind in own if (CLIPS / f"speech{kind}").exists()), ".wav")


def _key(one: Clause) -> str:
    """The header with the key; clauses on requests without one go without."""
    return "" if "without credentials" in one.statement else f" {KEY}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _altered(contract: Contract, one: Clause, body: dict[str, Any]) -> dict[str, Any]:
    """The body with the value, or without the field, that the clause speaks of."""
    for sheet in contract.tables.sheets.values():
        for table in sheet.requests.values():
            for row in table.rows:
                if row.presence_clause == one.id:
                    return {name: value for name, value in body.items() if name != row.field}
                values = [v for each in row.refused if each.clause == one.id for v in each.example]
                if not values and row.clauses[0] == one.id:
                    values = list(row.example)
                if values and row.field not in ("model", "messages", "file"):
                    return {**body, row.field: values[0]}
                if values and row.field in body and row.refused:
                    return {**body, row.field: values[0]}
    return body


def _row(label: str, line: str, *, whole: bool) -> str:
    """A labelled line; a command stays on one line, to be copied."""
    shown = visible.line(line)
    if whole:
        return f"{label:<{LABEL}}{shown}"
    lines = textwrap.wrap(shown, WIDTH - LABEL, break_long_words=False, break_on_hyphens=False)
    first, *more = lines or [""]
    return "\n".join([f"{label:<{LABEL}}{first}", *(" " * LABEL + each for each in more)])
