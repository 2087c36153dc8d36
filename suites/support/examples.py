"""The requests that pages print, sent again as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures import examples
from fixtures.target.plain_requests import ABSENT

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

CAP = 64


def replay(dut: Deployment, name: str, role: str = "chat") -> Exchange:
    """A printed request, with its own model where that is listed, and bounded in cost."""
    printed: dict[str, Any] = examples.load()[name].json
    listed = {entry["id"] for entry in dut.cast.entries}
    model = printed["model"]
    fields = {**printed, "model": model if model in listed else dut.cast.model(role)}
    fields["max_tokens"] = min(fields.get("max_tokens", CAP), CAP)
    return dut.chat(**{"temperature": ABSENT, **fields})
