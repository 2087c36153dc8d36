"""Allure results: one a clause, drawn from the verdicts.

allure-pytest writes one result a test function; a clause that invariants decide has none, and a
verdict is known only when the run is over. So its option is used, with the format of its files, and
its listener is switched off for conformance runs.
"""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from reports.document import contract_of
from reports.terminal import printable

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
CATEGORIES = [
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
    for position, row in enumerate(document["clauses"]):
        # A clause has no time of its own: these keep the order of the catalogue.
        result = {**_result(row, document), "start": began + position, "stop": began + position}
        result["attachments"] = [_attach(entry, folder) for entry in _shown(row, har)]
        _save(folder, f"{result['uuid']}-result.json", json.dumps(result, ensure_ascii=False))
    _save(folder, "environment.properties", _environment(document))
    _save(folder, "categories.json", json.dumps(CATEGORIES, indent=2))


def _save(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8", errors="backslashreplace")


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
    return "".join(f"{_key(name)}={value}\n" for name, value in rows.items())


def _key(name: str) -> str:
    """A key of a properties file, in which a space ends the key."""
    return name.replace(" ", "\\ ")


def _result(row: dict[str, Any], document: Document) -> dict[str, Any]:
    result: dict[str, Any] = {
        "uuid": str(uuid4()),
        "name": f"{row['id']}: {row['statement']}",
        "fullName": row["id"],
        "historyId": hashlib.md5(row["id"].encode(), usedforsecurity=False).hexdigest(),
        "testCaseId": row["id"],
        "status": STATUS[row["verdict"]],
        "stage": "finished",
        "description": _description(row),
        "labels": [{"name": name, "value": value} for name, value in _labels(row)],
        "links": _links(row, document),
        "parameters": [{"name": "profile", "value": document["deployment"]["profile"]}],
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
    quote = row["quote"].replace("\n", "\n> ")
    lines = [f"**{row['level']}**, gate **{row['gate']}**, verdict **{row['verdict']}**"]
    lines += [f"> {quote}", f"Source: {row['source']}, {row['section']}"]
    for key, value in row.get("observed", {}).items():
        told = printable(f"{key} = {value}").replace("`", "'")
        lines.append(f"Observed: `{told}`")
    return "\n\n".join(lines)


def _message(row: dict[str, Any]) -> str:
    if row["verdict"] != "violated" or not row["findings"]:
        return f"{row['verdict']}: {row.get('reason') or row.get('waiver', '')}"
    first = row["findings"][0]
    return f"{row['gate']}: expected {' or '.join(first['expected'])}; actual {first['actual']}"


def _trace(row: dict[str, Any]) -> str:
    return "\n\n".join("\n".join(_told(each)) for each in row["findings"])


def _told(finding: dict[str, Any]) -> Iterator[str]:
    yield f"expected: {' or '.join(finding['expected'])}"
    yield f"actual: {finding['actual']}"
    for name in ("where", "exchange", "control"):
        if finding.get(name):
            yield f"{name}: {finding[name]}"
    if "curl" in finding:
        yield finding["curl"]


def _attach(entry: dict[str, Any], folder: Path) -> dict[str, str]:
    """The exchange as JSON text: nothing in it is rendered or run."""
    source = f"{uuid4()}-attachment.json"
    _save(folder, source, json.dumps(entry, indent=2, ensure_ascii=False))
    return {"name": f"exchange {entry['_id']}", "source": source, "type": "application/json"}
