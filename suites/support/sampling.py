"""What sampling shows: equal requests, sent again on purpose, and how many answers differ.

Each rule states its n. None judges a model that says the same whatever it is asked: there is
nothing to see then, and the check that asked has no control.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.outcomes import NoControl
from suites.support.probes import read

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment

HOT = 1.8
N = 8  # throws that raise a suspicion
SURE = 32  # throws that settle it
VARIED = 12  # of them, on the other side: by chance on both sides once in 50,000 runs at most
LONG = 30  # characters; a text of a word or two is often the same by chance


def rolled(dut: Deployment, route: str, n: int, **fields: Any) -> list[str]:
    """The texts of n equal requests."""
    requests = (dut.request(route, sample=k, **fields) for k in range(n))
    return [read(dut.send(request)).text for request in requests]


def variety(dut: Deployment, route: str, n: int, **fields: Any) -> int:
    """How many different texts n equal requests give."""
    return len(set(rolled(dut, route, n, **fields)))


def steady(dut: Deployment, route: str, n: int = SURE, **fields: Any) -> bool:
    """Whether n equal requests are all answered with one text, which is no short one.

    The first that is answered otherwise ends the asking.
    """
    first = ""
    for number in range(n):
        text = read(dut.send(dut.request(route, sample=number, **fields))).text
        first = first or text
        if text != first or len(text) < LONG:
            return False
    return True


def varied(dut: Deployment, route: str, **fields: Any) -> bool:
    """Whether many of the answers to equal requests differ: what chance does to a steady one."""
    return variety(dut, route, SURE, **fields) >= VARIED


def seed_side(dut: Deployment, route: str, **fields: Any) -> str:
    """Whether a seed makes answers repeatable: `honoured` or `ignored`. n = 6 each.

    Control: at a high temperature at least four of six answers differ without a seed.
    Rule: honoured when all six are alike with one. Raises NoControl.
    """
    fields = {"temperature": HOT, **fields}
    if variety(dut, route, 6, **fields) < 4:
        raise NoControl("the model hardly varies at a high temperature")
    return "honoured" if variety(dut, route, 6, **fields, seed=42) == 1 else "ignored"
