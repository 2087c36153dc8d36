"""What `schemathesis run` finds by itself, with our OpenAPI document, on the same faults.

It fails on the honest reference, too: a document of two values has no way to say that something
is left open. So a fault counts as found when an operation fails in a way in which it does not fail
there.
"""

from __future__ import annotations

import re
import subprocess
import sysconfig
import tempfile
import time
from pathlib import Path

from schemas import openapi
from tests.bench import BENCH_KEY
from tests.fuzz import FAULTS

ST = Path(sysconfig.get_path("scripts")) / "schemathesis"
OPTIONS = (
    *("--phases", "examples,coverage,fuzzing", "-n", "20", "--seed", "1", "--no-color"),
    "--continue-on-failure",
)
Failures = frozenset[tuple[str, str]]


def compare(root: str) -> int:
    """Print which faults it finds, with how many requests, in what time."""
    honest, _ = _run(f"{root}/v1")
    print(f"on the honest reference: {sorted(honest) or 'silent'}", flush=True)
    hits = requests = 0
    began = time.perf_counter()
    for name in FAULTS:
        failures, sent = _run(f"{root}/fault/{name}/v1")
        new = sorted(failures - honest)
        hits, requests = hits + bool(new), requests + sent
        print(f"{'found' if new else 'MISSED'} {name}: {new}, {sent} requests", flush=True)
    seconds = time.perf_counter() - began
    print(f"{hits} of {len(FAULTS)} found, {requests} requests, {seconds:.0f} s")
    return 0


def _run(base_url: str) -> tuple[Failures, int]:
    """The failing operations with the titles of their failures, and the requests sent."""
    key = ("--header", f"Authorization: Bearer {BENCH_KEY}")
    command = [str(ST), "run", str(openapi.PATH), "--url", base_url, *key, *OPTIONS]
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False
        ).stdout
    failures, operation = set(), ""
    for line in told.splitlines():
        if title := re.fullmatch(r"_+ ((?:GET|POST) /\S+) _+", line.strip()):
            operation = title[1]
        elif failure := re.fullmatch(r"- ([A-Z].{3,60})", line.strip()):
            failures.add((operation, failure[1]))
    sent = re.search(r"(\d+) generated", told)
    return frozenset(failures), int(sent[1]) if sent else 0
