"""The clients that are run, with their versions. What is not installed is not applicable."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from fixtures.isolation import sandbox
from schemas import processes
from schemas.outcomes import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAMS = Path(__file__).with_name("programs")
NODE = Path(__file__).with_name("node")
SECONDS = 20.0
OLDEST_NODE = 20


@dataclass(frozen=True)
class Tool:
    """A client: what runs its programs (python, node or command), and the package that it comes in.

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
CURL = Tool("curl", "command", "curl")


@cache
def _version(tool: Tool) -> str:
    tell: dict[str, Callable[[Tool], str]] = {"python": _python, "node": _node, "command": _command}
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
    engine = _version_text("node")
    if int((re.findall(r"\d+", engine) or ["0"])[0]) < OLDEST_NODE:
        raise NotApplicable(
            f"Node {engine or 'is not installed'}: {OLDEST_NODE} or later is needed"
        )
    manifest = NODE / "node_modules" / tool.package / "package.json"
    if not manifest.exists():
        raise NotApplicable(f"{tool.name} is not installed: npm ci in suites/clients/node")
    return str(json.loads(manifest.read_text("utf-8"))["version"])


def _command(tool: Tool) -> str:
    if not (text := _version_text(tool.package)) or sys.platform == "win32":
        raise NotApplicable(f"{tool.name} is not installed")
    found = re.search(r"\d+(?:\.\d+)+", text)
    return found[0] if found else "of an unknown version"


def _version_text(name: str) -> str:
    """What a command says of its version, or nothing. It runs as apart as a client does."""
    path = shutil.which(name)
    if path is None:
        return ""
    with tempfile.TemporaryDirectory() as home:
        sandbox.give(Path(home), kept())
        env = {"PATH": os.environ.get("PATH", ""), "HOME": home, "LANG": "C.UTF-8"}
        started = sandbox.start(kept(), [path, "--version"], env, Path(home), stdin=processes.PIPE)
        try:
            ended = processes.finish(started, seconds=SECONDS)
        except processes.Late:
            return ""
    return ended.out.decode("utf-8", "replace").partition("\n")[0]


def file(name: str) -> Path:
    """The file of a program."""
    return (NODE if name.endswith(".mjs") else PROGRAMS) / name


@cache
def kept() -> tuple[str, ...]:
    """What keeps the clients apart, all of them alike: what each has to read is asked for."""
    commands = [Path(found) for name in ("curl", "node") if (found := shutil.which(name))]
    libraries = [Path(sysconfig.get_path("purelib"))]
    modules = [NODE / "node_modules"] if (NODE / "node_modules").exists() else []
    return sandbox.means(PROGRAMS, NODE, *libraries, *modules, *commands)
