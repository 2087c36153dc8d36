"""What a deployment says stays text: in HTML, Markdown, the terminal, Allure and JUnit."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from _pytest.junitxml import LogXML, xml_key
from markdown_it import MarkdownIt

from reports import allure, document, junit, signoff, terminal, view
from schemas.records import Finding
from tests.reports import samples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORD = "hostile"
PAYLOADS = {
    "script": f"<script>{WORD}()</script>",
    "image": f"<img src=http://{WORD}.example/x onerror={WORD}()>",
    "end of the element": f'</pre></code></style>"><svg onload={WORD}()>',
    "template": f"{{{{ {WORD} }}}}{{% {WORD} %}}",
    "row of a table": f"| a | {WORD} |\n|---|---|\n| b | c |",
    "link": f"[click](http://{WORD}.example) ![x](http://{WORD}.example/x.png)",
    "bare link": f"see http://{WORD}.example and www.{WORD}.example and <http://{WORD}.example>",
    "code": f"`` ` ``` ~~~\n```\n</details>\n# {WORD}\n```",
    "backslash before a bar": f"\\| {WORD} \\\\| \\`",
    "heading": f"\n\n# {WORD}\n\n- list\n\n1. one",
    "terminal": f"\x1b[2J\x1b]0;{WORD}\x07\x9b31m\r\u202egnp.exe\u2066\u200b",
    "half a pair": f"\ud800 {WORD} \udfff",
    "no text": f"\x00\x01\ufffe {WORD}",
    "many": f"{WORD} " + "A" * 100_000,
}


def hostile(payload: str) -> tuple[document.Document, dict[str, Any]]:
    """A run in which everything that a deployment can choose is the payload."""
    one = samples.entry("x1", payload)
    one["response"]["headers"] += [{"name": "Server", "value": payload}]
    one["response"]["statusText"] = payload
    one["_detail"] = payload
    stream = samples.entry("x2", f"data: {payload}\n\n", media="text/event-stream", chunks=3)
    stream["request"]["postData"]["text"] = json.dumps({"model": payload})
    har = [one, stream]
    finding = Finding((payload,), payload, payload, "x1", payload)
    told = samples.run(
        samples.found(finding),
        samples.found(Finding(("[DONE]",), payload, "event 0", "x2"), clause=samples.STREAMS),
        samples.observed("unknown_fields", payload),
        samples.observed(f"client {payload.split()[0]} 1.0 chat", payload),
        har=har,
        deployment={
            "models": {"chat": payload},
            "listed": [payload],
            "headers": {"server": [payload]},
            "answered_as": [payload],
            "fingerprints": [payload],
            "ids": [payload],
        },
    )
    return told, {each["_id"]: each for each in har}


class Page(HTMLParser):
    """The elements and attributes of a page, as a browser would see them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}


@pytest.fixture(params=PAYLOADS)
def payload(request: pytest.FixtureRequest) -> str:
    return PAYLOADS[request.param]


def test_page_has_no_element_and_no_attribute_of_a_deployment(payload: str) -> None:
    told, har = hostile(payload)
    harmless = Page(signoff.html(view.of(*hostile("harmless"))))
    page = Page(signoff.html(view.of(told, har)))
    assert page.elements == harmless.elements
    assert not page.elements & {"script", "img", "iframe", "object", "embed", "link", "base"}
    assert {name for name, _ in page.attributes} == {name for name, _ in harmless.attributes}
    assert not [each for each in page.attributes if WORD in each[1]]


def test_page_needs_neither_network_nor_script() -> None:
    page = Page(signoff.html(view.of(*hostile("harmless"))))
    outside = [value for _, value in page.attributes if "://" in value or value.startswith("//")]
    assert not outside
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert {value for name, value in page.attributes if name == "href"} <= {
        *("#violated", "#waivers", "#counts", "#fingerprint", "#undecided", "#observations"),
        *("#clients", "#streams", "#strength"),
    }


