"""Prompts for probes, and the controls that comparisons rest on: any text may follow them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fixtures.target.plain_requests import ABSENT, JSON_TYPE
from fixtures.transport.exchange import Request
from schemas.outcomes import Untestable
from suites.engine.verify import conclusive
from suites.invariants.completions import texts
from suites.support import ignored_fields, probes
from suites.support.answer_summary import summary_of
from suites.support.idle_fields import never
from suites.support.probes import FORMS, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.target.chat_view import Answer
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

ROUTE = "/completions"
AGAIN = 4
REASON = "finish_reason"
COUNT = "1 2 3 4 5 6 7"
REPEAT = (
    "Repeat exactly: Bogot\u00e1 \u6771\u4eac \U0001f642 e\u0301 \u0645\u0631\u062d\u0628\u0627"
)
PAIR = ("The capital of France is", COUNT)
LONG = "Every good boy deserves fudge. " * 16
RUNS_ON = (COUNT, "Once upon a time", "Tell me a long story about a lighthouse.")
# Three texts and no cap: the default holds for each of them.
SEVERAL: Mapping[str, Any] = {"prompt": ["A", "A", REPEAT], "max_tokens": ABSENT}
# What changes nothing, all at once; letters beyond ASCII are escaped in its JSON.
NEUTRAL: Mapping[str, Any] = {"user": "user-123 \u00fc " * 20, "min_tokens": 0, "stream": False}
ENDS_SOON = (
    "The capital of France is",
    "What is the capital of France?",
    "Q: Is water wet? Answer with one word.\nA:",
    "Say OK",
    "2 + 2 =",
    "<html><body><p>Hello</p></body></html>",
    "And they lived happily ever after.\n\nTHE END\n",
)


def goes_on(dut: Deployment, above: int) -> Answer | None:
    """A control: a completion that goes on beyond so many tokens, so that a lower cap cuts it.

    None when the model stops by itself before.
    """
    for prompt in RUNS_ON:
        control = read(dut.completions(prompt=prompt, max_tokens=40))
        if control.tokens("completion_tokens") > above:
            return control
    return None


def is_deterministic(dut: Deployment, kept: Mapping[str, Any], varied: Mapping[str, Any]) -> bool:
    """Whether two requests are each answered alike, however often: what a comparison rests on.

    Asked for when a difference is seen: a deployment that varies at temperature 0 is not blamed.
    """
    return probes.is_deterministic(dut, ROUTE, kept, varied, said_by=texts_of)


def texts_of(exchange: Exchange) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts of all choices, and why each of them ended, in the order of their indexes."""
    in_order = tuple(texts(exchange))
    all_choices = read(exchange).choices
    ended = {one.get("index", 0): one[REASON] for one in all_choices if one.get(REASON)}
    return in_order, tuple(str(ended[index]) for index in sorted(ended))


def text_of(exchange: Exchange) -> str:
    """The text of the first choice. Raises Inconclusive or Untestable when there is none."""
    conclusive(exchange)
    return next(iter(texts(exchange)), "")


def prompt_tokens(exchange: Exchange) -> int:
    """How long the prompt was, by the usage."""
    return read(exchange).tokens("prompt_tokens")


def other_cost(
    kept: Callable[[int], Exchange], varied: Callable[[int], Exchange]
) -> tuple[int, int] | None:
    """The prompt_tokens of two requests that ought to have the same prompt, where they differ.

    Each is asked for by its number; a difference counts when it lasts: four times each.
    """
    first, second = prompt_tokens(kept(0)), prompt_tokens(varied(0))
    if first == second:
        return None
    before = {first, *(prompt_tokens(kept(number)) for number in range(1, AGAIN))}
    after = {second, *(prompt_tokens(varied(number)) for number in range(1, AGAIN))}
    return (first, second) if before.isdisjoint(after) else None


def forms(dut: Deployment) -> tuple[dict[str, Any], ...]:
    """A plain request, and one for a stream where the route streams what it says plainly.

    A stream that says something else than the plain answer has a clause of its own.
    """
    if not ignored_fields.streams(ROUTE, dut):
        return ({},)
    try:
        said = [text_of(dut.completions(**form)) for form in FORMS]
        unfaithful = said[0] != said[1] and is_deterministic(dut, *FORMS)
    except Untestable:
        return ({},)
    return ({},) if unfaithful else FORMS


def changed_by_nothing(dut: Deployment) -> bool:
    """Whether all that changes nothing, sent at once, changed nothing: then none of it did.

    Always False in the deep tier, where each of it is sent by itself.
    """
    if dut.setup.tier == "deep":
        return False
    stop = never(text_of(dut.completions()))
    body = json.dumps(dut.request(ROUTE, **NEUTRAL, stop=stop).document)
    exchange = dut.send(Request("POST", ROUTE, body.encode(), JSON_TYPE))
    whole = exchange.ok and isinstance(exchange.document, dict)
    return whole and summary_of(exchange) == summary_of(dut.completions())


def prompt_of(control: Answer) -> dict[str, Any]:
    """The prompt of a control, to be sent again with other fields."""
    return {"prompt": control.exchange.request.document["prompt"]}


def choices(exchange: Exchange) -> int:
    """How many choices an answer has; in a stream, those that its chunks tell apart."""
    return summary_of(exchange).choices
