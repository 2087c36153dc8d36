"""Streams of all three text endpoints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.reference.local import MODEL, Local, events, joined
from tests.reference.tools import CLOCK, WEATHER


@pytest.mark.parametrize(
    "body",
    [
        {"text": "Say OK"},
        {"text": "Count from 1 to 500", "max_tokens": 5},
        {"text": "Count from 1 to 20", "stop": " 7 8"},
        {"text": "Repeat exactly: Bogotá 東京 🙂"},
        {"text": "Tell me about bees", "temperature": 0},
    ],
)
def test_a_stream_tells_what_the_plain_answer_tells(local: Local, body: dict[str, Any]) -> None:
    plain, chunks = local.chat(**body), local.chunks(**body)
    assert chunks.count("[DONE]") == 1
    assert chunks.pop() == "[DONE]"
    assert joined(chunks) == plain["choices"][0]["message"]["content"]
    assert len({(c["id"], c["created"], c["model"], c["object"]) for c in chunks}) == 1
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    assert reasons == [None] * (len(chunks) - 1) + [plain["choices"][0]["finish_reason"]]


def test_usage_is_sent_when_asked_for(local: Local) -> None:
    chunks = local.chunks(stream_options={"include_usage": True})
    assert chunks[-2]["choices"] == []
    assert chunks[-2]["usage"] == local.chat()["usage"]
    assert all(chunk["choices"] and chunk["usage"] is None for chunk in chunks[:-2])


def test_calls_are_streamed(local: Local) -> None:
    asked = "What's the weather in Paris and in Rome?"
    chunks = local.chunks(asked, tools=[CLOCK, WEATHER])[:-1]
    deltas = [d for c in chunks for d in c["choices"][0]["delta"].get("tool_calls", [])]
    for index, place in enumerate(["Paris", "Rome"]):
        first, *rest = [delta for delta in deltas if delta["index"] == index]
        assert first["id"]
        assert first["function"]["name"] == "get_weather"
        assert all("id" not in delta for delta in rest)
        text = "".join(delta["function"]["arguments"] for delta in (first, *rest))
        assert json.loads(text) == {"location": place}
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_a_text_completion_is_streamed(local: Local) -> None:
    body = {"model": MODEL, "prompt": ["The capital of France is", "1 2 3"], "stream": True}
    chunks = events(local.post("/completions", json=body))[:-1]
    texts = ["", ""]
    for chunk in chunks:
        assert chunk["object"] == "text_completion"
        texts[chunk["choices"][0]["index"]] += chunk["choices"][0]["text"]
    assert texts[0] == " Paris."
    assert len(texts[1].split()) == 16


@pytest.mark.parametrize(
    ("cap", "last"), [(None, "response.completed"), (16, "response.incomplete")]
)
def test_a_response_lives_through_its_events(local: Local, cap: int | None, last: str) -> None:
    body = {"model": "hypernova-60b", "input": "Count from 1 to 50", "max_output_tokens": cap}
    plain = local.post("/responses", json=body).json()
    stream = events(local.post("/responses", json={**body, "stream": True}))
    assert stream.pop() == "[DONE]"
    assert [event["sequence_number"] for event in stream] == list(range(len(stream)))
    kinds = [event["type"].removeprefix("response.") for event in stream]
    assert kinds[:4] == ["created", "in_progress", "output_item.added", "content_part.added"]
    assert kinds[-4:-1] == ["output_text.done", "content_part.done", "output_item.done"]
    assert stream[-1]["type"] == last
    text = "".join(event["delta"] for event in stream if event["type"].endswith("text.delta"))
    assert text == stream[-1]["response"]["output"][0]["content"][0]["text"]
    assert text == plain["output"][0]["content"][0]["text"]
    assert stream[-1]["response"]["usage"] == plain["usage"]
    assert stream[0]["response"]["id"] == stream[-1]["response"]["id"]


def test_the_event_line_is_the_type(local: Local) -> None:
    body = {"model": "hypernova-60b", "input": "Say OK", "stream": True}
    for frame in local.post("/responses", json=body).text.split("\n\n")[:-2]:
        name, data = frame.split("\n")
        assert name == "event: " + json.loads(data.removeprefix("data: "))["type"]
