"""LiteLLM's proxy in front of SmolLM2-135M: a front end, an engine and a model nobody here wrote.

    python -m tests.field.litellm_proxy [--port 8031] [--engine 8021]

needs the extra `proxy`. It starts llama-cpp-python's server (see `tests.field.llama`) on the
port of the engine, unless something serves there, and LiteLLM's proxy in front of it, offline.
It serves until it is interrupted, and prints the command that judges it.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack

from suites.clients import tools
from suites.clients.gateway import KEY, gateway
from tests.field import engine, llama


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=8031)
    parser.add_argument("--engine", type=int, default=8021)
    given = parser.parse_args()
    with ExitStack() as stack:
        if not engine.served(given.engine):
            stack.callback(llama.start(given.engine).terminate)
        behind = f"http://127.0.0.1:{given.engine}/v1"
        url = stack.enter_context(gateway(behind, engine.KEY, (llama.MODEL,), given.port))
        sys.stdout.write(
            f"LiteLLM {tools.LITELLM.version} on {url} in front of {behind}, key {KEY}\n"
            f"COMPACTIFAI_API_KEY={KEY} pytest --base-url={url} --model={llama.MODEL}\n"
        )
        sys.stdout.flush()
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
