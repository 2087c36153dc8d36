"""Prompts for probes, and the controls that comparisons rest on: any text may follow them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.outcomes import Inconclusive
from suites import ignored
from suites.asking import read
from suites.invariants.completions import texts
from suites.verify import conclusive

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.answers import Answer
    from fixtures.deployment import Deployment
    from fixtures.exchange import Exchange

ROUTE = "/completions"
AGAIN = 4
COUNT = "1 2 3 4 5 6 7"
RUNS_ON = (COUNT, "Once upon a time", "Tell me a long story about a lighthouse.")
ENDS_SOON = (
    "The capital of France is",
    "What is the capital of France?",
    "Q: Is water wet? Answer with one word.\nA:",
    "Say OK",
    "2 + 2 =",
)


def goes_on(dut: Deployment, above: int) -> Answer:
    """A control: a completion that goes on beyond so many tokens, so that a lower cap cuts it.

    Raises Inconclusive when the model stops by itself before.
    """
    for prompt in RUNS_ON:
        control = read(dut.completions(prompt=prompt, max_tokens=40))
        if control.tokens("completion_tokens") > above:
            return control
    raise Inconclusive(f"no control: the model's completions end within {above} tokens")


def steady(dut: Deployment, **fields: Any) -> bool:
    """Whether the deployment completes this twice alike: what a comparison of texts rests on."""
    exchanges = [dut.completions(sample=sample, **fields) for sample in (0, 1)]
    first, second = ((texts(each), read(each).finish_reason) for each in exchanges)
    return first == second


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
    """A plain request, and one for a stream where the route streams."""
    return ({}, {"stream": True}) if ignored.streams(ROUTE, dut) else ({},)


def prompt_of(control: Answer) -> dict[str, Any]:
    """The prompt of a control, to be sent again with other fields."""
    return {"prompt": control.exchange.request.document["prompt"]}


def choices(exchange: Exchange) -> int:
    """How many choices an answer has; in a stream, those that its chunks tell apart."""
    return ignored.face(exchange).choices
