"""What pytest prints of a run obeys no terminal, no job, and shows all that it holds."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from reports import __main__ as command
from reports import explain
from tests.bench import BENCH_KEY
from tests.reports import loud, outside, samples
from tests.reports.hostile import CORPUS, Hostile
from tests.rig import runs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

COMMAND = re.compile(r"^\s*::|##\w*\[", re.MULTILINE)
SHOWN = ("-vv", "--showlocals", "-rA", "--color=no", "-p", "tests.reports.loud")
WORKERS = {"one process": "-n0", "workers": "-n2"}
LINES = [each for each in CORPUS if "\n" not in each.text.replace("\r\n", "\n")]


@pytest.fixture(scope="module", params=WORKERS)
def shouted(
    request: pytest.FixtureRequest, reference: str, tmp_path_factory: pytest.TempPathFactory
) -> runs.Run:
    folder = tmp_path_factory.mktemp("shouted")
    return runs.start(
        folder,
        "suites/auth/test_keys.py",
        f"--base-url={reference}/v1",
        f"--junitxml={folder / 'junit.xml'}",
        f"--log-file={folder / 'log.txt'}",
        "-o",
        "junit_logging=all",
        "-o",
        "log_cli=true",
        "--log-level=WARNING",
        WORKERS[request.param],
        *SHOWN,
        COMPACTIFAI_API_KEY=BENCH_KEY,
    )


def test_everything_was_shouted(shouted: runs.Run) -> None:
    assert shouted.exit_status == 3
    assert "Captured stdout call" in shouted.out
    assert "Captured log call" in shouted.out
    assert "warnings summary" in shouted.out
    assert "RuntimeError" in shouted.out
    assert loud.CHECK in json.dumps(shouted.verdict["harness_errors"])
    for each in LINES:
        assert f"{loud.WORD} {each.line}" in shouted.out or each.console != each.line


def obeys_nothing(text: str) -> None:
    assert not COMMAND.search(text), COMMAND.findall(text)
    hidden = {ascii(each) for each in text if not each.isprintable()}
    assert hidden <= {r"'\n'", r"'\u200d'"}


def test_output_obeys_nothing(shouted: runs.Run) -> None:
    obeys_nothing(shouted.out)
    obeys_nothing(shouted.err)


def test_files_hide_nothing(shouted: runs.Run) -> None:
    folder = shouted.folder.parent
    obeys_nothing((folder / "log.txt").read_text("utf-8"))
    text = (folder / "junit.xml").read_text("utf-8")
    assert {each for each in text if not each.isprintable()} <= {"\n", "\u200d"}
    assert {each.tag for each in ET.fromstring(text).iter()} <= {
        *("testsuites", "testsuite", "testcase", "failure", "skipped", "error"),
        *("system-out", "system-err"),
    }


@pytest.mark.parametrize("option", ["har", "profile", "waivers"])
def test_refused_option_is_one_line(tmp_path: Path, option: str) -> None:
    text = "x\n::set-output name=a::b\x1b]0;t\x07\u202e##[add-path]x"
    ended = runs.start(tmp_path, f"--{option}={text}", "--collect-only", "-q")
    assert ended.exit_status == 4
    obeys_nothing(ended.out)
    obeys_nothing(ended.err)


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda each: ascii(each.line)[1:25])
def test_commands_obey_nothing(
    hostile: Hostile,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(explain, "rules", dict)
    document, har = outside.run(hostile.text)
    samples.save(tmp_path / "a", outside.run("harmless")[0])
    samples.save(tmp_path / "b", document, har.values())
    for words in (
        ("summary", str(tmp_path / "b")),
        ("diff", str(tmp_path / "a"), str(tmp_path / "b")),
        ("explain", samples.BLOCKS, "--report-dir", str(tmp_path / "b")),
    ):
        command.main(words)
    said = capsys.readouterr()
    obeys_nothing(said.out)
    obeys_nothing(said.err)
