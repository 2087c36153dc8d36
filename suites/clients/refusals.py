"""How refusals reach the user of a client: the class that is raised, as the matrix shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.outcomes import NotApplicable
from schemas.records import Observation
from suites.clients import own, runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.target.deployment import Deployment
    from suites.clients.calls import Way
    from suites.clients.runs import Ran

UNAUTHORIZED = ("AuthenticationError",)
BAD = ("BadRequestError", "UnprocessableEntityError")
UNKNOWN = ("NotFoundError",)
LIMITED = ("RateLimitError",)


def raised(name: str, ran: Ran) -> Observation:
    """The cell of the matrix for one refusal: what is asked, and the class that is raised."""
    kind = ran.kinds[0] if ran.kinds else "nothing"
    return Observation(f"client {ran.tool} raises", f"{kind} for {name.removeprefix('safe, ')}")


def limited(dut: Deployment, way: Way) -> Iterator[Ran]:
    """The programs of a client that met a rate limit. None is provoked.

    Raises NotApplicable when none did.
    """
    programs = list(own.BATCHES[way.tool](dut))
    found = runs.run(dut, way.tool, programs)
    mine = [found[program.name] for program in own.programs_of(dut, way)]
    met = [ran for ran in mine if ran.exchanges and ran.exchanges[-1].status == 429]
    if not met:
        raise NotApplicable("no rate limit was met, and none is provoked")
    yield from met
