"""One run of the suite against one hostile deployment, as a user starts it, and what was wrong."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import string
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from jsonschema import Draft202012Validator

from tests.hostile.elsewhere import Elsewhere
from tests.hostile.hunt import Key, hunt, hunt_file
from tests.hostile.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hostile.ground import Deployment

ROOT = Path(__file__).parents[2]
SCHEMA = Draft202012Validator(
    json.loads((ROOT / "schemas" / "verdict.schema.json").read_text("utf-8"))
)
MEGABYTE = 1_000_000
LETTERS = string.ascii_letters + string.digits
CRASHES = ("Traceback (most recent call last)", "INTERNALERROR", "SUITE ERROR")
# What a terminal, or a CI system that reads the log, takes for a command.
CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)|^\s*(?:::\w|##\[)", re.MULTILINE
)
OURS = b"compactifai-conformance"
STATUSES = {"CONFORMANT": 0, "CONFORMANT WITH WAIVERS": 0, "NOT CONFORMANT": 1}


@dataclass(frozen=True)
class Bounds:
    """What a run may take: seconds and bytes above an honest run, and bytes written."""

    seconds: float = 60.0
    memory: int = 200 * MEGABYTE
    written: int = 50 * MEGABYTE
    hard: float = 180.0  # seconds until the run is killed


@dataclass(frozen=True)
class Result:
    """How a run ended, what it took, and each thing that was wrong with that.

    `memory` and `written` are bytes, `leaked` says where the key was found, `strangers` counts the
    connections to elsewhere, `blind` the times that a process could not be looked into.
    """

    name: str
    kind: str
    tier: str
    headline: str
    exit_status: int
    seconds: float
    memory: int
    written: int
    strangers: int = 0
    blind: int = 0
    leaked: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """The folders of one run, and the key that is planted there."""

    root: Path
    key: str = field(repr=False)

    @property
    def report(self) -> Path:
        return self.root / "report"

    @property
    def canary(self) -> Path:
        return self.root / "canary" / f"CANARY-{self.root.name}"

    @property
    def written_to(self) -> tuple[Path, ...]:
        return tuple(self.root / name for name in ("report", "tmp", "home", "out"))


@contextmanager
def place() -> Iterator[Place]:
    """Fresh folders and a key of their own."""
    root = Path(tempfile.mkdtemp(prefix="hostile-"))
    root.chmod(0o755)  # a client may run as somebody else
    for name in ("tmp", "home", "out", "canary"):
        (root / name).mkdir()
    (root / "canary").chmod(0o777)
    (root / "tmp").chmod(0o1777)
    key = "sk-" + "".join(secrets.choice(LETTERS) for _ in range(45))
    try:
        yield Place(root, key)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@dataclass
class Served:
    """A deployment at work: its base URL, and once it has ended, what crashed in it."""

    url: str
    crash: str = ""


@contextmanager
def serving(deployment: Deployment, here: Place, elsewhere: str) -> Iterator[Served]:
    """A deployment in a process of its own."""
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  nobody reads while it serves
    world = {"key": here.key, "canary": str(here.canary), "elsewhere": elsewhere}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.hostile.serve", deployment.name],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(world) + "\n")
    process.stdin.flush()
    served = Served(process.stdout.readline().removeprefix("listening on ").strip())
    try:
        yield served
    finally:
        process.kill()
        process.communicate()
        errors.seek(0)
        _, crashed, trace = errors.read().partition("Traceback")
        served.crash = trace.strip().splitlines()[-1][:160] if crashed else ""


def judge(
    deployment: Deployment,
    timeout: float,
    base: Result | None,
    bounds: Bounds,
    tier: str,
    *arguments: str,
) -> Result:
    """Run the suite against a deployment; `base` is the honest run that it is measured by.

    `timeout` are seconds for one answer, `arguments` go to pytest as they are.
    """
    with place() as here, Elsewhere() as elsewhere:
        with serving(deployment, here, elsewhere.url) as served:
            result = run(
                deployment, _command(served.url, here, timeout, tier, arguments), here, bounds
            )
        strangers = elsewhere.heard()
    found = [hunt(each, Key.of(here.key)) for each in strangers]
    problems = [f"the key went elsewhere: {each}" for each in found if each]
    problems += [f"the deployment itself crashed: {served.crash}"] * bool(served.crash)
    problems += ["the suite itself went elsewhere"] * any(OURS in each for each in strangers)
    wrong = (*result.wrong, *problems, *beyond(result, base, bounds))
    return replace(result, tier=tier, wrong=wrong, strangers=len(strangers))


def _command(
    url: str, here: Place, timeout: float, tier: str, arguments: tuple[str, ...]
) -> list[str]:
    """As a user starts the suite in CI."""
    return [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        f"--base-url={url}",
        f"--request-timeout={timeout:g}",
        f"--report-dir={here.report}",
        f"--junitxml={here.root / 'out' / 'junit.xml'}",
        f"--alluredir={here.root / 'out' / 'allure'}",
        f"--tier={tier}",
        *arguments,
    ]


def run(deployment: Deployment, command: list[str], here: Place, bounds: Bounds) -> Result:
    """Run this command with the key in its environment, watch it, and search what it left."""
    key = Key.of(here.key)
    out = here.root / "out"
    began = time.monotonic()
    with (out / "stdout").open("wb") as output, (out / "stderr").open("wb") as errors:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment(here),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        watch = Watch(process.pid, key, here.written_to)
        wrong = []
        try:
            process.wait(bounds.hard)
        except subprocess.TimeoutExpired:
            wrong.append(f"no end within {bounds.hard:g} s")
        seconds = time.monotonic() - began
        watch.stop()
        wrong += _ended(process, watch)
    headline, found = _verdict(deployment, here, process.returncode)
    leaked = (*sorted(watch.leaks), *leaks(here, key))
    wrong += [*found, *_shown(here), *_executed(here), *(f"key: {each}" for each in leaked)]
    return Result(
        name=deployment.name,
        kind=deployment.kind,
        tier=deployment.tier,
        headline=headline,
        exit_status=process.returncode,
        seconds=round(seconds, 1),
        memory=watch.peak,
        written=watch.written,
        blind=watch.blind,
        leaked=leaked,
        wrong=tuple(wrong),
    )


def beyond(result: Result, base: Result | None, bounds: Bounds) -> Iterator[str]:
    """Which bounds a run broke."""
    if base and result.seconds > base.seconds + bounds.seconds:
        yield f"{result.seconds:.0f} s, an honest run takes {base.seconds:.0f} s"
    if base and result.memory > base.memory + bounds.memory:
        more = (result.memory - base.memory) / MEGABYTE
        yield f"{more:.0f} MB of memory above an honest run"
    if result.written > bounds.written:
        yield f"{result.written / MEGABYTE:.0f} MB written"


def _environment(here: Place) -> dict[str, str]:
    dropped = ("PYTEST", "COMPACTIFAI", "GITHUB", "XDG", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {
        **kept,
        "HOME": str(here.root / "home"),
        "TMPDIR": str(here.root / "tmp"),
        "GITHUB_STEP_SUMMARY": str(here.root / "out" / "summary.md"),
        "COMPACTIFAI_API_KEY": here.key,
    }


def _ended(process: subprocess.Popen[bytes], watch: Watch) -> Iterator[str]:
    """End what still runs."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    elif left := watch.left():
        yield f"{len(left)} processes left behind"
    for pid in watch.left():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _verdict(deployment: Deployment, here: Place, status: int) -> tuple[str, list[str]]:
    """The headline, and what is wrong with it."""
    try:
        document = json.loads((here.report / "verdict.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return "", [f"no verdict.json, exit {status}: {type(error).__name__}"]
    wrong = [f"verdict.json: {e.message[:80]}" for e in SCHEMA.iter_errors(document)][:1]
    headline = str(document.get("verdict")).partition(" (")[0]
    if STATUSES.get(headline, 6) != status:
        wrong.append(f"{headline} with exit {status}")
    if (headline, status) not in deployment.lawful:
        lawful = " or ".join(sorted(f"{text} {code}" for text, code in deployment.lawful))
        wrong.append(f"{headline} {status}, lawful is {lawful}; red: {_red(document)}")
    rows = {row["id"]: row["verdict"] for row in document.get("clauses", ())}
    wrong += [f"{each} is {rows.get(each)}" for each in deployment.red
              if rows.get(each) not in ("violated", "waived")]  # fmt: skip
    return headline, wrong


def _red(document: dict[str, Any]) -> str:
    rows = document.get("clauses", [])
    red = [row["id"] for row in rows if row["verdict"] == "violated" and row["gate"] == "block"]
    return ", ".join(red[:6]) or document.get("cause") or "none"


def _shown(here: Place) -> Iterator[str]:
    """Crashes of ours, and what would be taken for a command, in what was printed and reported."""
    for name in ("stdout", "stderr"):
        text = (here.root / "out" / name).read_bytes().decode("utf-8", "replace")
        for crash in CRASHES:
            if crash in text:
                lines = [line for line in text.splitlines() if "Error" in line]
                yield f"{crash} in {name}: {(lines or [''])[-1].strip()[:160]}"
        if match := CONTROL.search(text):
            yield f"{name} holds {text[match.start() : match.start() + 20]!r}"
    yield from _active(here)


class _Tags(HTMLParser):
    """Tags that run or fetch something."""

    active = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fetched = [v for n, v in attrs if n in ("src", "href") and "127.0.0.1:9/" in (v or "")]
        if (
            tag in ("script", "base", "iframe")
            or fetched
            or any(n.startswith("on") for n, _ in attrs)
        ):
            self.active = self.active or tag


def _active(here: Place) -> Iterator[str]:
    if (page := here.report / "signoff.html").is_file():
        tags = _Tags()
        tags.feed(page.read_text("utf-8", "replace"))
        if tags.active:
            yield f"signoff.html holds <{tags.active}> of the deployment"
    junit = here.root / "out" / "junit.xml"
    if junit.is_file():
        try:
            ElementTree.parse(junit)
        except ElementTree.ParseError as error:
            yield f"junit.xml is no XML: {error}"
    for path in (here.root / "out").glob("allure/environment.properties"):
        lines = path.read_text("utf-8", "replace").splitlines()
        if sum(line.startswith("Verdict=") for line in lines) > 1:
            yield "Allure's environment names two verdicts"


def leaks(here: Place, key: Key) -> Iterator[str]:
    """Files with the key in them, or in their names."""
    shown: dict[str, int] = {}
    for base, _, names in os.walk(here.root):
        for name in names:
            path = Path(base, name)
            if path.is_symlink() or not path.is_file():
                continue
            if found := hunt_file(path, key):
                where = str(
                    path.relative_to(here.root).parent / re.sub(r"[0-9a-f-]{8,}", "*", name)
                )
                shown[f"{where}: {found}"] = shown.get(f"{where}: {found}", 0) + 1
    yield from (f"{text}" + f" ({n} files)" * (n > 1) for text, n in sorted(shown.items()))


def _executed(here: Place) -> Iterator[str]:
    """Files that only text of the deployment makes, once it is executed or taken for a path."""
    found = list((here.root / "canary").iterdir())
    for folder in (*here.written_to, ROOT):
        found += [path for path in folder.glob("**/CANARY*") if "CANARY" in path.name]
    if found:
        yield f"executed, or taken for a path: {', '.join(path.name for path in found[:3])}"
    for path in found:
        path.unlink(missing_ok=True)
