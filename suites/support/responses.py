"""What the checks of `/responses` ask, and how an answer of either form is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures import examples
from fixtures.target import plain_requests
from fixtures.target.responses_view import Output, output
from schemas.outcomes import Inconclusive, Unjudged, Untestable
from suites.engine import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding, Observation

KIND = "responses.request"
# The printed question for a long answer.
ESSAY = "Tell me about artificial intelligence."
CAPS = (16, 48, 120)
STREAM: Mapping[str, Any] = {"stream": True}
# Eighty words: no tokenizer in use counts less than MANY for them.
LONG = (
    "The harbour lies behind a low hill, and from the tower one sees the boats come home at dusk. "
    "A baker, two teachers and an old sailor share the house beside the church. Every morning "
    "the sailor walks to the pier, counts the gulls, and writes their number into a green book. "
    "Nobody has asked him why. The teachers believe that he waits for a letter; the baker thinks "
    "that he simply likes birds, and leaves warm bread at his door."
)
MANY = 20


def read(exchange: Exchange) -> Output:
    """The view of an answer that has to be there. Raises Inconclusive or Untestable."""
    verify.conclusive(exchange)
    return output(exchange)


def answered(exchange: Exchange, label: str = "") -> Iterator[Finding]:
    """A finding unless the request was answered, without a failure inside a stream.

    Whether a stream came to its end is asked by its own clause. Raises Inconclusive.
    """
    if not exchange.is_stream:
        yield from verify.accepted(exchange, label)
        return
    verify.conclusive(exchange)
    failure = Output(exchange).failure
    if failure:
        where = f"event {failure.number}"
        expected = f"a stream without a failure{f', to {label}' if label else ''}"
        yield verify.deviation(exchange, expected, actual=verify.show(failure.data), where=where)


def each_of(
    exchanges: Iterable[Exchange], judge: Callable[[Exchange], Iterator[Finding | Observation]]
) -> Iterator[Finding | Observation]:
    """What is said of each exchange, also when one of them cannot be judged: that is raised last.

    Raises Inconclusive and Untestable.
    """
    stopped: Unjudged | None = None
    for exchange in exchanges:
        try:
            yield from judge(exchange)
        except (Inconclusive, Untestable) as why:
            stopped = stopped or why
    if stopped:
        raise stopped


def printed(dut: Deployment, *, stream: bool) -> Iterator[tuple[str, Exchange]]:
    """The printed requests, sent; the model is replaced where the deployment does not have it."""
    for name, example in examples.load().items():
        if example.schema == KIND and example.json.get("stream", False) is stream:
            body = example.json
            serving = dut.cast.models("responses")
            named = body["model"] if body["model"] in serving else dut.cast.model("responses")
            yield name, dut.send(plain_requests.post("/responses", {**body, "model": named}))


def counted(exchange: Exchange) -> int:
    """The input tokens of an answer. Raises Inconclusive or Untestable."""
    return read(exchange).tokens("input_tokens")


def plain_count(dut: Deployment) -> int:
    """The input tokens of the plain request, where usage counts at all.

    Raises Untestable where a long input counts no more than a short one.
    """
    short, long = counted(dut.responses()), counted(dut.responses(input=LONG))
    if long < short + MANY:
        raise Untestable("usage does not count the input: see RESP-OUT-USAGE-01")
    return short


def grown(exchange: Exchange, control: int, label: str) -> Iterator[Finding]:
    """A finding unless the request counts as many tokens more as LONG has at least."""
    tokens = counted(exchange)
    if tokens < control + MANY:
        expected = f"at least {control + MANY} input tokens {label}"
        where = "/usage/input_tokens"
        yield verify.deviation(exchange, expected, actual=str(tokens), where=where)
