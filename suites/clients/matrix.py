"""The client matrix: client and version, capability, and whether it works, or whose fault it is.

It stands among the observations of a run, one row `client <name> <version> <capability>` each:
works, not offered (by the client), not applicable (no such model), or fails, and whose fault it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from schemas.outcomes import Inconclusive, NotApplicable, Untestable
from schemas.records import Observation
from suites.clients import own, reading, runs
from suites.clients.calls import CAPABILITIES
from suites.engine import prerequisites, verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding
    from suites.clients.calls import Way
    from suites.clients.runs import Ran

WORKS = "works"
NOT_OFFERED = "not offered"


@dataclass(frozen=True)
class Cell:
    """One cell of the matrix: what stands there, and the findings behind it."""

    key: str
    value: str
    findings: tuple[Finding, ...] = ()

    @property
    def observation(self) -> Observation:
        """The cell as the report shows it."""
        return Observation(self.key, self.value)


def cells(dut: Deployment, way: Way) -> list[Cell]:
    """What a client can do on this deployment. Raises NotApplicable when it is not installed."""
    found = []
    for name in CAPABILITIES:
        key = f"client {way.tool.label} {way.style} {name}".replace("  ", " ")
        if name not in way.programs:
            found.append(Cell(key, NOT_OFFERED))
            continue
        try:
            ran = _ran(dut, way, name)
        except NotApplicable as why:
            found.append(Cell(key, f"not applicable: {why}"))
        else:
            found.append(_cell(dut, key, way, name, ran))
    return found


def isolation(ran: Ran) -> Iterator[Observation]:
    """How the client was kept apart from the suite and its key; nothing of older recordings."""
    if ran.isolation:
        yield Observation("client_isolation", ran.isolation)


def _ran(dut: Deployment, way: Way, name: str) -> Ran:
    if way.tool in own.BATCHES:
        return own.ran(dut, way.tool, f"{way.name} {name}")
    programs = list(own.programs_of(dut, way))
    found = runs.run(dut, way.tool, programs)
    return found[way.program(dut, name).name]


def altered(ran: Ran, asked: Mapping[str, Any], model: str = "") -> list[str]:
    """The fields that a client dropped or changed on their way to the wire."""
    sent = [exchange.request for exchange in ran.exchanges]
    bodies = [request.fields for request in sent if request.fields]
    dropped = [
        name
        for name, value in asked.items()
        if bodies and not any(body.get(name) == value for body in bodies)
    ]
    renamed = bool(model and sent) and not any(request.model == model for request in sent)
    return [*dropped, *(["model"] if renamed else [])]


def _cell(dut: Deployment, key: str, way: Way, name: str, ran: Ran) -> Cell:
    capability = CAPABILITIES[name]
    changed = altered(ran, capability.asked, capability.model(dut))
    note = f", without {', '.join(changed)}" if changed else ""
    try:
        findings = tuple(reading.works(ran, way.tell(name)))
    except Inconclusive as why:
        client = not ran.exchanges
        return Cell(key, f"fails (client): {ran.error}" if client else f"inconclusive: {why}")
    except Untestable as why:
        return Cell(key, f"fails (deployment): {why}")
    if not findings:
        return Cell(key, f"{WORKS}{note}")
    actual = findings[0].actual
    if _fails_plainly(dut, capability.operation(dut).path):
        return Cell(key, f"fails (deployment), as the plain request does: {actual}")
    if _is_for_what_was_sent(dut, ran.exchanges[-1]):
        whose = f"(client){note}" if changed else "(deployment), as the same request of ours does"
        return Cell(key, f"fails {whose}: {actual}")
    return Cell(key, f"fails (deployment): {actual}", findings)


def _fails_plainly(dut: Deployment, route: str) -> bool:
    """Whether our own plain request fails, too: that is the clause of the route."""
    found = (one for one in dut.contract.operations.values() if one.path == route)
    return any(prerequisites.fails(prerequisites.plain(one, dut)) for one in found)


def _is_for_what_was_sent(dut: Deployment, refused: Exchange) -> bool:
    """Whether it is refused to us, too: then no clause of clients is broken, but another."""
    own = replace(refused.request, headers=(), authorization=None)
    return not refused.ok and any(True for _ in verify.accepted(dut.send(own)))
