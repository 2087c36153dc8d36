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


@pytest.mark.parametrize("snippet", ALL, ids=lambda snippet: snippet.name)
def test_nothing_else_differs(snippet: Snippet, dut: Deployment) -> None:
    """Undo what is named here, and the printed text is there again."""
    lawful = {snippet.url, "https://api.openai.com/v1"}
    for old, new in snippet.substitutions(dut):
        model = {name for entry in dut.cast.entries if (name := str(entry["id"])) in new}
        assert (old in lawful and new == runs.BASE) or model or (old, new) == snippets.ELIDED
    text, pieces = snippet.program(dut).text, snippet.printed
    for old, _ in snippet.substitutions(dut):
        pieces = pieces.replace(old, "\0")
    for piece in pieces.split("\0"):
        assert text.startswith(piece)
        text = text.removeprefix(piece)
        given = [new for _, new in snippet.substitutions(dut) if text.startswith(new)]
        text = text.removeprefix(max(given, key=len, default=""))
    assert not text


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
