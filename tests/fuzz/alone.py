"""What `schemathesis run` finds by itself, with our OpenAPI document, on the same faults.

It fails on the honest reference, too: a document of two values has no way to say that something
is left open. So a fault counts as found when an operation fails in a way in which it does not fail
there. Of models the document knows nothing; a second run gets one with the ids filled in.
"""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sysconfig
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas import openapi
from tests.bench import BENCH_KEY

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment

ST = Path(sysconfig.get_path("scripts")) / "schemathesis"
OPTIONS = (
    *("--phases", "examples,coverage,fuzzing", "-n", "20", "--seed", "1", "--no-color"),
    "--continue-on-failure",
)
ROLES = {
    "chat.request": "chat",
    "completions.request": "completions",
    "responses.request": "responses",
    "audio.request": "transcription",
}
Failures = frozenset[tuple[str, str]]


@dataclass
class Alone:
    """Runs of schemathesis with one document; `honest` is what it says of the honest reference."""

    document: dict[str, Any]
    honest: Failures = field(default_factory=frozenset)

    def listen(self, root: str) -> list[str]:
        """Learn what is said of the honest reference."""
        self.honest, *_ = self._run(f"{root}/v1")
        return [" ".join(each) for each in sorted(self.honest)]

    def seek(self, base_url: str) -> dict[str, Any]:
        """Whether it finds anything else here, the requests and the seconds."""
        failures, sent, seconds = self._run(base_url)
        return {
            "found": bool(failures - self.honest),
            "requests": sent,
            "seconds": round(seconds, 1),
        }

    def _run(self, base_url: str) -> tuple[Failures, int, float]:
        """The failing operations with the titles of their failures, the requests, the seconds."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "openapi.json"
            path.write_text(json.dumps(self.document), "utf-8")
            key = ("--header", f"Authorization: Bearer {BENCH_KEY}")
            command = [str(ST), "run", str(path), "--url", base_url, *key, *OPTIONS]
            began = time.perf_counter()
            output = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False
            ).stdout
            seconds = time.perf_counter() - began
        failures, operation = set(), ""
        for line in output.splitlines():
            if title := re.fullmatch(r"_+ ((?:GET|POST) /\S+) _+", line.strip()):
                operation = title[1]
            elif failure := re.fullmatch(r"- ([A-Z].{3,60})", line.strip()):
                failures.add((operation, failure[1]))
        sent = re.search(r"(\d+) generated", output)
        return frozenset(failures), int(sent[1]) if sent else 0, seconds


def committed() -> dict[str, Any]:
    """The document as it is committed."""
    document: dict[str, Any] = json.loads(openapi.PATH.read_text("utf-8"))
    return document


def filled(dut: Deployment) -> dict[str, Any]:
    """The document with the ids of models that serve each route."""
    document = copy.deepcopy(committed())
    for kind, role in ROLES.items():
        model = document["components"]["schemas"][kind]["properties"]["model"]
        model.update({"enum": [dut.cast.model(role)], "examples": [dut.cast.model(role)]})
    return document
