"""An ignored field, judged: accepted with each value that its type allows, and without effect.

One mechanism for every route and row: a row says `support: ignored`, and its clauses are, in this
order, "is accepted" and "has no effect".

Whether a field has an effect is told by signs that no model's mood can give, each against the same
request without the field: another number of choices, logprobs, calls of tools, other
`prompt_tokens`, more `completion_tokens` than the cap allows or than the same text cost before, a
planted word in the text. The text itself is compared only where the deployment gives one text to
requests that differ in nothing that counts (sent twice, and under other users). What is seen once
is asked again before it is called an effect.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fixtures.answers import Answer, answer
from fixtures.outcomes import Inconclusive, Untestable
from schemas import contract, tables
from schemas.records import Observation
from schemas.validate import standing
from suites import rows, verify
from suites.checks import Check, Findings, case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fixtures.deployment import Deployment
    from fixtures.exchange import Exchange
    from schemas.table_types import RequestRow

# Fields that add nothing by their own clause: under them a steady deployment says the same.
NEUTRAL: tuple[Mapping[str, Any], ...] = ({"user": "user-123"}, {"user": "a b"})
CONFIRMED = 3
STEADY = 8
BY_TEXT = frozenset({"text", "cost"})
# What shows at a high temperature only: an equal text at 0 says nothing about it.
ROLLS_DICE = frozenset({"seed"})
# A prompt of thirty words cannot stand in one token: where it comes back, it was echoed.
FORCED: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "echo": lambda word: {
        "prompt": f"{word} stands before " + "a very long row of words, " * 5 + "and",
        "max_tokens": 1,
    }
}
# Values of every type; the table tells which of them a row promises to take.
POOL: tuple[Any, ...] = (
    *(True, False, 0, 1, 2, 20, -1, 2**31, 2**63 - 1, -(2**63)),
    *("", "ü\n", "x" * 1000, "none", "auto"),
    *({}, {"0": -100}, {"0": 1, "100": -1}, []),
)


@dataclass(frozen=True)
class Face:
    """What of an answer an ignored field must leave as it is."""

    choices: int
    logprobs: bool
    calls: bool
    text: str
    finish: str
    prompt_tokens: int | None
    completion_tokens: int | None

    @property
    def words(self) -> tuple[str, str]:
        """What was said, and why it ended."""
        return self.text, self.finish


@dataclass(frozen=True)
class Control:
    """The same request without the field: how it is answered, and which of that is steady.

    `planted` are words that no answer has from anywhere but the field; `ask` sends the request
    again.
    """

    face: Face
    text_is_steady: bool
    prompt_is_steady: bool
    cost_is_steady: bool
    planted: tuple[str, ...]
    ask: Callable[[int], Exchange]


@dataclass(frozen=True)
class Effect:
    """One sign of an effect: which one it is, and what a finding says of it."""

    sign: str
    expected: str
    actual: str
    where: str = ""


def table(kind: str) -> tuple[RequestRow, ...]:
    """The rows of a request table whose fields are ignored, with a clause on each half."""
    found = tables.load().requests[kind].rows
    return tuple(
        row
        for row in found
        if row.support == "ignored" and len(row.clauses) > 1 and "-IGN-" in row.clauses[1]
    )


def streamed_cases(kind: str) -> list[Check]:
    """A case for each ignored row: `accepted_streamed` decides it."""
    return [case(row.clauses[0], f"{row.field} streamed", row=row) for row in table(kind)]


def edge_cases(kind: str) -> list[Check]:
    """A case for each ignored row: `accepted_at_the_edges` decides it."""
    return [case(row.clauses[0], f"{row.field} edges", tier="deep", row=row) for row in table(kind)]


def effect_cases(kind: str) -> list[Check]:
    """A case for each ignored row: `without_effect` decides it."""
    return [case(row.clauses[1], f"{row.field} has no effect", row=row) for row in table(kind)]


def accepted_streamed(route: str, row: RequestRow, dut: Deployment) -> Findings:
    """The first sample value of the row is accepted in a request for a stream, too.

    All ignored fields are sent together first; only when that fails, each by itself.
    """
    if not streams(route, dut) or _all_at_once(route, dut, row).ok:
        return
    sent = rows.varied(row, row.example[0])
    exchange = _ask(dut, route, sent.role, **sent.fields, stream=True)
    yield from verify.accepted(exchange, f"{sent.told}, streamed")


def accepted_at_the_edges(route: str, row: RequestRow, dut: Deployment) -> Findings:
    """Each value of a pool of odd ones is accepted where the table promises it."""
    for value in POOL:
        if standing(_kind(route), row.field, value) == "accepted":
            sent = rows.varied(row, value)
            exchange = _ask(dut, route, sent.role, **sent.fields)
            yield from verify.accepted(exchange, sent.told)


def without_effect(route: str, row: RequestRow, dut: Deployment) -> Findings:
    """No sample value of the row changes the answer, plain or streamed.

    Where the documents contradict each other on the field, its gate is `report`: another text is
    then observed, and only what no reading covers is a finding.
    """
    contradicted = contract.load().clauses[row.clauses[1]].gate == "report"
    seen: list[str] = []
    for form in _forms(route, row, dut):
        control = _control(dut, route, row, form)
        if control.text_is_steady and row.field not in ROLLS_DICE:
            seen.append("ignored")
        if "stream" in form and _is_clean(_all_at_once(route, dut, row), control):
            continue
        for sent in _samples(row, form, dut):
            for effect, exchange in _effects(dut, route, sent, control):
                if contradicted and effect.sign == "text":
                    seen.append("honoured")
                    continue
                actual = f"{effect.actual}, with {sent.told}"
                yield verify.deviation(exchange, effect.expected, actual=actual, where=effect.where)
    if contradicted and seen:
        yield Observation(row.field, "honoured" if "honoured" in seen else "ignored")
    elif contradicted and row.field not in ROLLS_DICE:
        raise Inconclusive("the answers vary at temperature 0, so an effect cannot be seen")


def _forms(route: str, row: RequestRow, dut: Deployment) -> Iterator[Mapping[str, Any]]:
    """The requests that the field is put into: plain, streamed, and made to show it."""
    yield {}
    if streams(route, dut):
        yield {"stream": True}
    if row.field in FORCED:
        yield FORCED[row.field](dut.nonce(f"ignored {row.field}"))


def _samples(row: RequestRow, form: Mapping[str, Any], dut: Deployment) -> list[rows.Sent]:
    """What is sent of the field: all its samples plainly, the first one in the other forms."""
    sent = [rows.varied(row, value) for value in row.example[: 1 if form else rows.CHEAP]]
    if row.type == "string":
        sent.append(rows.varied(row, f" -- {_word(row, dut)} --"))
    return [replace(each, fields={**each.fields, **form}) for each in sent]


def _all_at_once(route: str, dut: Deployment, row: RequestRow) -> Exchange:
    """A stream with every ignored field, but those that mean nothing alone; with `row` always."""
    every = [each for each in table(_kind(route)) if each.field not in rows.TOGETHER]
    if row.field in rows.TOGETHER:
        every = [row]
    fields: dict[str, Any] = {}
    for each in every:
        value = f" -- {_word(each, dut)} --" if each.type == "string" else each.example[0]
        fields.update(rows.varied(each, value).fields)
    return _ask(dut, route, row.needs or "", **fields, stream=True)


def _is_clean(exchange: Exchange, control: Control) -> bool:
    """Whether nothing is seen of the fields in an answer, so that none of them has an effect."""
    return exchange.ok and not any(_changes(face(exchange), control, exchange.request.document))


def _kind(route: str) -> str:
    return next(str(one.request) for one in tables.load().operations if one.path == route)


def _word(row: RequestRow, dut: Deployment) -> str:
    return dut.nonce(f"value of {row.field}")


def streams(route: str, dut: Deployment) -> bool:
    """Whether the route answers a plain request with a stream when one is asked for."""
    exchange = _ask(dut, route, stream=True)
    return exchange.ok and exchange.media_type == "text/event-stream" and bool(exchange.payloads)


def face(exchange: Exchange) -> Face:
    """The face of an answer. Raises Inconclusive, and Untestable when it cannot be read."""
    verify.conclusive(exchange)
    told = answer(exchange)
    reasons = [choice.get("finish_reason") for choice in told.choices]
    return Face(
        choices=_count(told),
        logprobs=any(choice.get("logprobs") is not None for choice in told.choices),
        calls=any(_calls(choice) for choice in told.choices),
        text=told.text,
        finish=str(next((reason for reason in reversed(reasons) if reason), "")),
        prompt_tokens=_tokens(told, "prompt_tokens"),
        completion_tokens=_tokens(told, "completion_tokens"),
    )


def _effects(
    dut: Deployment, route: str, sent: rows.Sent, control: Control
) -> Iterator[tuple[Effect, Exchange]]:
    """What the field changes, each time that it is sent."""

    def look(sample: int) -> tuple[dict[str, Effect], Exchange]:
        exchange = _ask(dut, route, sent.role, sample=sample, **sent.fields)
        if not exchange.ok:
            verify.conclusive(exchange)
            raise Untestable(f"{sent.told} is not accepted, which is a clause of its own")
        changes = _changes(face(exchange), control, exchange.request.document)
        return {effect.sign: effect for effect in changes}, exchange

    first, exchange = look(0)
    lasting = set(first)
    for sample in range(1, 1 + CONFIRMED):
        if lasting:
            lasting &= set(look(sample)[0])
    if lasting & BY_TEXT and not _always_alike(control):
        lasting -= BY_TEXT
    yield from ((effect, exchange) for sign, effect in first.items() if sign in lasting)


def _always_alike(control: Control) -> bool:
    """Whether the control is answered as before, however often: two equal texts may be chance."""
    return all(face(control.ask(k)).words == control.face.words for k in range(2, STEADY))


def _changes(seen: Face, control: Control, sent: Mapping[str, Any]) -> Iterator[Effect]:
    kept = control.face
    if seen.choices != kept.choices:
        yield Effect("choices", f"{kept.choices} choices as without", str(seen.choices), "/choices")
    if seen.logprobs and not kept.logprobs:
        yield Effect("logprobs", "logprobs null or absent, as without", "logprobs", "/choices/0")
    if seen.calls and not kept.calls and not sent.get("tools"):
        yield Effect("calls", "no call of a function, as without", "a call", "/choices/0/message")
    if control.prompt_is_steady and seen.prompt_tokens not in (None, kept.prompt_tokens):
        expected, where = f"{kept.prompt_tokens} prompt tokens as without", "/usage/prompt_tokens"
        yield Effect("prompt", expected, str(seen.prompt_tokens), where)
    yield from _cost(seen, control, sent.get("max_tokens"))
    yield from _said(seen, control)


def _cost(seen: Face, control: Control, cap: object) -> Iterator[Effect]:
    """More tokens than the cap allows, or than the same text cost: candidates that nobody saw."""
    cost, before = seen.completion_tokens, control.face.completion_tokens
    if cost is None or before is None or not isinstance(cap, int):
        return
    where = "/usage/completion_tokens"
    if before <= cap < cost:
        yield Effect("cost", f"at most {cap} completion tokens, as without", str(cost), where)
    elif control.cost_is_steady and seen.words == control.face.words and cost != before:
        yield Effect("cost", f"{before} completion tokens as without", str(cost), where)


def _said(seen: Face, control: Control) -> Iterator[Effect]:
    kept, where = control.face, "/choices/0"
    back = [word for word in control.planted if word in seen.text and word not in kept.text]
    if back:
        expected = f"a text without {verify.show(back[0])}"
        yield Effect("planted", expected, verify.show(seen.text), where)
    elif control.text_is_steady and seen.words != kept.words:
        expected = f"{verify.show(kept.text)} ({kept.finish}) as without"
        yield Effect("text", expected, f"{verify.show(seen.text)} ({seen.finish})", where)


def _planted(row: RequestRow, form: Mapping[str, Any], dut: Deployment) -> tuple[str, ...]:
    """Words that the model cannot have from itself: only a field's effect brings them back."""
    return (_word(row, dut), *([form["prompt"]] if "prompt" in form else ()))


