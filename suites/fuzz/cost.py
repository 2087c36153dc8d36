"""What a drawn request may cost, bounded before it is sent.

Several choices and prompts, and a `min_tokens`, get a low cap. A cap that is higher than needed,
missing or odd gets a brake: stop sequences that end any text after a few tokens. What is still
above the bound of the tier, as a `best_of` of two thousand millions is, is not sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.transport import worst_case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.table_types import Operation

FEW = 16
MANY = 64
LONG = 400
WIDE = 60
BRAKED = "max_tokens"  # the cap beside which stop sequences are documented
BRAKE = [" ", "e", "a", "\n"]


def thrifty(
    operation: Operation, body: Mapping[str, Any], bound: int = worst_case.BOUNDS["standard"]
) -> dict[str, Any]:
    """The body, asking for few tokens: where it can be helped, for no more than `bound`."""
    cap = operation.cap
    if cap is None:
        return dict(body)
    if cap.field != BRAKED:  # no stop sequence ends such an answer
        return {cap.field: MANY, **body}
    return _braked(dict(body), bound)


def cut(value: Any) -> Any:
    """The value with long texts and lists cut."""
    if isinstance(value, str):
        return value[:LONG]
    if isinstance(value, list):
        return [cut(each) for each in value[:WIDE]]
    if isinstance(value, dict):
        return {name: cut(each) for name, each in list(value.items())[:WIDE]}
    return value


def _braked(body: dict[str, Any], bound: int) -> dict[str, Any]:
    """A text that ends soon, whatever is asked for. What is odd stays odd."""
    if _above(body.get("min_tokens"), FEW):
        # Not honoured at the price of thousands of tokens: the pair is open then.
        return {**body, "max_tokens": FEW}
    small = "max_tokens" not in body or is_low(body["max_tokens"])
    if _above(body.get("n"), 1) or (small and worst_case.tokens(body) > bound):
        return {**body, "max_tokens": 1}
    if "max_tokens" not in body and "max_completion_tokens" not in body:
        return {**body, "max_tokens": FEW}
    if is_low(body.get("max_tokens")):
        return body
    return body if _odd(body.get("stop")) else {**body, "stop": _stopping(body.get("stop"))}


def is_low(cap: object) -> bool:
    """Whether this caps an answer at few tokens, so that it needs no brake."""
    return _above(cap, 0) and not _above(cap, MANY)


def _odd(stop: object) -> bool:
    """Whether a server has to refuse this; beside any other stop there is room for a brake."""
    return not (stop is None or isinstance(stop, str | list))


def _stopping(stop: str | list[Any] | None) -> list[Any]:
    """Stop sequences of which one is soon met: up to three of the request's own, then others."""
    listed = [stop] if isinstance(stop, str) else stop or []
    own = [each for each in listed if isinstance(each, str)][: len(BRAKE) - 1]
    return [*own, *(each for each in BRAKE if each not in own)][: len(BRAKE)]


def _above(value: object, bound: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > bound
