"""The reduced shapes of the guide, which hold for any OpenAI-compatible server.

Each tells what a body deviates in, as (JSON pointer, what is expected, what came); the printed
bodies of the guide are held against the same functions as the live ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from suites.engine.verify import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Deviation: TypeAlias = tuple[str, str, str]
Shape: TypeAlias = "Callable[[Any], Iterator[Deviation]]"

ENTRY = {"id": "text", "object": "text", "created": "a number", "owned_by": "text"}
CHAT = {"choices": "a list", "usage": "an object"}
CHUNK = {"id": "text", "object": "text", "choices": "a list"}
COUNTS = dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), "a number")
ERROR = {"message": "text", "type": "text"}
EMBEDDING = {"object": "text", "index": "a number", "embedding": "a list"}
MEANS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "a number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "a list": lambda value: isinstance(value, list),
    "an object": lambda value: isinstance(value, dict),
}


def models(body: Any) -> Iterator[Deviation]:
    """A list of entries with id, object, created and owned_by."""
    yield from _has(body, {"data": "a list"})
    for number, entry in enumerate(_list(body, "data")):
        yield from _has(entry, ENTRY, f"/data/{number}")


def chat(body: Any) -> Iterator[Deviation]:
    """Choices, each with a message and a finish_reason, and usage with three counts."""
    yield from _has(body, CHAT)
    choices = _list(body, "choices")
    if isinstance(body, dict) and isinstance(body.get("choices"), list) and not choices:
        yield "/choices", "at least one choice", "none"
    for number, choice in enumerate(choices):
        yield from _has(choice, {"message": "an object"}, f"/choices/{number}")
    usage = body.get("usage") if isinstance(body, dict) else None
    if isinstance(usage, dict):
        yield from _has(usage, COUNTS, "/usage")


def chunk(body: Any) -> Iterator[Deviation]:
    """Choices, each with a delta."""
    yield from _has(body, CHUNK)
    for number, choice in enumerate(_list(body, "choices")):
        yield from _has(choice, {"delta": "an object"}, f"/choices/{number}")


def error(body: Any) -> Iterator[Deviation]:
    """An error with a message and a type."""
    yield from _has(body, {"error": "an object"})
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        yield from _has(body["error"], ERROR, "/error")


def embeddings(body: Any) -> Iterator[Deviation]:
    """A list of embeddings, each a list of numbers; usage counts no completion."""
    yield from _has(body, {"data": "a list", "usage": "an object"})
    for number, entry in enumerate(_list(body, "data")):
        place = f"/data/{number}"
        yield from _has(entry, EMBEDDING, place)
        vector = entry.get("embedding") if isinstance(entry, dict) else None
        wrong = [each for each in vector or () if not MEANS["a number"](each)]
        if wrong or vector == []:
            yield f"{place}/embedding", "numbers", show(wrong[:1] or vector)


def _has(body: Any, fields: dict[str, str], place: str = "") -> Iterator[Deviation]:
    if not isinstance(body, dict):
        yield place or "/", "an object", show(body)
        return
    for name, kind in fields.items():
        if not MEANS[kind](body.get(name)):
            yield f"{place}/{name}", kind, show(body[name]) if name in body else "missing"


def _list(body: Any, name: str) -> list[Any]:
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, list) else []
