"""Each fault that only other clients notice is killed by its clauses, and the honest are left."""

from __future__ import annotations

import pytest

from fixtures.reference import faults
from suites.checks import Check
from tests import bench

AREAS = ("sdk", "litellm")
FAULTS = {
    name: fault
    for name, fault in faults.load().entries.items()
    if bench.area(fault.violates[0]) in AREAS
}
# What the deep tier alone decides is proved by itself: it starts LiteLLM's proxy.
DEEP = "LITELLM-PROXY-01"
VARIANTS = (
    "zips-when-asked",
    "comments-in-streams",
    "names-null-fields+extra-fields",
    "says-nothing+etag-on-models",
    "refuses-with-422",
    "refuses-with-detail",
)


def each(_: Check) -> bool:
    """All checks, those that start other clients too."""
    return True


pytestmark = pytest.mark.usefixtures("clients")


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_killed_by_its_clauses(reference: str, name: str) -> None:
    clauses = set(FAULTS[name].violates)
    verdicts = bench.examine(f"{reference}/fault/{name}/v1", *clauses, of=each, tier="standard")
    assert not verdicts.outcome.harness, verdicts.told()
    assert verdicts.violated & clauses, verdicts.told(*clauses)
    assert len(verdicts.violated - clauses) <= 1, verdicts.told()


def test_proxy_of_litellm_is_killed_too(reference: str) -> None:
    verdicts = bench.examine(f"{reference}/fault/litellm-is-unwelcome/v1", DEEP, of=each)
    assert verdicts.violated == {DEEP}, verdicts.told(DEEP)


def test_honest_reference_violates_nothing(reference: str) -> None:
    verdicts = bench.examine(f"{reference}/v1", areas=(*AREAS, "generic"), of=each)
    assert not verdicts.outcome.harness, verdicts.told()
    assert not verdicts.violated, verdicts.told()


def test_a_response_as_sparse_as_printed_breaks_no_client(reference: str) -> None:
    url = f"{reference}/fault/response-as-sparse-as-printed/v1"
    verdicts = bench.examine(url, areas=("sdk",), of=each, tier="standard")
    assert verdicts.violated == {"RESP-OUT-OPENAI-01"}, verdicts.told()


@pytest.mark.parametrize("names", VARIANTS)
def test_lawful_variants_violate_nothing(reference: str, names: str) -> None:
    url = f"{reference}/variant/{names}/v1"
    verdicts = bench.examine(url, areas=AREAS, of=each, tier="standard")
    assert not verdicts.outcome.harness, verdicts.told()
    assert not verdicts.violated, verdicts.told()
