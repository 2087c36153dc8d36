"""The derived files are valid, fresh, and readable by the tools they are made for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from requests import Request
from schemathesis import Response

from fixtures.examples import load as examples
from schemas import __main__ as command
from schemas import derive, openapi, profiles

LAW = profiles.load(profiles.DEFAULT)

TABLES, BODIES = LAW.tables, LAW.bodies
DOCUMENT = json.loads(openapi.PATH.read_text("utf-8"))
API: Any = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {(one.method.upper(), one.path): one for one in TABLES.operations}
CHUNK = {
    "id": "c",
    "object": "chat.completion.chunk",
    "created": 1749600000,
    "model": "m",
    "choices": [{"delta": {"content": "a"}, "index": 0, "finish_reason": None}],
}


@pytest.mark.parametrize("kind", BODIES.kinds)
def test_a_derived_schema_is_a_valid_schema(kind: str) -> None:
    schema = json.loads((derive.DIRECTORY / f"{kind}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    for row in schema.get("properties", {}).values():
        Draft202012Validator.check_schema(row.get("x-refused", {}))


def test_the_derived_files_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_stale_file_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = derive.DIRECTORY / "chat.response.json"
    monkeypatch.setattr(command, "_wanted", lambda: {path: "{}\n"})
    assert command.main(["check"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert f"stale: {Path('schemas/json/chat.response.json')}" in lines
    assert lines[-1] == "run: python -m schemas derive"


def test_derive_writes_what_is_stale_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new, gone = tmp_path / "json" / "a.json", tmp_path / "json" / "b.json"
    gone.parent.mkdir()
    gone.write_text("{}")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(derive, "DIRECTORY", tmp_path / "json")
    monkeypatch.setattr(command, "_wanted", lambda: {new: "{}\n"})
    assert command.main(["derive"]) == 0
    assert new.read_text() == "{}\n"
    assert not gone.exists()
    assert capsys.readouterr().out.splitlines() == [
        f"wrote {Path('json/a.json')}",
        f"removed {Path('json/b.json')}",
        "2 files changed, 1 in all",
    ]


@pytest.mark.parametrize("arguments", [[], ["foo"], ["check", "x"]])
def test_anything_else_is_one_line_of_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        command.main(arguments)
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("usage: python -m schemas")
    assert error.count("\n") == 1


def test_help_tells_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        command.main(["--help"])
    assert left.value.code == 0
    output = capsys.readouterr().out
    assert "write the derived files" in output
    assert "name the files" in output


@pytest.mark.parametrize(
    "example", [each for each in examples().values() if each.schema], ids=lambda each: each.name
)
def test_a_printed_example_fits_its_schema(example: Any) -> None:
    for body in example.bodies:
        if not example.schema.endswith(".request"):
            assert BODIES.violations(example.schema, body) == []
        elif "BASE64_AUDIO_HERE" in json.dumps(body):
            assert not BODIES[example.schema].accepts(body)
        else:
            assert BODIES[example.schema].accepts(body)


def test_the_document_is_valid_openapi() -> None:
    assert DOCUMENT["openapi"] == "3.2.0"
    API.validate()


def test_the_document_has_every_operation() -> None:
    operations: Any = [each.ok() for each in API.get_all_operations()]
    found = {(each.method.upper(), each.path) for each in operations}
    assert found == OPERATIONS.keys()
    assert len(found) == 7


@pytest.mark.parametrize("key", OPERATIONS)
def test_schemathesis_makes_requests_of_each_operation(key: tuple[str, str]) -> None:
    method, path = key
    kind = OPERATIONS[key].request

    @given(case=API[path][method].as_strategy())
    @settings(
        max_examples=8,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def generates(case: Any) -> None:
        if kind and OPERATIONS[key].media == "application/json":
            assert BODIES[kind].refusals(case.body) == ()

    generates()


@pytest.mark.parametrize(
    ("chunk", "lawful"),
    [(CHUNK, True), ({**CHUNK, "choices": [{**CHUNK["choices"][0], "index": 1}]}, False)],  # type: ignore[index]
)
def test_schemathesis_reads_each_event_of_a_stream(chunk: Any, *, lawful: bool) -> None:
    body = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
    response = Response(
        status_code=200,
        headers={"content-type": ["text/event-stream"]},
        content=body,
        request=Request("POST", "http://127.0.0.1/chat/completions").prepare(),
        elapsed=0.1,
        verify=False,
    )
    operation = API["/chat/completions"]["POST"]
    if lawful:
        operation.validate_response(response)
    else:
        with pytest.raises(Exception, match="SSE event"):
            operation.validate_response(response)
