"""reasoning_effort, reasoning_enabled and the -r models."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from schemas.outcomes import NoControl
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support.probes import as_messages, read

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment

WORD = 3
PUZZLES = (
    "What is 15% of 240?",
    "A bat and a ball cost 1.10 in total. The bat costs 1.00 more. What is the ball's price?",
    "Which is larger, 2^10 or 10^3?",
    "I have three apples, eat one and buy four. How many are left?",
    "What day comes three days after Monday?",
)
CAP = 1024
ROUNDS = 3


def _tokens(dut: Deployment, role: str, **fields: Any) -> list[int]:
    """Completion tokens that each puzzle takes."""
    answers = (
        read(dut.chat(role, messages=as_messages(puzzle), max_tokens=CAP, **fields))
        for puzzle in PUZZLES
    )
    return [each.tokens("completion_tokens") for each in answers]


def _ends(*counts: list[int]) -> None:
    """Raise NoControl where the cap, and not the model, said how long it works."""
    if any(count >= CAP for each in counts for count in each):
        raise NoControl(f"the model works beyond {CAP} tokens")


def _works(*counts: list[int]) -> None:
    """Raise NoControl where no puzzle takes more than a word: such a model cannot be compared."""
    if max(map(max, counts)) <= WORD:
        raise NoControl(f"the model ends each answer within {WORD} tokens")


@check("CHAT-REASON-EFFORT-03", tier="deep")
def test_effort_scales_the_work(dut: Deployment) -> Findings:
    """A reasoning model works longer at high effort than at low. n = 5 puzzles, paired, thrice.

    Rule: a deviation when in each of three rounds no puzzle takes more tokens at high than at low,
    and their sum neither. One round that shows more work ends the asking.
    """
    for number in range(ROUNDS):
        low, high = (
            _tokens(dut, "reasoning", sample=number, reasoning_effort=effort)
            for effort in ("low", "high")
        )
        _works(low, high)
        if sum(high) > sum(low) or any(b > a for a, b in zip(low, high, strict=True)):
            return
        _ends(low)
    exchange = dut.chat("reasoning", messages=as_messages(PUZZLES[0]), reasoning_effort="high")
    actual = f"{sum(high)} tokens at high, {sum(low)} at low"
    yield verify.deviation(exchange, "more tokens at high than at low", actual=actual)


@check("CHAT-REASON-EFFORT-04", tier="deep")
def test_plain_models_take_effort_or_refuse(dut: Deployment) -> Findings:
    """A model that does not reason ignores reasoning_effort or refuses it, without a 5xx."""
    sides = set()
    for model in dut.cast.models("chat")[:3]:
        if model in dut.cast.models("reasoning"):
            continue
        exchange = dut.chat(model=model, reasoning_effort="low")
        yield from verify.accepted_or_refused(exchange)
        sides.add(verify.side(exchange))
    for side in sorted(sides):
        yield Observation("reasoning_on_plain_models", side)


@check("CHAT-REASON-ENABLED-02", tier="deep")
def test_reasoning_can_be_switched(dut: Deployment) -> Findings:
    """reasoning_enabled switches reasoning on and off. n = 5 puzzles.

    Rule: a deviation when every puzzle takes exactly as many tokens with true as with false.
    """
    on, off = (_tokens(dut, "reasoning", reasoning_enabled=value) for value in (True, False))
    _works(on, off)
    if on == off:
        _ends(on)
        exchange = dut.chat("reasoning", messages=as_messages(PUZZLES[0]), reasoning_enabled=False)
        actual = f"the same {sum(on)} tokens with true and with false"
        yield verify.deviation(exchange, "another amount of work", actual=actual)


@check("CHAT-REASON-R-01", tier="deep")
def test_r_models_reason_by_default(dut: Deployment) -> Findings:
    """A model whose id ends in -r reasons by default, as it does when told to. n = 5 puzzles.

    Rule: a deviation when its default is nearer to reasoning_enabled false than to true, and the
    two differ by half.
    """
    on, off, default = (median(each) for each in _switched(dut))
    if abs(default - off) < abs(default - on):
        exchange = dut.chat("r_model", messages=as_messages(PUZZLES[0]))
        actual = f"{default} tokens; {on} with true, {off} with false"
        yield verify.deviation(exchange, "as much work as with true", actual=actual)


@check("CHAT-REASON-R-02", tier="deep")
def test_r_models_can_be_switched_off(dut: Deployment) -> Findings:
    """reasoning_enabled false overrides the default of a model whose id ends in -r. n = 5."""
    _, off, default = _switched(dut, control=False)
    if off == default:
        _ends(off)
        exchange = dut.chat("r_model", messages=as_messages(PUZZLES[0]), reasoning_enabled=False)
        actual = f"the same {sum(off)} tokens as by default"
        yield verify.deviation(exchange, "less work than by default", actual=actual)


def _switched(dut: Deployment, *, control: bool = True) -> tuple[list[int], list[int], list[int]]:
    """Tokens with reasoning on, off and by default. Raises NoControl when on equals off."""
    on = _tokens(dut, "r_model", reasoning_enabled=True)
    off = _tokens(dut, "r_model", reasoning_enabled=False)
    if control and median(on) < 1.5 * median(off):
        raise NoControl("the switch makes no difference, see CHAT-REASON-ENABLED-02")
    return on, off, _tokens(dut, "r_model")
