"""Runs that send nothing: what a recording cannot decide, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.records import Judgement, Result
from suites.engine import catalogue, judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.contract import Contract

SILENT = "no recorded exchange speaks of it"
PROBED = "only a request sent on purpose decides it, and a recording sends none"


def undecided(contract: Contract, judged: frozenset[str]) -> Iterator[Judgement]:
    """What is said of the clauses that the judges of recorded traffic did not decide."""
    heard = judge.rules(contract).covered
    for clause in catalogue.tiers(contract):
        if clause not in judged:
            reason = SILENT if clause in heard else PROBED
            yield Judgement((clause,), "recording", Result.NOT_RUN, reason)
