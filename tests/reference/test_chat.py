"""POST /chat/completions: each field obeyed, refused or ignored, as the tables say."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any

import pytest

from tests.reference.local import Local, chat_body, error, joined
from tests.reference.tools import CLOCK, WEATHER

IGNORED: dict[str, Any] = {
    "logit_bias": {"1734": 100},
    "logprobs": True,
    "top_logprobs": 5,
    "seed": 42,
    "function_call": {"name": "f"},
    "function": {"name": "f"},
    "functions": [{"name": "f", "parameters": {}}],
    "parallel_tool_calls": "x",
    "response_format": {"type": "json_object"},
    "max_completion_tokens": 1,
    "data_sources": [{"type": "azure_search"}],
    "x_unknown": [1],
    "stream_options": 5,
    "user": "user-123",
}
REFUSED: list[tuple[str, Any]] = [
    ("model", None),
    ("model", 5),
    ("model", "gpt-4"),
    ("model", "whisper-large-v3"),
    ("messages", None),
    ("messages", []),
    ("messages", ["hi"]),
    ("messages", {}),
    ("n", 2),
    ("n", 0),
    ("n", "1"),
    ("n", True),
    ("temperature", 2.01),
    ("temperature", -0.01),
    ("temperature", "hot"),
    ("temperature", True),
    ("top_p", 1.1),
    ("top_p", "x"),
    ("frequency_penalty", 2.1),
    ("presence_penalty", -2.1),
    ("max_tokens", 0),
    ("max_tokens", 1.5),
    ("max_tokens", True),
    ("min_tokens", -1),
    ("min_tokens", 5000),
    ("stop", 5),
    ("stop", [5]),
    ("stop", ""),
    ("stream", "yes"),
    ("stream", 1),
    ("user", 5),
    ("reasoning_effort", "extreme"),
    ("reasoning_enabled", "yes"),
    ("tools", {}),
    ("tools", [{}]),
    ("tools", [{"type": "function"}]),
    ("tools", [{"type": "function", "function": {"name": "f", "parameters": 5}}]),
    ("tool_choice", "sometimes"),
    ("tool_choice", {"type": "function"}),
    ("tool_choice", "required"),
]


def test_an_answer_has_the_documented_shape(local: Local) -> None:
    body = local.chat()
    assert body["object"] == "chat.completion"
    assert body["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": "OK."}, "finish_reason": "stop"}
    ]
    assert body["usage"] == {"prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10}


@pytest.mark.parametrize(("field", "value"), REFUSED)
@pytest.mark.parametrize("stream", [False, True])
def test_wrong_values_are_refused_by_name(
    local: Local, field: str, value: object, *, stream: bool
) -> None:
    reply = local.post("/chat/completions", json={"stream": stream, **chat_body(), field: value})
    assert reply.status_code == 400
    assert reply.headers["content-type"] == "application/json"
    param = error(reply)["param"]
    assert param.startswith("tools" if value == "required" else field)


@pytest.mark.parametrize("field", IGNORED)
def test_ignored_fields_have_no_effect(local: Local, field: str) -> None:
    plain, with_field = local.chat(), local.chat(**{field: IGNORED[field]})
    assert with_field["choices"] == plain["choices"]
    assert with_field["usage"] == plain["usage"]


def test_nulls_mean_unset(local: Local) -> None:
    names = ("n", "stop", "tools", "tool_choice", "temperature", "max_tokens", "stream", "user")
    assert local.says("Say OK", **dict.fromkeys(names)) == "OK."
    assert local.says("Say OK", n=1.0) == "OK."


@pytest.mark.parametrize(
    "message",
    [
        {"content": "hi"},
        {"role": "wizard", "content": "hi"},
        {"role": [], "content": "hi"},
        {"role": "user"},
        {"role": "user", "content": 5},
        {"role": "user", "content": []},
        {"role": "user", "content": ["x"]},
        {"role": "user", "content": [{"type": "text"}]},
        {"role": "user", "content": [{"type": "video_url", "video_url": {"url": "https://x.y"}}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///x"}}]},
        {"role": "tool", "content": "x"},
        {"role": "assistant", "content": None, "tool_calls": [{}]},
    ],
)
def test_malformed_messages_are_refused(local: Local, message: object) -> None:
    reply = local.post("/chat/completions", json={**chat_body(), "messages": [message]})
    assert reply.status_code == 400
    assert error(reply)["param"].startswith("messages[0]")


@pytest.mark.parametrize("cap", [1, 2, 5, 17])
def test_max_tokens_cuts(local: Local, cap: int) -> None:
    body = local.chat("Count from 1 to 500", max_tokens=cap)
    assert body["usage"]["completion_tokens"] == cap
    assert body["choices"][0]["finish_reason"] == "length"
    assert len(body["choices"][0]["message"]["content"].split()) == cap


def test_min_tokens_goes_on(local: Local) -> None:
    assert local.chat("Reply with OK only")["usage"]["completion_tokens"] < 30
    body = local.chat("Reply with OK only", min_tokens=30, max_tokens=60)
    assert 30 <= body["usage"]["completion_tokens"] <= 60
    assert body["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("stop", [" 7", [" 9", " 7"], ["#", " 7 8"], "7"])
def test_stop_cuts_before_its_earliest_occurrence(local: Local, stop: object) -> None:
    text = "Count: 1 2 3 ... 20 separated by spaces"
    body = local.chat(text, stop=stop)
    content = body["choices"][0]["message"]["content"]
    assert content.strip() == "1 2 3 4 5 6"
    assert body["choices"][0]["finish_reason"] == "stop"
    assert joined(local.chunks(text, stop=stop)) == content


def test_temperature_and_top_p_rule_the_dice(local: Local) -> None:
    text = "Name a random animal and city"

    def distinct(**body: Any) -> int:
        return len({local.says(text, max_tokens=12, **body) for _ in range(16)})

    assert distinct(temperature=0) == 1
    assert distinct(temperature=1.8, top_p=0.01) == 1
    assert distinct(temperature=1.8) >= 4
    assert distinct(temperature=1.8, seed=7) >= 4
    assert distinct() >= 3


def test_penalties_reduce_repetition(local: Local) -> None:
    text = "Repeat the word la 40 times"
    assert local.says(text, temperature=0).split().count("la") == 40
    assert local.says(text, temperature=0, frequency_penalty=2).split().count("la") < 20
    animals = "name 30 animals, repeats allowed"
    free = local.says(animals, temperature=0).split()
    varied = local.says(animals, temperature=0, presence_penalty=2).split()
    assert len(set(varied)) > len(set(free))


def test_the_prompt_is_counted(local: Local) -> None:
    def cost(*messages: Any) -> int:
        body = {**chat_body(), "messages": messages}
        reply = local.post("/chat/completions", json=body).json()
        return int(reply["usage"]["prompt_tokens"])

    text = {"role": "user", "content": "Say OK"}
    parts = {"role": "user", "content": [{"type": "text", "text": "Say OK"}]}
    assert cost(text) == cost(parts) < cost(text, text)
    assert cost(text) < local.chat(tools=[WEATHER])["usage"]["prompt_tokens"]


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ("required", "get_weather"),
        ({"type": "function", "function": {"name": "read_clock"}}, "read_clock"),
        ("read_clock", "read_clock"),
    ],
)
def test_forced_calls_are_made(local: Local, choice: Any, name: str) -> None:
    body = {"tools": [WEATHER, CLOCK], "tool_choice": choice}
    choice = local.chat("Say hello", **body)["choices"][0]
    [call] = choice["message"]["tool_calls"]
    assert call["function"]["name"] == name
    assert isinstance(json.loads(call["function"]["arguments"]), dict)
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None


def test_the_model_calls_when_the_question_fits(local: Local) -> None:
    asked = "What's the weather in Paris and in New York?"
    message = local.chat(asked, tools=[WEATHER])["choices"][0]["message"]
    places = [json.loads(call["function"]["arguments"]) for call in message["tool_calls"]]
    assert places == [{"location": "Paris"}, {"location": "New York"}]
    assert local.says("Say hello", tools=[WEATHER]).startswith("Hello")
    assert local.says(asked, tools=[WEATHER], tool_choice="none")


def test_a_tool_result_is_used(local: Local) -> None:
    asked = chat_body("What's the weather in Paris?", tools=[WEATHER])
    call = local.post("/chat/completions", json=asked).json()["choices"][0]["message"]
    result = {
        "role": "tool",
        "tool_call_id": call["tool_calls"][0]["id"],
        "content": '{"temp": 21.5}',
    }
    asked["messages"] += [call, result]
    reply = local.post("/chat/completions", json=asked).json()
    assert "21" in reply["choices"][0]["message"]["content"]


def test_tools_need_the_capability(local: Local) -> None:
    body = chat_body(tools=[WEATHER], tool_choice="required", model="blackstar-10b")
    assert error(local.post("/chat/completions", json=body))["param"] == "tools"


def test_reasoning_effort_lengthens_reasoning(local: Local) -> None:
    def spent(**body: Any) -> int:
        return int(local.chat(**body)["usage"]["completion_tokens"])

    low, high = (spent(model="gpt-oss-20b", reasoning_effort=e) for e in ("low", "high"))
    assert spent(model="gpt-oss-20b") < low < high
    assert spent(model="gpt-oss-20b", reasoning_effort="high", max_tokens=8) == 8
    assert spent(reasoning_effort="high") == spent()
    assert "reasoning_content" in local.chat(reasoning_enabled=True)["choices"][0]["message"]


def png(red: int, green: int, blue: int) -> str:
    """A picture of one colour, as a data: URL."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    rows = (b"\0" + bytes([red, green, blue]) * 8) * 8
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    image = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
    return "data:image/png;base64," + base64.b64encode(image + chunk(b"IEND", b"")).decode()


