"""How every child process is started, and ended: the one place, which decides what it inherits.

A child inherits no open file, and of the environment what its caller names: `environment()` has
what any program needs, and nothing of the operator's accounts. No shell takes part.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Process = subprocess.Popen[bytes]
Late = subprocess.TimeoutExpired
File = int | IO[bytes]
_ALIVE: dict[int, Process] = {}
PIPE, NOTHING, TOGETHER = subprocess.PIPE, subprocess.DEVNULL, subprocess.STDOUT

# Where programs and folders are, and which language is spoken. Windows starts nothing without its.
BASIC = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "VIRTUAL_ENV"),
    *("SYSTEMROOT", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERPROFILE"),
)
# How registries are reached.
NETWORK = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "NPM_CONFIG_REGISTRY"),
    *("npm_config_registry", "NPM_CONFIG_CACHE", "npm_config_cache"),
)


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit status (below 0: the signal), and what it wrote."""

    status: int
    out: bytes
    err: bytes


def environment(*names: str) -> dict[str, str]:
    """The variables that any program needs, and those that are named, as far as they are set."""
    return {name: os.environ[name] for name in (*BASIC, *names) if name in os.environ}


def start(
    command: Sequence[str | bytes],
    env: Mapping[str, str],
    *,
    cwd: Path | str | None = None,
    stdin: File = NOTHING,
    stdout: File = PIPE,
    stderr: File = PIPE,
) -> Process:
    """Start a child with this environment, in a group of its own. Raises OSError."""
    process = subprocess.Popen(  # noqa: S603  (an argument vector; no shell reads it)
        list(command),
        cwd=cwd,
        env=dict(env),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        close_fds=True,
        start_new_session=True,
    )
    _ALIVE[process.pid] = process
    return process


def run(
    command: Sequence[str | bytes],
    env: Mapping[str, str],
    *,
    cwd: Path | str | None = None,
    given: bytes = b"",
    seconds: float | None = None,
) -> Ended:
    """Run a child to its end, with `given` on its standard input. Raises OSError and Late."""
    return finish(start(command, env, cwd=cwd, stdin=PIPE), given, seconds)


def finish(
    process: Process, given: bytes = b"", seconds: float | None = None, patience: float = 0.0
) -> Ended:
    """Wait for a child. Raises Late, with what it wrote, when it is ended because it took longer.

    One that is late, or for which nobody waits any more, is asked to end, and is ended after the
    seconds of `patience`.
    """
    try:
        out, err = process.communicate(given if process.stdin else None, timeout=seconds)
    except Late as late:
        late.stdout, late.stderr = _leave(process, patience)
        raise
    except BaseException:  # an interruption, too, must leave no child; it goes on
        _leave(process, patience)
        raise
    finally:
        kill(process)
    return Ended(process.returncode, out or b"", err or b"")


def stop(process: Process, seconds: float) -> None:
    """Ask a child to end, and end it after so many seconds, with all that it started."""
    _leave(process, seconds)
    kill(process)


def kill(process: Process) -> None:
    """End a child and all that it started."""
    _ALIVE.pop(process.pid, None)
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):  # gone; or, on macOS, a zombie
        os.killpg(process.pid, signal.SIGKILL)
    process.poll()


def kill_all() -> None:
    """End every child that is underway, with all that it started."""
    for process in tuple(_ALIVE.values()):
        kill(process)


def _leave(process: Process, patience: float) -> tuple[bytes, bytes]:
    """Ask a child to end, and end it when its patience is over; returns what it wrote."""
    if patience:
        process.terminate()
    try:
        return process.communicate(timeout=patience)
    except Late:
        kill(process)
        return process.communicate()
