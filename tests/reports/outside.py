"""One run in which everything that comes from outside is one text, in each format that is written.

Outside is: what the deployment answers, what recordings hold, what profile and waivers say, what
the operator calls his files, and what a crash repeats of all that.
"""

from __future__ import annotations

import json
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from _pytest.junitxml import LogXML, xml_key

from reports import allure, document, junit, signoff, terminal, view
from schemas.records import Finding
from tests.reports import samples

if TYPE_CHECKING:
    from pathlib import Path

PADDING = "x" * 40  # what is short is shown as a tag
OWN_WORDS = ("statement", "quote", "source", "section")


@cache
def run(text: str) -> tuple[document.Document, dict[str, Any]]:
    """The document and the exchanges by id."""
    har = {each["_id"]: each for each in (_plain(text), _stream(text))}
    report = samples.run(
        samples.found(Finding((text, "HTTP 400"), text, text, "x1", text)),
        samples.found(Finding(("[DONE]",), text, "event 0", "x2"), clause=samples.STREAMS),
        samples.observed("unknown_fields", text),
        samples.observed(text, text),
        samples.observed(f"client {'_'.join(text.split())} 1.0 chat", f"fails: {text} {PADDING}"),
        har=har.values(),
        deployment={
            "base_url": text,
            "profile": text,
            "models": {"chat": text},
            "listed": [text],
            "headers": {"server": [text], text: [text]},
            **{name: [text] for name in ("answered_as", "fingerprints", "ids")},
        },
        suite={"report": text, "seed": text, "versions": {text: text}},
    )
    report["waivers"] = [_waiver(text, state) for state in ("in force", "stale")]
    report["harness_errors"] = [{"source": text, "clauses": [], "reason": text}]
    report["recording"] = {
        "files": [text],
        "base_urls": [text],
        "exchanges": 2,
        "passed_over": {text: 1},
    }
    report["replayed"] = {
        "report": text,
        "verdict": text,
        "same_suite": True,
        "differences": [{"id": "A", "then": text, "now": text, "reason": text}],
    }
    report["control"] = {
        "base_url": text,
        "verdict": "",
        "cause": text,
        "report": text,
        "counts": {},
    }
    for row in report["clauses"]:
        row.update(dict.fromkeys(OWN_WORDS, text), reason=text, checks=[text], example=text)
    return report, har


def obstructed(text: str) -> document.Document:
    """The document of a run that nothing could be judged in."""
    report, _ = run(text)
    return {**report, "cause": text, "verdict": "UNREACHABLE"}


def _plain(text: str) -> dict[str, Any]:
    entry: dict[str, Any] = samples.entry("x1", text)
    entry["request"]["url"] = text
    entry["request"]["headers"] += [{"name": "X-Request-Id", "value": text}]
    entry["response"]["headers"] += [{"name": "Server", "value": text}]
    entry["response"]["statusText"] = entry["_detail"] = text
    return entry


def _stream(text: str) -> dict[str, Any]:
    body = f"data: {json.dumps(text, ensure_ascii=False)}\n\n"
    entry: dict[str, Any] = samples.entry("x2", body, media="text/event-stream", chunks=3)
    entry["request"]["postData"]["text"] = json.dumps({"model": text})
    return entry


def _waiver(text: str, state: str) -> dict[str, Any]:
    fields = ("reason", "owner", "ticket", "model", "endpoint")
    row = {"clause": samples.BLOCKS, "state": state, "expires": "2026-12-31", "line": 1}
    return {**row, **dict.fromkeys(fields, text)}


@cache
def printed(text: str) -> list[str]:
    """The lines that a run ends with."""
    report, _ = run(text)
    return [line for each in (report, obstructed(text)) for line, _ in terminal.lines(each)]


@cache
def page(text: str) -> str:
    """`signoff.html`."""
    return signoff.html(view.of(*run(text)))


@cache
def markdown(text: str) -> str:
    """`signoff.md`, of a run that was judged and of one that was not."""
    judged = signoff.markdown(view.of(*run(text)))
    return judged + "\n" + signoff.markdown(view.of(obstructed(text), {}))


def results(text: str, folder: Path) -> Path:
    """The folder of Allure."""
    allure.results(folder, *run(text))
    return folder


def verdict(text: str) -> bytes:
    """`verdict.json`."""
    return document.dump(run(text)[0])


def xml(text: str, path: Path) -> Path:
    """The file of `--junitxml`."""
    log = LogXML(str(path), None)
    config: Any = SimpleNamespace(stash={xml_key: log})
    log.pytest_sessionstart()
    junit.add(config, run(text)[0], {})
    log.pytest_sessionfinish()
    return path
