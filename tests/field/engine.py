"""What the engines share: an environment of their own, a start that waits, a server that ends."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path
from socket import create_connection
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

FIELD = Path(os.environ.get("CONFORMANCE_FIELD", Path(__file__).parents[2] / ".venv" / "field"))
KEY = "field-key-0123456789"
PATIENCE = 120


def install(home: Path, *commands: tuple[str, ...], **environment: str) -> None:
    """Make the environment, where there is none, and let pip install what each command names."""
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
    for command in commands:
        subprocess.run(
            [str(python), "-m", "pip", "install", "-q", *command],
            env={**os.environ, **environment},
            check=True,
        )


def start(home: Path, port: int, command: list[str], **environment: str) -> subprocess.Popen[bytes]:
    """The server, when it answers. Raises TimeoutError, or OSError where the port is taken.

    Two runs on one engine would disturb each other: each needs a port of its own.
    """
    if served(port):
        raise OSError(f"port {port} is taken: end what serves there, or choose another --port")
    log = home / "server.log"
    process = subprocess.Popen(
        command,
        cwd=home,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=log.open("wb"),
    )
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/v1/models")
        except httpx.TransportError:
            time.sleep(0.5)
        else:
            return process
    process.kill()
    raise TimeoutError(f"the server does not answer: see {log}")


def served(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def serve(
    about: str, port: int, begin: Callable[[int], subprocess.Popen[bytes]], model: str, run: str
) -> None:
    """Serve until interrupted, and say how to judge it: `run` is what follows `pytest`."""
    parser = argparse.ArgumentParser(description=about.partition("\n")[0])
    parser.add_argument("--port", type=int, default=port)
    port = parser.parse_args().port
    try:
        server = begin(port)
    except OSError as error:  # TimeoutError is one
        sys.exit(str(error))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    base_url = f"http://127.0.0.1:{port}/v1"
    sys.stdout.write(f"serving {model} on {base_url}, key {KEY}\n")
    sys.stdout.write(f"COMPACTIFAI_API_KEY={KEY} pytest {run} --base-url={base_url}\n")
    sys.stdout.flush()
    try:
        server.wait()
    finally:
        server.terminate()
