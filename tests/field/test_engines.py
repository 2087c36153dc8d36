"""Real engines are judged, and nothing is held against them that nobody confirmed by hand.

    pytest tests/field

installs the engines (once; llama-cpp-python takes some ten minutes to build), starts them, and
runs the suite on each. `deviations.yaml` lists what they do wrong: each clause was looked at with
curl. These tests are no part of CI.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.field import llama, whisper
from tests.field.engine import KEY
from tests.rig import runs

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIRMED = yaml.safe_load(Path(__file__).with_name("deviations.yaml").read_text("utf-8"))
PATIENCE = 1800


@dataclass(frozen=True)
class Engine:
    """A server that nobody here wrote, and how it is described to the suite."""

    name: str
    start: Callable[[int], subprocess.Popen[bytes]]
    port: int
    arguments: tuple[str, ...]


ENGINES = (
    Engine("llama-cpp-python", llama.start, 8011, (f"--model={llama.MODEL}",)),
    Engine(
        "open-asr-server",
        whisper.start,
        8012,
        ("suites/audio", f"--model=transcription={whisper.MODEL}"),
    ),
)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda each: each.name)
def test_engine_is_accused_of_what_was_confirmed(engine: Engine, tmp_path: Path) -> None:
    server = engine.start(engine.port)
    try:
        base_url = f"--base-url=http://127.0.0.1:{engine.port}/v1"
        key = {"COMPACTIFAI_API_KEY": KEY}
        run = runs.wait(PATIENCE, tmp_path, (*engine.arguments, base_url), key)
    finally:
        server.kill()
    run.no_traceback()
    assert not run.verdict["harness_errors"]
    violated = {name for name, row in run.clauses.items() if row["verdict"] == "violated"}
    assert violated <= CONFIRMED[engine.name].keys(), run.out
    assert run.exit_status == 1
