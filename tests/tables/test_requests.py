"""What may be sent is three-valued: accepted, refused, open."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pytest

from schemas import profiles
from schemas.table_types import RequestRow
from tests.tables.bodies import BASE

LAW = profiles.load(profiles.DEFAULT)

TABLES, BODIES = LAW.tables, LAW.bodies


@dataclass(frozen=True)
class Sent:
    """A row of a request with the name by which it is asked for, and a value."""

    kind: str
    field: str
    row: RequestRow
    value: Any = None
    clause: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.field}={self.value!r}"[:80]


def rows() -> list[Sent]:
    """Every row of every request, nested ones under the name of their table."""
    found = []
    for sheet in TABLES.sheets.values():
        for kind, table in sheet.requests.items():
            found += [Sent(kind, row.field, row) for row in table.rows]
            for name, nested in sheet.request_objects.items():
                found += [Sent(kind, f"{name}.{row.field}", row) for row in nested.rows]
    return found


def values(source: str) -> list[Sent]:
    """Every row with each of its example or open_example values."""
    return [
        Sent(one.kind, one.field, one.row, value)
        for one in rows()
        for value in getattr(one.row, source)
    ]


REFUSED = [
    Sent(one.kind, one.field, one.row, value, refusal.clause)
    for one in rows()
    for refusal in one.row.refused
    for value in refusal.example
]
TOP = [row for row in rows() if "." not in row.field]


@pytest.mark.parametrize("sent", values("example"), ids=str)
def test_an_example_is_accepted(sent: Sent) -> None:
    assert BODIES[sent.kind].standing(sent.field, sent.value) == "accepted"
    if "." not in sent.field:
        body = {**BASE[sent.kind], sent.field: sent.value}
        assert BODIES[sent.kind].accepts(body)
        assert BODIES[sent.kind].refusals(body) == ()


@pytest.mark.parametrize("sent", REFUSED, ids=str)
def test_a_refused_value_is_refused_by_its_clause(sent: Sent) -> None:
    assert BODIES[sent.kind].standing(sent.field, sent.value) == "refused"
    if "." not in sent.field:
        body = {**BASE[sent.kind], sent.field: sent.value}
        assert not BODIES[sent.kind].accepts(body)
        assert sent.clause in BODIES[sent.kind].refusals(body)


@pytest.mark.parametrize("sent", values("open_example"), ids=str)
def test_an_open_value_is_neither(sent: Sent) -> None:
    assert BODIES[sent.kind].standing(sent.field, sent.value) == "open"
    if "." not in sent.field:
        body = {**BASE[sent.kind], sent.field: sent.value}
        assert not BODIES[sent.kind].accepts(body)
        assert BODIES[sent.kind].refusals(body) == ()


def test_no_value_is_accepted_and_refused() -> None:
    pool = [each.value for each in (*values("example"), *values("open_example"), *REFUSED)]
    for one in rows():
        accepted, refused = BODIES[one.kind]._field(one.field)
        both = [each for each in pool if accepted.is_valid(each) and refused.is_valid(each)]
        assert both == [], f"{one.kind} {one.field}"


@pytest.mark.parametrize("one", rows(), ids=str)
def test_a_row_has_lawful_samples(one: Sent) -> None:
    assert one.row.example or one.row.accepted == {"not": {}}
    assert one.row.clauses
    assert one.row.printed
    if one.row.support == "ignored":
        assert one.row.refused == ()


@pytest.mark.parametrize("kind", BASE)
def test_the_plain_request_is_accepted(kind: str) -> None:
    assert BODIES[kind].accepts(BASE[kind])


@pytest.mark.parametrize("one", [row for row in TOP if row.row.required], ids=str)
def test_a_request_without_a_required_field_is_refused(one: Sent) -> None:
    body = {key: value for key, value in BASE[one.kind].items() if key != one.field}
    assert not BODIES[one.kind].accepts(body)
    assert BODIES[one.kind].refusals(body) == (one.row.presence_clause,)


def test_every_ignored_field_at_once_is_accepted() -> None:
    ignored = {one.field: one.row.example[0] for one in TOP if _ignored(one, "chat.request")}
    assert len(ignored) >= 10
    assert BODIES["chat.request"].accepts({**BASE["chat.request"], **ignored})


def _ignored(one: Sent, kind: str) -> bool:
    return one.kind == kind and one.row.support == "ignored"


@pytest.mark.parametrize(
    ("part", "clause"),
    [
        ({"role": "wizard", "content": "x"}, "CHAT-MSG-ROLE-03"),
        ({"content": "x"}, "CHAT-MSG-ROLE-02"),
        ({"role": "user"}, "CHAT-MSG-CONTENT-01"),
        ({"role": "user", "content": None}, "CHAT-MSG-CONTENT-01"),
        ({"role": "user", "content": 5}, "CHAT-MSG-CONTENT-02"),
        ({"role": "user", "content": [5]}, "CHAT-MSG-CONTENT-02"),
        ({"role": "user", "content": [{"type": "hologram"}]}, "CHAT-PART-TYPE-01"),
        ({"role": "user", "content": [{"type": "text"}]}, "CHAT-PART-TYPE-02"),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {}}]},
            "CHAT-PART-IMAGE-04",
        ),
    ],
)
def test_a_nested_fault_is_refused_by_its_own_clause(part: Any, clause: str) -> None:
    body = {**BASE["chat.request"], "messages": [{"role": "user", "content": "Hello"}, part]}
    assert BODIES["chat.request"].refusals(body) == (clause,)


@pytest.mark.parametrize(
    "part",
    [
        {"role": "tool", "tool_call_id": "x", "content": "21"},
        {"role": "developer", "content": "Be brief."},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "assistant"},
        {"role": "user", "content": ""},
        {"role": "user", "content": "Hello", "name": "Camillo"},
    ],
)
def test_what_no_page_says_of_a_message_is_open(part: Any) -> None:
    body = {**BASE["chat.request"], "messages": [{"role": "user", "content": "Hello"}, part]}
    assert BODIES["chat.request"].refusals(body) == ()
    assert not BODIES["chat.request"].accepts(body)


@pytest.mark.parametrize(
    ("part", "role"),
    [
        ({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}, "image"),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}, "audio_chat"),
    ],
)
def test_a_part_needs_a_model_that_takes_it(part: Any, role: str) -> None:
    text = {"type": "text", "text": "What is it?"}
    body = {"model": "m", "messages": [{"role": "user", "content": [text, part]}]}
    assert BODIES["chat.request"].accepts(body)
    assert BODIES["chat.request"].needs(body) == {role}


def test_a_field_needs_a_model_that_takes_it() -> None:
    body = {**BASE["chat.request"], "tool_choice": "auto", "reasoning_effort": "low"}
    assert BODIES["chat.request"].needs(body) == {"tools", "reasoning"}
    assert BODIES["chat.request"].needs(BASE["chat.request"]) == set()


def test_a_pair_in_the_wrong_order_is_open() -> None:
    body = {**BASE["chat.request"], "min_tokens": 50, "max_tokens": 10}
    assert not BODIES["chat.request"].accepts(body)
    assert BODIES["chat.request"].refusals(body) == ()
    assert BODIES["chat.request"].accepts({**body, "max_tokens": 50})


def test_a_field_that_no_page_names_is_open() -> None:
    body = {**BASE["chat.request"], "store": True}
    assert BODIES["chat.request"].standing("store", value=True) == "open"
    assert not BODIES["chat.request"].accepts(body)
    assert BODIES["chat.request"].refusals(body) == ()


@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_what_is_no_object_is_not_accepted(body: Any) -> None:
    assert not BODIES["chat.request"].accepts(body)


def test_numbers_in_a_form_may_be_quoted() -> None:
    places = itertools.product(("0", "0.0", "0.25", "1", "1.00", 0.5), ("accepted",))
    refused = itertools.product(("-0.1", "-1", "1.01", "2", "10", "hot", 1.1), ("refused",))
    for value, wanted in (*places, *refused):
        assert BODIES["audio.request"].standing("temperature", value) == wanted, value
