"""Each key of a profile changes a verdict of the same deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schemas import profiles
from tests import bench

if TYPE_CHECKING:
    from pathlib import Path

# Some traffic for the clauses that are judged on all of it.
PLAIN = ("CHAT-REQ-N-01", "COMP-REQ-MAXTOK-01")
# key: the profile's lines, the deployment, the clause, the verdict without them, and with them.
KEYS: dict[str, tuple[str, str, str, str, str]] = {
    "auth_enforced: a clause no longer holds": (
        "auth_enforced: false",
        "/fault/models-need-no-key",
        "AUTH-MODELS-01",
        "violated",
        "not_applicable",
    ),
    "auth_enforced: a clause begins to hold": (
        "auth_enforced: false",
        "",
        "GEN-NOAUTH-01",
        "not_applicable",
        "violated",
    ),
    "done_sentinel: none is lawful": (
        "done_sentinel: {chat: absent}",
        "/fault/stream-forgets-done",
        "STREAM-CHAT-DONE-01",
        "violated",
        "met",
    ),
    "done_sentinel: one is not": (
        "done_sentinel: {chat: absent}",
        "",
        "STREAM-CHAT-DONE-01",
        "met",
        "violated",
    ),
    "error_shapes": (
        "error_shapes: {default: [error]}",
        "/variant/refuses-with-detail",
        "ERR-SHAPE-01",
        "met",
        "violated",
    ),
    "support": (
        "support: {chat.request: {n: open}}",
        "/fault/chat-forbids-n",
        "CHAT-REQ-N-01",
        "violated",
        "not_applicable",
    ),
    "endpoints": (
        "endpoints: [GET /models, POST /chat/completions]",
        "",
        "COMP-PATH-01",
        "met",
        "not_applicable",
    ),
    "optional": (
        "optional: [GET /models]",
        "/variant/profile-openai-bare",
        "MODELS-LIST-01",
        "violated",
        "not_applicable",
    ),
    "not_promised": (
        "not_promised: [{reason: It is so., clauses: [CHAT-RESP-ID-*]}]",
        "/fault/chat-id-is-empty",
        "CHAT-RESP-ID-01",
        "violated",
        "not_applicable",
    ),
    "roles": (
        "roles: {embeddings: [cai-llama-3-1-8b-slim]}",
        "",
        "EMB-PATH-01",
        "not_applicable",
        "violated",
    ),
}


@pytest.mark.parametrize(
    ("lines", "where", "clause", "before", "after"), KEYS.values(), ids=KEYS.keys()
)
def test_key_changes_a_verdict(
    lines: str, where: str, clause: str, before: str, after: str, reference: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\ntitle: Mine\nextends: compactifai\n{lines}\n", "utf-8")
    url = f"{reference}{where}/v1"
    for profile, expected in (("compactifai", before), (str(path), after)):
        found = bench.examine(url, clause, *PLAIN, profile=profile, tier="standard")
        assert found[clause].verdict == expected, (profile, found.text(clause))


def test_promised_takes_a_clause_back(reference: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ntitle: Mine\nextends: openai\npromised: [CHAT-IGN-*]\n", "utf-8")
    url = f"{reference}/v1"
    clause = "CHAT-IGN-FUNCTIONCALL-01"
    for profile, expected in (("openai", "not_applicable"), (str(path), "met")):
        found = bench.examine(url, clause, *PLAIN, profile=profile, tier="standard")
        assert found[clause].verdict == expected, (profile, found.text(clause))


def test_a_gate_decides_the_headline(reference: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: mine\ntitle: Mine\nextends: compactifai\ngates: {CHAT-RESP-ID-01: report}\n", "utf-8"
    )
    url = f"{reference}/fault/chat-id-is-empty/v1"
    for profile, gate in (("compactifai", "block"), (str(path), "report")):
        found = bench.examine(url, *PLAIN, profile=profile, tier="standard")["CHAT-RESP-ID-01"]
        assert (found.verdict, found.clause.gate) == ("violated", gate)


@pytest.mark.parametrize("sentinel", ["required", "optional", "absent"])
def test_statement_says_what_is_judged(sentinel: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    lines = f"extends: compactifai\ndone_sentinel: {{chat: {sentinel}, responses: {sentinel}}}\n"
    path.write_text(f"name: mine\ntitle: Mine\n{lines}", "utf-8")
    words = {"required": ("exactly one", "ends with"), "optional": ("at most one",) * 2}
    wanted = words.get(sentinel, ("without",) * 2)
    clauses = profiles.load(str(path)).clauses
    for name, part in zip(("STREAM-CHAT-DONE-01", "STREAM-RESP-DONE-01"), wanted, strict=True):
        assert part in clauses[name].statement
