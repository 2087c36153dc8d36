"""The client matrix says who fails: the client that drops a field, or the deployment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fixtures.reference import faults
from suites.clients import calls, matrix, tools
from suites.clients.calls import Way
from suites.clients.tools import Tool
from tests import bench

if TYPE_CHECKING:
    from collections.abc import Mapping

CHAT = tools.file(calls.HTTPX.programs["chat"].file).read_text("utf-8")
DROPPED = '**{name: value for name, value in at.ASKED.items() if name != "max_tokens"}}'
WIZARD = '**at.ASKED, "messages": [{"role": "wizard", "content": "Say OK"}]}'


def cells(url: str, way: Way) -> Mapping[str, matrix.Cell]:
    with bench.deployment(url, tier="standard") as dut:
        prefix = f"client {way.tool.label} "
        return {each.key.removeprefix(prefix): each for each in matrix.cells(dut, way)}


def chat(url: str, old: str = "", new: str = "") -> matrix.Cell:
    """The cell of a client that sends something else than it is asked to."""
    assert old in CHAT
    step = replace(calls.HTTPX.programs["chat"], text=CHAT.replace(old, new))
    return cells(url, replace(calls.HTTPX, programs={"chat": step}))["chat"]


def test_honest_client_works(reference: str) -> None:
    assert chat(f"{reference}/v1").value == "works"


@pytest.mark.parametrize(
    ("old", "new"),
    [("**at.ASKED}", DROPPED), ("**at.ASKED}", DROPPED[:-1] + ', "most_tokens": 8}')],
    ids=["drops", "renames"],
)
def test_client_that_drops_or_renames_a_field_is_reported(
    reference: str, old: str, new: str
) -> None:
    assert chat(f"{reference}/v1", old, new).value == "works, without max_tokens"


def test_client_that_changes_the_model_is_reported(reference: str) -> None:
    other = chat(f"{reference}/v1", '"model": at.MODEL', '"model": "gpt-oss-20b"')
    assert other.value == "works, without model"


def test_deployment_that_ignores_a_field_is_no_fault_of_the_client(reference: str) -> None:
    name = next(n for n, f in faults.load().entries.items() if "CHAT-REQ-MAXTOK-01" in f.violates)
    url = f"{reference}/fault/{name}/v1"
    assert chat(url).value == "works"
    verdicts = bench.examine(url, "CHAT-REQ-MAXTOK-01")
    assert verdicts["CHAT-REQ-MAXTOK-01"].verdict == "violated", verdicts.text()


def test_refusal_of_what_a_client_made_of_the_request_is_its_own(reference: str) -> None:
    cell = chat(f"{reference}/v1", "**at.ASKED}", WIZARD)
    assert cell.value.startswith("fails (client), without messages: HTTP 4")
    assert not cell.findings


@pytest.mark.usefixtures("clients")
def test_refusal_of_the_client_itself_is_the_deployments(reference: str) -> None:
    """LiteLLM drops `user`: that does not excuse a deployment that refuses it by its name."""
    found = cells(f"{reference}/fault/litellm-is-unwelcome/v1", calls.LITELLM)
    assert found["chat"].value.startswith("fails (deployment): HTTP 400")
    assert found["chat"].findings
    assert found["completions"].value == "not offered"


def test_deployment_that_fails_plainly_is_blamed_elsewhere(reference: str) -> None:
    cell = chat(f"{reference}/fault/temperature-required/v1")
    assert cell.value == "works"
    broken = cells(f"{reference}/fault/responses-lie-elsewhere/v1", calls.HTTPX)["responses"]
    assert broken.value.startswith("fails (deployment), as the plain request does: HTTP 404")
    assert not broken.findings


def test_client_that_dies_by_itself_is_no_fault_of_the_deployment(reference: str) -> None:
    cell = chat(f"{reference}/v1", "import importlib", "import no_such_package")
    assert cell.value.startswith("fails (client): ModuleNotFoundError")


def test_client_that_is_not_installed_is_named_in_one_line(reference: str) -> None:
    missing = Way(Tool("nobody", "python", "no-such-package"), calls.HTTPX.programs)
    with (
        bench.deployment(f"{reference}/v1") as dut,
        pytest.raises(Exception, match="nobody") as why,
    ):
        matrix.cells(dut, missing)
    assert str(why.value) == "nobody is not installed: pip install -e '.[clients]'"


def test_old_node_is_named_with_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    tools._version.cache_clear()
    monkeypatch.setattr(tools, "_version_text", lambda _: "v18.19.0")
    with pytest.raises(Exception, match=r"Node v18\.19\.0: 20 or later is needed"):
        _ = tools.OPENAI_NODE.version
    monkeypatch.setattr(tools, "_version_text", lambda _: "")
    with pytest.raises(Exception, match="Node is not installed: 20 or later is needed"):
        _ = tools.OPENAI_NODE.version
    tools._version.cache_clear()
