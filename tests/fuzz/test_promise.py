"""Where the schemas alone could accuse somebody who is right, nothing is promised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fixtures.audio import speech
from fixtures.transport.exchange import Chunk, Exchange
from schemas import profiles
from suites.fuzz import promise, verdict
from suites.fuzz.cases import Target, target
from suites.fuzz.cost import BRAKE, thrifty
from tests import bench

if TYPE_CHECKING:
    from collections.abc import Iterator

LAW = profiles.load(profiles.DEFAULT)

USER = {"role": "user", "content": "Say OK"}
TEXT = {"type": "text", "text": "Say OK"}
TOOL = {"type": "function", "function": {"name": "f"}}


@pytest.fixture(scope="module")
def chat(reference: str) -> Iterator[Target]:
    with bench.deployment(f"{reference}/v1") as dut:
        yield target(dut, LAW.operations["POST /chat/completions"], None)


@pytest.mark.parametrize(
    ("odd", "standing"),
    [
        ({}, "accepted"),
        ({"temperature": 1.999}, "accepted"),
        ({"temperature": 2.001}, "refused"),
        ({"temperature": 5e-324}, "open"),
        ({"temperature": -0.0}, "open"),
        ({"user": "a\0b"}, "open"),
        ({"user": "a\ud800b"}, "open"),
        ({"user": "u" * 5000}, "open"),
        ({"user": "😀"}, "accepted"),
        ({"unknown": 1}, "open"),
        ({"tools": [TOOL]}, "accepted"),
        ({"tools": [TOOL, TOOL]}, "open"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}}, "open"),
        ({"messages": [USER, {"role": "system", "content": "Be brief."}, USER]}, "open"),
        ({"messages": [USER, {"role": "assistant", "content": "OK"}]}, "open"),
        ({"messages": [{"role": "user", "content": " \n"}]}, "open"),
        ({"messages": [{"role": "system", "content": "Be brief."}, USER]}, "accepted"),
        ({"messages": [USER, {"role": "assistant", "content": "OK"}, USER]}, "accepted"),
        ({"messages": [USER] * 2}, "open"),
        ({"min_tokens": 9, "max_tokens": 5}, "open"),
    ],
)
def test_promise(chat: Target, odd: dict[str, Any], standing: str) -> None:
    assert chat.case(odd).promise.standing == standing


@pytest.mark.parametrize(
    ("operation", "odd", "clause"),
    [
        ("POST /chat/completions", {"messages": [USER]}, "CHAT-MSG-TEXT-01"),
        (
            "POST /chat/completions",
            {"messages": [{**USER, "content": [TEXT]}]},
            "CHAT-PART-TEXT-01",
        ),
        ("POST /completions", {"prompt": "A"}, "COMP-REQ-PROMPT-02"),
        ("POST /completions", {"prompt": ["A", "B"]}, "COMP-REQ-PROMPT-03"),
        ("POST /responses", {"input": "A"}, "RESP-REQ-INPUT-02"),
        ("POST /responses", {"input": [USER]}, "RESP-REQ-INPUT-03"),
    ],
)
def test_each_form_of_a_prompt_has_its_clause(
    reference: str, operation: str, odd: dict[str, Any], clause: str
) -> None:
    with bench.deployment(f"{reference}/v1") as dut:
        hunted = target(dut, LAW.operations[operation], None)
        assert verdict.accepting(hunted, hunted.case(odd)) == clause


def test_a_schema_of_odd_names_is_not_simple() -> None:
    assert promise.simple_schema({"type": "object", "properties": {"a": {"type": "string"}}})
    assert not promise.simple_schema({"type": "object", "properties": {"😀": {"type": "string"}}})
    assert not promise.simple_schema({"type": "object", "properties": {}, "required": ["a"]})


@pytest.mark.parametrize(
    ("body", "bound"),
    [
        ({"max_tokens": 8}, {"max_tokens": 8}),
        ({}, {"max_tokens": 16}),
        ({"max_tokens": 4096}, {"max_tokens": 4096, "stop": BRAKE}),
        ({"max_tokens": "x"}, {"max_tokens": "x", "stop": BRAKE}),
        ({"max_tokens": 4096, "stop": "é"}, {"max_tokens": 4096, "stop": ["é", *BRAKE[:3]]}),
        (
            {"max_tokens": 4096, "stop": ["é", "a", "b", "c"]},
            {"max_tokens": 4096, "stop": ["é", "a", "b", BRAKE[0]]},
        ),
        ({"n": 10**9, "max_tokens": 8}, {"n": 10**9, "max_tokens": 1}),
        ({"min_tokens": 4096}, {"min_tokens": 4096, "max_tokens": 16}),
        ({"best_of": 80}, {"best_of": 80, "max_tokens": 1}),
        ({"best_of": 20, "max_tokens": 9}, {"best_of": 20, "max_tokens": 9}),
    ],
)
def test_tokens_are_bounded_before_anything_is_sent(
    body: dict[str, Any], bound: dict[str, Any]
) -> None:
    assert thrifty(LAW.operations["POST /chat/completions"], body) == bound


def test_a_response_is_bounded() -> None:
    assert thrifty(LAW.operations["POST /responses"], {"input": "x"})["max_output_tokens"] == 64


def test_of_other_bytes_than_a_recording_nothing_is_promised(reference: str) -> None:
    with bench.deployment(f"{reference}/v1") as dut:
        audio = target(dut, LAW.operations["POST /audio/transcriptions"], speech())
        assert audio.case({}).promise.standing == "accepted"
        assert audio.case({"file": b"R"}).promise.standing == "open"
        assert audio.case({"file": ""}).promise.standing == "refused"


@pytest.mark.parametrize(
    ("body", "lawful"),
    [
        (b"{}", True),
        (b'{"model": "no-such-model", "input": "Say OK"}', True),
        (b'{"model": "blackstar-10b"}', False),
        (b"[]", False),
    ],
)
def test_500_is_lawful_for_a_model_that_responses_does_not_serve(
    reference: str, body: bytes, lawful: bool
) -> None:
    with bench.deployment(f"{reference}/v1") as dut:
        responses = target(dut, LAW.operations["POST /responses"], None)
        case = responses.raw("an odd body", body, promise.OPEN)
        guidance = (Chunk(0.0, b'{"detail": "Name a model with supports_responses: true."}'),)
        exchange = Exchange("x", case.request, 500, chunks=guidance)
        assert (verdict.defect(responses, case, exchange) is None) is lawful
        bare = Exchange("x", case.request, 500, chunks=(Chunk(0.0, b'{"error": {}}'),))
        assert verdict.defect(responses, case, bare)
