"""Roles choose models by what a model declares, and by nothing else."""

from typing import Any

import pytest

from fixtures import examples
from schemas import profiles

LAW = profiles.load(profiles.DEFAULT)

ROLES = LAW.roles
FLAGS = {
    "supports_audio": False,
    "supports_image": False,
    "supports_function_calling": False,
    "support_chat_completion": True,
    "supports_responses": False,
}
CHAT = {"chat", "completions", "no_tools", "no_image", "no_audio", "no_responses"}


def roles_of(entry: dict[str, Any]) -> set[str]:
    return {role.name for role in ROLES.values() if role.fits(entry)}


@pytest.mark.parametrize(
    ("changes", "roles"),
    [
        ({}, CHAT),
        ({"supports_function_calling": True}, CHAT - {"no_tools"} | {"tools"}),
        ({"supports_image": True}, CHAT - {"no_image"} | {"image"}),
        ({"supports_audio": True}, CHAT - {"no_audio"} | {"audio_chat"}),
        ({"supports_responses": True}, CHAT - {"no_responses"} | {"responses"}),
        (
            {"supports_audio": True, "support_chat_completion": False},
            {"transcription", "no_chat", "no_responses"},
        ),
    ],
)
def test_flags_choose_the_roles(changes: dict[str, bool], roles: set[str]) -> None:
    assert roles_of({"id": "a-model", "capabilities": {**FLAGS, **changes}}) == roles


def test_a_suffix_chooses_a_role() -> None:
    assert roles_of({"id": "a-model-r", "capabilities": FLAGS}) == CHAT | {"r_model"}


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"id": "a-model-r"},
        {"id": "a-model", "capabilities": None},
        {"id": "a-model", "capabilities": {}},
        {"id": "a-model", "capabilities": {"support_chat_completion": "true"}},
        {"id": "a-model", "capabilities": {"support_chat_completion": 1}},
    ],
)
def test_what_is_not_declared_fits_no_role(entry: dict[str, Any]) -> None:
    assert roles_of(entry) == set()


def test_the_printed_models_play_every_role_that_flags_tell() -> None:
    printed = examples.load()["ref-models-list-response"].json["data"]
    played = {role for entry in printed for role in roles_of(entry)}
    assert set(ROLES) - played == {"reasoning", "r_model", "broken_model", "embeddings"}
