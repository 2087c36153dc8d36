"""All that a change must pass: style, types, walls, derived files, and the suite's own tests.

python -m tests [arguments for pytest]
python -m tests --slow     the tests that start many whole runs, too: some five minutes more
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
PYTEST = ("pytest", "tests", "--ignore", "tests/field", "-q", "-n", "2")
QUICK = ("-m", "not slow")
SLOW = "--slow"


def steps(arguments: list[str]) -> dict[str, list[str]]:
    """The command of each step; pytest comes last, so that its summary line closes the output."""
    python = [sys.executable, "-m"]
    chosen = [each for each in arguments if each != SLOW]
    which = () if SLOW in arguments else QUICK
    return {
        "ruff check": [*python, "ruff", "check", "."],
        "ruff format": [*python, "ruff", "format", "--check", "."],
        "mypy": [*python, "mypy"],
        "import-linter": [str(SCRIPTS / "lint-imports")],
        "derived files": [*python, "schemas", "check"],
        "tests": [*python, *PYTEST, *which, *chosen],
    }


def main(arguments: list[str]) -> int:
    """Run every step, also after one that failed; returns the first exit status that is not 0."""
    failed: dict[str, int] = {}
    for name, command in steps(arguments).items():
        began = time.perf_counter()
        print(f"== {name}", flush=True)
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        if name != "tests":
            print(f"== {name}: exit {status}, {time.perf_counter() - began:.1f} s", flush=True)
        if status:
            failed[name] = status
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return next(iter(failed.values()), 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
