"""The cases of the standard tier: the borders of each documented row, without chance.

Values that are promised to be accepted travel together, one of each row in a request: where that
is answered, all are. Values that are refused or open travel alone, since the first that is
refused hides the others; only where most deployments look at none of them (fields that have no
effect, headers) they travel together, and part when they are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Any

from fixtures.target.plain_requests import ABSENT
from schemas.boundary_values import ODD_TEXTS, STUFFED, edges, outside
from suites.fuzz import forms, shapes, wire
from suites.fuzz.cases import Case, Odd, Target, fused, turns
from suites.support.table_cases import TOGETHER

if TYPE_CHECKING:
    from schemas.table_types import RequestRow
    from schemas.validate import BodySchemas, Standing

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
    drawn = target.operation.drawn
    if drawn is None:
        return
    few = forms.few(target, target.clip) if target.clip else _few(target)
    # The values next to each printed range come first, and there are more of them.
    alone = chain(beside(target), singles(target))
    yield from filter(target.affords, packed(target, drawn.packs))
    for cases, most in ((alone, drawn.single), (few, drawn.other)):
        yield from islice(filter(target.affords, cases), most)


def every(target: Target) -> Iterator[Case]:
    """All of it: each border together and alone, whole and streamed."""
    yield from together(target)
    yield from beside(target)
    yield from singles(target)
    yield from oddities(target)
    for row in _rows(target):
        for value, _ in edges(_bodies(target), target.kind, row.field):
            yield target.case({row.field: value})
            if not target.operation.is_form and row.field != "stream":
                yield target.case({row.field: value, "stream": True})


def together(target: Target) -> Iterator[Case]:
    """All packs of accepted values: of the rows that any model serves, and of each role's rows.

    Where streams are promised, every other pack is one.
    """
    packs = _grouped(target)
    yield from turns([packs.pop(None), turns(packs.values())])


def packed(target: Target, most: int) -> Iterator[Case]:
    """At most so many of them: every other one for the rows of the roles, which take turns.

    The place of a role that nobody plays stays empty: what else is sent, and so each verdict, does
    not depend on how many roles there are models for.
    """
    packs = _grouped(target)
    shared, roles = packs.pop(None), list(packs.values())
    for place in range(most):
        of_role = roles and place % 2
        yield from islice(roles[place // 2 % len(roles)] if of_role else shared, 1)


def _grouped(target: Target) -> dict[str | None, Iterator[Case]]:
    """The packs of the rows that need no role, and of each role's; none where nobody plays it."""
    groups: dict[str | None, list[RequestRow]] = {None: []}
    for row in _rows(target):
        groups.setdefault(_needs(target, row), []).append(row)
    return {
        role: _packs(target, _columns(target, rows))
        if role is None or target.plays(role)
        else iter(())
        for role, rows in groups.items()
    }


def _needs(target: Target, row: RequestRow) -> str | None:
    """The role that a row needs, or a field that is sent beside it."""
    rows = _bodies(target).rows(target.kind)
    beside = (rows[name] for name in TOGETHER.get(row.field, ()) if name in rows)
    return row.needs or next((each.needs for each in beside if each.needs), None)


def beside(target: Target) -> Iterator[Case]:
    """The values next to each printed range, and numbers that few types hold.

    Those of fields that have no effect together, all others alone.
    """
    idle = [row for row in _rows(target) if row.support == "ignored"]
    looked = [row for row in _rows(target) if row not in idle]
    for cases in zip_longest(*(_next_to(target, row) for row in idle)):
        each = [case for case in cases if case is not None and target.affords(case)]
        yield fused(target, ", ".join(case.label for case in each)[:90], each)
    yield from turns(_next_to(target, row) for row in looked)


def singles(target: Target) -> Iterator[Case]:
    """Each refused or open border alone, the rows taking turns."""
    yield from turns(_alone(target, row) for row in _rows(target))


def oddities(target: Target) -> Iterator[Case]:
    """Odd structures, odd bytes, odd headers, odd forms; the kinds take turns."""
    if target.clip:
        yield from forms.cases(target, target.clip)
        return
    yield from turns([wire.cases(target), shapes.cases(target)])


def _few(target: Target) -> Iterator[Case]:
    yield from turns([wire.few(target), shapes.few(target)])


def _packs(target: Target, columns: dict[str, list[Any]]) -> Iterator[Case]:
    flowing: Odd = {"stream": True}
    streams = not target.clip and target.case(flowing).promise.standing == "accepted"
    for number in range(max(map(len, columns.values()), default=0)):
        odd = flowing if streams and number % 2 else {}
        for name, values in columns.items():
            wider = {**odd, name: values[number % len(values)]}
            case = target.case(wider)
            if case.promise.standing == "accepted" and target.affords(case):
                odd = wider
        yield target.case(odd)


def _columns(target: Target, rows: Iterable[RequestRow]) -> dict[str, list[Any]]:
    """The accepted borders of each row that are sure to be accepted alone."""
    found = {}
    for row in rows:
        if row.field == "stream":
            continue
        said = row.required and row.field in PROMPTS
        values = _prompts(row) if said else _borders(target, row, "accepted")
        alone = ((value, target.case({row.field: value})) for value in values)
        sure = [
            value
            for value, case in alone
            if case.promise.standing == "accepted" and target.affords(case)
        ]
        if sure:
            found[row.field] = sure
    return found


def _borders(target: Target, row: RequestRow, *wanted: Standing) -> list[Any]:
    """What is not among the table's own samples, which other suites send, comes first."""
    values = [
        value
        for value, standing in edges(_bodies(target), target.kind, row.field)
        if standing in wanted
    ]
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


def _next_to(target: Target, row: RequestRow) -> Iterator[Case]:
    values = list(outside(_bodies(target), target.kind, row.field))
    if row.type == "integer":
        values += [value for value in (2**31, 0.5) if value not in values]
    for value in values:
        case = target.case({row.field: value})
        # A number that fits in no 32 bits costs nothing below zero.
        fitting = target.affords(case) or value != 2**31
        yield case if fitting else target.case({row.field: -value - 1})


def _alone(target: Target, row: RequestRow) -> Iterator[Case]:
    listed = _borders(target, row, "refused", "open")
    listed.sort(key=lambda value: not any(_same(value, each) for each in SIZES))
    for value in listed:
        yield target.case({row.field: value})
    if row.required:
        yield target.case({row.field: ABSENT})


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _rows(target: Target) -> Iterator[RequestRow]:
    rows = _bodies(target).rows(target.kind).values()
    return (row for row in rows if row.field not in APART)


def _bodies(target: Target) -> BodySchemas:
    return target.dut.contract.bodies


__all__ = ["Odd", "every", "oddities", "packed", "singles", "standard", "together"]
