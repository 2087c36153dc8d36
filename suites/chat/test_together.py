"""Requests that run at the same time have nothing to do with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites import verify
from suites.asking import CHAT, few, read, said
from suites.checks import Findings, check

if TYPE_CHECKING:
    from fixtures.deployment import Deployment

TOGETHER = (4, 12)
EIGHT = 8
FORMS: tuple[dict[str, Any], ...] = ({}, {"stream": True})


@check("CHAT-REQ-USER-02")
def test_chats_at_the_same_time_do_not_mix(dut: Deployment) -> Findings:
    """Chats at the same time, plain and streamed: none holds a word that another's prompt held.

    Nobody can guess these words, so a model that ignores what it is asked proves nothing wrong.
    """
    for count in few(dut, TOGETHER, 1):
        words = [dut.nonce(f"chat {number} of {count}") for number in range(count)]
        bodies = [
            dut.request(CHAT, messages=said(f"Say {word}"), max_tokens=24, **FORMS[number % 2])
            for number, word in enumerate(words)
        ]
        for number, exchange in enumerate(dut.together(bodies)):
            yield from verify.accepted(exchange, f"one of {count} chats at the same time")
            text = read(exchange).text if exchange.ok else ""
            for word in words:
                if word != words[number] and word in text:
                    expected = f"no {word}, which stands in another request only"
                    yield verify.deviation(exchange, expected, actual=verify.show(text))


@check("CHAT-RESP-USAGE-02", tier="deep")
def test_usage_at_the_same_time_is_ones_own(dut: Deployment) -> Findings:
    """Eight chats at the same time count the prompt tokens that each counts alone, twice."""
    talks = [said("Say OK. " * (1 + 9 * number)) for number in range(EIGHT)]
    alone = [
        {read(dut.chat(messages=each, sample=n)).tokens("prompt_tokens") for n in range(2)}
        for each in talks
    ]
    bodies = [dut.request(CHAT, messages=each, sample=9) for each in talks]
    for counts, exchange in zip(alone, dut.together(bodies), strict=True):
        verify.conclusive(exchange)
        told = read(exchange).tokens("prompt_tokens") if exchange.ok else 0
        if exchange.ok and len(counts) == 1 and told not in counts:
            expected = f"{counts.pop()} prompt tokens, as alone"
            yield verify.deviation(exchange, expected, actual=str(told), where="/usage")