def picture(url: object, model: str = "mistral-small-3-1") -> dict[str, Any]:
    parts = [
        {"type": "text", "text": "Which colour is this?"},
        {"type": "image_url", "image_url": {"url": url}},
    ]
    return {"model": model, "messages": [{"role": "user", "content": parts}]}


@pytest.mark.parametrize(
    ("colour", "pixel"), [("red", (255, 0, 0)), ("blue", (0, 0, 255)), ("green", (0, 128, 0))]
)
def test_colours_are_seen(local: Local, colour: str, pixel: tuple[int, int, int]) -> None:
    reply = local.post("/chat/completions", json=picture(png(*pixel))).json()
    assert colour in reply["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        5,
        "x",
        "file:///etc/x",
        "http://127.0.0.1:1/",
        "https://10.0.0.1/",
        "https://[",
        "data:x",
        "data:image/png;base64,",
        "data:image/png;base64,!!!",
        "data:image/png;base64,iVBORw0KGgo=",
    ],
)
def test_what_is_no_picture_is_refused(local: Local, url: object) -> None:
    assert local.post("/chat/completions", json=picture(url)).status_code == 400


def test_pictures_need_the_capability(local: Local) -> None:
    assert local.post("/chat/completions", json=picture("https://a.example/x.png")).is_success
    refused = local.post("/chat/completions", json=picture(png(255, 0, 0), "glm-5-1"))
    assert error(refused)["code"] == "capability_not_supported"
