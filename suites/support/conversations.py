"""Conversations for probes: turns, parts, and text that follows its prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.outcomes import Untestable
from suites.support.probes import COUNT, Messages, as_messages, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

NATURAL = 64  # room for an answer to a short question
FIRST, BRIEF = "Here are two sentences.", "Be brief."

PIRATE = "Answer like a pirate who has lost his parrot at sea. " * 6

# Turns enough to see a server that keeps the last ones only, or counts them.
TALK = (*("I see.", "Go on.", "Yes.", "And then?", "OK.", "Why?") * 9, "And?", "Say OK")


def said_by(role: str, content: object) -> dict[str, Any]:
    return {"role": role, "content": content}


def text_parts(*texts: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text} for text in texts]


def conversation(more: str = "", system: Callable[[str], object] = text_parts) -> Messages:
    """A long conversation with something of each kind, which may say more in each of its places."""
    return [
        said_by("system", system(BRIEF + more)),
        *as_messages(f"Hello.{more}", f"Hello.{more}"),
        said_by("user", FIRST + more),
        said_by("user", text_parts(FIRST + more)),
        said_by("assistant", text_parts("OK")),
        *as_messages(*TALK[:-1], "Go on."),
        said_by("user", text_parts(FIRST + more, "Say OK." + more, BRIEF + more)),
    ]


def whole(dut: Deployment, **form: Any) -> Exchange:
    """The conversation that says more, with the system's message as a string."""
    return dut.chat(messages=conversation(f" {PIRATE}", str), **form)


def follows_the_prompt(dut: Deployment) -> None:
    """Raise Untestable where prompt_tokens are no measure: one long message does not raise them."""
    plain, longer = dut.chat(), dut.chat(messages=COUNT, max_tokens=5)
    if read(longer).tokens("prompt_tokens") <= read(plain).tokens("prompt_tokens"):
        raise Untestable("prompt_tokens do not follow the prompt: see CHAT-RESP-USAGE-02")
