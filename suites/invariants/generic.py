"""What the guide says that finish reasons mean, in every chat answer, whole or streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.target.chat_view import Answer, answer
from schemas.outcomes import Untestable
from suites.engine.judge import invariant
from suites.engine.verify import deviation, show
from suites.invariants.chat import CAPS, any_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding

CLAUSE = "GEN-FINISH-LEN-01"
WHERE = "/choices/0/finish_reason"
# A context window ends an answer, too. None is smaller than this many tokens.
SMALLEST_WINDOW = 512


@invariant(CLAUSE, on=any_answer)
def length_means_the_cap_was_reached(exchange: Exchange) -> Iterator[Finding]:
    """With finish_reason length, the answer has as many tokens as max_tokens, or one less.

    Only where nothing else can have cut it: a cap that was sent, usage that was reported, and an
    answer that is far from filling any context window.
    """
    asked, completion = exchange.request.fields, answer(exchange)
    caps = [asked[name] for name in CAPS if isinstance(asked.get(name), int)]
    if completion.finish_reason != "length" or not caps:
        raise Untestable("not cut, or no cap was sent")
    if reasons(completion):
        raise Untestable("what is spent on reasoning may be counted apart")
    used = completion.tokens("completion_tokens")
    if used + completion.tokens("prompt_tokens") >= SMALLEST_WINDOW - 1:
        raise Untestable("the context window may have been full")
    if used < min(caps) - 1:
        expected = f"at least {min(caps) - 1} completion tokens where max_tokens cut the answer"
        where = "/usage/completion_tokens"
        yield deviation(exchange, expected, "another finish_reason", actual=str(used), where=where)


@invariant(CLAUSE, on=any_answer)
def tool_calls_means_that_there_are_some(exchange: Exchange) -> Iterator[Finding]:
    """With finish_reason tool_calls, the answer calls a function; with stop, it does not.

    A call that tool_choice forces may end with stop: OpenAI's does.
    """
    completion = answer(exchange)
    calls, reason = completion.tool_calls, completion.finish_reason
    if reason == "tool_calls" and not calls and not _other_calls(completion):
        yield deviation(exchange, "at least one call of a function", actual="none", where=WHERE)
    elif reason == "stop" and calls and not _forced(exchange.request.fields):
        expected = "tool_calls where functions are called"
        actual = f"stop, with a call of {show(calls[0].name)}"
        yield deviation(exchange, expected, actual=actual, where=WHERE)


def _forced(asked: Mapping[str, Any]) -> bool:
    return asked.get("tool_choice") not in (None, "auto", "none")


def reasons(completion: Answer) -> bool:
    """Whether the answer shows that the model reasons."""
    parts = [choice.get(key) for choice in completion.choices for key in ("message", "delta")]
    shown = [name for part in parts if isinstance(part, dict) for name in part if part[name]]
    details = (completion.usage or {}).get("completion_tokens_details")
    counted = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return bool(counted) or any(name.startswith("reasoning") for name in shown)


def _other_calls(completion: Answer) -> bool:
    """Whether a function is called in another form: the one before tool_calls, or a wrong one."""
    parts = [choice.get(key) for choice in completion.choices for key in ("message", "delta")]
    forms = ("function_call", "tool_calls")
    return any(isinstance(part, dict) and part.get(form) for part in parts for form in forms)
