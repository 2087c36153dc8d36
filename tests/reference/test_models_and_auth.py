"""The catalogue, and the door to it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reference.local import KEY, Local, chat_body, error

ROUTES = [
    ("GET", "/models"),
    ("GET", "/models/glm-5-1"),
    ("POST", "/chat/completions"),
    ("POST", "/completions"),
    ("POST", "/responses"),
    ("POST", "/audio/transcriptions"),
    ("GET", "/no-such-route"),
]
FLAGS = {
    "supports_audio",
    "supports_image",
    "supports_function_calling",
    "support_chat_completion",
    "supports_responses",
}


def test_the_documented_models_are_listed(local: Local) -> None:
    listing = local.get("/models").json()
    assert listing["object"] == "list"
    assert len({entry["id"] for entry in listing["data"]}) == 16
    assert all(set(entry["capabilities"]) == FLAGS for entry in listing["data"])


def test_every_model_is_retrieved_as_listed(local: Local) -> None:
    for entry in local.get("/models").json()["data"]:
        assert local.get(f"/models/{entry['id']}").json() == entry


@pytest.mark.parametrize("model_id", ["glm-5", "GLM-5-1", "glm-5-1-r", "%2e%2e", "%ff%00", ""])
def test_other_ids_are_unknown(local: Local, model_id: str) -> None:
    reply = local.get(f"/models/{model_id}")
    assert reply.status_code == 404
    assert error(reply)["param"] in ("model", None)


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Bearer {KEY} x", KEY, f"Basic {KEY}"],
)
def test_without_the_key_nothing_is_served(
    local: Local, method: str, path: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    reply = getattr(local, method.lower())(path, headers=headers)
    assert reply.status_code == 401
    assert error(reply)["code"] == "invalid_api_key"
    assert "wrong" not in reply.text


def test_the_key_is_asked_for_before_the_body_is_read(local: Local) -> None:
    texts = {
        local.post(path, headers={}, **body).text
        for path in ("/chat/completions", "/responses")
        for body in bodies()
    }
    assert len(texts) == 1


def bodies() -> list[dict[str, Any]]:
    return [{"content": b"{"}, {"json": {"model": "nope"}}, {"json": chat_body(stream=True)}]


def test_two_credentials_are_none(local: Local) -> None:
    headers = [("Authorization", f"Bearer {KEY}")] * 2
    assert local.get("/models", headers=headers).status_code == 401


def test_the_scheme_is_read_in_any_case(local: Local) -> None:
    assert local.get("/models", headers={"Authorization": f"bearer {KEY}"}).status_code == 200


def test_wrong_methods_and_routes_are_refused_in_json(local: Local) -> None:
    assert local.get("/chat/completions").status_code == 405
    assert local.get("/chat/completions").headers["allow"] == "POST"
    assert error(local.post("/models"))["code"] == "method_not_allowed"
    assert error(local.post("/embeddings", json={}))["code"] == "not_found"
    assert local.get("/responses/resp_1").status_code == 404


def test_a_key_in_the_wrong_place_is_not_repeated(local: Local) -> None:
    reply = local.post("/chat/completions", json={**chat_body(), "model": KEY})
    assert reply.status_code == 400
    assert KEY not in reply.text
