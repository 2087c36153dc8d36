"""Runs the Python programs of other clients without loading their libraries again.

    python -P tests/clients/warm.py RUNNER

loads the libraries once, and forks for each order of a line `{"home", "env", "given"}`: the child
does what the runner does in a process of its own, and leaves `out` and `err` in its home.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

PACKAGES = ("httpx", "requests", "openai", "litellm")
# Much of both libraries is loaded at the first call. Nobody listens at port 9.
CALLS = """
at = {"base_url": "http://127.0.0.1:9/v1", "api_key": "nobody", "max_retries": 0}
client = openai.OpenAI(**at)
[client.models, client.chat.completions, client.completions, client.responses, client.audio]
ask = {"model": "compactifai/x", "messages": [], "api_base": at["base_url"], "api_key": "nobody"}
litellm.completion(**ask, mock_response="OK")
litellm.completion(**ask, num_retries=0, max_retries=0)
"""


def _child(order: dict[str, Any], runner: str) -> None:
    home = Path(order["home"])
    os.chdir(home)
    os.environ.clear()
    os.environ.update(order["env"])
    for name, descriptor in (("out", 1), ("err", 2)):
        os.dup2(os.open(home / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    sys.stdin = io.StringIO(order["given"])
    sys.argv = [runner]
    runpy.run_path(runner, run_name="__main__")
    sys.stderr.flush()


def _used(names: dict[str, Any]) -> list[str]:
    """What the first calls load, found out by a child: the threads that they start are its own."""
    read, write = os.pipe()
    if os.fork() == 0:
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            exec(CALLS, names)
        os.write(write, json.dumps(list(sys.modules)).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        found: list[str] = json.load(pipe)
    os.wait()
    return found


def main() -> None:
    """Take one order after another."""
    names = {name: importlib.import_module(name) for name in PACKAGES}
    for name in _used(names):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                _child(json.loads(line), sys.argv[1])
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


if __name__ == "__main__":
    main()
