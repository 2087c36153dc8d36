"""No request asks an obedient server for more than the bound of its tier."""

from __future__ import annotations

import json
from itertools import chain, islice
from math import inf
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.audio import speech
from fixtures.target import plain_requests
from fixtures.transport import worst_case
from fixtures.transport.exchange import Exchange, Request
from fixtures.transport.worst_case import BOUNDS, HarmError
from schemas import profiles
from suites.fuzz import drive, generated, plan
from suites.fuzz.cases import target
from suites.fuzz.drive import Hunt
from tests import bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suites.fuzz.cases import Case, Target

LAW = profiles.load(profiles.DEFAULT)
CHAT = "/chat/completions"
ROUTES = [name for name, each in LAW.operations.items() if each.drawn and each.request]
BIG = {"n": 2**31, "max_tokens": 1}


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"max_tokens": 8}, 8),
        ({"max_tokens": 8, "max_completion_tokens": 4097}, 4097),
        ({"max_tokens": 4, "max_output_tokens": 64}, 64),
        ({"max_tokens": 8, "min_tokens": 50}, 50),
        ({"max_tokens": 8, "n": 4}, 32),
        ({"max_tokens": 8, "n": 2, "best_of": 20}, 160),
        ({"max_tokens": 8, "prompt": ["a", "b", "c"]}, 24),
        ({"max_tokens": 8, "prompt": [1, 2, 3]}, 8),
        ({"max_tokens": 8, "prompt": [[1, 2], [3]], "n": 2}, 32),
        ({"max_tokens": 8, "n": "16"}, 128),
        ({"max_tokens": "4000"}, 4000),
        ({"max_tokens": 8, "n": 1.5}, 16),
        ({"max_tokens": 8, "n": True}, 8),
        ({"max_tokens": 8, "n": None, "best_of": [5]}, 8),
        ({"max_tokens": -1}, 256),
        ({"max_tokens": 0}, 256),
        ({"max_tokens": None, "n": 2}, 512),
        ({}, 256),
        ({"max_tokens": 1e300}, 1e300),
        ({"max_tokens": 10**400}, inf),
        ({"max_tokens": "nan"}, inf),
        (BIG, 2**31),
    ],
)
def test_the_worst_of_all_fields_counts(body: dict[str, Any], tokens: float) -> None:
    assert worst_case.of(plain_requests.post(CHAT, body)).tokens == tokens


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        (b'{"max_tokens": 8, "n": 2, "n": 64}', 512),
        (b'{"n": 64, "n": 2, "max_tokens": 8}', 512),
        (b'{"max_tokens": 5000, "messages": [', 5000),
        (b'\xff{"n": 100, "max_tokens": "9"}', 900),
        (b"[1, 2]", 256),
    ],
)
def test_what_can_be_read_in_two_ways_counts_as_the_worse(body: bytes, tokens: float) -> None:
    request = Request("POST", CHAT, body, plain_requests.JSON_TYPE)
    assert worst_case.of(request).tokens == tokens


def test_the_contract_says_what_is_written_without_a_cap() -> None:
    def tokens(route: str) -> float:
        return worst_case.under(LAW, plain_requests.post(route, {"prompt": ["a", "b"]})).tokens

    assert tokens("/completions") == 32
    assert tokens("/embeddings") == 0 or "POST /embeddings" not in LAW.operations
    assert worst_case.under(LAW, Request("GET", "/models")).tokens == 0


def test_a_picture_is_no_text_of_its_length() -> None:
    url = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10**6}}
    said = [{"role": "user", "content": [url]}]
    assert worst_case.of(plain_requests.post(CHAT, {"messages": said})).prompt < 2048
    long = [{"role": "user", "content": "ä" * 9000}]
    assert not worst_case.of(plain_requests.post(CHAT, {"messages": long})).within(512)


@pytest.mark.parametrize("body", [BIG, {"max_completion_tokens": 513}, {"prompt": "x " * 9000}])
def test_the_client_sends_nothing_above_the_bound(reference: str, body: dict[str, Any]) -> None:
    sent: list[Exchange] = []
    plain = {"model": "a", "messages": []}
    with bench.deployment(f"{reference}/v1", sent.append, tier="standard") as dut:
        request = plain_requests.post(CHAT, {**plain, **body})
        with pytest.raises(HarmError, match="would ask for"):
            dut.send(request)
        with pytest.raises(HarmError):
            dut.together([request, request])
    assert {each.request.method for each in sent} <= {"GET"}


@pytest.mark.parametrize("tier", ["standard", pytest.param("deep", marks=pytest.mark.slow)])
@pytest.mark.parametrize("route", ROUTES)
def test_no_drawn_request_asks_for_more(
    reference: str, route: str, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drive, "CAUSES", 10**6)  # nothing ends the hunt before all was sent
    with bench.deployment(f"{reference}/v1", tier=tier) as dut:
        clip = speech() if LAW.operations[route].is_form else None
        drawn = target(dut, LAW.operations[route], clip)
        sent: list[tuple[float, bytes]] = []
        for status in (
            200,
            400,
            500,
        ):  # what is refused is asked for in parts, what fails is made small

            def ask(request: Request, status: int = status) -> Exchange:
                sent.append((worst_case.under(LAW, request).tokens, request.body))
                return Exchange(request.key, request, status)

            Hunt(drawn, ask).run(_cases(drawn, tier))
    most, body = max(sent)
    print(f"{route}, {tier}: {len(sent)} requests, at most {most:g} tokens: {body[:200]!r}")
    assert len(sent) > 30
    assert most <= BOUNDS[tier]


def _cases(drawn: Target, tier: str) -> Iterator[Case]:
    if tier != "deep":
        return plan.standard(drawn)
    return chain(plan.every(drawn), islice(generated.cases(drawn, "seed"), 300))


def test_a_run_says_what_it_asked_for(reference: str) -> None:
    with bench.deployment(f"{reference}/v1", tier="standard") as dut:
        dut.client.allowance = type(dut.client.allowance).__mro__[1](dut.client.allowance.folder)
        dut.chat(max_tokens=30)
        dut.chat(max_tokens=12)
        spent = dut.client.allowance.spent()
    assert (spent["asked"], spent["largest"]) == (42, 30)
    assert json.dumps(spent)
