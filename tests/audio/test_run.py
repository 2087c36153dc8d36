"""A run of pytest judges its exchanges, and not the checks alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_invariants_judge_the_exchanges_of_a_run(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "suites/audio", "-k", "silence"]
    subprocess.run([*command, "--report-dir", str(tmp_path)], cwd=ROOT, capture_output=True)
    clauses = json.loads((tmp_path / "verdict.json").read_text("utf-8"))["clauses"]
    verdicts = {each["id"]: each["verdict"] for each in clauses}
    assert verdicts["AUDIO-OUT-DURATION-01"] == "met"
    assert verdicts["AUDIO-REQ-RESPFMT-02"] == "met"
