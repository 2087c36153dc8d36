"""A client cannot find the key of the deployment, by any way that a process has."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fixtures.isolation import sandbox
from fixtures.session import embedded, keys
from schemas import processes
from suites.clients import tools
from tests.clients.conftest import installed
from tests.rig import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

HUNTER = Path(__file__).with_name("hunter.py")
ASKED = ("suites/clients/test_printed.py", "-k", "SDK-CURL-01 or SDK-NODE")
KEY_ENV = "COMPACTIFAI_API_KEY"
# The interpreter of this environment may lie where nobody else may read it.
PYTHONS = [each for each in (sys.executable, shutil.which("python3", path="/usr/bin")) if each]
MEANS = [each for each in sandbox.DESCRIPTION if each != (sandbox.NOTHING,)]


@pytest.fixture(scope="module")
def key() -> str:
    """A key that no other process of this machine has."""
    return f"sk-hunted-{secrets.token_hex(16)}"


@pytest.fixture(scope="module")
def guarded(key: str) -> Iterator[str]:
    """A reference deployment that takes this key alone."""
    held = os.environ.get(embedded.KEY_ENV)
    os.environ[embedded.KEY_ENV] = key
    running = embedded.Reference.start()
    yield running.base_url
    running.stop()
    os.environ.pop(embedded.KEY_ENV, None)
    if held is not None:
        os.environ[embedded.KEY_ENV] = held


@pytest.fixture
def trap(key: str) -> Iterator[Path]:
    """A folder that anyone may read: a curl and a node that hunt for the key before they work."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "report").touch()
        (folder / "report").chmod(0o666)
        shutil.copyfile(HUNTER, folder / "hunter.py")
        for command in ("curl", "node"):
            if real := shutil.which(command):
                (folder / command).write_text(
                    f'#!/bin/sh\n"{sys.executable}" "{folder}/hunter.py" "{folder}/report" '
                    f'{key.encode().hex()}\nexec "{real}" "$@"\n'
                )
                (folder / command).chmod(0o755)
        yield folder


def hunted(report: Path) -> tuple[int, set[str]]:
    """How many hunts came to their end, and what they found."""
    lines = report.read_text("utf-8").splitlines()
    return lines.count("hunted"), {line for line in lines if line.startswith("found: ")}


@pytest.mark.parametrize("workers", ["0", pytest.param("2", marks=pytest.mark.slow)])
def test_clients_of_a_run_find_no_key(
    guarded: str, key: str, trap: Path, tmp_path: Path, workers: str
) -> None:
    """Neither the printed commands nor `curl --version`, with workers and without."""
    installed(tools.CURL)
    if tools.kept() == (sandbox.NOTHING,):
        pytest.skip(sandbox.DESCRIPTION[sandbox.NOTHING,])
    run = runs.start(
        tmp_path,
        *ASKED,
        *("-n", workers, "--base-url", guarded),
        **{KEY_ENV: key, "PATH": f"{trap}:{os.environ['PATH']}"},
    )
    assert run.clauses["SDK-CURL-01"]["verdict"] == "met", run.out
    hunts, found = hunted(trap / "report")
    assert hunts > len(("curl --version", "a printed command"))
    assert not found


def test_hunter_finds_what_is_open(key: str, trap: Path) -> None:
    """Without protection it finds the key in the process above it: so it can be trusted."""
    program = "import subprocess, sys; subprocess.run(sys.argv[1:], env={})"
    hunt = [sys.executable, f"{trap}/hunter.py", f"{trap}/report", key.encode().hex()]
    subprocess.run([sys.executable, "-c", program, *hunt], env={KEY_ENV: key}, check=True)
    _, found = hunted(trap / "report")
    assert any(line.startswith("found: environ of ") for line in found)
    assert any(line.startswith("found: memory of ") for line in found)


@pytest.mark.parametrize("means", MEANS, ids=" and ".join)
def test_each_means_hides_the_key(means: tuple[str, ...], key: str, trap: Path) -> None:
    """The process above holds the key as the suite never would, and the hunter finds none."""
    with tempfile.TemporaryDirectory() as home:
        hunt = [str(trap / "hunter.py"), str(trap / "report"), key.encode().hex()]
        for python in PYTHONS:
            if not (hasattr(os, "geteuid") and os.geteuid() == 0) and sandbox.USER in means:
                continue
            sandbox.give(Path(home), means)
            holder = [sys.executable, "-c", HOLDER, *sandbox.command(means, [python, *hunt])]
            env = {KEY_ENV: key, "HOME": home}
            if processes.run(holder, env, cwd=home).status == 0:
                hunts, found = hunted(trap / "report")
                assert (hunts, found) == (1, set())
                return
    pytest.skip(f"this machine does not allow: {sandbox.DESCRIPTION[means]}")


HOLDER = """
import subprocess, sys
sys.exit(subprocess.run(sys.argv[1:], env={"HOME": "/nowhere"}).returncode)
"""


def test_process_shows_its_key_to_no_other(key: str) -> None:
    """What the kernel shows of a process that took its key: as root, it is asked what is left."""
    program = """
import os, sys
from pathlib import Path
from fixtures.session import keys
keys.key("COMPACTIFAI_API_KEY")
import posix
shown = Path("/proc/self/environ").read_bytes() if os.access("/proc/self/environ", os.R_OK) else b""
held = [*os.environb.values(), *posix.environ.values()]
import ctypes
print(sys.argv[1].encode() in shown, sys.argv[1].encode() in held, "AFTER" in os.environ,
      ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
      keys.key("COMPACTIFAI_API_KEY").reveal() == sys.argv[1])
"""
    env = {KEY_ENV: key, "AFTER": "1"}
    ended = processes.run([sys.executable, "-c", program, key], env, cwd=embedded.ROOT)
    assert ended.out.split() == [b"False", b"False", b"True", b"0", b"True"], ended.err


@pytest.mark.parametrize("value", ["sk-1", "", " sk-1\n"])
def test_key_is_taken_once_and_kept(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY_OF_TESTS", value)
    assert keys.key("A_KEY_OF_TESTS").reveal() == value.strip()
    assert "A_KEY_OF_TESTS" not in os.environ
    assert keys.key("A_KEY_OF_TESTS").reveal() == value.strip()
