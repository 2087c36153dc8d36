"""An ignored field, judged: accepted with each value that its type allows, and without effect.

One mechanism for every route and row: a row says `support: ignored`, and its clauses are, in this
order, "is accepted" and "has no effect".

Whether a field has an effect is seen by signs that no model's mood can give, each against the same
request without the field: another number of choices, logprobs, calls of tools, other
`prompt_tokens`, more `completion_tokens` than the cap allows or than the same text cost before, a
planted word in the text, another text. What is seen once is asked again before it is called an
effect; and what is judged by comparing counts only where the deployment answers the request without
the field always alike, for other users too.

All ignored fields of a route are sent together first: where nothing is seen of them, none of them
has an effect. In the deep tier each is sent by itself as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from schemas.boundary_values import edges
from schemas.outcomes import NoControl, Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Cases, Check, Findings, case
from suites.support import table_cases
from suites.support.answer_summary import AnswerSummary, summary_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange
    from schemas.contract import Contract
    from schemas.table_types import RequestRow

CONFIRMED = 3
STEADY = 8
COMPARED = frozenset({"text", "cost", "prompt"})
STREAM: Mapping[str, Any] = {"stream": True}
# What shows at a high temperature only: an equal text at 0 says nothing about it.
ROLLS_DICE = frozenset({"seed"})
# A prompt of thirty words cannot stand in one token: where it comes back, it was echoed.
FORCED: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "echo": lambda word: {
        "prompt": f"{word} stands before " + "a very long row of words, " * 5 + "and",
        "max_tokens": 1,
    }
}
# Of the values at the borders of a row: what follows is odd texts, one like the other.
BORDERS = 12


@dataclass(frozen=True)
class Control:
    """The same request without the field, and how it is answered.

    `planted` are words that no answer has from anywhere but the field; `ask` sends the request
    again. `compares` is False where the form forces the sign, so that nothing need be compared.
    """

    face: AnswerSummary
    planted: tuple[str, ...]
    ask: Callable[[int], Exchange]
    compares: bool = True


@dataclass(frozen=True)
class Effect:
    """One sign of an effect: which one it is, and what a finding says of it."""

    sign: str
    expected: str
    actual: str
    where: str = ""


def table(contract: Contract, kind: str) -> tuple[RequestRow, ...]:
    """The rows of a request table whose fields are ignored, with a clause on each half."""
    found = contract.tables.requests[kind].rows
    return tuple(
        row
        for row in found
        if row.support == "ignored" and len(row.clauses) > 1 and "-IGN-" in row.clauses[1]
    )


def _each(kind: str, make: Callable[[RequestRow], Check]) -> Cases:
    return lambda contract: map(make, table(contract, kind))


def streamed_cases(kind: str) -> Cases:
    """A case for each ignored row: `accepted_streamed` decides it."""
    return _each(kind, lambda row: case(row.clauses[0], f"{row.field} streamed", row=row))


def edge_cases(kind: str) -> Cases:
    """A case for each ignored row: `accepted_at_the_edges` decides it."""
    return _each(kind, lambda row: case(row.clauses[0], f"{row.field} edges", tier="deep", row=row))


def effect_cases(kind: str) -> Cases:
    """A case for each ignored row: `without_effect` decides it."""
    return _each(kind, lambda row: case(row.clauses[1], f"{row.field} has no effect", row=row))


def together(contract: Contract, kind: str) -> list[RequestRow]:
    """The ignored rows that mean something alone: they are sent all at once."""
    return [row for row in table(contract, kind) if row.field not in table_cases.TOGETHER]


def accepted_streamed(route: str, row: RequestRow, dut: Deployment) -> Findings:
    """The first sample value of the row is accepted in a request for a stream, too.

    All ignored fields are sent together first; only when that fails, each by itself.
    """
    apart = row.field in table_cases.TOGETHER and dut.setup.tier != "deep"
    if (
        apart
        or not streams(route, dut)
        or _all_at_once(dut, route, _company(dut, route, row), STREAM).ok
    ):
        return
    sent = table_cases.varied(row, row.example[0])
    exchange = _ask(dut, route, sent.role, **sent.fields, stream=True)
    yield from verify.accepted(exchange, f"{sent.label}, streamed")


def accepted_at_the_edges(route: str, row: RequestRow, dut: Deployment) -> Findings:
    """Each value at the borders of the row is accepted where the table promises it."""
    values = [
        value
        for value, how in edges(dut.contract.bodies, _kind(dut, route), row.field)
        if how == "accepted"
    ]
    for value in values[:BORDERS]:
        sent = table_cases.varied(row, value)
        exchange = _ask(dut, route, sent.role, **sent.fields)
        yield from verify.accepted(exchange, sent.label)


def without_effect(route: str, row: RequestRow, dut: Deployment) -> Findings:
    """No sample value of the row changes the answer, plain or streamed.

    Where the documents contradict each other on the field, its gate is `report`: another text is
    then observed, and only what no reading covers is a finding.
    """
    contradicted = _is_contradicted(dut, row)
    seen: list[str] = []
    for form in _forms(route, row, dut):
        control = _control(dut, route, row, form)
        shows = row.field not in ROLLS_DICE and control.compares
        if _none_has_an_effect(dut, route, row, form, control):
            seen += (
                ["ignored"] if shows and _text_is_unchanged(dut, route, row, form, control) else []
            )
            continue
        found: list[str] = []
        for sent in _samples(row, form, dut):
            for effect, exchange in _effects(dut, route, sent, control):
                found.append(effect.sign)
                if contradicted and effect.sign == "text":
                    continue
                actual = f"{effect.actual}, with {sent.label}"
                yield verify.deviation(exchange, effect.expected, actual=actual, where=effect.where)
        if "text" in found or (shows and "text" in _comparable(control)):
            seen.append("honoured" if "text" in found else "ignored")
    if contradicted and seen:
        yield Observation(row.field, "honoured" if "honoured" in seen else "ignored")
    elif contradicted and row.field in ROLLS_DICE:
        raise NoControl("compared at temperature 0 alone, where such a field has nothing to do")
    elif contradicted:
        raise NoControl("the answers vary at temperature 0, so an effect cannot be seen")


def _none_has_an_effect(
    dut: Deployment, route: str, row: RequestRow, form: Mapping[str, Any], control: Control
) -> bool:
    """Whether nothing is seen of the fields where all of them are sent at once.

    Where something is, those on which the documents agree are sent at once without the others.
    """
    if dut.setup.tier == "deep":
        return False
    every = _company(dut, route, row)
    agreed = [each for each in every if not _is_contradicted(dut, each)]
    groups = [every, agreed] if row in agreed else [every]
    if not control.compares:  # an equal text shows as much as what the form forces
        return _text_is_unchanged(dut, route, row, {}, _control(dut, route, row, {}))
    sent = (_all_at_once(dut, route, group, form) for group in groups)
    return any(_is_clean(exchange, control) for exchange in sent)


def _text_is_unchanged(
    dut: Deployment, route: str, row: RequestRow, form: Mapping[str, Any], control: Control
) -> bool:
    """Whether the text of all at once is that without them: then each was ignored."""
    exchange = _all_at_once(dut, route, _company(dut, route, row), form)
    return exchange.ok and summary_of(exchange).words == control.face.words


def _is_contradicted(dut: Deployment, row: RequestRow) -> bool:
    return dut.contract.clauses[row.clauses[1]].gate == "report"


def _forms(route: str, row: RequestRow, dut: Deployment) -> Iterator[Mapping[str, Any]]:
    """The requests that the field is put into: plain, streamed, and made to show it."""
    yield {}
    alone = row.field in table_cases.TOGETHER and dut.setup.tier != "deep"
    if streams(route, dut) and not alone:
        yield STREAM
    if row.field in FORCED:
        yield FORCED[row.field](dut.nonce(f"ignored {row.field}"))


def _samples(
    row: RequestRow, form: Mapping[str, Any], dut: Deployment
) -> list[table_cases.RequestVariation]:
    """What is sent of the field: all its samples plainly, the first one in the other forms."""
    sent = [table_cases.varied(row, value) for value in row.example[: 1 if form else None]]
    if row.type == "string":
        sent.append(table_cases.varied(row, f" -- {_word(row, dut)} --"))
    return [replace(each, fields={**each.fields, **form}) for each in sent]


def _company(dut: Deployment, route: str, row: RequestRow) -> list[RequestRow]:
    """The rows that are sent at once with this one."""
    return [row] if row.field in table_cases.TOGETHER else together(dut.contract, _kind(dut, route))


def all_at_once(dut: Deployment, every: list[RequestRow]) -> dict[str, Any]:
    """The fields of these rows, each with its first sample, texts with a word to be found again."""
    fields: dict[str, Any] = {}
    for each in every:
        value = f" -- {_word(each, dut)} --" if each.type == "string" else each.example[0]
        fields.update(table_cases.varied(each, value).fields)
    return fields


def _all_at_once(
    dut: Deployment, route: str, every: list[RequestRow], form: Mapping[str, Any]
) -> Exchange:
    role = every[0].needs or ""
    return _ask(dut, route, role, **all_at_once(dut, every), **form)


def _is_clean(exchange: Exchange, control: Control) -> bool:
    """Whether nothing is seen of the fields in an answer, so that none of them has an effect."""
    if not exchange.ok:
        return False
    signs = {
        each.sign for each in _changes(summary_of(exchange), control, exchange.request.document)
    }
    return not signs or (signs <= COMPARED and not signs & _comparable(control))


def _kind(dut: Deployment, route: str) -> str:
    operation = dut.contract.posts(route)
    return str(operation and operation.request)


def _word(row: RequestRow, dut: Deployment) -> str:
    return dut.nonce(f"value of {row.field}")


def streams(route: str, dut: Deployment) -> bool:
    """Whether the route answers a plain request with a stream when one is asked for."""
    exchange = _ask(dut, route, stream=True)
    return exchange.ok and exchange.media_type == "text/event-stream" and bool(exchange.payloads)


def _effects(
    dut: Deployment, route: str, sent: table_cases.RequestVariation, control: Control
) -> Iterator[tuple[Effect, Exchange]]:
    """What the field changes, each time that it is sent."""

    def look(sample: int) -> tuple[dict[str, Effect], Exchange]:
        exchange = _ask(dut, route, sent.role, sample=sample, **sent.fields)
        if not exchange.ok:
            verify.conclusive(exchange)
            raise Untestable(f"{sent.label} is not accepted, which is a clause of its own")
        changes = _changes(summary_of(exchange), control, exchange.request.document)
        return {effect.sign: effect for effect in changes}, exchange

    first, exchange = look(0)
    lasting = set(first)
    for sample in range(1, 1 + CONFIRMED):
        if lasting:
            lasting &= set(look(sample)[0])
    if lasting & COMPARED:
        lasting -= COMPARED - _comparable(control)
    yield from ((effect, exchange) for sign, effect in first.items() if sign in lasting)


def _comparable(control: Control) -> frozenset[str]:
    """In what the control is answered as before, however often: two equal texts may be chance."""
    again = [summary_of(exchange) for k in range(1, STEADY) if (exchange := control.ask(k)).ok]
    kept = control.face
    words = all(each.words == kept.words for each in again)
    alike = {
        "text": words,
        "cost": words and all(each.completion_tokens == kept.completion_tokens for each in again),
        "prompt": all(each.prompt_tokens == kept.prompt_tokens for each in again),
    }
    return frozenset(sign for sign, holds in alike.items() if holds and again)


def _changes(seen: AnswerSummary, control: Control, sent: Mapping[str, Any]) -> Iterator[Effect]:
    kept = control.face
    if seen.choices != kept.choices:
        yield Effect("choices", f"{kept.choices} choices as without", str(seen.choices), "/choices")
    if seen.logprobs and not kept.logprobs:
        yield Effect("logprobs", "logprobs null or absent, as without", "logprobs", "/choices/0")
    if seen.calls and not kept.calls and not sent.get("tools"):
        yield Effect("calls", "no call of a function, as without", "a call", "/choices/0/message")
    if (
        control.compares
        and None not in (kept.prompt_tokens, seen.prompt_tokens)
        and (seen.prompt_tokens != kept.prompt_tokens)
    ):
        expected, where = f"{kept.prompt_tokens} prompt tokens as without", "/usage/prompt_tokens"
        yield Effect("prompt", expected, str(seen.prompt_tokens), where)
    yield from _cost(seen, control, sent.get("max_tokens"))
    yield from _said(seen, control)


def _cost(seen: AnswerSummary, control: Control, cap: object) -> Iterator[Effect]:
    """More tokens than the cap allows, or than the same text cost: candidates that nobody saw."""
    cost, before = seen.completion_tokens, control.face.completion_tokens
    if cost is None or before is None or not isinstance(cap, int):
        return
    where = "/usage/completion_tokens"
    if before <= cap < cost:
        yield Effect("cap", f"at most {cap} completion tokens, as without", str(cost), where)
    elif control.compares and seen.words == control.face.words and cost != before:
        yield Effect("cost", f"{before} completion tokens as without", str(cost), where)


def _said(seen: AnswerSummary, control: Control) -> Iterator[Effect]:
    kept, where = control.face, "/choices/0"
    back = [word for word in control.planted if word in seen.text and word not in kept.text]
    if back:
        expected = f"a text without {verify.show(back[0])}"
        yield Effect("planted", expected, verify.show(seen.text), where)
    elif control.compares and seen.words != kept.words:
        expected = f"{verify.show(kept.text)} ({kept.finish}) as without"
        yield Effect("text", expected, f"{verify.show(seen.text)} ({seen.finish})", where)


def _planted(row: RequestRow, form: Mapping[str, Any], dut: Deployment) -> tuple[str, ...]:
    """Words that the model cannot have from itself: only a field's effect brings them back."""
    return (_word(row, dut), *([form["prompt"]] if "prompt" in form else ()))


def _control(dut: Deployment, route: str, row: RequestRow, form: Mapping[str, Any]) -> Control:
    """The same request without the field, in its form; every other time for another user.

    A cache repeats what was chance, and the user is no part of the prompt by a clause of its own.
    """
    role, beside = row.needs or "", table_cases.TOGETHER.get(row.field, {})

    def ask(sample: int) -> Exchange:
        user = {"user": dut.nonce(f"again {sample}")} if sample % 2 == 0 and sample else {}
        return _ask(dut, route, role, sample=sample, **user, **beside, **form)

    compares = not form or form == STREAM
    return Control(summary_of(ask(0)), _planted(row, form, dut), ask, compares)


def _ask(
    dut: Deployment, route: str, role: str = "", *, sample: int = 0, **fields: Any
) -> Exchange:
    return dut.send(dut.request(route, role, sample=sample, **fields))
