"""The contract holds together: its counts, its ids, its words, its references."""

import re
from collections import Counter
from fnmatch import fnmatchcase
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from schemas import profiles
from schemas.catalogue import AREAS
from schemas.contract import Clause

LAW = profiles.load(profiles.DEFAULT)

MODAL_VERBS = re.compile(
    r"\b(must|should|shall|may|might|can|could|cannot|will|would|ought)\b", re.IGNORECASE
)
PREFIXES = {
    "models": "MODELS-",
    "auth": "AUTH-",
    "chat": "CHAT-",
    "chat-stream": "STREAM-CHAT-",
    "completions": "COMP-",
    "completions-stream": "STREAM-COMP-",
    "responses": "RESP-",
    "responses-stream": "STREAM-RESP-",
    "audio": "AUDIO-",
    "errors": "ERR-",
    "sdk": "SDK-",
    "litellm": "LITELLM-",
    "generic": "GEN-",
    "embeddings": "EMB-",
}

clauses = pytest.mark.parametrize("clause", LAW.clauses.values(), ids=lambda clause: clause.id)


def test_areas_have_their_order() -> None:
    assert tuple(LAW.areas) == (*AREAS, "embeddings")


def test_ids_never_change() -> None:
    frozen = (Path(__file__).parent / "ids.txt").read_text("utf-8").split()
    assert sorted(LAW.clauses) == sorted(frozen)


@clauses
def test_a_statement_reads_as_one_sentence(clause: Clause) -> None:
    assert clause.statement.endswith(".")
    assert clause.statement[0].isupper()
    assert len(clause.statement) <= 140
    assert not MODAL_VERBS.search(clause.statement)
    assert ". " not in clause.statement


def test_no_two_clauses_state_the_same() -> None:
    stated = Counter(clause.statement for clause in LAW.clauses.values())
    assert [statement for statement, times in stated.items() if times > 1] == []


@clauses
def test_an_id_tells_its_area(clause: Clause) -> None:
    assert clause.id.startswith(PREFIXES[clause.area])


def test_what_blocks_is_a_must_but_for_two() -> None:
    blocking = (clause for clause in LAW.clauses.values() if clause.gate == "block")
    others = {clause.id for clause in blocking if clause.level != "MUST"}
    assert others == {"ERR-400-02", "ERR-5XX-01"}


def test_permissions_fail_no_run() -> None:
    permissions = (clause for clause in LAW.clauses.values() if clause.level == "MAY")
    assert {clause.gate for clause in permissions} == {"report"}


def test_clauses_and_observations_name_each_other() -> None:
    named = {(see, row.id) for row in LAW.clauses.values() for see in row.see}
    naming = {(row.id, clause) for row in LAW.observations.values() for clause in row.clauses}
    assert named == naming


def test_observation_keys_are_names() -> None:
    for observation in LAW.observations.values():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", observation.key)
        assert observation.question.endswith("?")


def test_every_role_is_needed() -> None:
    needed = {role for clause in LAW.clauses.values() for role in clause.needs}
    assert needed == set(LAW.roles)


def test_third_parties_bind_nobody() -> None:
    bindings = {source.name: source.binding for source in LAW.sources.values()}
    assert bindings == {
        **dict.fromkeys(("openai-compatibility", "api-reference", "responses-api"), "vendor"),
        **dict.fromkeys(("litellm-provider", "openai-compatible-guide"), "third-party"),
    }


def test_every_file_of_the_sources_is_listed() -> None:
    folder = Path(__file__).parents[2] / "schemas" / "sources"
    assert {path.stem for path in folder.iterdir()} == set(LAW.sources)


def test_corrections_name_clauses_that_exist() -> None:
    path = Path(__file__).parents[2] / "schemas" / "clauses" / "CHANGES.md"
    named = set(re.findall(r"\b[A-Z][A-Z0-9]+(?:-[A-Z0-9]+)*-\d\d\b", path.read_text("utf-8")))
    assert named - LAW.clauses.keys() == set()


def test_the_contract_is_read_once_and_cannot_be_changed() -> None:
    assert profiles.load(profiles.DEFAULT) is LAW
    with pytest.raises(TypeError):
        LAW.clauses["X"] = LAW.clauses["MODELS-LIST-01"]  # type: ignore[index]


def test_wholes_rest_on_parts_that_exist_and_never_on_each_other() -> None:
    parts = {
        clause.id: {
            name
            for name in LAW.clauses
            if name != clause.id and any(fnmatchcase(name, each) for each in clause.rests_on)
        }
        for clause in LAW.clauses.values()
    }
    assert list(TopologicalSorter(parts).static_order())
    unknown = [
        (clause.id, each)
        for clause in LAW.clauses.values()
        for each in clause.rests_on
        if not any(fnmatchcase(name, each) for name in LAW.clauses)
    ]
    assert unknown == []
