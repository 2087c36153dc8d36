"""The list of models, and one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from fixtures.target.model_roles import sendable
from fixtures.transport.exchange import Request
from schemas.outcomes import Untestable
from suites.invariants.models import entries

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange


def listed(dut: Deployment) -> list[str]:
    """The ids of the list that a request can name. Raises Untestable when there is none."""
    names = [entry.get("id") for entry in entries(dut.models())]
    found = [str(name) for name in names if sendable(name)]
    if not found:
        raise Untestable("nothing is listed: see MODELS-LIST-03")
    return found


def retrieved(dut: Deployment, model: str) -> Exchange:
    """One model. An id with a slash may stand in the path as it is, or encoded: both are lawful."""
    exchange = dut.model(model)
    if exchange.ok or "/" not in model:
        return exchange
    bare = dut.send(Request("GET", f"/models/{quote(model, safe='/')}"))
    return bare if bare.ok else exchange


def agree(one: object, other: object) -> bool:
    """Whether two values say the same; of objects, what both have: MODELS-CAP-01 misses flags."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(one[name] == other[name] for name in one.keys() & other.keys())
    return one == other
