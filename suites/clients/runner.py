"""Runs Python programs one after another in one process, and tells how each ended.

Reads from standard input `{"package", "seconds", "programs": [{name, steps, values, env}]}`, the
seconds of each, and writes one line of JSON for each program that ended: what it printed, and the
exception that ended it. Imports nothing of the suite. The retries of the SDK are off.

The steps of a program share their names, which begin as `values`. A step with an entry calls that
function of the file in `programs/`, with the names so far; what it returns is added to them. One
without an entry is the text of a printed snippet. Values are data: no text holds any.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import io
import json
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

SHOWN = 400
TRACEBACK = "Traceback (most recent call last)"  # some clients print their own into their messages
PROGRAMS = Path(__file__).with_name("programs")


class OutOfTime(BaseException):
    """The program took too long."""


def _ring(*_: object) -> None:
    raise OutOfTime


def _without_retries() -> None:
    """Clients of OpenAI's SDK repeat nothing by themselves: each request is seen once."""
    if "openai" in sys.modules:
        openai = sys.modules["openai"]
        for client in (openai.OpenAI, openai.AsyncOpenAI):
            client.__init__.__kwdefaults__["max_retries"] = 0


def _ended(error: BaseException, files: set[str]) -> dict[str, Any]:
    kinds = [each.__name__ for each in type(error).__mro__[:-2]]
    lines, place = [], error.__traceback__
    while place:
        if place.tb_frame.f_code.co_filename in files:
            lines.append(place.tb_lineno)
        place = place.tb_next
    text = f"{type(error).__name__}: {error}".partition(TRACEBACK)[0].rstrip()[:SHOWN]
    return {"error": text, "kinds": kinds, "line": lines[-1] if lines else 0}


def _step(step: dict[str, Any], names: dict[str, Any]) -> None:
    file, entry = step["file"], step["entry"]
    text = step["text"] or (PROGRAMS / file).read_text("utf-8")
    own = {"__name__": file} if entry else names
    exec(compile(text, file, "exec", dont_inherit=True), own)  # noqa: S102  (our files, as they are)
    if not entry:
        return
    found = own[entry](SimpleNamespace(**names))
    if inspect.iscoroutine(found):
        found = asyncio.run(found)
    names.update(found or {})


def _run(program: dict[str, Any], package: str, seconds: float) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__", **program["values"]}
    files = {step["file"] for step in program["steps"]}
    out, before, end = io.StringIO(), dict(os.environ), {"error": "", "kinds": [], "line": 0}
    os.environ.update(program["env"])
    try:
        with contextlib.redirect_stdout(out):
            importlib.import_module(package)
            _without_retries()
            signal.setitimer(signal.ITIMER_REAL, seconds)
            for step in program["steps"]:
                _step(step, names)
    except SystemExit as error:
        end = _ended(error, files) if error.code else end
    except BaseException as error:  # noqa: BLE001  (how a program ends is what is asked here)
        end = _ended(error, files)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        os.environ.clear()
        os.environ.update(before)
    return {"name": program["name"], "out": out.getvalue(), **end}


def main() -> None:
    """Run what standard input lists."""
    said, sys.stdout = sys.stdout, sys.stderr
    signal.signal(signal.SIGALRM, _ring)
    asked = json.load(sys.stdin)
    for program in asked["programs"]:
        line = json.dumps(_run(program, asked["package"], asked["seconds"]))
        said.write(line + "\n")
        said.flush()


if __name__ == "__main__":
    main()
