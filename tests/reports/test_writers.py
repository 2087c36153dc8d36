"""Each format, read back by a reader that is not ours: hostile text changes no structure."""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any
from unicodedata import category as category_of
from unicodedata import normalize
from xml.etree import ElementTree as ET

import html5lib
import jproperties  # type: ignore[import-untyped]
import pyte
import pytest
from markdown_it import MarkdownIt

from reports import allure
from reports.evidence import Evidence
from schemas import shell
from schemas import visible as schemas_visible
from tests.reports import outside
from tests.reports.hostile import CORPUS, Hostile

if TYPE_CHECKING:
    from pathlib import Path

HARMLESS = "harmless"
# What the runners of GitHub, Azure and TeamCity take for a command: at the start of a line, white
# space aside, or anywhere in it.
COMMAND = re.compile(r"^\s*::|##\w*\[", re.MULTILINE)
# What GitHub turns into something else in text that stands in no code.
LIVE = re.compile(
    r"@\w|https?:|www\.|(?:^|\W)(?:GH-|#)\d|:[\w+-]+:|\$|\b[0-9a-f]{7,40}\b", re.IGNORECASE
)


@pytest.fixture(params=CORPUS, ids=lambda each: f"{each.attacks}-{ascii(each.line)[1:25]}")
def hostile(request: pytest.FixtureRequest) -> Hostile:
    one: Hostile = request.param
    return one


def test_corpus_attacks_each_format() -> None:
    assert len({each.text for each in CORPUS}) == len(CORPUS) > 60
    assert {each.attacks for each in CORPUS} == {
        *("nothing", "properties", "xml", "markdown", "html", "eye", "terminal", "job"),
        *("json", "toml"),
    }


def properties(folder: Path) -> dict[str, str]:
    read = jproperties.Properties()
    read.load((folder / "environment.properties").read_bytes(), "iso-8859-1")
    return dict(read.properties)


def test_properties_have_the_keys_of_a_harmless_run(hostile: Hostile, tmp_path: Path) -> None:
    harmless = properties(outside.results(HARMLESS, tmp_path / "harmless"))
    found = properties(outside.results(hostile.text, tmp_path / "hostile"))
    assert list(found) == list(harmless)
    names = {name for name, value in harmless.items() if value == HARMLESS}
    assert names == {"Base URL", "Profile", "Model (chat)"}
    assert {name: found[name] for name in names} == dict.fromkeys(names, hostile.line)
    assert found["Verdict"] == harmless["Verdict"]


def loaded(folder: Path, pattern: str) -> list[Any]:
    return [json.loads(each.read_text("utf-8")) for each in sorted(folder.glob(pattern))]


def keys(value: Any) -> Any:
    """The structure of JSON: names and lengths, without the text."""
    if isinstance(value, dict):
        return {name: keys(each) for name, each in value.items()}
    return [keys(each) for each in value] if isinstance(value, list) else type(value)


def test_allure_results_have_the_structure_of_harmless_ones(
    hostile: Hostile, tmp_path: Path
) -> None:
    harmless = outside.results(HARMLESS, tmp_path / "harmless")
    folder = outside.results(hostile.text, tmp_path / "hostile")
    found, expected = (
        {each["fullName"]: each for each in loaded(one, "*-result.json")}
        for one in (folder, harmless)
    )
    assert keys(found) == keys(expected)
    for name, row in found.items():
        assert hostile.line in row["name"]
        assert ("statusDetails" in row) == (row["status"] != "passed")
        assert row["status"] == "passed" or hostile.line in row["statusDetails"]["message"]
        assert category(row) == category(expected[name])
        assert structure(row["description"]) == structure(expected[name]["description"])
        assert visible(json.dumps(row, ensure_ascii=False))
    assert loaded(folder, "categories.json") == loaded(harmless, "categories.json")


def category(row: dict[str, Any]) -> list[str]:
    """The categories that Allure puts a result into."""
    details = row.get("statusDetails", {}).get("message", "")
    return [
        each["name"]
        for each in allure.CATEGORIES
        if row["status"] in each["matchedStatuses"] and re.fullmatch(each["messageRegex"], details)
    ]


def test_attachments_hold_the_exchange_and_nothing_invisible(
    hostile: Hostile, tmp_path: Path
) -> None:
    folder = outside.results(hostile.text, tmp_path)
    for path in folder.glob("*-attachment.json"):
        assert visible(path.read_text("utf-8"))
    _, har = outside.run(hostile.text)
    found = {each["_id"]: each for each in loaded(folder, "*-attachment.json")}
    assert found == json.loads(halves(json.dumps(har, ensure_ascii=False), r"\\"))


def halves(text: str, escape: str = "\\") -> str:
    """The text with halves of surrogate pairs written out."""
    return re.sub("[\ud800-\udfff]", lambda each: f"{escape}u{ord(each[0]):04x}", text)


def test_verdict_is_json_for_every_reader(hostile: Hostile) -> None:
    document = json.loads(outside.verdict(hostile.text))
    # Encoding raises for half a pair.
    document["x"] = json.dumps(document, ensure_ascii=False).encode("utf-8")
    text = halves(hostile.text)
    assert document["deployment"]["base_url"] == text
    assert document["deployment"]["headers"][text] == [text]
    assert visible(outside.verdict(hostile.text).decode("utf-8"))


