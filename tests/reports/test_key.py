"""The key occurs in no byte of any output: files, terminal, tracebacks with their variables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fixtures.redaction.secret import Redactor, Secret
from reports import __main__ as command
from tests.bench import BENCH_KEY
from tests.reports import crash
from tests.rig import runs

if TYPE_CHECKING:
    from pathlib import Path

FORMS = Redactor.of(Secret(BENCH_KEY))
SHOWN = ("-vv", "-l", "--showlocals", "-rA", "-n", "4", "-p", "tests.reports.crash")


@pytest.fixture(scope="module")
def crashed(reference: str, tmp_path_factory: pytest.TempPathFactory) -> runs.Run:
    """A run on a deployment that repeats the key, with a check and an item that crash with it."""
    folder = tmp_path_factory.mktemp("crashed")
    return runs.start(
        folder,
        "suites/auth/test_keys.py",
        f"--base-url={reference}/fault/400-repeats-the-key/v1",
        f"--junitxml={folder / 'junit.xml'}",
        f"--alluredir={folder / 'allure'}",
        f"--log-file={folder / 'log.txt'}",
        "--log-level=DEBUG",
        *SHOWN,
        COMPACTIFAI_API_KEY=BENCH_KEY,
        GITHUB_STEP_SUMMARY=str(folder / "summary.md"),
    )


def test_everything_happened_that_could_leak(crashed: runs.Run) -> None:
    assert crashed.exit_status == 3
    errors = json.dumps(crashed.verdict["harness_errors"])
    assert crash.CHECK in errors
    assert "[REDACTED]" in errors
    assert "RuntimeError: crashed with" in crashed.out
    assert "headers    = " in crashed.out
    assert crashed.clauses["AUTH-LEAK-01"]["verdict"] == "violated"


def test_key_is_in_no_byte_of_any_output(crashed: runs.Run) -> None:
    folder = crashed.folder.parent
    written = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    names = {path.name for path in written}
    assert {"verdict.json", "exchanges.har", "signoff.html", "signoff.md"} <= names
    assert {"junit.xml", "summary.md", "environment.properties"} <= names
    assert not [str(path) for path, content in written.items() if FORMS.found(content)]
    assert not FORMS.found(crashed.out.encode())
    assert not FORMS.found(crashed.err.encode())


def test_key_is_in_no_report_that_is_made_later(
    crashed: runs.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = tmp_path / "dossier.tar.gz"
    run = str(crashed.folder)
    assert command.main(["summary", run]) == 3
    assert command.main(["signoff", run]) == 0
    assert command.main(["dossier", run, "--output", str(packed)]) == 0
    assert command.main(["explain", "AUTH-LEAK-01", "--report-dir", run]) == 0
    said = capsys.readouterr()
    assert "AUTH-LEAK-01" in said.out
    assert not FORMS.found((said.out + said.err).encode())
    assert not FORMS.found((crashed.folder / "signoff.html").read_bytes())
