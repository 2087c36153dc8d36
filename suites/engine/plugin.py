"""pytest plugin: one item a check and clause, run on the deployment, reported to the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from fixtures.session import ending
from schemas.records import Judgement, Result
from suites.engine import checks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fixtures.target.deployment import Deployment
    from schemas.contract import Clause, Contract

DUT: pytest.StashKey[Deployment] = pytest.StashKey()
LEDGER: pytest.StashKey[Callable[[Judgement], None]] = pytest.StashKey()
CONTRACT: pytest.StashKey[Contract] = pytest.StashKey()
GATES = {"block": 0, "warn": 1, "report": 2}


@dataclass(frozen=True, repr=False)  # pytest shows it with each failure, and all that it holds
class Conformance:
    """One check, ready to be judged on the deployment of this process."""

    case: checks.Check
    dut: Deployment
    record: Callable[[Judgement], None]

    def judge(self) -> None:
        """Run the check, write down what it says, and raise unless the clause is met."""
        try:
            with ending.interruptible():
                judgement = checks.execute(self.case, self.dut)
        except ending.OutOfTime as late:
            judgement = Judgement((self.case.clause,), self.case.name, Result.NOT_RUN, str(late))
        self.record(judgement)
        checks.report(judgement)


@pytest.fixture
def conformance(request: pytest.FixtureRequest) -> Conformance:
    """The check of this item and the deployment that it is run on."""
    return Conformance(request.param, request.config.stash[DUT], request.config.stash[LEDGER])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item for each clause that the check decides, with the clause as its id."""
    declared = getattr(metafunc.function, "declared", None)
    if declared is None:
        return
    cases = declared.under(metafunc.config.stash[CONTRACT])
    parameters = [
        pytest.param(case, id=case.id, marks=pytest.mark.clause(case.clause)) for case in cases
    ]
    metafunc.parametrize("conformance", parameters, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the tier does not hold; run what blocks, and what is cheap, first.

    A budget is spent in this order, so it buys the verdicts that decide first.
    """
    cases = {item: case for item in items if (case := case_of(item))}
    tier = checks.TIERS.index(config.option.tier)
    out = [item for item, case in cases.items() if checks.TIERS.index(case.tier) > tier]
    if out:
        config.hook.pytest_deselected(items=out)
    clauses = config.stash[CONTRACT].clauses if cases else {}
    kept = [item for item in items if item not in set(out)]
    kept.sort(key=lambda item: _urgency(cases[item], clauses) if item in cases else (0, False, 0))
    items[:] = kept


def case_of(item: pytest.Item) -> checks.Check | None:
    """The check of an item, or None for an ordinary test."""
    callspec = getattr(item, "callspec", None)
    case = callspec.params.get("conformance") if callspec else None
    return case if isinstance(case, checks.Check) else None


def _urgency(case: checks.Check, clauses: Mapping[str, Clause]) -> tuple[int, bool, int]:
    gate = clauses[case.clause].gate
    return checks.TIERS.index(case.tier), case.last, GATES[gate]
