"""The golden files hold what the documents print."""

import ast
import hashlib
from collections import Counter
from pathlib import Path

import pytest

from fixtures import examples
from fixtures.examples import Example
from schemas import profiles
from schemas.yaml_rows import ContractError

LAW = profiles.load(profiles.DEFAULT)

EXAMPLES = examples.load()
FOLDER = Path(examples.__file__).parent

each = pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda example: example.name)


def bare(text: str) -> str:
    """The text without any white space."""
    return "".join(text.split())


@each
def test_the_document_prints_it(example: Example) -> None:
    assert LAW.sources[example.source].prints(example.printed)


@each
def test_only_white_space_and_listed_repairs_differ(example: Example) -> None:
    printed = example.printed
    for repair in example.repairs:
        assert repair.printed in printed
        printed = printed.replace(repair.printed, repair.restored)
    assert bare(printed) == bare(example.text)


@each
def test_clauses_that_use_it_exist(example: Example) -> None:
    assert set(example.used_by) <= LAW.clauses.keys()


@each
def test_its_code_is_well_formed(example: Example) -> None:
    if example.file.endswith(".py.txt"):
        ast.parse(example.text)


@each
def test_a_printed_payload_is_printed(example: Example) -> None:
    if example.kind == "request" and example.payload is not None:
        assert bare(example.payload) in bare(example.printed)


@each
def test_a_schema_has_a_body_to_fit(example: Example) -> None:
    assert example.bodies or example.schema is None
    assert example.bodies or not example.file.endswith(".json")


def test_there_are_as_many_as_the_documents_print() -> None:
    assert Counter(example.kind for example in EXAMPLES.values()) == {
        "snippet": 30,
        "request": 21,
        "response": 12,
        "fragment": 5,
        "stream": 3,
        "error": 1,
    }


def test_every_golden_file_is_listed() -> None:
    listed = {line.split(": ")[1] for line in _file_lines()}
    found = {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*-*/*") if path.is_file()}
    assert listed == found


def _file_lines() -> list[str]:
    lines = (FOLDER / "index.yaml").read_text("utf-8").splitlines()
    keys = ("  file: ", "  as_printed: ", "  payload: ")
    return [line for line in lines if line.startswith(keys)]


def test_the_printed_usage_adds_up() -> None:
    totals = {}
    for example in EXAMPLES.values():
        if example.schema in {"chat.response", "completions.response"}:
            usage = example.json["usage"]
            totals[example.name] = usage["total_tokens"]
            assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]
    assert sorted(totals.values()) == [12, 23, 25, 60, 87, 107]


def test_the_printed_model_stands_in_the_printed_list() -> None:
    printed = EXAMPLES["ref-models-list-response"].json["data"]
    assert len(printed) == 16
    assert EXAMPLES["ref-model-retrieve-response"].json in printed


def test_a_stream_has_its_chunks() -> None:
    excerpt = EXAMPLES["ref-chat-stream-excerpt"]
    text = [chunk["choices"][0]["delta"]["content"] for chunk in excerpt.bodies]
    assert "".join(text) == "Hello there"
    assert excerpt.text.count("\n\n") == 3
    assert "\n\n" not in excerpt.printed


def test_the_body_of_a_command_is_its_payload() -> None:
    assert EXAMPLES["respapi-stream-curl"].json == {
        "model": "gpt-oss-20b",
        "input": "Say hello in one short sentence.",
        "stream": True,
    }


def test_an_example_without_one_body_says_so() -> None:
    with pytest.raises(LookupError, match="'ref-audio-curl' holds 0 JSON bodies"):
        _ = EXAMPLES["ref-audio-curl"].json


INDEX_ROW = """
- name: one
  kind: request
  endpoint: GET /models
  source: api-reference
  section: Lists
  file: one.json
"""


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (INDEX_ROW.replace("request", "letter"), "unknown kind 'letter'"),
        (INDEX_ROW.replace("GET /models", "GET /x"), "unknown endpoint 'GET /x'"),
        (INDEX_ROW.replace("one.json", "two.json"), "two.json is not readable"),
        (INDEX_ROW + "  schema: poem\n", "unknown schema 'poem'"),
        (INDEX_ROW + "  colour: red\n", "unknown key 'colour'"),
        (INDEX_ROW + "  repairs: [x]\n", "not a row: 'x'"),
        (INDEX_ROW.replace("  section: Lists\n", ""), "'section' is missing"),
        (INDEX_ROW + INDEX_ROW, "one: stands twice"),
    ],
)
def test_a_broken_index_is_refused(row: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text("{}", "utf-8")
    (tmp_path / "index.yaml").write_text(row, "utf-8")
    with pytest.raises(ContractError, match=message):
        examples.load(tmp_path)


def test_documents_are_kept_byte_for_byte() -> None:
    folder = Path(__file__).parents[2] / "schemas" / "sources"
    for source in LAW.sources.values():
        raw = (folder / f"{source.name}.txt").read_bytes()
        assert hashlib.sha256(raw).hexdigest() == source.sha256
