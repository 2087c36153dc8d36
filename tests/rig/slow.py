"""pytest plugin: a judge of the whole run that takes half a minute (`-p tests.rig.slow`)."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from suites import judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fixtures.exchange import Exchange
    from schemas.records import Judgement

JUDGING = "judging slowly"


def _slowly(_: Sequence[Exchange]) -> Iterator[Judgement]:
    sys.__stderr__.write(f"{JUDGING}\n")
    sys.__stderr__.flush()
    time.sleep(30)
    yield from ()


judge.judge_run = _slowly
