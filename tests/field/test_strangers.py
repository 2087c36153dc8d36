"""What was said of servers that nobody here wrote holds together, and hardly any of it is wrong."""

from __future__ import annotations

from collections import Counter

from schemas import profiles
from tests.field import strangers

ROWS = strangers.looked_at()
NAMES = {each["name"] for each in strangers.servers()}


def test_each_row_names_what_there_is() -> None:
    clauses = profiles.load(profiles.DEFAULT).clauses
    for row in ROWS:
        assert row["class"] in strangers.CLASSES, row
        assert row["servers"], row
        assert {*row["servers"]} <= NAMES, row
        assert row["why"], row
        assert row["clause"] in clauses or row["class"] == "missed", row
        assert row.get("shows") or row["class"] in ("undecided", "missed"), row


def test_a_dozen_servers_were_looked_at() -> None:
    assert len({name for row in ROWS for name in row["servers"]}) >= 12


def test_hardly_anything_was_said_wrongly() -> None:
    counts = Counter(row["class"] for row in ROWS for _ in row["servers"])
    red = sum(counts[each] for each in ("true", "disputable", *strangers.OURS))
    assert red > 200
    assert sum(counts[each] for each in strangers.OURS) <= red / 100
