"""A client cannot find the key of the deployment, by any way that a process has."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from suites.clients import tools
from tests.bench import BENCH_KEY
from tests.clients.conftest import installed
from tests.rig import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

HUNTER = Path(__file__).with_name("hunter.py")
COMMANDS = ("suites/clients/test_printed.py", "-k", "SDK-CURL-01 or SDK-NODE")


@pytest.fixture
def trap() -> Iterator[Path]:
    """A folder that anyone may read: a curl and a node that hunt for the key before they work."""
    installed(tools.CURL)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "report").touch()
        (folder / "report").chmod(0o666)
        shutil.copyfile(HUNTER, folder / "hunter.py")
        for command in ("curl", "node"):
            if real := shutil.which(command):
                script = folder / command
                word = BENCH_KEY.encode().hex()
                script.write_text(
                    f'#!/bin/sh\n"{sys.executable}" "{folder}/hunter.py" "{folder}/report" {word}\n'
                    f'exec "{real}" "$@"\n'
                )
                script.chmod(script.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        yield folder


def hunted(report: Path) -> tuple[int, set[str]]:
    """How many hunts came to their end, and what they found."""
    lines = report.read_text("utf-8").splitlines()
    return lines.count("hunted"), {line for line in lines if line.startswith("found: ")}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_clients_of_a_run_find_no_key(
    reference: str, trap: Path, tmp_path: Path, workers: str
) -> None:
    run = runs.start(
        tmp_path,
        *COMMANDS,
        *("-n", workers, "--base-url", f"{reference}/v1"),
        COMPACTIFAI_API_KEY=BENCH_KEY,
        PATH=f"{trap}:{os.environ['PATH']}",
    )
    assert run.clauses["SDK-CURL-01"]["verdict"] == "met", run.out
    hunts, found = hunted(trap / "report")
    assert hunts > len(("curl --version", "a printed command"))
    assert not found


def test_hunter_finds_what_is_open(trap: Path) -> None:
    """Without protection it finds the key in the process above it: so it can be trusted."""
    program = "import subprocess, sys; subprocess.run(sys.argv[1:], env={})"
    hunt = [sys.executable, trap / "hunter.py", trap / "report", BENCH_KEY.encode().hex()]
    environment = {"COMPACTIFAI_API_KEY": BENCH_KEY}
    subprocess.run([sys.executable, "-c", program, *hunt], env=environment, check=True)
    _, found = hunted(trap / "report")
    assert any(line.startswith("found: environ of ") for line in found)
    assert any(line.startswith("found: memory of ") for line in found)
