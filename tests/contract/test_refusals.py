"""The loader refuses a broken row, and its one line says where, what and how to mend it."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.catalogue import read
from schemas.yaml_rows import ContractError

Rows = dict[str, list[dict[str, Any]]]
OPERATION = {
    "id": "listModels",
    "name": "models",
    "method": "get",
    "path": "/models",
    "summary": "List models",
    "answer": "models.list",
    "prerequisite": "CHAT-ONE",
}
LIST = {"title": "List", "value_clause": "CHAT-ONE", "schema": {"type": "object"}}
TEXTS = {"vendor": "The list\n  is not empty.\nnstringYes", "guide": "| 400 | Bad Request |"}


def small_contract() -> Rows:
    """A whole contract of two clauses."""
    return {
        "sources.yaml": [
            {"name": name, "title": name, "binding": binding, "sha256": _sha256(TEXTS[name])}
            for name, binding in (("vendor", "vendor"), ("guide", "third-party"))
        ],
        "roles.yaml": [
            {"name": "chat", "description": "Chats.", "flags": {"support_chat_completion": True}},
        ],
        "observations.yaml": [
            {
                "id": "CON-ONE",
                "key": "one",
                "question": "Which?",
                "kind": "gap",
                "sides": [{"source": "vendor", "quote": "nstringYes"}],
                "values": ["a", "b"],
                "clauses": ["CHAT-ONE"],
            }
        ],
        "tables/models.yaml": [
            {
                "name": "models",
                "title": "Models",
                "operations": [OPERATION],
                "responses": {"models.list": LIST},
            }
        ],
        "clauses/chat.yaml": [
            _clause("CHAT-ONE", needs=["chat"], see=["CON-ONE"]),
            _clause("CHAT-TWO", also=[{"source": "guide", "quote": "| 400 | Bad Request |"}]),
        ],
    }


def _clause(clause_id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": clause_id,
        "statement": "The list is not empty.",
        "level": "MUST",
        "gate": "block",
        "kind": "explicit",
        "endpoint": "GET /models",
        "source": "vendor",
        "section": "Lists",
        "quote": "The list is not empty.",
        **more,
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(root: Path, files: Rows) -> Path:
    for name, text in TEXTS.items():
        (root / "sources").mkdir(exist_ok=True)
        (root / "sources" / f"{name}.txt").write_text(text, "utf-8")
    for file, rows in files.items():
        (root / file).parent.mkdir(exist_ok=True)
        (root / file).write_text(yaml.safe_dump(rows, sort_keys=False), "utf-8")
    return root


def clause(**changes: Any) -> Callable[[Rows], None]:
    return lambda files: files["clauses/chat.yaml"][0].update(changes)


def without(file: str, key: str) -> Callable[[Rows], None]:
    return lambda files: _drop(files[file][0], key)


def _drop(row: dict[str, Any], key: str) -> None:
    del row[key]


def change(file: str, **changes: Any) -> Callable[[Rows], None]:
    return lambda files: files[file][0].update(changes)


def twice(file: str) -> Callable[[Rows], None]:
    return lambda files: files[file].append(dict(files[file][0]))


OBSERVATIONS, SOURCES, ROLES = "observations.yaml", "sources.yaml", "roles.yaml"
CLAUSES = "clauses/chat.yaml"
WRONG_QUOTE = [{"source": "guide", "quote": "Never printed."}]

REFUSALS: dict[str, tuple[Callable[[Rows], None], str]] = {
    "unknown key": (clause(cost="free"), "unknown key 'cost'; use one of id, area, statement"),
    "missing key": (without(CLAUSES, "quote"), "'quote' is missing; add quote: with text"),
    "empty statement": (clause(statement=" "), "'statement' is empty; fill it in"),
    "empty list": (clause(needs=[]), "'needs' is empty; fill it in, or leave out needs"),
    "statement of another type": (clause(statement=5), "'statement' is 5; give text"),
    "needs of another type": (clause(needs="chat"), "'needs' is 'chat'; give a list"),
    "item of another type": (clause(needs=[5]), "'needs' holds 5; quote it"),
    "item twice": (clause(needs=["chat", "chat"]), "'needs' holds 'chat' twice; remove one"),
    "unknown level": (clause(level="SHALL"), "unknown level 'SHALL'; use one of MUST, SHOULD, MAY"),
    "unknown gate": (clause(gate="fail"), "unknown gate 'fail'; use one of block, warn, report"),
    "unknown kind": (clause(kind="guess"), "unknown kind 'guess'; use one of explicit, implied"),
    "unknown endpoint": (clause(endpoint="GET /x"), "unknown endpoint 'GET /x'; use one of"),
    "unknown source": (clause(source="blog"), "unknown source 'blog'; use one of vendor, guide"),
    "unknown role": (clause(needs=["poet"]), "unknown role 'poet'; use one of chat"),
    "unknown observation": (clause(see=["CON-TWO"]), "unknown observation 'CON-TWO'; use one of"),
    "third party says MUST": (
        clause(source="guide", quote="| 400 | Bad Request |"),
        "'guide' binds nobody to a MUST; quote the vendor, or use SHOULD or MAY",
    ),
    "quote not printed": (
        clause(quote="The list is long."),
        "not in its source: 'The list is long.'; copy the words from sources/vendor.txt",
    ),
    "second quote not printed": (clause(also=WRONG_QUOTE), "not in its source: 'Never printed.'"),
    "quote of another form": (clause(also=["The list"]), "not a row: 'The list'; write a mapping"),
    "clause twice": (twice(CLAUSES), "stands twice; ids are unique: rename one"),
    "row of another form": (
        lambda files: files[CLAUSES].append("text"),  # type: ignore[arg-type]
        "not a row: 'text'; write a list of mappings",
    ),
    "observation twice": (twice(OBSERVATIONS), "stands twice"),
    "unknown kind of observation": (change(OBSERVATIONS, kind="doubt"), "unknown kind 'doubt'"),
    "unknown clause": (change(OBSERVATIONS, clauses=["CHAT-SIX"]), "unknown clause 'CHAT-SIX'"),
    "value of another type": (change(OBSERVATIONS, values=[400]), "'values' holds 400; quote it"),
    "side not printed": (change(OBSERVATIONS, sides=WRONG_QUOTE), "not in its source"),
    "observation without values": (without(OBSERVATIONS, "values"), "'values' is missing"),
    "source twice": (twice(SOURCES), "stands twice"),
    "unknown binding": (change(SOURCES, binding="law"), "unknown binding 'law'; use one of vendor"),
    "changed document": (change(SOURCES, sha256="0" * 64), "the document has changed; restore"),
    "lost document": (change(SOURCES, name="lost"), "sources/lost.txt is not readable"),
    "role twice": (twice(ROLES), "stands twice"),
    "unknown flags": (change(ROLES, flags={"supports_poetry": True}), "unknown flags"),
    "flag of another type": (
        change(ROLES, flags={"supports_image": "yes"}),
        "'supports_image' is 'yes'; give true or false",
    ),
    "role without description": (without(ROLES, "description"), "'description' is missing"),
}


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_broken_row_is_refused(fault: str, tmp_path: Path) -> None:
    files = small_contract()
    breaks, message = REFUSALS[fault]
    breaks(files)
    with pytest.raises(ContractError) as refusal:
        read(write(tmp_path, files))
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert ".yaml" in str(refusal.value) or "clauses" in str(refusal.value)


def test_two_observations_with_one_key_are_refused(tmp_path: Path) -> None:
    files = small_contract()
    files[OBSERVATIONS].append({**files[OBSERVATIONS][0], "id": "CON-TWO"})
    with pytest.raises(ContractError, match="CON-TWO: key 'one' stands twice"):
        read(write(tmp_path, files))


def test_a_message_names_file_and_id(tmp_path: Path) -> None:
    files = small_contract()
    clause(level="SHALL")(files)
    with pytest.raises(ContractError, match=r"clauses/chat\.yaml:3, CHAT-ONE: "):
        read(write(tmp_path, files))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- id: [", "not valid YAML"),
        ("- id: A\n  id: B\n", "key given twice: id"),
    ],
)
def test_broken_yaml_is_refused(text: str, message: str, tmp_path: Path) -> None:
    write(tmp_path, small_contract())
    (tmp_path / CLAUSES).write_text(text, "utf-8")
    with pytest.raises(ContractError, match=message):
        read(tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, small_contract())
    (tmp_path / ROLES).unlink()
    with pytest.raises(ContractError, match=r"roles\.yaml is not readable"):
        read(tmp_path)


def test_the_small_contract_is_sound(tmp_path: Path) -> None:
    contract = read(write(tmp_path, small_contract()))
    assert list(contract.clauses) == ["CHAT-ONE", "CHAT-TWO"]
    assert contract.clauses["CHAT-ONE"].needs == ("chat",)
    assert [quote.source for quote in contract.clauses["CHAT-TWO"].also] == ["guide"]
    assert contract.areas == ("chat",)


def test_the_digest_follows_the_data(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    files = small_contract()
    before = read(write(tmp_path / "a", files)).digest
    assert read.__wrapped__(tmp_path / "a").digest == before
    clause(gate="warn")(files)
    assert read(write(tmp_path / "b", files)).digest != before
