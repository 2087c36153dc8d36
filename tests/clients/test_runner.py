"""How programs of other clients end, as their runners tell it."""

from __future__ import annotations

from pathlib import Path

import pytest

from suites.clients import runs, tools
from suites.clients.runs import Program, Step
from tests.clients.conftest import installed

SECONDS = 3.0


def ended(tool: tools.Tool, home: Path, programs: dict[str, str]) -> dict[str, tuple[str, str]]:
    """What each program printed, and the class that ended it."""
    listed = [
        Program(name, (Step("test", text=text),), env={"WORD": "ñ"})
        for name, text in programs.items()
    ]
    rows = list(runs.together(tool, listed, runs.prepared(home), SECONDS))
    assert [row["name"] for row in rows] == list(programs)
    return {row["name"]: (row["out"], " ".join(row["kinds"][:1])) for row in rows}


def test_python_programs_end_apart(tmp_path: Path) -> None:
    installed(tools.OPENAI)
    outputs = ended(
        tools.OPENAI,
        tmp_path,
        {
            "says": "import os; print(os.environ['WORD'])",
            "first": "from openai import OpenAI\nprint(OpenAI(api_key='x').max_retries)",
            "raises": "print(1)\n{}['x']",
            "exits": "raise SystemExit(0)",
            "hangs": "import time; time.sleep(60)",
            "dies": "import os; os._exit(3)",
            "last": "print('last')",
        },
    )
    assert outputs == {
        "says": ("ñ\n", ""),
        "first": ("0\n", ""),
        "raises": ("1\n", "KeyError"),
        "exits": ("", ""),
        "hangs": ("", "OutOfTime"),
        "dies": ("", ""),
        "last": ("last\n", ""),
    }


@pytest.mark.usefixtures("node")
def test_node_programs_end_apart(tmp_path: Path) -> None:
    outputs = ended(
        tools.OPENAI_NODE,
        tmp_path,
        {
            "says": "console.log(process.env.WORD)",
            "first": "import OpenAI from 'openai';\n"
            "console.log(new OpenAI({ apiKey: 'x', maxRetries: 2 }).maxRetries)",
            "raises": "console.log(1); throw new TypeError('no')",
            "later": "(async () => { await null; console.log(2); throw new RangeError('no'); })();",
            "never": "await new Promise(() => {})",
            "hangs": "setInterval(() => {}, 1000)",
            "dies": "process.exit(3)",
            "last": "console.log('last')",
        },
    )
    assert outputs == {
        "says": ("ñ\n", ""),
        "first": ("0\n", ""),
        "raises": ("1\n", "TypeError"),
        "later": ("2\n", "RangeError"),
        "never": ("", "Error"),
        "hangs": ("", "Error"),
        "dies": ("", ""),
        "last": ("last\n", ""),
    }
