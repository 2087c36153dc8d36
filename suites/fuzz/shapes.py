"""Odd structures: depth, length, names and characters, in JSON that any parser reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suites.fuzz.cases import Case, Target

DEEP = 100
PARTS = 50
NUL = "a\0b"
HALF = "a\ud800b"
MODELS = ("😀", " ", "a" * 300, "../../etc/passwd", "a\0b", "null", "{}", "%s%n", "gpt-4o", "*")
UNKNOWN = (
    *("__proto__", "constructor", "", " ", "😀", "$where", "a.b", "__class__", "toString", "NaN"),
    *("user\0", "-", "0", "message", "Temperature", "stream_options", "extra_body", "key" * 60),
)


def cases(target: Target) -> Iterator[Case]:
    """Each once; the ones that break most come first."""
    text = {"chat.request": "messages", "completions.request": "prompt"}.get(target.kind, "input")
    yield target.case({"__proto__": {"polluted": True}})
    yield target.case({text: _turns(target, NUL)})
    if target.kind == "completions.request":
        yield target.case({"prompt": ["Say OK"] * 8})
        yield target.case({"prompt": [f"Say {number}" for number in range(PARTS)]})
    else:
        yield target.case({text: _parts(target, PARTS)}, f"content of {PARTS} parts")
    yield target.case({"stop": ["a", "b", "", "d"]})
    yield target.case({"metadata": nested(DEEP)}, f"metadata {DEEP} levels deep")
    yield target.case({text: _turns(target, HALF)})
    yield target.case(dict.fromkeys(UNKNOWN), "unknown fields with odd names")
    yield target.case({"user": "u" * 5000})
    if target.kind != "completions.request":
        yield target.case({text: _talk(40)}, "a conversation of 41 turns")
        yield target.case({text: [{"role": "user", "content": "Say OK", "name": "😀 \0"}]})
        yield target.case({text: [{"role": "user", "content": "Say OK", "extra": nested(9)}]})
        yield target.case({text: [{"role": "system", "content": "Be brief."}] * 2})
    if target.dut.cast.models("tools") and target.kind == "chat.request":
        yield from _tools(target)
    yield from (target.case({"model": name}) for name in MODELS)
    yield target.case({name: nested(3) for name in UNKNOWN})
    yield from (target.case({name: "x"}) for name in UNKNOWN)
    for size in (300, 3000):
        yield target.case({"unknown": ["x"] * size}, "an unknown list")


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
    for told, parameters in (
        ("a tool with parameters 100 levels deep", {"type": "object", "properties": _deep(DEEP)}),
        ("a tool with no properties", {"type": "object"}),
        ("a tool with odd property names", _properties("😀", "", "__proto__", "a b", "$ref")),
        ("a tool with many properties", _properties(*(f"p{number}" for number in range(60)))),
        ("a tool that refers to itself", {"type": "object", "properties": {"a": {"$ref": "#"}}}),
    ):
        function = {"name": "f", "parameters": parameters}
        yield target.case({"tools": [{"type": "function", "function": function}]}, told)


def _properties(*names: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}}


def _deep(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"a": {"type": "string"}}
    for _ in range(depth):
        schema = {"a": {"type": "object", "properties": schema}}
    return schema
