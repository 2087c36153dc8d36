"""Whole runs of the suite, as a user starts them: a process, its output, its files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, FormatChecker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "verdict.schema.json").read_text("utf-8"))
VALID = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


@dataclass(frozen=True)
class Run:
    """One run that ended."""

    exit_status: int
    out: str
    err: str
    folder: Path

    @cached_property
    def verdict(self) -> dict[str, Any]:
        """`verdict.json`, held against its schema."""
        document: dict[str, Any] = json.loads((self.folder / "verdict.json").read_text("utf-8"))
        for error in VALID.iter_errors(document):
            raise AssertionError(f"{list(error.absolute_path)}: {error.message[:300]}")
        return document

    @property
    def clauses(self) -> dict[str, dict[str, Any]]:
        """The rows of `verdict.json` by clause."""
        return {row["id"]: row for row in self.verdict["clauses"]}

    @property
    def summary(self) -> list[str]:
        """The lines of our part of the terminal's summary."""
        _, _, rest = self.out.partition(" conformance =")
        return rest.splitlines()[1:-1]

    def no_traceback(self) -> None:
        """Fails when a crash of ours is shown."""
        for text in (self.out, self.err):
            assert "Traceback" not in text, text
            assert "INTERNALERROR" not in text, text


def start(folder: Path, *arguments: str, **variables: str) -> Run:
    """Run pytest on the suites with these arguments and variables of the environment."""
    return wait(300, folder, arguments, variables)


def wait(
    seconds: float, folder: Path, arguments: Iterable[str], variables: Mapping[str, str]
) -> Run:
    """The same, with as many seconds for the run. Raises subprocess.TimeoutExpired after them."""
    report = folder / "report"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        f"--report-dir={report}",
    ]
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "COMPACTIFAI", "GITHUB_STEP"))
    }
    done = subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        env={**inherited, **variables},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr, report)
