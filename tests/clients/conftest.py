"""What these tests need: the extra `clients`, curl, and Node with its packages.

What is missing skips what needs it, with the reason.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from schemas.outcomes import NotApplicable
from suites.clients import tools
from suites.clients.tools import Tool
from tests.clients.loaded import loaded

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOLS = (tools.OPENAI, tools.LITELLM, tools.REQUESTS, tools.CURL)
SECONDS = 60


def installed(*needed: Tool) -> None:
    """Skip, with the reason, unless these clients can be run."""
    for tool in needed:
        try:
            _ = tool.version
        except NotApplicable as why:
            pytest.skip(str(why))


@pytest.fixture(scope="session")
def clients() -> Iterator[None]:
    """The Python clients and curl, ready to run."""
    installed(*TOOLS)
    with loaded():
        yield


@pytest.fixture(scope="session")
def node() -> None:
    """Node with the package of the lock file, which is installed where npm can."""
    with FileLock(Path(tempfile.gettempdir()) / "compactifai-conformance-node.lock"):
        if not (tools.NODE / "node_modules").exists():
            _install()
    installed(tools.OPENAI_NODE)


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: the package openai for Node cannot be")
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        subprocess.run(command, cwd=tools.NODE, capture_output=True, check=True, timeout=SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm reaches no registry: {error}")
