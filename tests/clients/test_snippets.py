"""What is run is what is printed, but for URL, key, model and file names."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from fixtures import examples
from suites.clients import own, runs, snippets, tools
from suites.clients.runs import Word
from suites.clients.snippets import Snippet
from tests import bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.target.deployment import Deployment

ALL = [value for value in vars(snippets).values() if isinstance(value, Snippet)]
ALL += [each for value in (snippets.CURL, snippets.OTHER_PROVIDERS) for each in value]
# Set-up of other products, a variable alone, and two calls into LiteLLM's proxy.
NOT_RUN = {
    *("guide-ollama-setup", "guide-litellm-proxy-setup", "litellm-env-key"),
    "guide-litellm-proxy-python",
}


@pytest.fixture(scope="module")
def dut(reference: str) -> Iterator[Deployment]:
    with bench.deployment(f"{reference}/v1") as dut:
        yield dut


# Ids that a shell, Python, JSON, a template or curl would take for more than a name.
ODD = (
    *("x'; touch pwned; '", '"; import os; os.system("touch pwned"); "', "$(touch pwned)`x`"),
    *(
        "a\nb\r\n",
        "{base-url}{x}",
        "%0a",
        "@/etc/hostname",
        "</etc/hostname;type=x",
        "\\",
        "\ud800",
    ),
    *("é\u2028\U0001f600", "x" * 60_000, "BASE_URL", "cai-llama-3-1-8b-slim'", "-o"),
)
PROGRAMS = [each for each in ALL if each.tool.runs != "command"]
NAMES = re.compile(
    r"""(?P<mark>['"]?)(compactifai/(?P=mark) \+ )?MODELS\[['"][^'"]+['"]\](, api_base=BASE_URL)?"""
    r"""|BASE_URL( \+ ['"])?"""
)


@pytest.mark.parametrize("snippet", PROGRAMS, ids=lambda snippet: snippet.name)
def test_nothing_else_differs(snippet: Snippet) -> None:
    """Undo what is named here, and the printed text is there again."""
    for old, new in snippet.substitutions:
        assert NAMES.fullmatch(new) or (old, new) == snippets.ELIDED
    text = snippet.text
    for old, new in sorted(snippet.substitutions, key=lambda pair: -len(pair[1])):
        assert new in text
        text = text.replace(new, old)
    assert text == snippet.printed


@pytest.mark.parametrize("snippet", snippets.CURL, ids=lambda snippet: snippet.name)
def test_nothing_else_differs_in_a_command(snippet: Snippet, dut: Deployment) -> None:
    """A shell reads the words that are run in the printed text, but for URL, model and `-F`."""
    program = snippet.program(dut)
    words = [
        each.text if isinstance(each, Word) else snippet.url + each.path
        for each in program.arguments
    ]
    for printed, role in snippet.roles.items():
        words = [each.replace(dut.cast.model(role), printed) for each in words]
    words = ["-F" if each == snippets.FORM_AS_IT_IS else each for each in words]
    program_ = ["bash", "-c", f"curl() {{ printf '%s\\0' \"$@\"; }}; {snippet.printed}"]
    done = subprocess.run(program_, capture_output=True, check=True)
    assert "\0".join([*words, ""]).encode() == done.stdout


@pytest.mark.parametrize("model", ODD, ids=range(len(ODD)))
def test_no_text_of_a_program_knows_the_deployment(
    model: str, dut: Deployment, reference: str
) -> None:
    """What is run is the same text, whatever ids a deployment has; they are values."""
    given = tuple((role, model) for role in dut.contract.roles)
    with bench.deployment(f"{reference}/v1", models=given) as other:
        for tool in (tools.OPENAI, tools.OPENAI_NODE, tools.LITELLM):
            texts = {each.name: (each.steps, each.env) for each in own.BATCHES[tool](dut)}
            there = list(own.BATCHES[tool](other))
            assert {each.name: (each.steps, each.env) for each in there} == texts
            assert any(each.values.get("MODEL") == model for each in there)


@pytest.mark.parametrize("model", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("snippet", snippets.CURL, ids=lambda snippet: snippet.name)
def test_odd_id_is_one_value_of_a_command(
    snippet: Snippet, model: str, dut: Deployment, reference: str
) -> None:
    """The words are as many as printed, and what holds the id reads as the id."""
    plain = snippet.program(dut)
    given = tuple((role, model) for role in dut.contract.roles)
    with bench.deployment(f"{reference}/v1", models=given) as other:
        program = snippet.program(other)
    assert len(program.arguments) == len(plain.arguments)
    assert all(b"\0" not in word for word in program.bound("http://127.0.0.1/v1", "token").words)
    for old, new in zip(plain.arguments, program.arguments, strict=True):
        if old == new:
            continue
        if isinstance(new, runs.Address):
            assert new.path == f"/models/{quote(model, safe='', errors='surrogatepass')}"
        elif new.text.startswith("{"):
            assert json.loads(new.text)["model"] == model
        else:
            assert new.text == f"model={model}"


def test_id_that_no_argument_holds_is_not_applicable(reference: str) -> None:
    for model in ("x\0y", "x" * 200_000):
        given = (("transcription", model), ("chat", model))
        with bench.deployment(f"{reference}/v1", models=given) as dut:
            assert {each.name for each in snippets.programs(dut, snippets.CURL)} & {
                "ref-audio-curl"
            } == set()


@pytest.mark.parametrize("snippet", ALL, ids=lambda snippet: snippet.name)
def test_each_part_is_printed(snippet: Snippet) -> None:
    text = examples.load()[snippet.example].text
    begin, end = snippet.part
    head, _, rest = snippet.printed.partition(begin) if begin else (snippet.printed, "", "")
    assert head in text
    assert rest.rstrip() in text
    assert not end or end not in snippet.printed


def test_every_printed_program_is_run() -> None:
    """A snippet of code that no check runs is a mistake: those that are not run are named."""
    run = {snippet.example for snippet in ALL}
    programs = {
        name
        for name, example in examples.load().items()
        if example.file.endswith((".py.txt", ".sh", ".mjs"))
    }
    assert programs - run - NOT_RUN == set()


def test_key_stays_a_placeholder(dut: Deployment) -> None:
    batch = [*own.BATCHES[tools.OPENAI](dut), *own.BATCHES[tools.LITELLM](dut)]
    secret = dut.client.secret.reveal()
    assert not [each.name for each in batch if secret in repr(each)]


def test_placeholders_are_those_that_are_printed() -> None:
    printed = "".join(example.text for example in examples.load().values())
    assert all(word in printed for word in runs.PLACEHOLDERS)


def test_lock_file_names_no_registry() -> None:
    lock = Path(tools.NODE / "package-lock.json").read_text("utf-8")
    assert "resolved" not in lock
    assert "://" not in lock
    assert all("integrity" in each for name, each in json.loads(lock)["packages"].items() if name)
