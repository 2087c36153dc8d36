"""The key stays where it belongs, also while it is sent in odd ways."""

from __future__ import annotations

import pytest

from fixtures.exchange import BASIC_KEY, KEY, Exchange, Request
from tests import bench
from tests.bench import BENCH_KEY


@pytest.mark.parametrize("value", [b"Bearer " + KEY, b"Token " + KEY, b"Basic " + BASIC_KEY])
def test_the_key_is_put_in_and_recorded_nowhere(reference: str, value: bytes) -> None:
    heard: list[Exchange] = []
    with bench.deployment(f"{reference}/v1", heard.append) as dut:
        exchange = dut.send(Request("GET", "/models", authorization=(value,)))
    assert exchange.status == (200 if value.startswith(b"Bearer") else 401)
    assert not any(BENCH_KEY in repr(each) for each in heard)


def test_a_deployment_without_a_key_is_not_asked_for_one(reference: str) -> None:
    verdicts = bench.examine(f"{reference}/v1", areas=("auth",), key="")
    assert not verdicts.outcome.harness, verdicts.told()
    assert not verdicts.violated, verdicts.told()
