"""LiteLLM and its proxy talk to the deployment alone: no model map, no telemetry, no account."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

from suites.clients import gateway, runs, tools
from tests.bench import BENCH_KEY
from tests.clients.conftest import installed

GUARD = Path(__file__).with_name("guard")
HERE = {"127.0.0.1", "localhost", "::1", "None"}
MODEL = "cai-llama-3-1-8b-slim"
ASK = {"model": MODEL, "messages": [{"role": "user", "content": "Say OK"}], "max_tokens": 8}
PROGRAM = """
import os, litellm
at = {"model": "compactifai/" + os.environ["MODEL"], "api_base": os.environ["BASE_URL"]}
ask = {"messages": [{"role": "user", "content": "Say OK"}], "max_tokens": 8}
print(litellm.completion(**at, **ask).choices[0].message.content)
for chunk in litellm.completion(**at, **ask, stream=True): pass
litellm.text_completion(prompt="The capital of France is", max_tokens=8, **at)
"""


def watched(home: Path) -> dict[str, str]:
    """The environment that makes a Python process write down whom it talks to."""
    return {"PYTHONPATH": str(GUARD), "GUARD": str(home / "guard")}


def strangers(home: Path) -> set[str]:
    """Whom it talked to besides this machine, which it has to be seen to talk to."""
    seen = set((home / "guard").read_text("utf-8").split("\n")) - {""}
    assert seen & HERE, "the guard saw nothing"
    return seen - HERE


def test_litellm_talks_to_the_deployment_alone(reference: str, tmp_path: Path) -> None:
    installed(tools.LITELLM)
    env = {"BASE_URL": f"{reference}/v1", "MODEL": MODEL, "COMPACTIFAI_API_KEY": BENCH_KEY}
    command = [sys.executable, "-c", PROGRAM]
    code, out, err = runs.process(command, tmp_path, 60, env={**env, **watched(tmp_path)})
    assert code == 0, err
    assert out.strip()
    assert not strangers(tmp_path)


def test_guard_sees_who_looks_around(tmp_path: Path) -> None:
    program = "import socket; socket.getaddrinfo('192.0.2.1', 80, type=socket.SOCK_STREAM)"
    runs.process([sys.executable, "-c", program], tmp_path, 60, env=watched(tmp_path))
    assert (tmp_path / "guard").read_text("utf-8") == "192.0.2.1\n"


def test_proxy_talks_to_the_deployment_alone(
    reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tools.GATEWAY)
    monkeypatch.setattr(gateway, "QUIET", {**gateway.QUIET, **watched(tmp_path)})
    headers = {"Authorization": f"Bearer {gateway.KEY}"}
    with gateway.gateway(f"{reference}/v1", BENCH_KEY, (MODEL,)) as url:
        answer = httpx.post(f"{url}/chat/completions", json=ASK, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    assert not strangers(tmp_path)
