"""The key stays where it belongs, also while it is sent in odd ways."""

from __future__ import annotations

import base64
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from fixtures.redaction.secret import Redactor, Secret
from fixtures.transport import har
from fixtures.transport.exchange import Exchange, Request
from reports import evidence
from schemas.key_placeholders import BASIC_KEY, KEY, OTHER_CASE_KEY, SHORT_KEY
from schemas.records import Verdict
from tests import bench
from tests.bench import BENCH_KEY

if TYPE_CHECKING:
    from pathlib import Path


VALUES = {
    b"Bearer " + KEY: f"Bearer {BENCH_KEY}",
    b"Token " + KEY: f"Token {BENCH_KEY}",
    b"Basic " + BASIC_KEY: f"Basic {base64.b64encode(b':' + BENCH_KEY.encode()).decode()}",
    b"Bearer " + SHORT_KEY + b'~"`$': f'Bearer {BENCH_KEY[:-1]}~"`$',
    b"Bearer " + OTHER_CASE_KEY: f"Bearer {BENCH_KEY.swapcase()}",
}


@pytest.mark.parametrize("value", VALUES)
def test_the_key_is_put_in_and_recorded_nowhere(reference: str, value: bytes) -> None:
    heard: list[Exchange] = []
    with bench.deployment(f"{reference}/v1", heard.append) as dut:
        exchange = dut.send(Request("GET", "/models", authorization=(value,)))
    assert exchange.status == (200 if value == b"Bearer " + KEY else 401)
    assert not any(BENCH_KEY in repr(each) for each in heard)


@pytest.mark.parametrize(("value", "sent"), VALUES.items())
def test_the_command_makes_the_header_of_the_variable(
    reference: str, tmp_path: Path, value: bytes, sent: str
) -> None:
    request = Request("GET", "/models", authorization=(value,))
    with bench.deployment(f"{reference}/v1", lambda _: None) as dut:
        line = evidence.curl(har.to_entry(dut.send(request), ""), "A_KEY", tmp_path)
    assert BENCH_KEY[:-1] not in line
    shown = f"curl() {{ printf '%s\\n' \"$@\"; }}; {line}"
    done = subprocess.run(
        ["bash", "-c", shown], env={"A_KEY": BENCH_KEY, "PATH": os.environ["PATH"]}, stdout=-1
    )
    assert f"Authorization: {sent}" in done.stdout.decode().splitlines()


def test_no_key_is_altered_into_itself() -> None:
    assert Secret("a-key-0123456").near() == ("a-key-012345", "A-KEY-0123456")
    assert Secret("a-key-012345~").near() == ("", "")
    assert Secret("0123456789").near() == ("012345678", "")
    assert Secret("a-short").near() == ("", "")


@pytest.mark.parametrize("value", [BENCH_KEY[:-1], BENCH_KEY.swapcase()])
def test_what_is_nearly_the_key_is_hidden_and_is_no_leak(value: str) -> None:
    redactor = Redactor.of(Secret(BENCH_KEY))
    said = f"No such key: {value}~".encode()
    assert not redactor.found(said)
    assert redactor.clean(said) == b"No such key: [REDACTED]~"


def test_a_deployment_without_a_key_is_not_asked_for_one(reference: str) -> None:
    verdicts = bench.examine(f"{reference}/v1", areas=("auth",), key="")
    assert not verdicts.outcome.harness, verdicts.text()
    assert not verdicts.violated, verdicts.text()


def test_a_route_that_answers_nobody_is_no_door(reference: str) -> None:
    """Where no key is looked at and a route is missing, nothing is said of keys that are wrong."""
    url = f"{reference}/fault/no-key-is-looked-at/v1"
    said = bench.examine(url, areas=("auth", "errors"), tier="standard")
    of_keys = (
        *("AUTH-INVALID-01", "AUTH-EMPTY-01", "AUTH-ORDER-01", "AUTH-STREAM-01"),
        *("AUTH-MODEL-01", "AUTH-SCHEME-01", "ERR-401-01"),
    )
    verdicts = {clause: said[clause].verdict for clause in of_keys}
    assert set(verdicts.values()) == {Verdict.UNTESTABLE}, verdicts


def test_a_crash_at_the_door_hides_nothing_behind_it(reference: str) -> None:
    url = f"{reference}/fault/crashes-without-a-key-and-takes-basic/v1"
    said = bench.examine(url, areas=("auth",), tier="standard")
    assert said["AUTH-SCHEME-01"].verdict is Verdict.VIOLATED
    assert said["AUTH-INVALID-01"].verdict is Verdict.MET
