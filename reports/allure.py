"""Allure results: one a clause, drawn from the verdicts.

allure-pytest writes one result a test function; a clause that invariants decide has none, and a
verdict is known only when the run is over. So its option is used, with the format of its files, and
its listener is switched off for conformance runs.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from reports import writers
from reports.document import contract_of
from schemas import files, visible
from schemas.contract import collapse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

    from reports.document import Document

STATUS = {
    "met": "passed",
    "observed": "passed",
    "violated": "failed",
    "untestable": "broken",
    "inconclusive": "broken",
    "waived": "skipped",
    "not_applicable": "skipped",
    "not_run": "skipped",
}
SEVERITY = {"block": "blocker", "warn": "normal", "report": "minor"}
ATTACHED = 5
# Java and JavaScript read these expressions; what matches all of a message crosses lines in both.
ALL = "[\\s\\S]*"
CATEGORIES: list[dict[str, Any]] = [
    {"name": name, "matchedStatuses": [status], "messageRegex": f"{words}: {ALL}"}
    for name, status, words in (
        ("Contract violation", "failed", "block"),
        ("Warning", "failed", "(warn|report)"),
        ("Prerequisite broken", "broken", "untestable"),
        ("Environment", "broken", "inconclusive"),
    )
]


def take_over(config: pytest.Config) -> None:
    """Switch allure-pytest's own listener off: the verdicts are written by `write`."""
    listener = config.pluginmanager.get_plugin("allure_listener")
    if listener:
        config.pluginmanager.unregister(listener)


def write(config: pytest.Config, document: Document, har: Mapping[str, dict[str, Any]]) -> None:
    """Write a result for each clause when --alluredir is given."""
    option = config.getoption("allure_report_dir", None)
    if option:
        results(Path(option), document, har)


def results(folder: Path, document: Document, har: Mapping[str, dict[str, Any]]) -> None:
    """Write a result for each clause, with environment and categories."""
    began = int((time.time() - document["seconds"]) * 1000)
    attached: dict[str, dict[str, str]] = {}
    for position, row in enumerate(document["clauses"]):
        # A clause has no time of its own: these keep the order of the catalogue.
        result = {**_result(row, document), "start": began + position, "stop": began + position}
        result["attachments"] = [_attach(entry, folder, attached) for entry in _shown(row, har)]
        _save(folder, f"{result['uuid']}-result.json", writers.json_text(result))
    _save(folder, "environment.properties", _environment(document))
    _save(folder, "categories.json", writers.json_text(CATEGORIES, indent=2))


def _save(folder: Path, name: str, text: str) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.replace(folder / name, text.encode("utf-8", "backslashreplace"))


def _shown(row: dict[str, Any], har: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    found = dict.fromkeys(each["exchange"] for each in row["findings"][:ATTACHED])
    return [har[exchange] for exchange in found if exchange in har]


def _environment(document: Document) -> str:
    deployment, suite = document["deployment"], document["suite"]
    rows = {
        "Verdict": document["verdict"],
        "Base URL": deployment["base_url"],
        "Profile": deployment["profile"],
        "Tier": suite["tier"],
        "Suite": suite["version"],
        "Contract": suite["contract"][:12],
        "Requests": document["requests"],
    }
    rows |= {f"Model ({role})": model for role, model in deployment["models"].items()}
    return writers.properties(rows)


def _result(row: dict[str, Any], document: Document) -> dict[str, Any]:
    result: dict[str, Any] = {
        "uuid": str(uuid4()),
        "name": visible.line(f"{row['id']}: {row['statement']}"),
        "fullName": row["id"],
        "historyId": hashlib.md5(row["id"].encode(), usedforsecurity=False).hexdigest(),
        "testCaseId": row["id"],
        "status": STATUS[row["verdict"]],
        "stage": "finished",
        "description": _description(row),
        "labels": [{"name": name, "value": visible.line(value)} for name, value in _labels(row)],
        "links": _links(row, document),
        "parameters": [
            {"name": "profile", "value": visible.line(document["deployment"]["profile"])}
        ],
    }
    if row["verdict"] not in ("met", "observed"):
        result["statusDetails"] = {"message": _message(row), "trace": _trace(row)}
    return result


def _links(row: dict[str, Any], document: Document) -> list[dict[str, str]]:
    """Where the document of the clause is published, if its text says so."""
    source = contract_of(document).sources.get(row["source"])
    url = source.url if source else None
    return [{"name": source.title, "url": url, "type": "link"}] if source and url else []


def _labels(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("epic", row["area"]),
        ("feature", row["endpoint"]),
        ("story", row["statement"]),
        ("severity", SEVERITY[row["gate"]]),
        ("tag", row["id"]),
        ("tag", row["level"]),
        ("framework", "pytest"),
        ("language", "python"),
    ]


def _description(row: dict[str, Any]) -> str:
    """Markdown; what a deployment said stands in code spans, where nothing is rendered."""
    quote = writers.markdown(collapse(row["quote"]))
    source, section = writers.markdown(row["source"]), writers.markdown(row["section"])
    lines = [f"**{row['level']}**, gate **{row['gate']}**, verdict **{row['verdict']}**"]
    lines += [f"> {quote}", f"Source: {source}, {section}"]
    for key, value in row.get("observed", {}).items():
        lines.append(f"Observed: {writers.code(f'{key} = {value}')}")
    return "\n\n".join(lines)


def _message(row: dict[str, Any]) -> str:
    """One line, whose beginning puts the result into its category."""
    return visible.line(_words(row))


def _words(row: dict[str, Any]) -> str:
    if row["verdict"] != "violated" or not row["findings"]:
        return f"{row['verdict']}: {row.get('reason') or row.get('waiver', '')}"
    first = row["findings"][0]
    return f"{row['gate']}: expected {' or '.join(first['expected'])}; actual {first['actual']}"


def _trace(row: dict[str, Any]) -> str:
    return "\n\n".join(
        "\n".join(map(visible.line, _finding_lines(each))) for each in row["findings"]
    )


def _finding_lines(finding: dict[str, Any]) -> Iterator[str]:
    yield f"expected: {' or '.join(finding['expected'])}"
    yield f"actual: {finding['actual']}"
    for name in ("where", "exchange", "control"):
        if finding.get(name):
            yield f"{name}: {finding[name]}"
    if "curl" in finding:
        yield finding["curl"]


def _attach(
    entry: dict[str, Any], folder: Path, attached: dict[str, dict[str, str]]
) -> dict[str, str]:
    """The exchange as JSON text, once: nothing in it is rendered or run."""
    name = entry["_id"]
    if name not in attached:
        source = f"{uuid4()}-attachment.json"
        _save(folder, source, writers.json_text(entry, indent=2))
        shown = visible.line(f"exchange {name}")
        attached[name] = {"name": shown, "source": source, "type": "application/json"}
    return attached[name]
