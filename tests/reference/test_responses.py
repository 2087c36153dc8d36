"""POST /responses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reference.local import Local, error

MODEL = "hypernova-60b"


def respond(local: Local, given: object = "Say OK", **body: Any) -> Any:
    reply = local.post("/responses", json={"model": MODEL, "input": given, **body})
    assert reply.status_code == 200, reply.text
    return reply.json()


def text_of(body: Any) -> str:
    return str(body["output"][0]["content"][0]["text"])


def test_a_response_has_the_documented_shape(local: Local) -> None:
    body = respond(local)
    assert body["object"] == "response"
    assert body["status"] == "completed"
    assert text_of(body) == "OK."
    assert body["usage"]["total_tokens"] == 8 + 2
    assert body["created_at"] <= body["completed_at"]
    assert body["store"] is False


@pytest.mark.parametrize("stream", [False, True])
def test_the_flag_decides_who_is_served(local: Local, *, stream: bool) -> None:
    for entry in local.get("/models").json()["data"]:
        body = {"model": entry["id"], "input": "Say OK", "stream": stream}
        reply = local.post("/responses", json=body)
        served = entry["capabilities"]["supports_responses"]
        assert reply.status_code == (200 if served else 400)
        assert served or set(reply.json()) == {"detail"}


@pytest.mark.parametrize("model", [None, "", 5, [], "nope"])
def test_a_missing_model_gets_guidance_in_detail(local: Local, model: object) -> None:
    reply = local.post("/responses", json={"model": model, "input": "x"})
    assert reply.status_code == 400
    assert isinstance(reply.json()["detail"], str)


def test_a_capped_response_is_incomplete(local: Local) -> None:
    body = respond(local, "Count from 1 to 500", max_output_tokens=16, max_tokens=3)
    assert body["status"] == "incomplete"
    assert body["incomplete_details"] == {"reason": "max_output_tokens"}
    assert body["usage"]["output_tokens"] == 16


def test_items_are_a_conversation(local: Local) -> None:
    parts = [{"type": "input_text", "text": "The code word is ZQXJ-4471."}]
    answered = [{"type": "output_text", "text": "I will remember it."}]
    given = [
        {"type": "message", "role": "user", "content": parts},
        {"role": "assistant", "content": answered},
        {"role": "user", "content": "What is the code word?"},
    ]
    assert "ZQXJ-4471" in text_of(respond(local, given))


def test_instructions_are_prepended(local: Local) -> None:
    body = respond(local, instructions="End every answer with ZEBRA-9.")
    assert text_of(body).endswith("ZEBRA-9")
    assert body["usage"]["input_tokens"] > respond(local)["usage"]["input_tokens"]


def test_metadata_and_store_are_echoed(local: Local) -> None:
    body = respond(local, metadata={"a": "b"}, store=True)
    assert body["metadata"] == {"a": "b"}
    assert body["store"] is True
    assert body["usage"] == respond(local)["usage"]


def test_structured_output_fits_its_schema(local: Local) -> None:
    schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
    wanted = {"format": {"type": "json_schema", "name": "p", "schema": schema}}
    assert text_of(respond(local, text=wanted)) == '{"age": 1}'


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("input", None),
        ("input", 5),
        ("input", [5]),
        ("input", [{}]),
        ("input", [{"role": "user"}]),
        ("temperature", 2.5),
        ("top_p", 1.5),
        ("max_output_tokens", -1),
        ("max_output_tokens", 1.5),
        ("stream", "yes"),
        ("store", "maybe"),
        ("instructions", 5),
        ("parallel_tool_calls", "x"),
        ("truncation", "sometimes"),
        ("text", "x"),
        ("text", {"format": {"type": "zzz"}}),
        ("reasoning", {"effort": "zzz"}),
        ("metadata", {"a": 1}),
        ("metadata", []),
        ("file_id", "file-1"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_wrong_values_are_refused_by_name(
    local: Local, field: str, value: object, *, stream: bool
) -> None:
    body = {"model": MODEL, "input": "Say OK", "stream": stream, field: value}
    reply = local.post("/responses", json=body)
    assert reply.status_code == 400
    assert error(reply)["param"].startswith(field)


def test_nothing_can_be_fetched_back(local: Local) -> None:
    body = respond(local, store=True)
    assert local.get(f"/responses/{body['id']}").status_code == 404
