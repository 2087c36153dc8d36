"""Programs of other clients, run once a run, with all that they put on the wire.

Each program has an address of its own on the recording proxy, so each exchange is known to be its.
The key never enters the process of a client: a placeholder goes in, and the proxy puts the key in
its place. The environment of that process is made anew: no key, no proxy, no account of anyone.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from fixtures import har
from fixtures.audio import clip
from fixtures.files import replace_text
from fixtures.proxy import Proxy
from schemas import kept
from suites.clients import tools

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fixtures.deployment import Deployment
    from fixtures.exchange import Exchange
    from suites.clients.tools import Tool

# Stands for the proxy's address in a program's text; PLACEHOLDER for the key. The others are the
# words that the printed snippets have in its place: they may stay as they are.
BASE = "{base-url}"
PLACEHOLDER = "your-compactifai-api-key"
PLACEHOLDERS = frozenset(
    {PLACEHOLDER, "YOUR_API_KEY", "your_api_key_here", "your-api-key", "your-litellm-key", "ollama"}
)
FILES = ("meeting_minutes.mp3",)
RUNNER = Path(__file__).with_name("runner.py")
NODE_RUNNER = Path(__file__).with_name("runner.mjs")
REQUESTS_OF_ONE = 3
STARTING = 60.0
OFFLINE = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False",
    "HF_HUB_OFFLINE": "1",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "PYTHONIOENCODING": "utf-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(frozen=True)
class Program:
    """A program for one client. `prelude` defines what a printed snippet takes for granted."""

    name: str
    text: str
    prelude: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ran:
    """How a program ended: what it printed, what ended it early, and what was on the wire.

    `kinds` are the names of the exception's classes, the most specific first.
    """

    name: str
    tool: str
    out: str
    error: str = ""
    kinds: tuple[str, ...] = ()
    line: int = 0
    exchanges: tuple[Exchange, ...] = ()


def run(dut: Deployment, tool: Tool, programs: Sequence[Program]) -> Mapping[str, Ran]:
    """How these programs of one client end on this deployment, by name: each is run once a run.

    Raises NotApplicable when the client is not installed, NotRun when the budget is spent.
    """
    label = tool.label
    folder = dut.probes.folder.parent / "clients"
    folder.mkdir(exist_ok=True)
    told = json.dumps([label, [asdict(program) for program in programs]])
    path = folder / f"{hashlib.sha256(told.encode()).hexdigest()[:12]}.json"
    with FileLock(f"{path}.lock"):
        if not path.exists():
            ran = _run(dut, tool, programs)
            replace_text(path, json.dumps([_to_row(each, dut.setup.base_url) for each in ran]))
        rows = json.loads(path.read_text("utf-8"))
    found = {row["name"]: _from_row(row) for row in rows}
    dut.used += [each.id for ran in found.values() for each in ran.exchanges]
    return found


def _run(dut: Deployment, tool: Tool, programs: Sequence[Program]) -> list[Ran]:
    names = tuple(program.name for program in programs)
    with Proxy(dut.client, PLACEHOLDERS, names) as proxy, tempfile.TemporaryDirectory() as home:
        where = prepared(Path(home))
        bound = [_at(program, proxy.url(program.name)) for program in programs]
        seconds = REQUESTS_OF_ONE * dut.client.limits.total
        act = _one_by_one if tool.runs == "sh" else together
        rows = {row["name"]: row for row in act(tool, bound, where, seconds)}
    clean = dut.client.redactor.text
    return [
        Ran(
            name=name,
            tool=tool.label,
            out=clean(rows[name]["out"]),
            error=clean(rows[name]["error"]),
            kinds=tuple(rows[name]["kinds"]),
            line=rows[name]["line"],
            exchanges=proxy.announce(name),
        )
        for name in names
    ]


def prepared(home: Path) -> Path:
    for name in FILES:
        (home / name).write_bytes(clip(name).data)
    (home / "node_modules").symlink_to(tools.NODE / "node_modules")
    return home


def _at(program: Program, url: str) -> Program:
    env = {name: value.replace(BASE, url) for name, value in program.env.items()}
    text, prelude = (part.replace(BASE, url) for part in (program.text, program.prelude))
    return Program(program.name, text, prelude, env)


def environment(home: Path) -> dict[str, str]:
    """What a client's process is told of the world: nothing of the operator's."""
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LANG": "C.UTF-8", **OFFLINE}


def together(
    tool: Tool, programs: list[Program], home: Path, seconds: float
) -> Iterator[dict[str, Any]]:
    """All in one process; after a crash or a hang, those behind that one in another."""
    left = list(programs)
    while left:
        listed = [asdict(program) for program in left]
        asked = {"package": tool.package, "seconds": seconds, "programs": listed}
        most = STARTING + (seconds + 1) * len(left)
        code, out, err = process(_runner(tool), home, most, json.dumps(asked))
        ended = [json.loads(line) for line in out.split("\n") if line.endswith("}")]
        yield from ended
        left = left[len(ended) :]
        if left:
            yield _died(left.pop(0).name, code, "", err)


def _runner(tool: Tool) -> list[str]:
    """What runs programs of this tool. Python takes none of its modules from where it stands."""
    if tool.runs == "node":
        return [str(shutil.which("node")), str(NODE_RUNNER)]
    return [sys.executable, "-P", str(RUNNER)]


def _one_by_one(
    _: Tool, programs: list[Program], home: Path, seconds: float
) -> Iterator[dict[str, Any]]:
    for program in programs:
        command = ["/bin/sh", "-c", program.text]
        code, out, err = process(command, home, STARTING + seconds, env=program.env)
        yield _died(program.name, code, out, err) if code else _ended(program.name, out)


def process(
    command: list[str],
    home: Path,
    seconds: float,
    said: str = "",
    env: Mapping[str, str] | None = None,
) -> tuple[int, str, str]:
    """Exit status, output and errors of a process that is ended when it takes too long."""
    process = subprocess.Popen(  # noqa: S603
        command,
        cwd=home,
        env={**environment(home), **(env or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    began = time.monotonic()
    try:
        out, err = process.communicate(said.encode(), timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        err += f"\nno end within {time.monotonic() - began:.0f} s".encode()
    return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


def _ended(name: str, out: str) -> dict[str, Any]:
    return {"name": name, "out": out, "error": "", "kinds": [], "line": 0}


def _died(name: str, code: int, out: str, err: str) -> dict[str, Any]:
    lines = [line.strip() for line in err.splitlines() if line.strip()]
    told = next((line for line in lines if "Error" in line), lines[-1] if lines else "")
    kinds = [told.partition(":")[0].split(" ")[-1]] if "Error" in told else []
    return {
        "name": name,
        "out": out,
        "error": f"exit status {code}: {told[:400]}",
        "kinds": kinds,
        "line": 0,
    }


def _to_row(ran: Ran, base_url: str) -> dict[str, Any]:
    fields = {name: value for name, value in vars(ran).items() if name != "exchanges"}
    return {**fields, "exchanges": [_kept(each, base_url) for each in ran.exchanges]}


def _kept(exchange: Exchange, base_url: str) -> dict[str, Any]:
    """The entry in its least form: the evidence has the exchange, too."""
    return kept.fit(har.to_entry(exchange, base_url), kept.CLIENT).entry


def _from_row(row: dict[str, Any]) -> Ran:
    exchanges = tuple(har.from_entry(entry) for entry in row["exchanges"])
    return Ran(**{**row, "kinds": tuple(row["kinds"]), "exchanges": exchanges})
