"""Each clause can be explained, and what is known of faults names clauses that exist."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import pytest

from reports import __main__ as command
from reports import explain
from reports.document import ReportError
from schemas import profiles
from tests.reports import samples

if TYPE_CHECKING:
    from pathlib import Path

LAW = profiles.load(profiles.DEFAULT)

LABELS = ("quote", "source", "checks", "lawful", "breaks", "known in", "curl")


@pytest.fixture(scope="module")
def rules() -> dict[str, Any]:
    return dict(explain.rules(LAW))


def test_every_clause_is_explained(rules: dict[str, Any]) -> None:
    for clause in samples.CLAUSES.values():
        text = explain.text(LAW, clause, rules[clause.id])
        for label in LABELS:
            assert f"\n{label:<{explain.LABEL}}" in text, clause.id
        assert clause.statement in text
        words = shlex.split(explain.smallest(LAW, clause))
        assert words[0] == "curl"
        assert words[3].startswith("$BASE_URL/")
        assert ("$COMPACTIFAI_API_KEY" in text) == ("without credentials" not in clause.statement)


def test_every_clause_has_checks_and_a_tier(rules: dict[str, Any]) -> None:
    assert set(rules) == set(samples.CLAUSES)
    assert {rule["tier"] for rule in rules.values()} == {"smoke", "standard", "deep"}


def test_smallest_request_carries_the_value_that_the_clause_speaks_of() -> None:
    commands = {name: explain.smallest(LAW, samples.CLAUSES[name]) for name in samples.CLAUSES}
    assert '"n": 2' in commands["CHAT-REQ-N-02"]
    assert '"model"' not in commands["CHAT-REQ-MODEL-01"]
    assert '"stream": true' in commands["STREAM-CHAT-DONE-01"]
    assert "speech.m4a" in commands["AUDIO-FMT-06"]
    assert "Authorization" not in commands["AUTH-CHAT-01"]


def test_what_is_known_names_clauses_and_areas_that_exist() -> None:
    known = explain.knowledge()
    assert set(known.areas) == set(LAW.areas)
    named = {clause for row in known.faults for clause in row.clauses}
    assert named <= set(samples.CLAUSES)
    assert all(row.fault.endswith(".") and row.breaks.endswith(".") for row in known.faults)


def test_run_is_shown_with_its_own_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = samples.entry("x1", "{}")
    samples.save(tmp_path / "run", samples.run(samples.found(samples.FINDING), har=[one]), [one])
    arguments = ["explain", samples.BLOCKS.lower(), "--report-dir", str(tmp_path / "run")]
    assert command.main(arguments) == 0
    output = capsys.readouterr().out
    assert "last run  violated" in output
    assert "curl -sS -i -X POST http://localhost/v1/chat/completions" in output


def test_unknown_clause_is_refused_with_the_nearest() -> None:
    with pytest.raises(ReportError, match="did you mean CHAT-REQ-N-02"):
        explain.clause(LAW, "CHAT-REQ-N-2")
    with pytest.raises(ReportError, match="schemas/clauses/ lists them"):
        explain.clause(LAW, "?")


def test_clause_that_an_older_run_did_not_know_is_explained_without_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples.save(tmp_path / "run", samples.run(clauses=[samples.WARNS]))
    arguments = ["explain", samples.BLOCKS, "--report-dir", str(tmp_path / "run")]
    assert command.main(arguments) == 0
    assert "last run" not in capsys.readouterr().out
