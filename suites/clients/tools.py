"""The clients that are run, with their versions. What is not installed is not applicable."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from fixtures.outcomes import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable

NODE = Path(__file__).parent / "node"
OLDEST_NODE = 20


@dataclass(frozen=True)
class Tool:
    """A client: what runs its programs (python, node or sh), and the package that it comes in.

    `extra` is the extra of this project that installs it.
    """

    name: str
    runs: str
    package: str
    extra: str = "clients"

    @property
    def version(self) -> str:
        """The installed version. Raises NotApplicable, in one line, when it cannot be run."""
        return _version(self)

    @property
    def label(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}"


OPENAI = Tool("openai-python", "python", "openai")
OPENAI_NODE = Tool("openai-node", "node", "openai")
LITELLM = Tool("litellm", "python", "litellm")
# It brings a hundred packages of its own: who does not ask for it does not wait for them.
GATEWAY = Tool("litellm-proxy", "python", "litellm-proxy-extras", extra="proxy")
REQUESTS = Tool("requests", "python", "requests")
HTTPX = Tool("httpx", "python", "httpx")
CURL = Tool("curl", "sh", "curl")


@cache
def _version(tool: Tool) -> str:
    tell: dict[str, Callable[[Tool], str]] = {"python": _python, "node": _node, "sh": _command}
    version: str = tell[tool.runs](tool)
    return version


def _python(tool: Tool) -> str:
    try:
        return metadata.version(tool.package)
    except metadata.PackageNotFoundError:
        raise NotApplicable(
            f"{tool.name} is not installed: pip install -e '.[{tool.extra}]'"
        ) from None


def _node(tool: Tool) -> str:
    engine = _told("node")
    if int((re.findall(r"\d+", engine) or ["0"])[0]) < OLDEST_NODE:
        raise NotApplicable(
            f"Node {engine or 'is not installed'}: {OLDEST_NODE} or later is needed"
        )
    manifest = NODE / "node_modules" / tool.package / "package.json"
    if not manifest.exists():
        raise NotApplicable(f"{tool.name} is not installed: npm ci in suites/clients/node")
    return str(json.loads(manifest.read_text("utf-8"))["version"])


def _command(tool: Tool) -> str:
    if not (told := _told(tool.package)) or sys.platform == "win32":
        raise NotApplicable(f"{tool.name} is not installed")
    found = re.search(r"\d+(?:\.\d+)+", told)
    return found[0] if found else "of an unknown version"


def _told(name: str) -> str:
    """What a command says of its version, or nothing."""
    path = shutil.which(name)
    if path is None:
        return ""
    done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20)  # noqa: S603
    return done.stdout.partition("\n")[0]
