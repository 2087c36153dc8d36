"""The cases of the standard tier: the borders of each documented row, without chance.

Values that are promised to be accepted travel together, one of each row in a request: where that
is answered, all are. Values that are refused or open travel alone, since the first that is
refused hides the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any

from fixtures.bodies import ABSENT
from schemas import tables
from schemas.strategies import ODD_TEXTS, STUFFED, edges
from suites.fuzz import forms, shapes, wire
from suites.fuzz.cases import Case, Odd, Target

if TYPE_CHECKING:
    from schemas.table_types import RequestRow
    from schemas.validate import Standing

# Requests of the standard tier for each kind of body: packs, single values, everything else.
SHARES = {
    "chat.request": (11, 30, 26),
    "completions.request": (6, 12, 7),
    "responses.request": (6, 12, 7),
    "audio.request": (3, 4, 5),
}
PROMPTS = ("messages", "prompt", "input")
# What another suite asks with more care, or costs too much here.
APART = ("model", "file", "file_id")
SIZES: tuple[Any, ...] = (
    2**31,
    2**63,
    -1,
    0,
    1e300,
    None,
    "",
    [],
    {},
    "x",
    True,
    -(2**63) - 1,
    "1",
    1.5,
)


def standard(target: Target) -> Iterator[Case]:
    """What the standard tier sends."""
    packs, alone, others = SHARES[target.kind]
    yield from islice(together(target), packs)
    yield from islice(singles(target), alone)
    yield from islice(oddities(target), others)


def every(target: Target) -> Iterator[Case]:
    """All of it: each border together and alone, whole and streamed."""
    yield from together(target)
    yield from singles(target)
    yield from oddities(target)
    for row in _rows(target):
        for value, _ in edges(target.kind, row.field):
            yield target.case({row.field: value})
            if target.kind != "audio.request" and row.field != "stream":
                yield target.case({row.field: value, "stream": True})


def together(target: Target) -> Iterator[Case]:
    """Packs of accepted values: of the rows that any model serves, then of each role's rows.

    Every other pack is streamed.
    """
    rows = list(_rows(target))
    roles = dict.fromkeys(row.needs for row in rows)
    columns = {role: _columns(target, [row for row in rows if row.needs == role]) for role in roles}
    played = [role for role in roles if role is None or target.dut.cast.models(role)]
    yield from _round(_packs(target, columns[role]) for role in played)


def singles(target: Target) -> Iterator[Case]:
    """Each refused or open border alone, the rows taking turns: numbers first, for their ranges."""
    rows = sorted(_rows(target), key=lambda row: row.type not in ("number", "integer"))
    turns = [_alone(target, row) for row in rows]
    numbers = sum(row.type in ("number", "integer") for row in rows)
    yield from islice(_round(turns[:numbers]), 2 * numbers)
    yield from _round(turns)


def oddities(target: Target) -> Iterator[Case]:
    """Odd structures, odd bytes, odd headers, odd forms; the kinds take turns."""
    if target.clip:
        yield from forms.cases(target, target.clip)
        return
    yield from _round([wire.cases(target), shapes.cases(target)])


def _packs(target: Target, columns: dict[str, list[Any]]) -> Iterator[Case]:
    for number in range(max(map(len, columns.values()), default=0)):
        odd: dict[str, Any] = {}
        for name, values in columns.items():
            wider = {**odd, name: values[number % len(values)]}
            if target.case(wider).promise.standing == "accepted":
                odd = wider
        if number % 2 and target.kind != "audio.request":
            odd["stream"] = True
        yield target.case(odd)


def _columns(target: Target, rows: Iterable[RequestRow]) -> dict[str, list[Any]]:
    """The accepted borders of each row that are sure to be accepted alone."""
    found = {}
    for row in rows:
        if row.field == "stream":
            continue
        values = _prompts(row) if row.field in PROMPTS else _borders(target, row, "accepted")
        sure = [
            value
            for value in values
            if target.case({row.field: value}).promise.standing == "accepted"
        ]
        if sure:
            found[row.field] = sure
    return found


def _borders(target: Target, row: RequestRow, *wanted: Standing) -> list[Any]:
    """What is not among the table's own samples, which other suites send, comes first."""
    values = [value for value, standing in edges(target.kind, row.field) if standing in wanted]
    samples = [*row.example, *row.open_example, *(v for r in row.refused for v in r.example)]
    return sorted(values, key=lambda value: any(_same(value, each) for each in samples))


def _prompts(row: RequestRow) -> list[Any]:
    texts = [STUFFED, *(f"Say OK {text}" for text in ODD_TEXTS)]
    if row.field == "prompt":
        return [*texts, *row.example, texts[1:8]]
    if row.field == "input":
        return [[{"role": "user", "content": text}] for text in texts] + [*row.example, *texts]
    said = [[{"role": "user", "content": text}] for text in texts]
    split = [[{"role": "user", "content": [{"type": "text", "text": text}]}] for text in texts]
    return [value for pair in zip(said, split, strict=True) for value in pair] + [*row.example]


def _alone(target: Target, row: RequestRow) -> Iterator[Case]:
    listed = _borders(target, row, "refused", "open")
    listed.sort(key=lambda value: not any(_same(value, each) for each in SIZES))
    near = [value for value in listed if _is_near(row, value)]
    for value in (*near, *(value for value in listed if value not in near)):
        yield target.case({row.field: value})
    if row.required:
        yield target.case({row.field: ABSENT})


def _is_near(row: RequestRow, value: object) -> bool:
    """Whether the value lies just outside what the row accepts."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    bounds = [row.accepted.get(key) for key in ("minimum", "maximum", "exclusiveMinimum")]
    return any(bound is not None and 0 < abs(value - bound) <= 1 for bound in bounds)


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _rows(target: Target) -> Iterator[RequestRow]:
    return (row for row in tables.load().requests[target.kind].rows if row.field not in APART)


def _round(turns: Iterable[Iterator[Case]]) -> Iterator[Case]:
    """One of each in turn, until all are through."""
    for cases in zip_longest(*turns):
        yield from (case for case in cases if case is not None)


__all__ = ["SHARES", "Odd", "every", "oddities", "singles", "standard", "together"]
