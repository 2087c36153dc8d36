"""A few of the hostile deployments, of different kinds, on every change.

`python -m tests.hostile` runs the whole list.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.hostile import referee, vices, watch
from tests.hostile.ground import CONFORMANT, UNDECIDED

if TYPE_CHECKING:
    from tests.hostile.referee import Result

pytestmark = pytest.mark.slow

TIMEOUT = 3.0
BOUNDS = referee.Bounds(seconds=60.0, hard=90.0)
SELECTED = (
    "echoes-the-key-with-mixed-escapes",
    "streams-eight-thousand-tiny-events",
)
EXECUTED = ("names-its-model-shell-parent-environment",)


@pytest.fixture(scope="session")
def base() -> Result:
    """The honest run that the others are measured by."""
    watch.adopt_orphans()
    honest = referee.judge(vices.load()["honest"], TIMEOUT, None, BOUNDS, "smoke")
    assert honest.wrong == ()
    return honest


@pytest.mark.parametrize("name", SELECTED)
def test_run_stays_in_its_bounds(name: str, base: Result) -> None:
    result = referee.judge(vices.load()[name], TIMEOUT, base, BOUNDS, "smoke")
    assert result.wrong == ()


@pytest.mark.parametrize("name", EXECUTED)
def test_printed_commands_run_no_model_id(name: str) -> None:
    """Of the standard tier, the programs that a shell runs; the rest is not run, so undecided."""
    deployment = replace(vices.load()[name], lawful=CONFORMANT | UNDECIDED)
    arguments = ("-k", "test_printed_commands")
    result = referee.judge(deployment, TIMEOUT, None, BOUNDS, "standard", *arguments)
    assert result.wrong == ()
