"""What is run is what is printed, but for URL, key, model and file names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fixtures import examples
from suites.clients import own, runs, snippets, tools
from suites.clients.snippets import Snippet
from tests import bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.deployment import Deployment

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


PROGRAMS = [each for each in ALL if each.tool.runs != "command"]
NAMES = re.compile(
    r"""(?P<mark>['"]?)(compactifai/(?P=mark) \+ )?MODELS\[['"][a-z]+['"]\](, api_base=BASE_URL)?"""
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
    """A shell reads the printed words in what is run, but for URL, model and how a form is named."""
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


@pytest.mark.parametrize("model", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_of_a_program_knows_the_deployment(model: str, dut: Deployment) -> None:
    """What is run is the same text, whatever ids and URL a deployment has."""
    other = replace(dut, cast=Named(model))
    for tool in (tools.OPENAI, tools.OPENAI_NODE, tools.LITELLM):
        texts = {each.name: each.steps for each in own.BATCHES[tool](dut)}
        assert texts == {each.name: each.steps for each in own.BATCHES[tool](other)}


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
