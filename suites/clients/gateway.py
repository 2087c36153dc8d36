"""LiteLLM's proxy as a process of its own in front of a deployment, offline.

No model map is downloaded, nothing is reported to anyone, no database is asked for. Its key is a
word of ours; the deployment's key is what the environment variable COMPACTIFAI_API_KEY holds.

    COMPACTIFAI_API_KEY=… python -m suites.clients.gateway URL MODEL [--port 4000]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING

import httpx

from fixtures.isolation import sandbox
from fixtures.session import keys
from schemas import processes
from schemas.outcomes import Inconclusive, NotApplicable
from suites.clients import tools
from suites.clients.runs import OFFLINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.processes import Process

KEY = "your-litellm-key"
STARTING, ENDING = 90.0, 10.0
QUIET = {"LITELLM_LOG": "ERROR", "DISABLE_ADMIN_UI": "True", "NO_DOCS": "True"}


@contextmanager
def gateway(base_url: str, key: str, models: tuple[str, ...], port: int = 0) -> Iterator[str]:
    """The base URL of a LiteLLM proxy that routes these models to a deployment.

    Raises NotApplicable when it is not installed, Inconclusive when it does not start.
    """
    command = _command()
    port = port or _free_port()
    with tempfile.TemporaryDirectory() as home, (Path(home) / "log").open("wb") as log:
        asked = [*command, "--config", _config(home, base_url, models), "--port", str(port)]
        env = {**_environment(home), "COMPACTIFAI_API_KEY": key}
        kept = tools.kept()
        sandbox.give(Path(home), kept)
        together = processes.TOGETHER
        process = sandbox.start(kept, asked, env, Path(home), stdout=log, stderr=together)
        try:
            _wait(process, port, Path(home) / "log")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            processes.stop(process, ENDING)


def _command() -> list[str]:
    _ = tools.GATEWAY.version
    beside = Path(sys.executable).with_name("litellm")
    found = str(beside) if beside.exists() else shutil.which("litellm")
    if not found:
        raise NotApplicable("the command litellm is not on the path")
    return [found, "--host", "127.0.0.1", "--telemetry", "False"]


def _config(home: str, base_url: str, models: tuple[str, ...]) -> str:
    """The configuration, as JSON, which is YAML, too: each model under its own name."""
    listed = [
        {
            "model_name": model,
            "litellm_params": {
                "model": f"compactifai/{model}",
                "api_base": base_url,
                "api_key": "os.environ/COMPACTIFAI_API_KEY",
            },
        }
        for model in models
    ]
    settings = {
        "model_list": listed,
        "litellm_settings": {"num_retries": 0, "telemetry": False},
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        "general_settings": {"master_key": KEY},
    }
    path = Path(home) / "config.yaml"
    path.write_text(json.dumps(settings), "utf-8")
    return str(path)


def _environment(home: str) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "HOME": home, "LANG": "C.UTF-8", **OFFLINE, **QUIET}


def _wait(process: Process, port: int, log: Path) -> None:
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health/liveliness", timeout=5, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.3)
        else:
            return
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    raise Inconclusive(
        f"LiteLLM's proxy did not start: {lines[-1] if lines else 'it said nothing'}"
    )


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("base_url")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--port", type=int, default=4000)
    given = parser.parse_args()
    key = keys.key("COMPACTIFAI_API_KEY").reveal()
    with gateway(given.base_url, key, tuple(given.models), given.port) as url:
        sys.stdout.write(f"LiteLLM {tools.LITELLM.version} on {url}, key {KEY}\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
