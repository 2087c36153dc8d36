"""A model that declares nothing is tried in each role; a deployment without a list is judged."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fixtures.transport.exchange import Chunk
from tests import bench
from tests.bench import BENCH_KEY
from tests.checks import odd_server
from tests.rig import runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fixtures.transport.exchange import Exchange

UNDECLARED = "variant/profile-openai/v1"
KEY = {"COMPACTIFAI_API_KEY": BENCH_KEY}
TRIED = ("tools", "image", "audio_chat", "responses", "transcription")


@pytest.mark.parametrize(
    ("model", "played"),
    [
        ("cai-llama-3-1-8b-slim", {"tools"}),
        ("mistral-small-3-1", {"image"}),
        ("nemotron-3-nano-omni", {"image", "audio_chat", "responses"}),
        ("gpt-oss-20b", {"tools", "responses"}),
        ("whisper-large-v3", {"transcription"}),
    ],
)
def test_model_plays_what_it_shows(model: str, played: set[str], reference: str) -> None:
    models = (("", model),)
    url = f"{reference}/{UNDECLARED}"
    sent: list[Exchange] = []
    with bench.deployment(url, sent.append, profile="openai", models=models) as dut:
        assert {role for role in TRIED if dut.cast.models(role) == (model,)} == played
    assert max(Counter(each.request.key for each in sent).values()) == 1


def test_flags_and_named_roles_are_not_tried(reference: str) -> None:
    declared = (("", "cai-llama-3-1-8b-slim"),)
    with bench.deployment(f"{reference}/v1", models=declared) as dut:
        assert not dut.cast.tried
    named = (("", "gpt-oss-20b"), ("tools", "llama-3-1-8b"))
    with bench.deployment(f"{reference}/{UNDECLARED}", profile="openai", models=named) as dut:
        assert "tools" not in {each.role for each in dut.cast.tried}
        assert dut.cast.models("tools") == ("llama-3-1-8b",)


def test_role_that_is_throttled_is_asked(reference: str) -> None:
    def throttled(exchange: Exchange) -> Exchange:
        is_one = exchange.request.route == "/responses"
        return replace(exchange, status=429) if is_one else exchange

    with (
        odd_server.serving(f"{reference}/{UNDECLARED}", throttled) as url,
        bench.deployment(url, profile="openai", models=(("", "gpt-oss-20b"),)) as dut,
    ):
        assert dut.cast.models("responses") == ("gpt-oss-20b",)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--model=gpt-oss-20b"],
            [
                "gpt-oss-20b plays chat, completions, tools, responses; tried without success: "
                "image (HTTP 400), audio_chat (HTTP 400), transcription (HTTP 400), ",
                "not asked for want of a model: 33 clauses need transcription, ",
            ],
        ),
        (
            ["--model=llama-3-1-8b", "--model=transcription=whisper-large-v3"],
            ["clauses need responses, ", "; --model=responses=ID names one"],
        ),
        (["--model=chat=llama-3-1-8b"], [" responses, ", " tools, ", "; --model=responses=ID"]),
    ],
    ids=["one for all", "two", "one role"],
)
def test_summary_says_who_plays_what(
    options: list[str], said: list[str], reference: str, tmp_path: Path
) -> None:
    url = f"--base-url={reference}/{UNDECLARED}"
    run = runs.start(tmp_path, url, "--profile=openai", "--tier=smoke", "-q", *options, **KEY)
    assert run.exit_status == 0, run.out
    assert all(words in "\n".join(run.summary) for words in said), run.summary
    assert run.verdict["deployment"]["unplayed"]


def _absent(exchange: Exchange) -> Exchange:
    is_list = exchange.request.route.partition("?")[0].startswith("/models")
    return _saying(exchange, 404, {"error": {"message": "no such route"}}) if is_list else exchange


def _empty(exchange: Exchange) -> Exchange:
    is_list = exchange.request.route.partition("?")[0] == "/models"
    return _saying(exchange, 200, {"object": "list", "data": []}) if is_list else exchange


def _saying(exchange: Exchange, status: int, document: object) -> Exchange:
    return replace(exchange, status=status, chunks=(Chunk(0.0, json.dumps(document).encode()),))


@pytest.mark.parametrize("profile", ["compactifai", "openai"])
@pytest.mark.parametrize(
    "asked",
    [
        ["--tier=smoke"],
        pytest.param(["--tier=standard"], marks=pytest.mark.slow),
        pytest.param(
            ["--tier=deep", "--request-budget=250", "suites/fuzz", "suites/models"],
            marks=pytest.mark.slow,
        ),
    ],
    ids=["smoke", "standard", "deep"],
)
@pytest.mark.parametrize("listed", [_absent, _empty], ids=["no list", "empty list"])
def test_deployment_without_a_list_is_judged(
    listed: Callable[[Exchange], Exchange],
    asked: list[str],
    profile: str,
    reference: str,
    tmp_path: Path,
) -> None:
    options = (*asked, f"--profile={profile}", "--model=gpt-oss-20b", "-q")
    with odd_server.serving(f"{reference}/v1", listed) as url:
        run = runs.start(tmp_path, *options, f"--base-url={url}", **KEY)
    run.no_traceback()
    assert not run.verdict["harness_errors"]
    assert run.verdict["counts"]["block"]["met"] > 0
    assert run.exit_status in (0, 1, 6), run.out
