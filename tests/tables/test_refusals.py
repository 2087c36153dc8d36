"""Tables and profiles are read strictly, and every refusal is one line that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas import catalogue, profiles, yaml_rows
from schemas.catalogue import Catalogue, Rows
from schemas.yaml_rows import ContractError

TABLE = """\
name: poems
title: Poems
responses:
  poem:
    title: Poem
    value_clause: ERR-SHAPE-01
    rows:
      - field: line
        schema: {type: string}
        value_clause: ERR-SHAPE-01
"""
REQUEST = """\
name: poems
title: Poems
requests:
  poem.request:
    title: Poem
    rows:
      - field: model
        type: string
        support: full
        accepted: {type: string}
        example: [m]
        clauses: [CHAT-REQ-MODEL-01]
"""
# Speaks of deployments whose profile enforces no keys.
NO_KEYS = "GEN-NOAUTH-01"
PROFILE = (profiles.DIRECTORY / "compactifai.yaml").read_text("utf-8")


def load(tmp_path: Path, text: str) -> Catalogue:
    """The catalogue with the tables of one file more."""
    (tmp_path / "poems.yaml").write_text(text, "utf-8")
    rows = Rows(tables=tuple(yaml_rows.read(tmp_path, "poems.yaml")))
    return catalogue.extended(catalogue.read(), rows, tmp_path)


@pytest.mark.parametrize("text", [TABLE, REQUEST])
def test_a_plain_table_loads(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).tables.sheets["poems"].title == "Poems"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TABLE.replace("title: Poems\n", ""), "'title' is missing"),
        (TABLE + "        colour: red\n", "unknown key 'colour'"),
        (TABLE.replace("01\n    rows", "99\n    rows"), "unknown clause 'ERR-SHAPE-99'"),
        (TABLE + "        presence_clause: ERR-SHAPE-01\n", "disagree"),
        (TABLE + "        required: true\n", "disagree"),
        (TABLE + "        printed: {openai-compatibility: roses}\n", "not in its source"),
        (TABLE + "        printed: {poetry: roses}\n", "unknown source 'poetry'"),
        (TABLE.replace("{type: string}", "{$ref: '#/$defs/verse'}"), "'verse'"),
        (TABLE.replace("    rows:", "    schema: {type: object}\n    rows:"), "give exactly one"),
        (TABLE.replace("- field: line", "- roses\n      - field: line"), "not a row"),
        (REQUEST.replace("full", "half"), "unknown support 'half'"),
        (REQUEST.replace("CHAT-REQ-MODEL-01", "X-01"), "unknown clause 'X-01'"),
        (REQUEST + "        needs: poet\n", "unknown role 'poet'"),
        (REQUEST + "        each: verse\n", "'verse'"),
        (REQUEST + "        refused: [{clause: X-01, schema: {type: object}}]\n", "'X-01'"),
        ("name: [", "not valid YAML"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ContractError) as refused:
        load(tmp_path, text)
    assert message in str(refused.value)
    assert "poems.yaml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_table_has_its_own_kinds() -> None:
    read = catalogue.read().tables
    kinds = [k for sheet in read.sheets.values() for k in (*sheet.requests, *sheet.responses)]
    assert len(kinds) == len(set(kinds))


def test_the_default_profile_promises_all() -> None:
    profile = profiles.load("compactifai")
    assert profile.name in profiles.known()
    assert profile.not_promised.keys() == {NO_KEYS}
    assert all(profile.promises(clause) for clause in profile.clauses if clause != NO_KEYS)
    assert profile.done_sentinel["responses"] == "required"
    assert profile.shapes(404) == ("error", "detail")


def test_a_profile_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = PROFILE.replace("  - POST /completions\n", "").replace("compactifai\n", "mine\n")
    path.write_text(
        text
        + "gates: {CHAT-RESP-ID-01: warn}\n"
        + "not_promised:\n- {reason: No audio here., clauses: [AUDIO-*]}\n"
        + "- {reason: It is local., clauses: [AUTH-LEAK-01]}\n",
        "utf-8",
    )
    profile = profiles.load(str(path))
    assert profile.clauses["CHAT-RESP-ID-01"].gate == "warn"
    assert profile.clauses["CHAT-RESP-OBJECT-01"].gate == "block"
    assert profile.not_promised["AUDIO-PATH-01"] == "No audio here."
    assert profile.not_promised["AUTH-LEAK-01"] == "It is local."
    assert profile.not_promised["COMP-PATH-01"] == "POST /completions is not offered"
    assert not profile.promises("COMP-PATH-01")
    assert profile.promises("CHAT-PATH-01")


@pytest.mark.parametrize("name", ["nope", "no/such/file.yaml", ""])
def test_an_unknown_profile_lists_the_known_ones(name: str) -> None:
    with pytest.raises(profiles.ProfileError) as refused:
        profiles.load(name)
    assert "compactifai" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PROFILE + "colour: red\n", "unknown key 'colour'"),
        (PROFILE.replace("auth_enforced: true", ""), "'auth_enforced' is missing"),
        (PROFILE.replace("auth_enforced: true", "auth_enforced: 'yes'"), "'auth_enforced'"),
        (PROFILE + "gates: {X-01: warn}\n", "'X-01'"),
        (PROFILE + "gates: {CHAT-RESP-ID-01: never}\n", "unknown gates 'never'"),
        (PROFILE + "not_promised: [{reason: Why., clauses: [X-01]}]\n", "no clause is like 'X-01'"),
        (PROFILE + "not_promised: [{reason: 5, clauses: [AUDIO-*]}]\n", "'reason' is 5; give text"),
        (PROFILE + "promised: [X-*]\n", "no clause is like 'X-*'"),
        (PROFILE + "extends: nobody\n", "no profile 'nobody'"),
        (PROFILE + "support: {chat.request: {colour: full}}\n", "unknown field 'colour'"),
        (PROFILE + "support: {poem: {line: full}}\n", "unknown request 'poem'"),
        (PROFILE + "support: {chat.request: {seed: half}}\n", "unknown support 'half'"),
        (PROFILE + "support: {chat.request: {stop: ignored}}\n", "no clause says that 'stop'"),
        (PROFILE + "support: {chat.request: {stop: refused}}\n", "no clause says that 'stop'"),
        (PROFILE + "clauses: [{id: MINE-01}]\n", "'area' is missing"),
        (PROFILE + "documents: [{name: mine}]\n", "'title' is missing"),
        (PROFILE.replace("chat: required", "chat: often"), "unknown done_sentinel 'often'"),
        (PROFILE.replace("  chat:", "  poem:"), "'poem'"),
        (PROFILE.replace("default: [", "default: [html, "), "unknown error_shapes 'html'"),
        (PROFILE.replace("default: [", "404: ["), "lacks default"),
        (PROFILE.replace("- GET /models\n", "- GET /poems\n"), "unknown endpoint 'GET /poems'"),
        (PROFILE + "tables: [{name: poems}]\n", "'title' is missing"),
        (PROFILE.replace("  reasoning:", "  poet:"), "unknown role 'poet'"),
        ("- name: a\n- name: b\n", "2 mappings"),
        ("5\n", "not a row"),
    ],
)
def test_a_wrong_profile_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(profiles.ProfileError) as refused:
        profiles.load(str(path))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
