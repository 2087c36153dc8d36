"""Which deployment it was: what tells it from another, or from itself on another day.

All of it is read from the evidence, so that a recorded run has the same fingerprint.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Entry = dict[str, Any]

HEADERS = ("server", "via", "x-powered-by", "x-served-by", "x-api-version", "openai-version")
PREFIX = re.compile(r"[A-Za-z]{1,16}[-_]")
MOST = 20
LONGEST = 120


def of(entries: Iterable[Entry]) -> dict[str, Any]:
    """Headers, names and forms of ids that the answers of these HAR entries had, and when."""
    rows = list(entries)
    answers = [answer for entry in rows for answer in _answers(entry)]
    times = sorted(entry["startedDateTime"] for entry in rows)
    return {
        "headers": _headers(rows),
        "answered_as": _few(answer.get("model") for answer in answers),
        "fingerprints": _few(answer.get("system_fingerprint") for answer in answers),
        "ids": _few(_form(answer.get("id")) for answer in answers),
        "window": {"first": times[0], "last": times[-1]} if times else {},
    }


def _headers(entries: list[Entry]) -> dict[str, list[str]]:
    seen: dict[str, list[object]] = {}
    for entry in entries:
        for header in entry["response"]["headers"]:
            if header["name"].lower() in HEADERS:
                seen.setdefault(header["name"].lower(), []).append(header["value"])
    return {name: _few(values) for name, values in sorted(seen.items())}


def _answers(entry: Entry) -> Iterator[Mapping[str, Any]]:
    """What a model answered: the JSON object, or that of the first event of a stream."""
    content = entry["response"]["content"]
    text = content.get("text") or ""
    if entry["response"]["status"] != 200 or content.get("encoding"):
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


def _few(values: Iterable[object]) -> list[str]:
    """The distinct texts, sorted, and bounded: a hostile deployment may send any number."""
    found = {value[:LONGEST] for value in values if isinstance(value, str) and value}
    return sorted(found)[:MOST]
