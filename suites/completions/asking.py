"""Prompts for probes, and the controls that comparisons rest on: any text may follow them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.outcomes import Inconclusive
from suites import ignored
from suites.asking import read

if TYPE_CHECKING:
    from fixtures.answers import Answer
    from fixtures.deployment import Deployment

ROUTE = "/completions"
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
    first, second = (read(dut.completions(sample=sample, **fields)) for sample in (0, 1))
    return (first.text, first.finish_reason) == (second.text, second.finish_reason)


def forms(dut: Deployment) -> tuple[dict[str, Any], ...]:
    """A plain request, and one for a stream where the route streams."""
    return ({}, {"stream": True}) if ignored.streams(ROUTE, dut) else ({},)


def prompt_of(control: Answer) -> dict[str, Any]:
    """The prompt of a control, to be sent again with other fields."""
    return {"prompt": control.exchange.request.document["prompt"]}
