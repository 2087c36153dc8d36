"""Words for probes: what is asked is never what is judged, so any model may answer them badly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.answers import Answer, answer
from fixtures.outcomes import Inconclusive
from suites.verify import conclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fixtures.deployment import Deployment
    from fixtures.exchange import Exchange

Messages = list[dict[str, Any]]


def said(*turns: str) -> Messages:
    """Turns of a conversation, the user's first, then the assistant's, and so on."""
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": text} for n, text in enumerate(turns)]


COUNT = said("Count from 1 to 500. Write only the numbers, separated by spaces.")
STORY = said("Tell me a long story about a lighthouse.")
SHORT = (
    said("Say OK"),
    said("Reply with OK only, nothing else."),
    said("Is water wet? Answer with yes or no, one word."),
)


def read(exchange: Exchange) -> Answer:
    """The view of an answer that has to be there. Raises Inconclusive or Untestable."""
    conclusive(exchange)
    return answer(exchange)


def goes_on(dut: Deployment, above: int, **fields: Any) -> Answer:
    """A control: an answer that goes on beyond so many tokens, so that a lower cap cuts it.

    Raises Inconclusive when the model stops by itself before.
    """
    cap = max(40, 2 * above)
    for messages in (COUNT, STORY):
        control = read(dut.chat(messages=messages, max_tokens=cap, **fields))
        if control.tokens("completion_tokens") > above:
            return control
    raise Inconclusive(f"no control: the model's answers end within {above} tokens")


def steady(dut: Deployment, **fields: Any) -> bool:
    """Whether the deployment answers this request twice alike: what a comparison rests on."""
    first, second = (read(dut.chat(sample=sample, **fields)) for sample in (0, 1))
    return first.text == second.text


def distinct(texts: Iterable[str]) -> int:
    """How many different texts there are."""
    return len(set(texts))


def sample(n: int, ask: Callable[[int], Exchange]) -> list[str]:
    """The texts of n requests that are equal on purpose."""
    return [read(ask(number)).text for number in range(n)]
