"""The Python clients, run in forks of a process that has loaded them.

A client's library takes seconds to load, and all its requests a tenth of one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from suites.clients import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

WARM = Path(__file__).with_name("warm.py")


@contextmanager
def loaded() -> Iterator[None]:
    """What `suites.clients.runs` gives the runner to do is done by a fork."""
    with (
        subprocess.Popen(
            [sys.executable, "-P", str(WARM), str(runs.RUNNER)],
            env=runs.environment(Path.home()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as warm,
        mock.patch.object(runs, "process", _through(warm, runs.process)),
    ):
        yield


def _through(warm: subprocess.Popen[str], cold: Any) -> Any:
    def process(
        command: list[str], home: Path, seconds: float, given: str = "", env: Any = None
    ) -> Any:
        if str(runs.RUNNER) not in command:
            return cold(command, home, seconds, given, env)
        order = {"home": str(home), "env": runs.environment(home), "given": given}
        print(json.dumps(order), file=warm.stdin, flush=True)
        assert warm.stdout is not None
        code = int(warm.stdout.readline())
        out, err = ((home / name).read_text("utf-8", "replace") for name in ("out", "err"))
        return code, out, err

    return process
