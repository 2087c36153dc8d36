"""POST /completions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reference.local import MODEL, Local, error

IGNORED: dict[str, Any] = {
    "best_of": 3,
    "echo": True,
    "logit_bias": {"1734": 100},
    "logprobs": 5,
    "seed": 42,
    "suffix": " -- the end",
    "n": 2,
    "user": "user-123",
    "tools": [{"type": "function", "function": {"name": "f"}}],
    "tool_choice": "auto",
}


def complete(local: Local, prompt: object, **body: Any) -> Any:
    reply = local.post("/completions", json={"model": MODEL, "prompt": prompt, **body})
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_an_answer_has_the_documented_shape(local: Local) -> None:
    body = complete(local, "The capital of France is")
    assert body["object"] == "text_completion"
    assert body["choices"] == [
        {"text": " Paris.", "index": 0, "logprobs": None, "finish_reason": "stop"}
    ]
    assert body["usage"] == {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}


@pytest.mark.parametrize("prompt", ["1 2 3 4", "Count: one two three", "Write a poem about bees"])
def test_max_tokens_is_16_by_default(local: Local, prompt: str) -> None:
    body = complete(local, prompt)
    assert body["usage"]["completion_tokens"] == 16
    assert body["choices"][0]["finish_reason"] == "length"


def test_numbers_go_on_until_they_are_stopped(local: Local) -> None:
    body = complete(local, "1 2 3 4", stop=[" 8", "#"], max_tokens=40)
    assert body["choices"][0]["text"] == " 5 6 7"
    assert body["choices"][0]["finish_reason"] == "stop"


def test_each_prompt_gets_a_choice(local: Local) -> None:
    body = complete(local, ["The capital of France is", "The capital of Italy is"])
    assert [(c["index"], c["text"]) for c in body["choices"]] == [(0, " Paris."), (1, " Rome.")]


def test_min_tokens_goes_on(local: Local) -> None:
    body = complete(local, "The capital of France is", min_tokens=20, max_tokens=40)
    assert body["usage"]["completion_tokens"] == 20


def test_temperature_rules_the_dice(local: Local) -> None:
    def distinct(**body: Any) -> int:
        texts = [complete(local, "A random animal:", **body)["choices"][0] for _ in range(16)]
        return len({choice["text"] for choice in texts})

    assert distinct(temperature=0) == 1
    assert distinct(top_p=0) == 1
    assert distinct(temperature=1.8) >= 4


@pytest.mark.parametrize("field", IGNORED)
def test_ignored_fields_have_no_effect(local: Local, field: str) -> None:
    plain = complete(local, "1 2 3")
    other = complete(local, "1 2 3", **{field: IGNORED[field]})
    assert (other["choices"], other["usage"]) == (plain["choices"], plain["usage"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", "whisper-large-v3"),
        ("model", ""),
        ("prompt", None),
        ("prompt", 5),
        ("prompt", []),
        ("prompt", [None]),
        ("prompt", [1, 2, 3]),
        ("prompt", [[1, 2]]),
        ("temperature", 2.1),
        ("top_p", -0.1),
        ("max_tokens", -1),
        ("min_tokens", 20),
        ("stop", {}),
        ("user", 5),
        ("stream", "x"),
        ("tools", "x"),
    ],
)
def test_wrong_values_are_refused_by_name(local: Local, field: str, value: object) -> None:
    body = {"model": MODEL, "prompt": "Say OK", field: value}
    reply = local.post("/completions", json=body)
    assert reply.status_code == 400
    assert error(reply)["param"] == field