def _control(dut: Deployment, route: str, row: RequestRow, form: Mapping[str, Any]) -> Control:
    """The same request without the field: in its form, plainly, again, and under other users."""
    role, together = row.needs or "", rows.TOGETHER.get(row.field, {})

    def ask(sample: int) -> Exchange:
        return _ask(dut, route, role, sample=sample, **together, **form)

    kept = face(ask(0))
    planted = _planted(row, form, dut)
    if form and "stream" not in form:  # what the form forces needs no comparison
        steady = dict.fromkeys(("text_is_steady", "prompt_is_steady", "cost_is_steady"), False)
        return Control(face=kept, planted=planted, ask=ask, **steady)
    same = [kept, *(face(_ask(dut, route, role, sample=k, **together)) for k in range(2))]
    others = [_ask(dut, route, role, **together, **each) for each in NEUTRAL]
    said = {each.words for each in same} | {
        face(each).words if each.ok else ("", f"HTTP {each.status}") for each in others
    }
    prompts = {each.prompt_tokens for each in same}
    costs = {each.completion_tokens for each in same}
    return Control(
        face=kept,
        text_is_steady=len(said) == 1,
        prompt_is_steady=len(prompts) == 1 and None not in prompts,
        cost_is_steady=len(said) == 1 and len(costs) == 1,
        planted=planted,
        ask=ask,
    )


def _ask(
    dut: Deployment, route: str, role: str = "", *, sample: int = 0, **fields: Any
) -> Exchange:
    return dut.send(dut.request(route, role, sample=sample, **fields))


def _count(told: Answer) -> int:
    """Choices of a whole answer; in a stream, those that its chunks tell apart by their index."""
    if not told.exchange.is_stream:
        return len(told.choices)
    return len({verify.show(choice.get("index", 0)) for choice in told.choices})


def _calls(choice: Mapping[str, Any]) -> bool:
    for key in ("message", "delta"):
        part = choice.get(key)
        if isinstance(part, dict) and (part.get("tool_calls") or part.get("function_call")):
            return True
    return False


def _tokens(told: Answer, name: str) -> int | None:
    try:
        return told.tokens(name)
    except Untestable:
        return None
