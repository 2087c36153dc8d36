"""Faults that no probe of ours provokes are found by drawn requests, and attributed.

A quick selection: `python -m tests.fuzz faults` runs all of them, at all tiers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.reference import faults
from tests import bench
from tests.fuzz import FAULTS, drawn_on

if TYPE_CHECKING:
    from suites.engine.checks import Check

QUICK = {
    "fuzz-user-emoji": "POST /chat/completions",
    "fuzz-half-a-character": "POST /chat/completions",
    "fuzz-frequency-in-stream": "POST /chat/completions",
    "fuzz-stream-of-parts": "POST /chat/completions",
    "fuzz-null-body": "POST /chat/completions",
    "fuzz-suffix-zero-width": "POST /completions",
    "fuzz-metadata-odd-key": "POST /responses",
    "fuzz-form-field-twice": "POST /audio/transcriptions",
    "fuzz-percent-in-path": "GET /models/{model_id}",
    "fuzz-order-mark": "POST /chat/completions",
}


@pytest.mark.parametrize("name", QUICK)
def test_fault_is_found_at_the_borders(reference: str, name: str) -> None:
    of = drawn_on(QUICK[name])
    verdicts = bench.examine(f"{reference}/fault/{name}/v1", of=of, tier="standard")
    assert not verdicts.outcome.harness, verdicts.text()
    assert verdicts.violated == set(FAULTS[name].violates), verdicts.text()


def test_one_cause_is_one_finding_that_names_its_replay(reference: str) -> None:
    of = drawn_on("POST /chat/completions")
    verdicts = bench.examine(
        f"{reference}/fault/fuzz-user-emoji/v1", of=of, tier="standard", seed="0a1b"
    )
    (finding,) = verdicts["CHAT-REQ-USER-01"].findings
    assert finding.expected == ("HTTP 200 with an answer to user = '😀'",)
    place, _, again = finding.where.partition("; replay: ")
    assert place.startswith("/user")
    assert again.startswith(f"pytest suites/fuzz --base-url={reference}/fault/")
    assert "--tier=standard --seed=0a1b --fuzz-case=" in again


def test_a_replay_sends_the_case_alone(reference: str) -> None:
    of = drawn_on("POST /chat/completions")
    lying = f"{reference}/fault/fuzz-null-body/v1"
    case = next(
        exchange.request.key
        for exchange in bench.examine(lying, of=of, tier="standard").exchanges
        if exchange.request.body == b"null"
    )
    again = bench.examine(lying, of=of, tier="standard", fuzz_case=case)
    assert [exchange.request.body == b"null" for exchange in again.exchanges].count(True) == 1
    assert len(again.exchanges) < 5
    assert again.violated == {"ERR-JSON-01"}


def test_honest_reference_is_silent_and_the_standard_tier_is_small(reference: str) -> None:
    def drawn(case: Check) -> bool:
        return case.last

    verdicts = bench.examine(f"{reference}/v1", of=drawn, tier="standard")
    assert not verdicts.outcome.harness, verdicts.text()
    assert not verdicts.violated, verdicts.text()
    assert len(verdicts.exchanges) < 120


def test_a_spent_budget_ends_the_hunt_and_not_the_verdict(reference: str) -> None:
    def drawn(case: Check) -> bool:
        return case.last and case.tier == "deep"

    verdicts = bench.examine(f"{reference}/v1", of=drawn, tier="deep", request_budget=120)
    assert 100 < len(verdicts.exchanges) <= 120
    assert len({each.request.operation for each in verdicts.exchanges}) >= 6
    assert verdicts["ERR-5XX-01"].verdict == "met", verdicts.text("ERR-5XX-01")


def test_smoke_draws_nothing(reference: str) -> None:
    verdicts = bench.examine(f"{reference}/v1", of=lambda case: case.last, tier="smoke")
    assert {each.request.route for each in verdicts.exchanges} <= {"/models"}


def test_faults_are_many_and_named() -> None:
    assert len(FAULTS) >= 25
    assert FAULTS.items() <= faults.load().entries.items()
