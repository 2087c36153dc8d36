"""What the documents promise of a body that nobody wrote.

The schemas judge field by field. Where it takes more than that to be sure (a conversation in an
odd order, a schema inside a tool, text without a letter), nothing is promised here: such a
request may be accepted or refused, and only has to be answered in order.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fixtures.target.deployment import Deployment
    from schemas.validate import BodySchema, Standing

LONGEST = 16_000
TINY = 1e-6
LONG_WORDS = 256
STOP_WORDS = 64
MANY_PROMPTS = 8
DEFAULT_COMPLETION = 16
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")


@dataclass(frozen=True)
class Promise:
    """How a request stands, and the clauses by which it must be refused."""

    standing: Standing
    clauses: tuple[str, ...] = ()


OPEN = Promise("open")
ACCEPTED = Promise("accepted")


def of(dut: Deployment, kind: str, body: object, roles: frozenset[str]) -> Promise:
    """What is promised of this body, sent to a model that plays these roles."""
    if not isinstance(body, dict):
        return OPEN
    clauses, needed, sure = _read(dut.contract.bodies[kind], _Body(_digest(body), body))
    binding = tuple(clause for clause in clauses if _binds(dut, clause, roles))
    if clauses:
        return Promise("refused", binding) if binding else OPEN
    # Of a model that nobody lists, only the gates of each route say something.
    return ACCEPTED if sure and roles and needed <= roles else OPEN


@dataclass(frozen=True)
class _Body:
    """A body that is known again by its digest."""

    digest: bytes
    body: dict[str, Any] = field(compare=False, repr=False)


def _digest(body: object) -> bytes:
    """Equal only for bodies that are written alike: 1, 1.0 and true differ."""
    return hashlib.sha256(repr(body).encode("utf-8", "surrogatepass")).digest()


@lru_cache(maxsize=8192)  # most cases are asked for several times a run
def _read(schema: BodySchema, hashed: _Body) -> tuple[tuple[str, ...], frozenset[str], bool]:
    """The clauses that refuse it; the roles that it needs, and whether it is accepted then."""
    body = hashed.body
    clauses = schema.refusals(body)
    if clauses:
        return clauses, frozenset(), False
    sure = schema.accepts(body) and all(holds(body) for holds in _SURE)
    return (), schema.needs(body), sure


def _binds(dut: Deployment, clause: str, roles: frozenset[str]) -> bool:
    known = dut.contract.clauses[clause]
    lenient = known.gate == "report" or not dut.contract.promises(clause)
    return not lenient and set(known.needs) <= roles


def _ordinary(body: Mapping[str, Any]) -> bool:
    """No NUL, no half of a character, no vanishing number, and not too much of anything."""
    if len(json.dumps(body, default=lambda _: "bytes")) > LONGEST:
        return False
    return all(_plain(leaf) for leaf in leaves(body))


def _plain(leaf: object) -> bool:
    if isinstance(leaf, str):
        return not any(each == "\0" or 0xD800 <= ord(each) < 0xE000 for each in leaf)
    if isinstance(leaf, float):
        return abs(leaf) >= TINY or (leaf == 0 and math.copysign(1, leaf) > 0)
    return True


def _short(body: Mapping[str, Any]) -> bool:
    stop = body.get("stop")
    stops = stop if isinstance(stop, list) else [stop]
    words = (body.get("user"), body.get("suffix"))
    return all(len(each) <= STOP_WORDS for each in stops if isinstance(each, str)) and all(
        len(each) <= LONG_WORDS for each in words if isinstance(each, str)
    )


def _conversation(body: Mapping[str, Any]) -> bool:
    """A system message or none, then user and assistant in turns; something to read in each."""
    turns = body.get("messages", body.get("input"))
    if isinstance(turns, str):
        return _legible(turns)
    if turns is None:
        return True
    roles = [turn["role"] for turn in turns]
    said = roles[1:] if roles[0] == "system" else roles
    turned = ["user", "assistant"] * len(said)
    in_order = len(said) % 2 == 1 and said == turned[: len(said)]
    return in_order and all(_readable(turn["content"]) for turn in turns)


def _readable(content: object) -> bool:
    """Text, or parts of text. Whether pictures and sounds can be read, only the bytes tell."""
    if isinstance(content, str):
        return _legible(content)
    parts = content if isinstance(content, list) else []
    return all(
        part["type"] in ("text", "input_text") and _legible(str(part.get("text"))) for part in parts
    )


def _legible(text: str) -> bool:
    return any(unicodedata.category(each)[0] in "LNPS" for each in text)


def _prompts(body: Mapping[str, Any]) -> bool:
    if "prompt" not in body:
        return True
    prompt = body["prompt"]
    prompts = prompt if isinstance(prompt, list) else [prompt]
    cap = body.get("max_tokens", DEFAULT_COMPLETION)
    enough = (body.get("min_tokens") or 0) <= cap
    return enough and len(prompts) <= MANY_PROMPTS and all(map(_legible, prompts))


def _tools(body: Mapping[str, Any]) -> bool:
    """Tools of simple parameters, none twice; a choice among them."""
    offered = [tool["function"] for tool in body.get("tools") or ()]
    names = [function["name"] for function in offered]
    choice = body.get("tool_choice")
    named = choice["function"]["name"] if isinstance(choice, dict) else None
    chosen = choice is None or (bool(names) and (named is None or named in names))
    simple = all(simple_schema(function.get("parameters")) for function in offered)
    return chosen and simple and len(set(names)) == len(names)


def _formats(body: Mapping[str, Any]) -> bool:
    """No structured output, which one page ignores and another says not all support."""
    form, function = body.get("response_format"), body.get("function")
    structured = isinstance(form, dict) and "json_schema" in form
    schema = function.get("parameters") if isinstance(function, dict) else None
    return not structured and simple_schema(schema)


def simple_schema(schema: Mapping[str, Any] | None) -> bool:
    """Whether any implementation of JSON Schema takes it: plain names, nothing missing."""
    if schema is None:
        return True
    properties = schema.get("properties", {})
    named = all(NAME.fullmatch(name) for name in properties)
    known = {"type", "properties", "required"}.issuperset(schema)
    flat = all({"type", "description"}.issuperset(each) for each in properties.values())
    return named and known and flat and set(schema.get("required", ())) <= set(properties)


_SURE = (_ordinary, _short, _conversation, _prompts, _tools, _formats)


def leaves(node: object) -> Iterator[object]:
    """All keys and values that hold nothing else."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from leaves(value)
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value)
    else:
        yield node
