"""One defect of an answer is one violation, of the clause that its row names."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from schemas import profiles
from schemas.derive import schema
from schemas.validate import _Validator
from tests.tables.bodies import CALL, GOOD, MODEL, NOW, RESPONSE

LAW = profiles.load(profiles.DEFAULT)

TABLES, BODIES = LAW.tables, LAW.bodies
WRONG: tuple[Any, ...] = ("wrong", 5, {"wrong": 1})


@dataclass(frozen=True)
class Place:
    """A field of a good body, and what its row says of it."""

    kind: str
    body: Any
    path: tuple[Any, ...]
    table: str
    row: dict[str, Any]
    presence: str | None

    def __str__(self) -> str:
        return f"{self.kind}:/{'/'.join(map(str, self.path))}"


def walk(node: dict[str, Any], defs: dict[str, Any], found: Any) -> Iterator[Any]:
    """Each property that a derived schema names in an instance: path, table, row, presence."""
    while "$ref" in node:
        node = {**defs[node["$ref"].removeprefix("#/$defs/")], **_without_ref(node)}
    for one in (*node.get("allOf", ()), *node.get("anyOf", ()), node):
        if "then" in one and _Validator({**one["if"], "$defs": defs}).is_valid(found):
            yield from walk(one["then"], defs, found)
        elif one is not node:
            yield from walk(one, defs, found)
    if isinstance(found, list):
        elements = node.get("prefixItems", [node.get("items", {})])
        for index, one in enumerate(found):
            for path, *rest in walk(elements[min(index, len(elements) - 1)], defs, one):
                yield ((index, *path), *rest)
    if isinstance(found, dict):
        for name, row in node.get("properties", {}).items():
            if name in found:
                presence = node.get("x-presence-clauses", {}).get(name)
                if "x-value-clause" in row:
                    yield (name,), node["title"], {**row, "$defs": defs}, presence
                for path, *rest in walk(row, defs, found[name]):
                    yield ((name, *path), *rest)


def _without_ref(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != "$ref"}


def places() -> list[Place]:
    """Every field of every good body."""
    found = []
    for kind, bodies in GOOD.items():
        derived = schema(TABLES, kind)
        for body in bodies:
            seen = walk(derived, derived.get("$defs", {}), body)
            found += [Place(kind, body, *each) for each in seen]
    return found


PLACES = places()
# Optional by their row, but bound by a rule of their table.
RULED = {
    ("responses.event", "type"): "STREAM-RESP-TYPE-01",
    ("models.object", "id"): "MODELS-GET-01",
}
RULED_NULLS = {
    ("Response", "usage"): "RESP-OUT-USAGE-01",
    ("Error object", "type"): "ERR-SHAPE-02",
}


def changed(body: Any, path: tuple[Any, ...], value: Any = ..., *, gone: bool = False) -> Any:
    """The body with another value at the path, or without it."""
    body = copy.deepcopy(body)
    if not path:
        return value
    holder = body
    for step in path[:-1]:
        holder = holder[step]
    if gone:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return body


def clauses(kind: str, body: Any) -> set[str]:
    """The clauses that a body violates."""
    return {one.clause for one in BODIES.violations(kind, body)}


def test_every_response_kind_has_a_good_body() -> None:
    assert set(GOOD) == set(TABLES.responses)
    assert set(TABLES.kinds) == set(BODIES.kinds)


def test_every_row_of_every_answer_is_proved_here() -> None:
    proved = {(place.table, place.path[-1]) for place in PLACES}
    written = {
        (table.title, row.field)
        for sheet in TABLES.sheets.values()
        for table in (*sheet.responses.values(), *sheet.response_objects.values())
        for row in table.rows
    }
    assert written - proved == set()


@pytest.mark.parametrize(
    ("kind", "body"), [(kind, body) for kind, bodies in GOOD.items() for body in bodies]
)
def test_a_good_body_has_no_violation(kind: str, body: Any) -> None:
    assert BODIES.violations(kind, body) == []


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_missing_key_violates_the_presence_clause(place: Place) -> None:
    ruled = RULED.get((place.kind, "/".join(map(str, place.path))))
    wanted = {ruled or place.presence} - {None}
    assert clauses(place.kind, changed(place.body, place.path, gone=True)) == wanted


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_wrong_value_violates_the_value_clause_in_its_place(place: Place) -> None:
    core = {key: value for key, value in place.row.items() if key != "allOf"}
    value = next(each for each in WRONG if not _Validator(core).is_valid(each))
    found = BODIES.violations(place.kind, changed(place.body, place.path, value))
    assert {one.clause for one in found} == {place.row["x-value-clause"]}
    assert found[0].pointer == "/" + "/".join(map(str, place.path))
    assert found[0].expected
    assert 0 < len(found[0].actual) <= 120


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_null_is_lawful_only_where_the_row_says_so(place: Place) -> None:
    lawful = _Validator(place.row).is_valid(None)
    wanted = set() if lawful else {place.row["x-value-clause"]}
    ruled = RULED_NULLS.get((place.table, place.path[-1]))
    found = clauses(place.kind, changed(place.body, place.path, None))
    assert found == ({ruled} if ruled else wanted)


CHOICE = ("choices", 0)
FIRST = ("choices", 0, "message")
SUBTLE: list[tuple[str, tuple[Any, ...], Any, str]] = [
    ("chat.response", ("created",), NOW * 1000, "CHAT-RESP-CREATED-01"),
    ("chat.response", ("created",), float(NOW), "CHAT-RESP-CREATED-01"),
    ("chat.response", ("created",), True, "CHAT-RESP-CREATED-01"),
    ("chat.response", ("id",), "", "CHAT-RESP-ID-01"),
    ("chat.response", ("object",), "text_completion", "CHAT-RESP-OBJECT-01"),
    ("chat.response", ("choices",), [], "CHAT-REQ-N-04"),
    ("chat.response", ("choices",), None, "CHAT-RESP-SHAPE-01"),
    ("chat.response", (*CHOICE, "index"), 1, "CHAT-RESP-CHOICE-01"),
    ("chat.response", (*CHOICE, "index"), False, "CHAT-RESP-CHOICE-01"),
    ("chat.response", (*CHOICE, "finish_reason"), "eos", "CHAT-RESP-FINISH-01"),
    ("chat.response", (*CHOICE, "finish_reason"), None, "CHAT-RESP-CHOICE-01"),
    ("chat.response", (*CHOICE, "finish_reason"), 5, "CHAT-RESP-CHOICE-01"),
    ("chat.response", (*CHOICE, "logprobs"), {"content": []}, "CHAT-IGN-LOGPROBS-02"),
    ("chat.response", (*FIRST, "content"), [{"text": "Hello"}], "CHAT-RESP-CHOICE-01"),
    ("chat.response", (*FIRST, "tool_calls", 0, "function", "arguments"), {}, "CHAT-TOOL-02"),
    ("chat.response", ("usage",), None, "CHAT-RESP-USAGE-01"),
    ("chat.response", ("usage", "total_tokens"), "22", "CHAT-RESP-USAGE-01"),
    ("chat.response", ("usage", "completion_tokens"), -1, "CHAT-RESP-USAGE-01"),
    ("chat.response", ("usage", "completion_tokens"), True, "CHAT-RESP-USAGE-01"),
    ("chat.response", ("usage", "completion_tokens"), 10.0, "CHAT-RESP-USAGE-01"),
    ("chat.chunk", ("created",), NOW * 1000, "CHAT-RESP-CREATED-01"),
    ("chat.chunk", ("created",), float(NOW), "STREAM-CHAT-CHUNK-01"),
    ("chat.chunk", (*CHOICE, "index"), 1, "STREAM-CHAT-CHUNK-03"),
    ("chat.chunk", (*CHOICE, "finish_reason"), "eos", "STREAM-CHAT-FINAL-01"),
    ("chat.chunk", (*CHOICE, "delta"), None, "STREAM-CHAT-CHUNK-03"),
    ("chat.chunk", (*CHOICE, "delta", "content"), ["He"], "STREAM-CHAT-DELTA-02"),
    ("chat.chunk", (*CHOICE, "delta", "role"), "user", "STREAM-CHAT-DELTA-03"),
    ("chat.chunk", ("usage", "total_tokens"), -1, "STREAM-CHAT-USAGE-01"),
    ("completions.response", ("choices",), [], "COMP-RESP-CHOICE-01"),
    ("completions.response", (*CHOICE, "index"), 1, "COMP-RESP-CHOICE-01"),
    ("completions.response", (*CHOICE, "logprobs"), {}, "COMP-RESP-LOGPROBS-01"),
    ("completions.response", (*CHOICE, "finish_reason"), "eos", "GEN-FINISH-LEN-01"),
    ("models.list", ("data",), [], "MODELS-LIST-03"),
    ("models.list", ("data", 0, "id"), "", "MODELS-LIST-04"),
    ("models.list", ("data", 0, "created"), NOW * 1000, "MODELS-OBJ-CREATED-01"),
    ("models.list", ("data", 0, "parameters_number"), 60, "MODELS-OBJ-PARAMS-01"),
    ("models.list", ("data", 0, "capabilities", "supports_audio"), "false", "MODELS-CAP-01"),
    ("models.object", (), {"object": "list", "data": [MODEL]}, "MODELS-GET-01"),
    ("responses.response", ("status",), "in_progress", "RESP-OUT-STATUS-01"),
    ("responses.response", ("status",), "failed", "RESP-OUT-STATUS-01"),
    ("responses.response", ("output",), [], "RESP-OUT-OUTPUT-01"),
    ("responses.response", ("output", 1, "role"), "user", "RESP-OUT-OUTPUT-01"),
    ("responses.response", ("output", 1, "content"), [], "RESP-OUT-OUTPUT-01"),
    ("responses.response", ("usage",), {"prompt_tokens": 1}, "RESP-OUT-USAGE-01"),
    ("responses.response", ("completed_at",), "now", "RESP-OUT-COMPLETED-01"),
    ("responses.event", ("response", "status"), "in_progress", "STREAM-RESP-FINAL-01"),
    ("responses.event", ("response",), None, "STREAM-RESP-FINAL-01"),
    ("responses.event", ("sequence_number",), "9", "STREAM-RESP-ORDER-01"),
    ("audio.response", ("duration",), "7.5", "AUDIO-OUT-SHAPE-01"),
    ("audio.response", ("segments", 0, "avg_logprob"), 0.5, "AUDIO-OUT-SEG-01"),
    ("audio.response", (), [], "AUDIO-OUT-TEXT-01"),
    ("error", (), {"message": "No."}, "ERR-SHAPE-01"),
    ("error", ("error",), "No.", "ERR-SHAPE-01"),
    ("error", ("error", "message"), "", "ERR-SHAPE-02"),
    ("error", ("error", "type"), None, "ERR-SHAPE-02"),
    ("error", ("detail",), 5, "ERR-SHAPE-01"),
    ("error", ("detail",), ["No."], "ERR-SHAPE-01"),
]


@pytest.mark.parametrize(("kind", "path", "value", "clause"), SUBTLE)
def test_a_subtle_defect_violates_one_clause(
    kind: str, path: tuple[Any, ...], value: Any, clause: str
) -> None:
    assert clauses(kind, changed(GOOD[kind][0], path, value)) == {clause}


def test_a_second_choice_is_one_fault() -> None:
    body = GOOD["chat.response"][0]
    second = {**body["choices"][0], "index": 1}
    assert clauses("chat.response", {**body, "choices": [body["choices"][0], second]}) == {
        "CHAT-REQ-N-04"
    }


@pytest.mark.parametrize("calls", [..., None, []])
def test_content_is_null_only_beside_tool_calls(calls: Any) -> None:
    message = {
        "role": "assistant",
        "content": None,
        **({} if calls is ... else {"tool_calls": calls}),
    }
    body = changed(GOOD["chat.response"][0], FIRST, message)
    (found,) = BODIES.violations("chat.response", body)
    assert (found.clause, found.pointer) == ("CHAT-RESP-CHOICE-01", "/choices/0/message")
    assert "null only beside tool calls" in found.expected
    lawful = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    assert BODIES.violations("chat.response", changed(body, FIRST, lawful)) == []


def test_content_is_null_where_a_reasoning_model_had_no_room_to_answer() -> None:
    body = changed(GOOD["chat.response"][0], FIRST, {"role": "assistant", "content": None})
    cut = changed(body, ("choices", 0, "finish_reason"), "length")
    assert BODIES.violations("chat.response", cut) == []


LAWFUL: list[tuple[str, tuple[Any, ...], Any]] = [
    ("chat.response", ("x_new",), {"a": 1}),
    ("chat.response", (*FIRST, "reasoning_content"), None),
    ("chat.response", (*FIRST, "tool_calls"), []),
    ("chat.response", ("usage", "prompt_tokens_details"), {"cached_tokens": 0}),
    ("chat.chunk", ("choices",), []),
    ("chat.chunk", (*CHOICE, "delta"), {}),
    ("chat.chunk", ("usage",), None),
    ("completions.response", (*CHOICE, "stop_reason"), None),
    ("models.list", ("data", 0, "capabilities", "supports_video"), "x"),
    ("models.list", ("data", 0, "parameters_number"), "many"),
    ("responses.response", ("created_at",), NOW + 0.5),
    ("responses.response", ("output", 0), {"type": "function_call", "name": "f"}),
    ("responses.response", (), {**RESPONSE, "status": "incomplete", "output": []}),
    ("responses.response", (), {**RESPONSE, "status": "failed", "usage": None, "error": {}}),
    ("responses.event", (), {"type": "response.future_event"}),
    ("responses.event", (), {"error": {"message": "No."}}),
    ("responses.event", (), {"type": "response.created", "response": {"usage": None}}),
    ("error", (), {"detail": "No."}),
    ("error", (), {"error": {"message": "No.", "type": "t", "param": "n", "code": 400}, "id": 1}),
]


@pytest.mark.parametrize(("kind", "path", "value"), LAWFUL)
def test_what_the_documents_leave_open_is_lawful(
    kind: str, path: tuple[Any, ...], value: Any
) -> None:
    assert BODIES.violations(kind, changed(GOOD[kind][0], path, value)) == []


def test_two_missing_keys_are_two_findings() -> None:
    body = {k: v for k, v in GOOD["chat.response"][0].items() if k not in ("model", "usage")}
    found = {(one.clause, one.pointer) for one in BODIES.violations("chat.response", body)}
    assert found == {("CHAT-RESP-SHAPE-01", "/model"), ("CHAT-RESP-SHAPE-01", "/usage")}


@pytest.mark.parametrize("value", ["x" * 10_000, {"k" * 500: 1}, 10**400, "\ud800", [0] * 9000])
def test_what_came_is_reported_shortly(value: Any) -> None:
    (found,) = BODIES.violations(
        "chat.response", changed(GOOD["chat.response"][0], ("created",), value)
    )
    assert len(found.actual) <= 120
    found.actual.encode("utf-8")


def test_an_unknown_kind_is_named_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"unknown kind 'nope'.*chat\.response"):
        BODIES.violations("nope", {})
