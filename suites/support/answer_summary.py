"""The face of an answer, whole or streamed: what a field without effect must leave as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fixtures.target.chat_view import Answer, answer
from schemas.outcomes import Untestable
from suites.engine import verify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.transport.exchange import Exchange


@dataclass(frozen=True)
class AnswerSummary:
    """What of an answer an ignored field must leave as it is."""

    choices: int
    logprobs: bool
    calls: bool
    text: str
    finish: str
    prompt_tokens: int | None
    completion_tokens: int | None

    @property
    def words(self) -> tuple[str, str]:
        """What was said, and why it ended."""
        return self.text, self.finish


def summary_of(exchange: Exchange) -> AnswerSummary:
    """The face of an answer. Raises Inconclusive, and Untestable when it cannot be read."""
    verify.conclusive(exchange)
    completion = answer(exchange)
    reasons = [choice.get("finish_reason") for choice in completion.choices]
    return AnswerSummary(
        choices=_count(completion),
        logprobs=any(choice.get("logprobs") is not None for choice in completion.choices),
        calls=any(_calls(choice) for choice in completion.choices),
        text=completion.text,
        finish=str(next((reason for reason in reversed(reasons) if reason), "")),
        prompt_tokens=_tokens(completion, "prompt_tokens"),
        completion_tokens=_tokens(completion, "completion_tokens"),
    )


def _count(completion: Answer) -> int:
    """Choices of a whole answer; in a stream, those that its chunks tell apart by their index."""
    if not completion.exchange.is_stream:
        return len(completion.choices)
    return len({verify.show(choice.get("index", 0)) for choice in completion.choices})


def _calls(choice: Mapping[str, Any]) -> bool:
    for key in ("message", "delta"):
        part = choice.get(key)
        if isinstance(part, dict) and (part.get("tool_calls") or part.get("function_call")):
            return True
    return False


def _tokens(completion: Answer, name: str) -> int | None:
    try:
        return completion.tokens(name)
    except Untestable:
        return None
