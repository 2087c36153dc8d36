"""The reference deployment in process, and as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.reference.asgi import create_app
from tests.reference.local import Local

ROOT = Path(__file__).parents[2]


@pytest.fixture
def local() -> Local:
    """The honest deployment, called without a socket."""
    return Local(create_app())


@pytest.fixture(scope="session")
def process_url() -> Iterator[str]:
    """Root URL, without `/v1`, of a deployment that runs as a process."""
    environment = {k: v for k, v in os.environ.items() if k != "COMPACTIFAI_API_KEY"}
    process = subprocess.Popen(
        [sys.executable, "-m", "fixtures.reference", "--port", "0", "--until-stdin-closes"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    line = process.stdout.readline().split()
    yield line[-1].removesuffix("/v1")
    process.stdin.close()
    process.wait(5)
    process.stdout.close()
