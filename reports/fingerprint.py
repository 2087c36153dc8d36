"""Which deployment it was: what tells it from another, or from itself on another day.

All of it is read from the evidence, so that a recorded run has the same fingerprint.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from schemas import kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Entry = dict[str, Any]

HEADERS = ("server", "via", "x-powered-by", "x-served-by", "x-api-version", "openai-version")
PREFIX = re.compile(r"[A-Za-z]{1,16}[-_]")
MOST = 20
LONGEST = 120


def of(entries: Iterable[Entry]) -> dict[str, Any]:
    """Headers, names and forms of ids that the answers of these HAR entries had, and when."""
    headers: dict[str, set[str]] = defaultdict(set)
    fields: dict[str, set[str]] = defaultdict(set)
    times: list[str] = []
    for entry in entries:
        times.append(entry["startedDateTime"])
        for header in entry["response"]["headers"]:
            if header["name"].lower() in HEADERS:
                headers[header["name"].lower()].add(header["value"])
        for answer in _answers(entry):
            fields["model"].add(_text(answer.get("model")))
            fields["system_fingerprint"].add(_text(answer.get("system_fingerprint")))
            fields["id"].add(_form(answer.get("id")))
    return {
        "headers": {name: _few(values) for name, values in sorted(headers.items())},
        "answered_as": _few(fields["model"]),
        "fingerprints": _few(fields["system_fingerprint"]),
        "ids": _few(fields["id"]),
        "window": {"first": min(times), "last": max(times)} if times else {},
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _answers(entry: Entry) -> Iterator[Mapping[str, Any]]:
    """What a model answered: the JSON object, or that of the first event of a stream."""
    content = entry["response"]["content"]
    if entry["response"]["status"] != 200:
        return
    try:
        text = kept.body(content).decode("utf-8")
    except ValueError:
        return
    if text.startswith("data:"):
        text = text.removeprefix("data:").partition("\n")[0]
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(found, dict):
        inner = found.get("response")
        answer = inner if isinstance(inner, dict) else found
        if "choices" in answer or "output" in answer:
            yield answer


def _form(name: object) -> str:
    """The prefix of an id, such as `chatcmpl-`; what follows differs in each answer."""
    if not isinstance(name, str) or not name:
        return ""
    prefix = PREFIX.match(name)
    return prefix.group() if prefix else "no prefix"


def _few(values: Iterable[str]) -> list[str]:
    """The distinct texts, sorted, and bounded: a hostile deployment may send any number."""
    return sorted({value[:LONGEST] for value in values if value})[:MOST]
