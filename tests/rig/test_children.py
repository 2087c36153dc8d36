"""All child processes are started in one place, by argument vectors, and inherit what is named."""

from __future__ import annotations

import ast
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from schemas import processes

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ROOMS = ("schemas", "fixtures", "suites", "reports")
# The one place, and the program that becomes another inside of its child.
ALLOWED = {"schemas/processes.py", "fixtures/isolation/launch.py"}
MODULES = {"subprocess", "multiprocessing", "pty", "posix_spawn", "concurrent.futures.process"}
CALLS = {"system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp", "startfile"}
STARTS = ("exec", "spawn", "create_subprocess")
# What becomes program text: of our own files alone, in the process of a client.
TEXT = {"exec", "eval", "compile", "execfile", "__import__"}
RUNNER = "suites/clients/runner.py"


def sources() -> Iterator[Path]:
    yield ROOT / "conftest.py"
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            if "node_modules" not in path.parts:
                yield path


def starts(tree: ast.AST) -> Iterator[str]:
    """What in a module starts a process or executes text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {each.name for each in node.names}
            if node.module in MODULES:
                yield node.module
            if node.module in ("os", "asyncio", "posix"):
                yield from (each for each in names if _starts(each))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in ("os", "asyncio", "posix") and _starts(node.attr):
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in TEXT:
                yield node.func.id
        elif isinstance(node, ast.keyword) and node.arg == "shell":
            yield "shell="


def _starts(name: str) -> bool:
    return name in CALLS or name.startswith(STARTS)


def test_nobody_else_starts_a_process_or_executes_text() -> None:
    found = {}
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        allowed = {"exec", "compile"} if name == RUNNER else set()
        what = sorted(set(starts(ast.parse(path.read_text("utf-8")))) - allowed)
        if what and name not in ALLOWED:
            found[name] = what
    assert found == {}


SAMPLES = (
    "import subprocess",
    "from subprocess import run",
    "import os; os.execv('a', [])",
    "from os import system",
    "import asyncio; asyncio.create_subprocess_exec('a')",
    "exec('x')",
    "f(shell=True)",
)


@pytest.mark.parametrize("sample", SAMPLES)
def test_each_way_is_seen(sample: str) -> None:
    assert list(starts(ast.parse(sample)))


def test_only_clients_run_as_they_are_are_read_from_files() -> None:
    """The runner executes files of its folder, and text that it is given: printed snippets."""
    tree = ast.parse((ROOT / RUNNER).read_text("utf-8"))
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    assert [each.func.id for each in calls if each.func.id in TEXT] == ["exec", "compile"]  # type: ignore[attr-defined]


def test_child_inherits_what_is_named_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_OF_THE_OPERATOR", "x")
    read, write = os.pipe()
    os.set_inheritable(write, True)
    program = "import os; print(dict(os.environ)); print(sorted(os.listdir('/proc/self/fd')))"
    ended = processes.run([sys.executable, "-c", program], {**processes.environment(), "A": "1"})
    os.close(read)
    os.close(write)
    assert b"'A': '1'" in ended.out
    assert b"A_SECRET_OF_THE_OPERATOR" not in ended.out
    if sys.platform == "linux":
        assert ended.out.splitlines()[1] == b"['0', '1', '2', '3']"  # 3 lists the folder


def test_late_child_is_gone_with_all_that_it_started() -> None:
    """One that is left would hold the pipe, and the wait for its end would have none."""
    sleeper = "import time; time.sleep(300)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {sleeper!r}])"
    began = time.monotonic()
    with pytest.raises(processes.Late):
        processes.run([sys.executable, "-c", program], processes.environment(), seconds=2)
    assert time.monotonic() - began < 60
