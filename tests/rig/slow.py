"""pytest plugin: a judge of the whole run that takes half a minute (`-p tests.rig.slow`)."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from suites.engine import judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fixtures.transport.exchange import Exchange
    from schemas.contract import Contract
    from schemas.records import Judgement

JUDGING = "judging slowly"


def _slowly(exchanges: Sequence[Exchange], contract: Contract) -> Iterator[Judgement]:
    os.write(2, f"{JUDGING}\n".encode())
    time.sleep(30)
    yield from ()


def pytest_configure() -> None:
    """Judge slowly: only where pytest was given this plugin, not where a test imports it."""
    judge.judge_run = _slowly
