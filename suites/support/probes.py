"""Words for probes: what is asked is never what is judged, so any model may answer them badly."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, TypeVar

from fixtures.target.chat_view import Answer, answer
from schemas.outcomes import NoControl
from schemas.records import Forms
from suites.engine.verify import conclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange, Request

Messages = list[dict[str, Any]]
T = TypeVar("T")

# Plain, and streamed: what a generating request is asked for in turn.
FORMS: tuple[dict[str, Any], ...] = ({}, {"stream": True})

CHAT = "/chat/completions"
KEPT, AGAIN = 8, 4
MANY = 16  # models, of a longer list, that are asked for one by one at standard
ALIKE = 100  # models, of a longer list, that are asked for one by one at deep
# A stream that tells its usage, where the deployment knows the field: no page names it.
TELLS: Mapping[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}


def as_messages(*turns: str) -> Messages:
    """Turns of a conversation, the user's first, then the assistant's, and so on."""
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": text} for n, text in enumerate(turns)]


COUNT = as_messages("Count from 1 to 500. Write only the numbers, separated by spaces.")
STORY = as_messages("Tell me a long story about a lighthouse.")
# Scripts, and signs that a careless server escapes for HTML, or for JSON a second time.
SCRIPTS = as_messages(
    """Repeat exactly: مرحبا e\u0301 🙂 Bogotá 東京 👩‍👩‍👧 <b>R&D's</b> "C:\\new"\n\nΩ"""
)
SHORT = (
    as_messages("Say OK"),
    as_messages("Reply with OK only, nothing else."),
    as_messages("Is water wet? Answer with yes or no, one word."),
)


def read(exchange: Exchange) -> Answer:
    """The view of an answer that has to be there. Raises Inconclusive or Untestable."""
    conclusive(exchange)
    return answer(exchange)


def zipped(request: Request) -> Request:
    """The same request of a client that takes gzip, as most do: its answer holds the same."""
    return replace(request, headers=(*request.headers, ("Accept-Encoding", "gzip, deflate")))


def goes_on(dut: Deployment, above: int, **fields: Any) -> Answer:
    """A control: an answer that goes on beyond so many tokens, so that a lower cap cuts it.

    Raises NoControl when the model stops by itself before.
    """
    cap = max(40, 2 * above)
    for messages in (COUNT, STORY):
        control = read(dut.chat(messages=messages, max_tokens=cap, **fields))
        if control.tokens("completion_tokens") > above:
            return control
    raise NoControl(f"the model's answers end within {above} tokens")


def at_tier(dut: Deployment, values: Sequence[T], most: int) -> Sequence[T]:
    """The first values, which tell most; in the deep tier all of them.

    The reports say how many of the forms were asked for.
    """
    return _noted(dut, values if dut.setup.tier == "deep" else values[:most], len(values))


def spread_at_tier(dut: Deployment, values: Sequence[T], most: int) -> Sequence[T]:
    """So many of these that are all alike, spread over a longer list; in the deep tier up to ALIKE.

    A deployment may list a thousand models: who asks each for all it can do sends 180,000 requests.
    """
    chosen = spread(values, max(most, ALIKE) if dut.setup.tier == "deep" else most)
    return _noted(dut, chosen, len(values))


def _noted(dut: Deployment, chosen: Sequence[T], of: int) -> Sequence[T]:
    dut.forms.append(Forms(len(chosen), of))
    return chosen


def spread(values: Sequence[T], most: int) -> list[T]:
    """At most so many of these, from the first to the last."""
    if len(values) <= most:
        return list(values)
    return [values[round(n * (len(values) - 1) / (most - 1))] for n in range(most)]


def crossed_at_tier(
    dut: Deployment, *dimensions: Sequence[Any], most: int = 0, first: int = 0
) -> Sequence[tuple[Any, ...]]:
    """What to combine: in the deep tier each value of a dimension with each of all others.

    In the others the diagonal: each next request takes the next value of every dimension, so that
    all are varied for the price of the longest. `most` requests of it, where that is given; two
    checks that share dimensions, the one plain and the other streamed, say where each is `first`.
    """
    of = prod(map(len, dimensions))
    if dut.setup.tier == "deep":
        return _noted(dut, list(product(*dimensions)), of)
    rows = range(first, first + (most or max(map(len, dimensions))))
    diagonal = [tuple(values[row % len(values)] for values in dimensions) for row in rows]
    return _noted(dut, diagonal, of)


def in_turn(dut: Deployment, model: str) -> dict[str, Any]:
    """What one of many chat models is asked: the first plain, the next streamed, and so on.

    Each time the answer is cut, so that the judges of all answers see its limit, too.
    """
    streamed = list(dut.cast.models("chat")).index(model) % 2
    return {"messages": COUNT, "max_tokens": 5, **({"stream": True} if streamed else {})}


def words(exchange: Exchange) -> object:
    """What an answer says, and why it ended: equal for two that differ in their chunks only."""
    completion = read(exchange)
    calls = tuple((call.name, call.arguments) for call in completion.tool_calls)
    return completion.text, completion.finish_reason, calls


def is_deterministic(
    dut: Deployment,
    route: str,
    kept: Mapping[str, Any],
    varied: Mapping[str, Any],
    *,
    role: str = "",
    said_by: Callable[[Exchange], object] = words,
) -> bool:
    """Whether two requests are each answered alike, however often: what a comparison rests on.

    Asked for when a difference is seen, so that a deployment which varies at temperature 0 is not
    blamed for it: the first is sent eight times, the second four times, each other time for
    another user, because a cache repeats what was chance.
    """
    for fields, times in ((kept, KEPT), (varied, AGAIN)):
        found = set()
        for number in range(times):
            user = {"user": dut.nonce(f"again {number}")} if number % 2 else {}
            exchange = dut.send(dut.request(route, role, sample=number, **{**user, **fields}))
            if exchange.ok or not user:
                found.add(said_by(exchange))
        if len(found) > 1:
            return False
    return True


def require_determinism(
    dut: Deployment, kept: Mapping[str, Any], varied: Mapping[str, Any], role: str = "chat"
) -> None:
    """Go on to blame a difference between two chat requests, or raise NoControl."""
    if not is_deterministic(dut, CHAT, kept, varied, role=role):
        raise NoControl("the deployment answers the same request differently")


def distinct(texts: Iterable[str]) -> int:
    """How many different texts there are."""
    return len(set(texts))


def sample(n: int, ask: Callable[[int], Exchange]) -> list[str]:
    """The texts of n requests that are equal on purpose."""
    return [read(ask(number)).text for number in range(n)]
