"""A lawful deployment that speaks in markup: its run ends well, and all its reports are whole."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import html5lib
import jproperties  # type: ignore[import-untyped]
import pytest
from markdown_it import MarkdownIt

from fixtures.reference import variants
from tests.bench import BENCH_KEY
from tests.rig import runs

if TYPE_CHECKING:
    from pathlib import Path

NAMES = sorted(name for name in variants.load().entries if "markup" in name)
HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u200b\u2028\u202e\u2066]")


@pytest.fixture(scope="module")
def folder(reference: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a run at smoke, and its output beside them."""
    made = tmp_path_factory.mktemp("markup")
    run = runs.start(
        made,
        "--tier=smoke",
        "-rA",
        f"--base-url={reference}/variant/{'+'.join(NAMES)}/v1",
        f"--junitxml={made / 'junit.xml'}",
        f"--alluredir={made / 'allure'}",
        COMPACTIFAI_API_KEY=BENCH_KEY,
        GITHUB_STEP_SUMMARY=str(made / "summary.md"),
    )
    (made / "output.txt").write_text(run.out + run.err, "utf-8")
    assert run.exit_status == 0, run.summary
    assert run.verdict["verdict"] == "CONFORMANT"
    return made


def test_there_are_such_variants() -> None:
    assert len(NAMES) >= 3


def test_page_and_summary_hold_no_element_of_its(folder: Path) -> None:
    page = html5lib.parse(
        (folder / "report" / "signoff.html").read_text("utf-8"), namespaceHTMLElements=False
    )
    assert not {each.tag for each in page.iter()} & {"script", "img", "testcase", "failure"}
    text = (folder / "summary.md").read_text("utf-8")
    assert "<script>alert(1)</script> ::set-output" in text
    parsed = MarkdownIt("gfm-like").parse(text)
    tokens = [inner for each in parsed for inner in (each, *(each.children or ()))]
    assert not [each for each in tokens if each.type in ("image", "link_open")]
    html = {each.content.strip() for each in tokens if each.type.startswith("html")}
    assert html <= {"</details>", *(each for each in html if each.startswith("<details><summary>"))}


def test_allure_and_junit_are_whole(folder: Path) -> None:
    read = jproperties.Properties()
    read.load((folder / "allure" / "environment.properties").read_bytes(), "iso-8859-1")
    rows = dict(read.properties)
    assert rows["Verdict"] == "CONFORMANT"
    assert {name for name in rows if not name.startswith("Model (")} == {
        *("Verdict", "Base URL", "Profile", "Tier", "Suite", "Contract", "Requests"),
    }
    assert all(json.loads(path.read_bytes()) for path in (folder / "allure").glob("*.json"))
    root = ET.parse(folder / "junit.xml").getroot()
    assert {each.tag for each in root.iter()} <= {"testsuites", "testsuite", "testcase", "skipped"}


def test_nothing_that_is_read_by_a_human_hides_anything(folder: Path) -> None:
    names = ("report/verdict.json", "report/signoff.html", "report/signoff.md", "summary.md")
    for name in (*names, "allure/environment.properties", "junit.xml", "output.txt"):
        assert not HIDDEN.search((folder / name).read_text("utf-8")), name


def test_output_commands_no_job(folder: Path) -> None:
    assert not re.search(
        r"^\s*::|##\w*\[", (folder / "output.txt").read_text("utf-8"), re.MULTILINE
    )
