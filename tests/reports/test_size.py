"""The sign-off page stands by itself, and no size of what it shows makes it large."""

from __future__ import annotations

import json
from xml.etree.ElementTree import Element

import html5lib
from markdown_it import MarkdownIt

from reports import signoff, view
from schemas.records import Finding
from tests.reports import outside, samples

LONG = "A" * 100_000
OWN = ["paragraph_open", "inline", "paragraph_close"]
FENCED = "x\n```\n\n# y\n</details>\n\n``` text"


def test_page_needs_neither_network_nor_script() -> None:
    page: Element = html5lib.parse(outside.page("harmless"), namespaceHTMLElements=False)
    found = [(name, value) for each in page.iter() for name, value in each.attrib.items()]
    assert not [value for _, value in found if "://" in value or value.startswith("//")]
    assert not [name for name, _ in found if name.startswith("on")]
    assert not {each.tag for each in page.iter()} & {"script", "img", "iframe", "link", "base"}
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in found
    assert {value for name, value in found if name == "href"} <= {
        *("#violated", "#waivers", "#counts", "#fingerprint", "#undecided", "#observations"),
        *("#clients", "#streams", "#strength"),
    }


def test_long_text_makes_no_large_summary() -> None:
    assert len(outside.markdown(LONG).encode()) < signoff.SUMMARY_BYTES
    assert len(outside.page(LONG)) < 2_000_000


def test_summary_ends_between_two_parts() -> None:
    text = outside.markdown(FENCED)
    whole = [each.type for each in MarkdownIt("gfm-like").parse(text)]
    for most in range(300, len(text.encode()), 37):
        cut = signoff.beginning(text, most)
        assert len(cut.encode()) <= most
        shown, rest = cut[: -len(signoff.REST)], cut[-len(signoff.REST) :]
        assert rest == signoff.REST
        assert text.startswith(shown)
        found = [each.type for each in MarkdownIt("gfm-like").parse(cut)]
        ours = found[: -len(OWN)]
        assert found[-len(OWN) :] == OWN
        assert ours == whole[: len(ours)]
        assert shown.count("<details>") - shown.count("</details>") <= 0


def test_ten_thousand_exchanges_make_no_bigger_page() -> None:
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
    document = samples.run(*judgements, har=har, clauses=everything)
    shown = view.of(document, {each["_id"]: each for each in har})
    assert len(signoff.html(shown)) < 2_000_000
    assert len(signoff.markdown(shown).encode()) < signoff.SUMMARY_BYTES
