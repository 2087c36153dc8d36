"""Programs of other clients, run once a run, with all that they put on the wire.

Each program has an address of its own on the recording proxy, so each exchange is known to be its.
The key never enters the process of a client: a placeholder goes in, and the proxy puts the key in
its place. That process runs apart (`fixtures.isolation`), and its environment is made anew: no key,
no proxy, no account of anyone.

What a client runs is fixed: files in `programs/` and `node/`, and printed snippets. What a
deployment or the operator chose (URL, ids) reaches it as data: values in JSON on standard input, or
words of an argument vector. No text of a program holds any, and no shell takes part.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from fixtures.audio import clip
from fixtures.isolation import sandbox
from fixtures.transport import har
from fixtures.transport.proxy import Proxy
from fixtures.transport.shared_files import replace_text
from schemas import kept, processes
from suites.clients import tools

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange
    from suites.clients.tools import Tool

# PLACEHOLDER stands for the key. The others are the words that the printed snippets have in its
# place. A client gets its token for all of them.
PLACEHOLDER = "your-compactifai-api-key"
PLACEHOLDERS = frozenset(
    {PLACEHOLDER, "YOUR_API_KEY", "your_api_key_here", "your-api-key", "your-litellm-key", "ollama"}
)
KEYS = re.compile("|".join(sorted(PLACEHOLDERS - {"ollama"})) + "|(?<=[\"'])ollama(?=[\"'])")
FILES = ("meeting_minutes.mp3",)
RUNNER = Path(__file__).with_name("runner.py")
NODE_RUNNER = tools.NODE / "runner.mjs"
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
class Step:
    """A function of a program's file, or (without an entry) the text of a printed snippet.

    Text that is given to a step with an entry stands in place of the file's.
    """

    file: str
    entry: str = ""
    text: str = ""


@dataclass(frozen=True)
class Word:
    """An argument of a command, as it is."""

    text: str


@dataclass(frozen=True)
class Address:
    """An argument of a command: an URL below the base URL."""

    path: str


@dataclass(frozen=True)
class Program:
    """A program for one client: steps that share their names, or the arguments of a command.

    `values` are the names that the first step finds; BASE_URL is added when the program is run.
    """

    name: str
    steps: tuple[Step, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[Word | Address, ...] = ()

    def bound(self, url: str, token: str) -> Program:
        """The program for a client that finds the deployment at this base URL.

        The token, which is hexadecimal and of our making, stands wherever a printed key stood.
        """
        values = {name: _keyed(value, token) for name, value in self.values.items()}
        return replace(
            self,
            steps=tuple(replace(each, text=KEYS.sub(token, each.text)) for each in self.steps),
            values={**values, "BASE_URL": url},
            env={name: _keyed(value, token) for name, value in self.env.items()},
            arguments=tuple(
                replace(each, text=KEYS.sub(token, each.text)) if isinstance(each, Word) else each
                for each in self.arguments
            ),
        )

    @property
    def words(self) -> list[bytes]:
        """The arguments of a command that is bound, as bytes."""
        base = self.values["BASE_URL"]
        texts = [
            base + each.path if isinstance(each, Address) else each.text for each in self.arguments
        ]
        return [text.encode("utf-8", "surrogatepass") for text in texts]


def _keyed(value: Any, token: str) -> Any:
    """A value, or the token where it is the placeholder of a key."""
    return token if value == PLACEHOLDER else value


@dataclass(frozen=True)
class Ran:
    """How a program ended: what it printed, what ended it early, and what was on the wire.

    `kinds` are the names of the exception's classes, the most specific first; `isolation` says how
    the process was kept apart; `refused` requests would have led out of the deployment, `unasked`
    ones were not sent because such requests hang.
    """

    name: str
    tool: str
    out: str
    error: str = ""
    kinds: tuple[str, ...] = ()
    line: int = 0
    isolation: str = ""
    exchanges: tuple[Exchange, ...] = ()
    refused: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()


def run(dut: Deployment, tool: Tool, programs: Sequence[Program]) -> Mapping[str, Ran]:
    """How these programs of one client end on this deployment, by name: each is run once a run.

    Raises NotApplicable when the client is not installed, NotRun when the budget is spent.
    """
    label = tool.label
    folder = dut.probes.folder.parent / "clients"
    folder.mkdir(exist_ok=True)
    identity = json.dumps([label, [[asdict(each), _texts(each)] for each in programs]])
    path = folder / f"{hashlib.sha256(identity.encode()).hexdigest()[:12]}.json"
    with FileLock(f"{path}.lock"):
        if not path.exists():
            ran = _run(dut, tool, programs)
            replace_text(path, json.dumps([_to_row(each, dut.setup.base_url) for each in ran]))
        rows = json.loads(path.read_text("utf-8"))
    found = {row["name"]: _from_row(row) for row in rows}
    dut.used += [each.id for ran in found.values() for each in ran.exchanges]
    return found


def _texts(program: Program) -> list[str]:
    """The files of a program as they are: another text is another program."""
    files = [tools.file(each.file) for each in program.steps if not each.text]
    return [file.read_text("utf-8") for file in files]


def _run(dut: Deployment, tool: Tool, programs: Sequence[Program]) -> list[Ran]:
    names = tuple(program.name for program in programs)
    with Proxy(dut.client, names) as proxy, tempfile.TemporaryDirectory() as home:
        where = prepared(Path(home))
        bound = [
            program.bound(proxy.url(program.name), proxy.token(program.name))
            for program in programs
        ]
        left = dut.client.allowance.left()
        seconds = max(1.0, min(REQUESTS_OF_ONE * dut.client.limits.total, left))
        act = _one_by_one if tool.runs == "command" else together
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
            isolation=sandbox.DESCRIPTION[tools.kept()],
            exchanges=proxy.announce(name),
            refused=tuple(clean(each) for each in proxy.refused[name]),
            unasked=tuple(proxy.unasked[name]),
        )
        for name in names
    ]


def prepared(home: Path) -> Path:
    """The folder of a client, with the files that printed snippets read."""
    for name in FILES:
        (home / name).write_bytes(clip(name).data)
    (home / "node_modules").symlink_to(tools.NODE / "node_modules")
    sandbox.give(home, tools.kept())
    return home


def environment(home: Path) -> dict[str, str]:
    """What a client's process is given of the world: nothing of the operator's."""
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
    tool: Tool, programs: list[Program], home: Path, seconds: float
) -> Iterator[dict[str, Any]]:
    for program in programs:
        command: list[str | bytes] = [str(shutil.which(tool.package)), *program.words]
        code, out, err = process(command, home, STARTING + seconds, env=program.env)
        yield _died(program.name, code, out, err) if code else _ended(program.name, out)


def process(
    command: Sequence[str | bytes],
    home: Path,
    seconds: float,
    given: str = "",
    env: Mapping[str, str] | None = None,
) -> tuple[int, str, str]:
    """Exit status, output and errors of a client's process, which is ended when it is late."""
    started = sandbox.start(
        tools.kept(), command, {**environment(home), **(env or {})}, home, stdin=processes.PIPE
    )
    try:
        ended = processes.finish(started, given.encode(), seconds)
    except processes.Late as late:
        err = f"{_text(late.stderr)}\nno end within {seconds:.0f} s"
        return started.returncode, _text(late.stdout), err
    return ended.status, _text(ended.out), _text(ended.err)


def _text(output: bytes | None) -> str:
    return (output or b"").decode("utf-8", "replace")


def _ended(name: str, out: str) -> dict[str, Any]:
    return {"name": name, "out": out, "error": "", "kinds": [], "line": 0}


def _died(name: str, code: int, out: str, err: str) -> dict[str, Any]:
    lines = [line.strip() for line in err.splitlines() if line.strip()]
    message = next((line for line in lines if "Error" in line), lines[-1] if lines else "")
    kinds = [message.partition(":")[0].split(" ")[-1]] if "Error" in message else []
    return {
        "name": name,
        "out": out,
        "error": f"exit status {code}: {message[:400]}",
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
    lists = {name: tuple(row.get(name, ())) for name in ("kinds", "refused", "unasked")}
    return Ran(**{**row, **lists, "exchanges": exchanges})
