"""Which deployment and which contract it was; and that odd text is written at all."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from reports import document, fingerprint
from schemas import catalogue, profiles, records
from schemas.records import Finding
from tests.reports import samples

if TYPE_CHECKING:
    from pathlib import Path


def answer(**fields: object) -> str:
    return json.dumps({"choices": [], **fields})


def test_answers_name_models_fingerprints_and_forms_of_ids() -> None:
    plain = samples.entry("a", answer(id="chatcmpl-1f", model="small", system_fingerprint="fp_1"))
    stream = samples.entry("b", f"data: {answer(id='7f')}\n\ndata: [DONE]\n\n")
    event = {"type": "response.created", "response": {"id": "resp_1", "output": []}}
    response = samples.entry("c", f"data: {json.dumps(event)}\n\n")
    plain["response"]["headers"] += [
        {"name": "Server", "value": "uvicorn"},
        {"name": "Set-Cookie", "value": "x"},
    ]
    response["startedDateTime"] = "2026-06-01T11:00:00+00:00"
    assert fingerprint.of([plain, stream, response]) == {
        "headers": {"server": ["uvicorn"]},
        "answered_as": ["small"],
        "fingerprints": ["fp_1"],
        "ids": ["chatcmpl-", "no prefix", "resp_"],
        "window": {"first": "2026-06-01T10:00:00+00:00", "last": "2026-06-01T11:00:00+00:00"},
    }


ODD = ("", "[", "[1]", "data:", "null", '{"choices": 1, "model": 5, "id": null}', "[" * 9999)


@pytest.mark.parametrize("body", ODD)
def test_odd_answers_say_nothing(body: str) -> None:
    found = fingerprint.of([samples.entry("a", body)])
    assert (found["answered_as"], found["ids"]) == ([], [])


def test_a_deployment_cannot_fill_the_report_with_names() -> None:
    rows = [samples.entry(f"{n}", answer(model=f"{n}" + "m" * 9999)) for n in range(500)]
    names = fingerprint.of(rows)["answered_as"]
    assert len(names) == fingerprint.MOST
    assert max(map(len, names)) == fingerprint.LONGEST


@pytest.mark.parametrize("file", ["tables/chat-completions.yaml", "profiles/openai.yaml"])
def test_contract_is_another_with_another_table_or_profile(file: str, tmp_path: Path) -> None:
    shutil.copytree(
        profiles.DIRECTORY.parent, tmp_path / "s", ignore=shutil.ignore_patterns("*.py*")
    )
    before = catalogue.read.__wrapped__(tmp_path / "s").digest
    assert catalogue.read.__wrapped__(tmp_path / "s").digest == before
    with (tmp_path / "s" / file).open("a") as changed:
        changed.write("# a word\n")
    assert catalogue.read.__wrapped__(tmp_path / "s").digest != before


def test_profile_is_known_by_its_digest(tmp_path: Path) -> None:
    text = (profiles.DIRECTORY / "compactifai.yaml").read_text("utf-8")
    (tmp_path / "mine.yaml").write_text(text + "# mine\n", "utf-8")
    mine, theirs = profiles.load(str(tmp_path / "mine.yaml")), profiles.load("compactifai")
    assert len(mine.profile_digest) == 64
    assert mine.profile_digest != theirs.profile_digest


@pytest.mark.parametrize("odd", ["\ud800", "\u2028", "\u2029", "\x85", "\x0b\x0c\x1c\x1d\x1e"])
def test_odd_characters_are_written_and_read_back(tmp_path: Path, odd: str) -> None:
    said = samples.found(Finding(("text",), f"odd {odd} text"))
    (tmp_path / "ledger").mkdir()
    records.append(tmp_path / "ledger" / "main.jsonl", said)
    assert list(records.read(tmp_path / "ledger")) == [said]
    document.write(tmp_path / "verdict.json", samples.run(said))
    (row,) = [row for row in document.read(tmp_path)["clauses"] if row["findings"]]
    # Half a pair, which many readers of JSON refuse, is written out.
    written = odd.replace("\ud800", r"\ud800")
    assert row["findings"][0]["actual"] == f"odd {written} text"
