"""Odd structures: depth, length, names and characters, in JSON that any parser reads."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from suites.fuzz.cases import flat, fused, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suites.fuzz.cases import Case, Target

DEEP = 100
PARTS = 50
TURNS = 40
NUL = "a\0b"
HALF = "a\ud800b"
MODELS = ("😀", " ", "a" * 300, "../../etc/passwd", "a\0b", "null", "{}", "%s%n", "gpt-4o", "*")
UNKNOWN = (
    *("__proto__", "constructor", "", " ", "😀", "$where", "a.b", "__class__", "toString", "NaN"),
    *("user\0", "-", "0", "message", "Temperature", "stream_options", "extra_body", "key" * 60),
)


def few(target: Target) -> Iterator[Case]:
    """As much as goes into a few requests; the ones that break most come first."""
    yield nulls(target)
    yield fused(target, "unknown, deep and long fields", _vast(target))
    yield _long(target)
    yield from _mistyped(target)
    if target.kind == "chat.request":
        named = {"role": "user", "content": "Say OK", "name": "😀 \0"}
        each = (target.case({"stop": ["a", "b", "", "d"]}), target.case({"messages": [named]}))
        yield fused(target, "an empty stop sequence, an odd name", each)
        yield target.case({"messages": _turns(target, HALF)})
        yield from islice(_tools(target), 1)


def cases(target: Target) -> Iterator[Case]:
    """Each once; the ones that break most come first."""
    text = _field(target)
    yield from flat(few(target))
    yield target.case({text: _turns(target, HALF)})
    yield target.case({"metadata": nested(DEEP)}, f"metadata {DEEP} levels deep")
    if target.kind == "completions.request":
        yield target.case({"prompt": [f"Say {number}" for number in range(PARTS)]})
    else:
        yield target.case({text: [{"role": "user", "content": "Say OK", "extra": nested(9)}]})
        yield target.case({text: [{"role": "system", "content": "Be brief."}] * 2})
    if target.kind == "chat.request":
        yield from _tools(target)
    yield from (target.case({"model": name}) for name in MODELS)
    yield target.case({name: nested(3) for name in UNKNOWN})
    yield from (target.case({name: "x"}) for name in UNKNOWN)
    for size in (300, 3000):
        yield target.case({"unknown": ["x"] * size}, "an unknown list")


def nulls(target: Target) -> Case:
    """Every optional field null, as clients send it that leave nothing out.

    What is not answered is asked for in halves, down to each field by itself.
    """
    rows = target.dut.contract.tables.requests[target.kind].rows
    names = [row.field for row in rows if not row.required and row.field != "stream"]
    return replace(_null(target, names), label="null for every optional field")


def _null(target: Target, names: list[str]) -> Case:
    label = f"null for {', '.join(names)}"[:90]
    if len(names) < 2:
        return target.case(dict.fromkeys(names), label)
    half = len(names) // 2
    return fused(target, label, (_null(target, names[:half]), _null(target, names[half:])))


def _mistyped(target: Target) -> Iterator[Case]:
    """Values of a wrong type that broke several real servers, each alone: a refusal hides no other.

    An empty model broke five, null two, tools that are no array two.
    """
    yield target.case({"model": ""})
    yield target.case({"model": None})
    if target.kind == "chat.request":
        yield target.case({"tools": "x"})


def _vast(target: Target) -> Iterator[Case]:
    """What most deployments take as it comes."""
    polluted = {**dict.fromkeys(UNKNOWN), "__proto__": {"polluted": True}}
    yield target.case(polluted, "unknown fields with odd names")
    yield target.case({_field(target): _turns(target, NUL)})
    if target.kind != "responses.request":
        yield target.case({"metadata": nested(DEEP)}, f"metadata {DEEP} levels deep")
        yield target.case({"user": "u" * 5000})


def _long(target: Target) -> Case:
    """A long conversation with a turn of many parts; or many prompts."""
    text = _field(target)
    if target.kind == "completions.request":
        return target.case({"prompt": ["Say OK"] * 8})
    talk, split = _talk(TURNS), _parts(target, PARTS)
    each = (
        target.case({text: talk}, f"a conversation of {TURNS + 1} turns"),
        target.case({text: split}, f"content of {PARTS} parts"),
    )
    return whole("a long conversation of many parts", each, target.case({text: talk[:-1] + split}))


def _field(target: Target) -> str:
    return {"chat.request": "messages", "completions.request": "prompt"}.get(target.kind, "input")


def nested(depth: int) -> Any:
    """Objects and arrays inside each other."""
    value: Any = "x"
    for level in range(depth):
        value = {"a": value} if level % 2 else [value]
    return value


def _turns(target: Target, text: str) -> Any:
    if target.kind == "completions.request":
        return text
    return [{"role": "user", "content": text}]


def _talk(turns: int) -> Any:
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": "Say OK"} for n in range(turns + 1)]


def _parts(target: Target, count: int) -> Any:
    kind = "text" if target.kind == "chat.request" else "input_text"
    content = [{"type": kind, "text": f"word {number}"} for number in range(count)]
    return [{"role": "user", "content": content}]


def _tools(target: Target) -> Iterator[Case]:
    if not target.plays("tools"):
        return
    for label, parameters in (
        ("a tool with parameters 100 levels deep", {"type": "object", "properties": _deep(DEEP)}),
        ("a tool with no properties", {"type": "object"}),
        ("a tool with odd property names", _properties("😀", "", "__proto__", "a b", "$ref")),
        ("a tool with many properties", _properties(*(f"p{number}" for number in range(60)))),
        ("a tool that refers to itself", {"type": "object", "properties": {"a": {"$ref": "#"}}}),
    ):
        function = {"name": "f", "parameters": parameters}
        yield target.case({"tools": [{"type": "function", "function": function}]}, label)


def _properties(*names: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}}


def _deep(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"a": {"type": "string"}}
    for _ in range(depth):
        schema = {"a": {"type": "object", "properties": schema}}
    return schema
