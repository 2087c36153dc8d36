"""The tables hold what the two reference pages print: each row, its support, type and default."""

from __future__ import annotations

import re

import pytest

from schemas import catalogue, profiles

LAW = profiles.load(profiles.DEFAULT)

TABLES = LAW.tables
SOURCES = catalogue.ROOT / "sources"
COMPATIBILITY = (SOURCES / "openai-compatibility.txt").read_text("utf-8")
REFERENCE = (SOURCES / "api-reference.txt").read_text("utf-8")
SECTIONS = {
    "Chat Completions": "chat",
    "Text Completions": "completions",
    "Responses": "responses",
}
ROUTES = {
    "chat.request": "POST /chat/completions",
    "completions.request": "POST /completions",
    "responses.request": "POST /responses",
    "audio.request": "POST /audio/transcriptions",
}
HEADING = re.compile(r"^Section titled “(.+?)”")
CELL = re.compile(r"^\| (\w+) \| (Full|Partial|Ignored)")
ROW = re.compile(
    r"^(\w+?)(string or array|string|array|number|integer|boolean|object|file)(Yes|No)"
)


def supported() -> dict[tuple[str, str], dict[str, str]]:
    """Of each table of the compatibility page: its fields and their support."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    section = side = ""
    page = COMPATIBILITY[COMPATIBILITY.index("supports the following endpoints:") :]
    for line in page.splitlines():
        if heading := HEADING.match(line):
            section = SECTIONS.get(heading[1], section)
            side = heading[1].split()[0].lower()
        if cell := CELL.match(line):
            found.setdefault((section, side), {})[cell[1]] = cell[2].lower()
    return found


def parameters(route: str) -> dict[str, tuple[str, bool]]:
    """Of one route of the reference: its fields, their types, and whether they are required."""
    part = re.split(r"^(?=(?:GET|POST) /)", REFERENCE, flags=re.MULTILINE)
    (section,) = [each for each in part if each.startswith(f"{route}\n")]
    section = section.split("Each message in the messages array")[0]
    rows = [row for line in section.splitlines() if (row := ROW.match(line))]
    return {row[1]: (row[2], row[3] == "Yes") for row in rows}


@pytest.mark.parametrize("endpoint", SECTIONS.values())
def test_every_supported_request_field_has_its_row(endpoint: str) -> None:
    rows = TABLES.requests[f"{endpoint}.request"].rows
    printed = {row.field: row.support for row in rows if _on(row, "openai-compatibility")}
    wanted = supported()[endpoint, "request"]
    # `reasoning` stands in an example of that page, not in its table.
    assert {k: v for k, v in printed.items() if k != "reasoning"} == wanted


@pytest.mark.parametrize("endpoint", SECTIONS.values())
def test_every_supported_answer_field_has_its_row(endpoint: str) -> None:
    rows = TABLES.responses[f"{endpoint}.response"].rows
    wanted = supported()[endpoint, "response"]
    assert set(wanted.values()) == {"full"}
    assert wanted.keys() == {row.field for row in rows}


@pytest.mark.parametrize("kind", ROUTES)
def test_every_reference_parameter_has_its_row(kind: str) -> None:
    rows = [row for row in TABLES.requests[kind].rows if _on(row, "api-reference")]
    printed = {row.field: (row.type, row.required) for row in rows}
    assert printed == parameters(ROUTES[kind])


@pytest.mark.parametrize("kind", ROUTES)
def test_a_printed_default_is_the_row_s(kind: str) -> None:
    for row in TABLES.requests[kind].rows:
        words = " ".join(each.words for each in row.printed)
        if found := re.search(r"[Dd]efault (\w+(?:\.\d+)?)", words):
            assert str(row.default[0]).lower() == found[1].lower(), row.field
        else:
            assert row.default == (), row.field


def test_every_row_of_a_request_names_clauses_of_its_endpoint() -> None:
    clauses = LAW.clauses
    for kind, route in ROUTES.items():
        for row in TABLES.requests[kind].rows:
            assert clauses[row.clauses[0]].endpoint == route, (kind, row.field)


def _on(row: object, source: str) -> bool:
    return any(each.source == source for each in getattr(row, "printed", ()))
