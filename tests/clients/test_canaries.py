"""No word of a deployment or an option is executed by a client: canaries show what was."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bench import BENCH_KEY
from tests.rig import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = ("chat", "tools", "completions", "responses", "reasoning", "transcription")
SUITES = ("suites/clients/test_printed.py", "suites/clients/test_clients.py")


@pytest.fixture
def cage() -> Iterator[Path]:
    """A folder in which anybody may make a file."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


def names(folder: Path) -> dict[str, str]:
    """Ids that make a file where a shell, Python, JavaScript or curl takes them for more."""
    return {
        "shell": f"x'; touch {folder}/shell; '",
        "double": f'x"; touch {folder}/double; "',
        "substitution": f"$(touch {folder}/substitution)`touch {folder}/backticks`",
        "python": f"\" + str(__import__('os').mknod('{folder}/python')) + \"",
        "python-single": f'\' + str(__import__("os").mknod("{folder}/python-single")) + \'',
        "node": f'\' + process.getBuiltinModule("fs").writeFileSync("{folder}/node", "") + \'',
        "lines": f"x\ntouch {folder}/lines\n__import__('os').mknod('{folder}/lines-python')\n",
        "format": f"{{base-url}}{{__import__('os').mknod('{folder}/format')}}",
        "curl": f"--output {folder}/curl",
    }


@pytest.mark.parametrize(
    "number", [0, *(pytest.param(each, marks=pytest.mark.slow) for each in (1, 2))]
)
def test_no_id_is_executed(reference: str, cage: Path, tmp_path: Path, number: int) -> None:
    """Each role is played by another id in each run, so that each id stands in each program."""
    ids = list(names(cage).values())
    chosen = [f"--model={role}={ids[(3 * number + n) % len(ids)]}" for n, role in enumerate(ROLES)]
    # What the operator names, it serves: else the run would end with a slip of the operator.
    url = f"{reference}/fault/chat-unknown-model-is-200/v1"
    run = runs.start(tmp_path, *SUITES, "--base-url", url, *chosen, COMPACTIFAI_API_KEY=BENCH_KEY)
    run.no_traceback()
    assert run.verdict["requests"] > len(ROLES)
    assert sorted(each.name for each in cage.iterdir()) == []
