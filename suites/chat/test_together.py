"""Requests that run at the same time have nothing to do with each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from suites.engine import verify
from suites.engine.checks import Findings, case, check, checks
from suites.support.probes import CHAT, COUNT, FORMS, Messages, as_messages, at_tier, read

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

TOGETHER = (3, 11)
EIGHT = 8


@checks([replace(case("CHAT-REQ-USER-02", ""), also=("CHAT-RESP-USAGE-02",))])
def test_chats_at_the_same_time_do_not_mix(dut: Deployment) -> Findings:
    """Chats at the same time, plain and streamed: none holds a word that another's prompt held.

    Nobody can guess these words, so a model that ignores what it is asked proves nothing wrong.
    One more, whose prompt others have without one, counts as many prompt_tokens as they.
    """
    for count in at_tier(dut, TOGETHER, 1):
        words = ["", *(dut.nonce(f"chat {number} of {count}") for number in range(count))]
        bodies = [
            dut.request(CHAT, messages=_says(word), max_tokens=24, **FORMS[number % 2])
            for number, word in enumerate(words)
        ]
        exchanges = dut.together(bodies)
        for number, exchange in enumerate(exchanges):
            yield from verify.accepted(exchange, f"one of {count + 1} chats at the same time")
            text = read(exchange).text if exchange.ok else ""
            for word in words:
                if word and word != words[number] and word in text:
                    expected = f"no {word}, which stands in another request only"
                    yield verify.deviation(exchange, expected, actual=verify.show(text))
        yield from _counts_as_alone(dut, exchanges[0])


def _says(word: str) -> Messages:
    return as_messages(f"Say {word}") if word else COUNT


def _counts_as_alone(dut: Deployment, exchange: Exchange) -> Findings:
    """A finding where a prompt counts otherwise than it does alone, twice."""
    if not exchange.ok:
        return
    count = read(exchange).tokens("prompt_tokens")
    for sample in range(2):
        alone = dut.chat(messages=COUNT, max_tokens=5, sample=sample)
        wanted = read(alone).tokens("prompt_tokens")
        if count == wanted:
            return
    yield verify.deviation(
        exchange,
        f"{wanted} prompt tokens, as alone",
        actual=str(count),
        where="/usage",
        clause="CHAT-RESP-USAGE-02",
    )


@check("CHAT-RESP-USAGE-02", tier="deep")
def test_usage_at_the_same_time_is_ones_own(dut: Deployment) -> Findings:
    """Eight chats at the same time count the prompt tokens that each counts alone, twice."""
    talks = [as_messages("Say OK. " * (1 + 9 * number)) for number in range(EIGHT)]
    alone = [
        {read(dut.chat(messages=each, sample=n)).tokens("prompt_tokens") for n in range(2)}
        for each in talks
    ]
    bodies = [dut.request(CHAT, messages=each, sample=9) for each in talks]
    for counts, exchange in zip(alone, dut.together(bodies), strict=True):
        verify.conclusive(exchange)
        count = read(exchange).tokens("prompt_tokens") if exchange.ok else 0
        if exchange.ok and len(counts) == 1 and count not in counts:
            expected = f"{counts.pop()} prompt tokens, as alone"
            yield verify.deviation(exchange, expected, actual=str(count), where="/usage")
