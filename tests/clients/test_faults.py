"""Each fault that only other clients notice is killed by its clauses, and the honest are left.

A selection that kills each clause once; `python -m tests.kill_matrix` runs them all.
"""

from __future__ import annotations

import pytest

from fixtures.reference import faults
from suites.clients import tools
from suites.engine.checks import Check
from tests import bench
from tests.clients.conftest import installed

AREAS = ("sdk", "litellm")
FAULTS = {
    name: fault
    for name, fault in faults.load().entries.items()
    if bench.area(fault.violates[0]) in AREAS
}
# What the deep tier alone decides is proved by itself: it starts LiteLLM's proxy.
DEEP = "LITELLM-PROXY-01"
VARIANTS = (
    "zips-when-asked+comments-in-streams",
    "names-null-fields+extra-fields+refuses-with-422",
    "says-nothing+etag-on-models+refuses-with-detail",
)


def own(name: str) -> frozenset[str]:
    """The clauses of other clients that a fault violates."""
    return frozenset(each for each in FAULTS[name].violates if bench.area(each) in AREAS) - {DEEP}


def chosen() -> list[str]:
    """Few faults that violate all these clauses between them, each the narrowest for one."""
    found: list[str] = []
    for clause in sorted(set().union(*map(own, FAULTS))):
        if not any(clause in own(name) for name in found):
            found.append(min((name for name in FAULTS if clause in own(name)), key=_breadth))
    return found


def _breadth(name: str) -> int:
    return len(own(name))


def client(case: Check) -> bool:
    """All checks, those that start other clients too; LiteLLM's proxy is asked by itself."""
    return case.clause != DEEP


pytestmark = pytest.mark.usefixtures("clients")


@pytest.mark.parametrize(
    "name",
    [  # every second one each time, the others with --slow
        pytest.param(name, marks=[pytest.mark.slow] * (at % 2)) for at, name in enumerate(chosen())
    ],
)
def test_fault_is_killed_by_its_clauses(
    request: pytest.FixtureRequest, reference: str, name: str
) -> None:
    if "SDK-NODE-MAIN-01" in own(name):
        request.getfixturevalue("node")
    clauses = FAULTS[name].violates
    for tier in ("standard", "deep"):
        verdicts = bench.examine(f"{reference}/fault/{name}/v1", *clauses, of=client, tier=tier)
        if own(name) <= verdicts.seen:
            break
    assert not verdicts.outcome.harness, verdicts.text()
    assert own(name) <= verdicts.seen, verdicts.text(*clauses)
    assert len(verdicts.violated - set(clauses)) <= 1, verdicts.text()


def test_proxy_of_litellm_is_killed_too(reference: str) -> None:
    installed(tools.GATEWAY)
    url = f"{reference}/fault/litellm-is-unwelcome/v1"
    verdicts = bench.examine(url, DEEP, of=bench.starts_a_client)
    assert verdicts.violated == {DEEP}, verdicts.text(DEEP)


@pytest.mark.usefixtures("node")
def test_honest_reference_violates_nothing(reference: str) -> None:
    verdicts = bench.examine(f"{reference}/v1", areas=(*AREAS, "generic"), of=client)
    assert not verdicts.outcome.harness, verdicts.text()
    assert not verdicts.violated, verdicts.text()


def test_a_response_as_sparse_as_printed_breaks_no_client(reference: str) -> None:
    url = f"{reference}/fault/response-as-sparse-as-printed/v1"
    verdicts = bench.examine(url, areas=("sdk",), of=client, tier="standard")
    assert verdicts.violated == {"RESP-OUT-OPENAI-01"}, verdicts.text()


# One of them each time, the others with --slow.
@pytest.mark.parametrize(
    "names", [VARIANTS[0], *(pytest.param(each, marks=pytest.mark.slow) for each in VARIANTS[1:])]
)
def test_lawful_variants_violate_nothing(reference: str, names: str) -> None:
    url = f"{reference}/variant/{names}/v1"
    verdicts = bench.examine(url, areas=AREAS, of=client, tier="standard")
    assert not verdicts.outcome.harness, verdicts.text()
    assert not verdicts.violated, verdicts.text()
