"""The commands: their help, their exit status, and their one-line errors."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from reports import __main__ as command
from tests.reports import samples
from tests.rig.runs import ROOT

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ("summary", "signoff", "diff", "dossier", "verify", "explain", "allure")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    one = samples.entry("x1", "{}")
    samples.save(tmp_path / "run", samples.run(samples.found(samples.FINDING), har=[one]), [one])
    return tmp_path / "run"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_to_write(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main([name, "--help"])
    assert ended.value.code == 0
    output = capsys.readouterr().out
    assert f"usage: python -m reports {name}" in output
    with pytest.raises(SystemExit) as ended:
        command.main([name])
    assert ended.value.code == 2


def test_it_is_started_as_a_module() -> None:
    started = [sys.executable, "-m", "reports"]
    done = subprocess.run(started, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "COMMAND" in done.stderr


def test_summary_exits_as_the_run_did(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["summary", str(run)]) == 1
    assert capsys.readouterr().out.startswith("NOT CONFORMANT  http://localhost/v1")
    assert command.main(["summary", str(run / "verdict.json")]) == 1


def test_signoff_is_drawn_again_as_it_was(run: Path) -> None:
    before = {name: (run / name).read_bytes() for name in ("signoff.html", "signoff.md")}
    for name in before:
        (run / name).unlink()
    assert command.main(["signoff", str(run)]) == 0
    assert {name: (run / name).read_bytes() for name in before} == before


def no_program(name: str) -> None:
    """Stands for `shutil.which` where nothing is installed."""


def test_allure_without_node_says_what_to_install(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", no_program)
    assert command.main(["allure", str(run)]) == 2
    error = capsys.readouterr().err
    assert "install Node.js" in error
    assert error.count("\n") == 1
    assert len(list((run / "allure-results").glob("*-result.json"))) == 4


def test_allure_removes_nothing_that_is_not_its_own(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("mine")
    if not shutil.which("npx"):
        pytest.skip("no npx here")
    assert command.main(["allure", str(run), "--output", str(tmp_path / "mine")]) == 2
    assert "holds something else" in capsys.readouterr().err
    assert (tmp_path / "mine" / "index.html").read_text() == "mine"


def test_allure_wants_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["allure", str(tmp_path)]) == 2
    assert "no Allure results" in capsys.readouterr().err
