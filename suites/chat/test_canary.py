"""Many requests at once, each with a word of its own: nobody gets what is another's."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fixtures.target.chat_view import Answer
from suites.engine import verify
from suites.engine.checks import Findings, case, checks
from suites.support.probes import as_messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange, Request

ROUTE = "/chat/completions"
AT_ONCE = 16
STEP = "and one, and two, and three, and four, and five, and six "
CANARY, USAGE, STREAM_USAGE = "CHAT-REQ-USER-02", "CHAT-RESP-USAGE-02", "STREAM-CHAT-USAGE-01"


@checks(
    [
        replace(
            case(CANARY, label, tier="deep", form=form, usage=usage), also=("CHAT-PATH-01", usage)
        )
        for label, form, usage in (
            ("sixteen at once", {}, USAGE),
            ("sixteen streams at once", {"stream": True}, STREAM_USAGE),
        )
    ]
)
def test_requests_at_once_are_told_apart(
    dut: Deployment, form: dict[str, Any], usage: str
) -> Findings:
    """Of sixteen requests at once, each is answered, with its own usage and no other's word.

    The prompts grow by a dozen words each, and so must their prompt_tokens. That the own word
    comes back is not asked: a model may say anything.
    """
    words = [dut.nonce(f"canary {number} {bool(form)}") for number in range(AT_ONCE)]
    sent = [_canary(dut, word, number, form) for number, word in enumerate(words)]
    answers = dut.together(sent)
    for word, exchange in zip(words, answers, strict=True):
        verify.conclusive(exchange)
        if not exchange.ok:
            expected = "HTTP 200 with an answer, as alone"
            yield verify.deviation(exchange, expected, clause="CHAT-PATH-01")
            continue
        text = _said(exchange)
        for other in (other for other in words if other != word and other in text):
            expected = f"no {other}, which only another request holds"
            yield verify.deviation(exchange, expected, actual=verify.show(text))
    yield from _grows(answers, usage)


def _canary(dut: Deployment, word: str, number: int, form: dict[str, Any]) -> Request:
    asked = as_messages(f"Repeat the word {word} {STEP * number}")
    return dut.request(ROUTE, messages=asked, max_tokens=24, user=word, **form)


def _said(exchange: Exchange) -> str:
    """Everything that came back: the text as it joins, and the bytes."""
    return "".join(Answer(exchange).pieces) + exchange.body.decode("utf-8", "replace")


def _grows(answers: Sequence[Exchange], usage: str) -> Findings:
    """A finding where a longer prompt does not count more than the one before it."""
    counts = [(_prompt_tokens(exchange), exchange) for exchange in answers if exchange.ok]
    known = [(count, exchange) for count, exchange in counts if count is not None]
    for (less, _), (more, exchange) in pairwise(known):
        if more <= less:
            expected = f"more than the {less} prompt tokens of a shorter prompt"
            yield verify.deviation(
                exchange, expected, actual=str(more), where="/usage/prompt_tokens", clause=usage
            )


def _prompt_tokens(exchange: Exchange) -> int | None:
    count = (Answer(exchange).usage or {}).get("prompt_tokens")
    return count if isinstance(count, int) and not isinstance(count, bool) else None
