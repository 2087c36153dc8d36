"""Prompts for probes, and the controls that comparisons rest on: any text may follow them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.outcomes import Untestable
from suites import asking, ignored
from suites.asking import read
from suites.faces import face
from suites.invariants.completions import texts
from suites.verify import conclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fixtures.answers import Answer
    from fixtures.deployment import Deployment
    from fixtures.exchange import Exchange

ROUTE = "/completions"
AGAIN = 4
COUNT = "1 2 3 4 5 6 7"
LONG = "Every good boy deserves fudge. " * 16
RUNS_ON = (COUNT, "Once upon a time", "Tell me a long story about a lighthouse.")
STREAMED: tuple[dict[str, Any], ...] = ({}, {"stream": True})
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


def sure(dut: Deployment, kept: Mapping[str, Any], varied: Mapping[str, Any]) -> bool:
    """Whether two requests are each answered alike, however often: what a comparison rests on.

    Asked for when a difference is seen: a deployment that varies at temperature 0 is not blamed.
    """
    return asking.sure(
        dut, ROUTE, kept, varied, said_by=lambda each: (*texts(each), read(each).finish_reason)
    )


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
    if not ignored.streams(ROUTE, dut):
        return ({},)
    try:
        said = [text_of(dut.completions(**form)) for form in STREAMED]
        unfaithful = said[0] != said[1] and sure(dut, *STREAMED)
    except Untestable:
        return ({},)
    return ({},) if unfaithful else STREAMED


def prompt_of(control: Answer) -> dict[str, Any]:
    """The prompt of a control, to be sent again with other fields."""
    return {"prompt": control.exchange.request.document["prompt"]}


def choices(exchange: Exchange) -> int:
    """How many choices an answer has; in a stream, those that its chunks tell apart."""
    return face(exchange).choices