def test_evidence_holds_each_exchange_as_it_was(hostile: Hostile, tmp_path: Path) -> None:
    _, har = outside.run(hostile.text)
    kept = Evidence(tmp_path / "exchanges.har", tmp_path / "lock", {"name": "tests"})
    for entry in har.values():
        kept.add(entry)
    read = json.loads((tmp_path / "exchanges.har").read_text("utf-8"))
    assert read["log"]["entries"] == list(har.values())


def elements(path: Path) -> list[tuple[str, list[str], list[str]]]:
    root = ET.parse(path).getroot()
    stable = ("tests", "errors", "failures", "skipped", "name", "classname", "type")
    return [
        (each.tag, sorted(each.keys()), [each.get(name, "") for name in stable])
        for each in root.iter()
    ]


def test_junit_has_the_elements_of_a_harmless_file(hostile: Hostile, tmp_path: Path) -> None:
    path = outside.xml(hostile.text, tmp_path / "hostile.xml")
    assert elements(path) == elements(outside.xml(HARMLESS, tmp_path / "harmless.xml"))
    text = path.read_text("utf-8")
    assert visible(text)
    read = "".join(ET.parse(path).getroot().itertext())
    assert f"actual:   {hostile.line} {hostile.line}" in read


def structure(text: str) -> list[tuple[str, str, str]]:
    """Markdown without its text, as GitHub reads it; code stands for text."""
    return [
        (each.type, each.info, each.content if each.type.startswith("html") else "")
        for each in tokens(text)
        if each.type not in ("text", "softbreak", "text_special", "code_inline")
    ]


@cache
def tokens(text: str) -> list[Any]:
    """What Markdown consists of, as GitHub reads it."""
    found = MarkdownIt("gfm-like").parse(text)
    return [inner for each in found for inner in (each, *(each.children or ()))]


def test_markdown_has_the_structure_of_a_harmless_page(hostile: Hostile) -> None:
    text = outside.markdown(hostile.text)
    assert structure(text) == structure(outside.markdown(HARMLESS))
    assert visible(text)


def test_markdown_shows_the_text_and_enlivens_none_of_it(hostile: Hostile) -> None:
    found = tokens(outside.markdown(hostile.text))
    code = [each.content for each in found if each.type == "code_inline"]
    assert " ".join(hostile.line.split()) in {" ".join(each.split()) for each in code}
    own = bare(outside.markdown(HARMLESS))
    assert not [line for line in bare(outside.markdown(hostile.text)) - own if LIVE.search(line)]


def bare(text: str) -> set[str]:
    """The lines of a page without their code."""
    return {
        "".join(each.content if each.type.startswith("text") else "\0" for each in line.children)
        for line in tokens(text)
        if line.type == "inline"
    }


@cache
def page(text: str) -> ET.Element:
    """A page as a browser reads it."""
    found: ET.Element = html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)
    return found


def tree(text: str) -> list[tuple[str, dict[str, str]]]:
    """The elements of a page in their order."""
    found = page(text).iter()
    return [(each.tag, dict(each.attrib)) for each in found if isinstance(each.tag, str)]


def test_page_has_the_elements_of_a_harmless_page(hostile: Hostile) -> None:
    text = outside.page(hostile.text)
    assert tree(text) == tree(outside.page(HARMLESS))
    assert visible(text)


def test_page_shows_the_text(hostile: Hostile) -> None:
    found = page(outside.page(hostile.text))
    assert hostile.line in {each.text for each in found.iter("span")}
    if hostile.text == hostile.line:
        assert hostile.text in {"".join(each.itertext()) for each in found.iter("pre")}


def visible(text: str) -> bool:
    """Whether a file shows all that it holds, line ends aside."""
    hidden = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00\ufe01\U000e0100"
    kept = "\n\u200d"  # one joins emoji, see the corpus
    return all(each.isprintable() or each in kept for each in text) and not set(hidden) & set(text)


def test_terminal_shows_the_text_and_obeys_none_of_it(hostile: Hostile) -> None:
    lines, harmless = outside.printed(hostile.text), outside.printed(HARMLESS)
    assert len(lines) == len(harmless)
    screen = pyte.Screen(2 * max(map(len, lines)), 2)
    fresh = set(screen.mode)
    for line in lines:
        screen.reset()
        stream = pyte.Stream(screen)
        for character in line:  # of text in one piece, pyte forgets what follows a joiner
            stream.feed(character)
        assert screen.title == ""
        assert set(screen.mode) == fresh
        assert screen.cursor.y == 0
        assert wide(screen.display[0]).rstrip() == wide(line).rstrip()
    assert any(line.endswith(hostile.console) for line in lines)


def wide(text: str) -> str:
    """The characters that take a place of their own."""
    return "".join(each for each in normalize("NFC", text) if category_of(each)[0] not in "MC")


def test_no_line_is_a_command_of_a_job(hostile: Hostile) -> None:
    for line in outside.printed(hostile.text):
        assert "\n" not in line
        assert not COMMAND.search(line)


def test_pasted_word_is_the_text_and_commands_no_job(hostile: Hostile) -> None:
    text = hostile.text.replace("\0", "")  # which no argument of a program can hold
    word = shell.word(text)
    assert schemas_visible.printed(f"curl {word}") == f"curl {word}"
    completed = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert completed.stdout == text.encode("utf-8", "surrogatepass")
