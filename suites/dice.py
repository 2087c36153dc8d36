"""What sampling shows: equal requests, sent again on purpose, and how many answers differ.

Each rule states its n. None judges a model that says the same whatever it is asked: there is
nothing to see then, and the check that asked has no control.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.outcomes import NoControl
from suites.asking import read

if TYPE_CHECKING:
    from fixtures.deployment import Deployment

HOT = 1.8


def rolled(dut: Deployment, route: str, n: int, **fields: Any) -> list[str]:
    """The texts of n equal requests."""
    requests = (dut.request(route, sample=k, **fields) for k in range(n))
    return [read(dut.send(request)).text for request in requests]


def variety(dut: Deployment, route: str, n: int, **fields: Any) -> int:
    """How many different texts n equal requests give."""
    return len(set(rolled(dut, route, n, **fields)))


def seed_side(dut: Deployment, route: str, **fields: Any) -> str:
    """Whether a seed makes answers repeatable: `honoured` or `ignored`. n = 6 each.

    Control: at a high temperature at least four of six answers differ without a seed.
    Rule: honoured when all six are alike with one. Raises NoControl.
    """
    fields = {"temperature": HOT, **fields}
    if variety(dut, route, 6, **fields) < 4:
        raise NoControl("the model hardly varies at a high temperature")
    return "honoured" if variety(dut, route, 6, **fields, seed=42) == 1 else "ignored"