def shape(text: str) -> list[tuple[str, str]]:
    """The structure of Markdown without its text."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    flat = [inner for each in tokens for inner in (each, *(each.children or ()))]
    return [
        (each.type, each.content if each.type.startswith("html") else "")
        for each in flat
        if each.type not in ("text", "softbreak", "text_special")
    ]


def test_markdown_has_the_structure_of_a_harmless_one(payload: str) -> None:
    harmless = signoff.markdown(view.of(*hostile("harmless")))
    text = signoff.markdown(view.of(*hostile(payload)))
    assert set(shape(text)) == set(shape(harmless))
    tables = [sum(each == kind for each, _ in shape(text)) for kind in ("table_open", "td_open")]
    assert tables == [
        sum(each == kind for each, _ in shape(harmless)) for kind in ("table_open", "td_open")
    ]


def test_waivers_are_text_too(payload: str) -> None:
    told, har = hostile("harmless")
    row = {
        "clause": samples.BLOCKS,
        "state": "in force",
        **dict.fromkeys(("reason", "owner", "ticket", "model", "endpoint"), payload),
        "expires": "2026-12-31",
        "line": 1,
    }
    told["waivers"] = [row]
    shown = view.of(told, har)
    assert not {"script", "img"} & Page(signoff.html(shown)).elements
    assert not [each for each in shape(signoff.markdown(shown)) if WORD in each[1]]


def visible(text: str) -> bool:
    return all(each.isprintable() or each == "\n" for each in text)


def test_nothing_in_the_files_is_invisible(payload: str, tmp_path: Path) -> None:
    told, har = hostile(payload)
    samples.save(tmp_path / "run", told, har.values())
    for name in (signoff.HTML, signoff.MARKDOWN):
        assert visible((tmp_path / "run" / name).read_text("utf-8"))


def test_terminal_is_not_steered(payload: str) -> None:
    told, _ = hostile(payload)
    for line, _ in terminal.lines(told):
        assert line.isprintable()


def test_allure_files_are_json_and_renders_nothing(payload: str, tmp_path: Path) -> None:
    told, har = hostile(payload)
    allure.results(tmp_path, told, har)
    rows = [json.loads(path.read_bytes()) for path in tmp_path.glob("*-result.json")]
    assert len(rows) == len(told["clauses"])
    for row in rows:
        assert WORD not in row["name"] + row["historyId"]
        assert not [each for each in shape(row["description"]) if WORD in each[1]]
        for attached in row["attachments"]:
            assert attached["type"] == "application/json"
            json.loads((tmp_path / attached["source"]).read_bytes())


def test_junit_is_xml(payload: str, tmp_path: Path) -> None:
    told, _ = hostile(payload)
    xml = LogXML(str(tmp_path / "junit.xml"), None)
    config: Any = SimpleNamespace(stash={xml_key: xml})
    xml.pytest_sessionstart()
    junit.add(config, told, {})
    xml.pytest_sessionfinish()
    elements = {each.tag for each in ET.parse(tmp_path / "junit.xml").iter()}
    assert elements <= {"testsuites", "testsuite", "testcase", "failure", "skipped"}


def files(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_file())


def test_ten_thousand_exchanges_make_no_bigger_page(tmp_path: Path) -> None:
    body = json.dumps({"choices": [{"text": "x" * 2000}]})
    har = [samples.entry(f"x{number}", body, chunks=5) for number in range(10_000)]
    findings = [
        Finding(("a 4xx status",), f"HTTP {number}", "/choices/0", f"x{number}")
        for number in range(10_000)
    ]
    everything = [clause for clause in samples.CLAUSES if clause.startswith("CHAT-")]
    judgements = [
        samples.found(*findings[start::100], clause=clause)
        for start, clause in enumerate(everything[:100])
    ]
    told = samples.run(*judgements, har=har, clauses=everything)
    shown = view.of(told, {each["_id"]: each for each in har})
    assert len(signoff.html(shown)) < 2_000_000
    assert len(signoff.markdown(shown).encode()) < signoff.SUMMARY_BYTES
