"""What bounds a completion: max_tokens and its default, min_tokens, stop; and what is billed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.target.plain_requests import ABSENT
from schemas.outcomes import NoControl, Untestable
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.invariants.completions import DEFAULT_MAX_TOKENS, texts
from suites.support.completions import (
    COUNT,
    ENDS_SOON,
    LONG,
    PAIR,
    RUNS_ON,
    changed_by_nothing,
    forms,
    goes_on,
    is_deterministic,
    prompt_of,
    text_of,
)
from suites.support.idle_fields import never
from suites.support.probes import at_tier, crossed_at_tier, distinct, read

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment

CAPS = (5, 1, 2, 17)
# The cap of the plain request.
EIGHT = 8
# One of them stands within the first words of nearly any text.
EVERYWHERE = ["e", "a", "1", "o"]


@check("COMP-REQ-MAXTOK-01", tier="smoke")
def test_default_is_sixteen_tokens(dut: Deployment) -> Findings:
    """Without max_tokens a completion has at most 16 tokens, and one that is cut has 16.

    Control for the second: with max_tokens 17 the usage of the same prompt is 17.
    """
    for prompt in at_tier(dut, RUNS_ON[:2], 1):
        exchange = dut.completions(prompt=prompt, max_tokens=ABSENT)
        yield from verify.accepted(exchange, "a request without max_tokens")
        cut, control = read(exchange), read(dut.completions(prompt=prompt, max_tokens=CAPS[-1]))
        spent = cut.tokens("completion_tokens")
        counted = control.tokens("completion_tokens") == CAPS[-1]
        if counted and cut.finish_reason == "length" and spent < DEFAULT_MAX_TOKENS:
            actual = f"cut after {spent}"
            yield verify.deviation(exchange, "16 tokens before it is cut", actual=actual)


@check("COMP-REQ-MAXTOK-01")
def test_default_gives_the_text_of_sixteen(dut: Deployment) -> Findings:
    """Without max_tokens the text is the one of max_tokens 16, and no longer.

    Control: at temperature 0 the deployment completes the prompt always alike.
    """
    kept: dict[str, Any] = {"prompt": COUNT, "max_tokens": DEFAULT_MAX_TOKENS}
    explicit = text_of(dut.completions(**kept))
    for form in at_tier(dut, forms(dut), 1):
        varied = {**kept, "max_tokens": ABSENT, **form}
        exchange = dut.completions(**varied)
        text = text_of(exchange)
        if text != explicit and text.startswith(explicit) and is_deterministic(dut, kept, varied):
            expected = f"as with max_tokens 16: {verify.show(explicit)}"
            yield verify.deviation(exchange, expected, actual=verify.show(text))


@check("COMP-REQ-MAXTOK-02")
def test_max_tokens_caps_the_completion(dut: Deployment) -> Findings:
    """A completion has at most max_tokens tokens, by its usage and by its words."""
    for cap in at_tier(dut, CAPS, 2):
        for form in _forms_at(dut, cap):
            exchange = dut.completions(prompt=COUNT, max_tokens=cap, **form)
            yield from verify.accepted(exchange, f"max_tokens {cap}")


@check("COMP-REQ-MAXTOK-02")
def test_a_lower_cap_cuts_the_text(dut: Deployment) -> Findings:
    """A completion with a lower max_tokens is a beginning of the one with a higher.

    Control: at temperature 0 the deployment completes the prompt always alike, and goes on beyond
    34 tokens. A deviation only when the text under a cap of 5 is not shorter.
    """
    if (control := goes_on(dut, 34)) is None:
        return
    kept = {**prompt_of(control), "max_tokens": 40}
    for form in forms(dut):
        varied = {**kept, "max_tokens": 5, **form}
        exchange = dut.completions(**varied)
        text = text_of(exchange)
        if text and len(text) >= len(control.text) and is_deterministic(dut, kept, varied):
            expected = f"less than the 40 tokens {verify.show(control.text)}"
            yield verify.deviation(exchange, expected, actual=verify.show(text))


@check("GEN-FINISH-LEN-01", needs=("completions",))
def test_cut_completion_ends_with_length(dut: Deployment) -> Findings:
    """A completion that max_tokens cut says length, one that ends by itself does not.

    Control for the first: at temperature 0 it goes on beyond 17 tokens when it may, always alike.
    """
    for prompt in at_tier(dut, ENDS_SOON[:3], 1):
        exchange = dut.completions(prompt=prompt, max_tokens=40)
        answer = read(exchange)
        if answer.tokens("completion_tokens") <= 20 and answer.finish_reason == "length":
            actual = f"length after {answer.tokens('completion_tokens')} of 40 tokens"
            yield verify.deviation(exchange, "stop", actual=actual, where="/choices/0")
    if (control := goes_on(dut, max(CAPS))) is None:
        raise NoControl("no completion goes on beyond 17 tokens")
    kept = {**prompt_of(control), "max_tokens": 40}
    for cap in at_tier(dut, CAPS, 2):
        for form in _forms_at(dut, cap):
            varied = {**kept, "max_tokens": cap, **form}
            exchange = dut.completions(**varied)
            reason = read(exchange).finish_reason
            if reason not in ("length", "content_filter") and is_deterministic(dut, kept, varied):
                plain = read(dut.completions(**{**kept, "max_tokens": cap}))
                if plain.tokens("completion_tokens") > cap:
                    raise Untestable("max_tokens cuts nothing: see COMP-REQ-MAXTOK-02")
                expected = f"length at {cap} tokens"
                yield verify.deviation(exchange, expected, actual=reason, where="/choices/0")


@check("COMP-REQ-MINTOK-01")
def test_min_tokens_is_reached(dut: Deployment) -> Findings:
    """A completion has at least min_tokens tokens, also where min_tokens is max_tokens.

    Control: without min_tokens the same prompt is completed in fewer.
    """
    short = next((prompt for prompt in ENDS_SOON if _spent(dut, prompt) < 20), ENDS_SOON[0])
    for least, cap in at_tier(dut, ((20, 40), (40, 40)), 1):
        for form in forms(dut) if least == 20 else ({},):
            exchange = dut.completions(prompt=short, min_tokens=least, max_tokens=cap, **form)
            yield from verify.accepted(exchange, f"min_tokens {least}")
    if _spent(dut, short) >= 20:
        raise NoControl("no completion of the model ends within 20 tokens")


@check("COMP-REQ-MINTOK-01")
def test_streams_reach_min_tokens(dut: Deployment) -> Findings:
    """A stream under min_tokens is as long as the plain completion, which tells its tokens.

    Control: at temperature 0 the deployment completes the prompt always alike.
    """
    fields: dict[str, Any] = {"prompt": ENDS_SOON[0], "min_tokens": 20, "max_tokens": 40}
    plain = text_of(dut.completions(**fields))
    for form in forms(dut)[1:]:
        exchange = dut.completions(**fields, **form)
        text = text_of(exchange)
        different = text != plain and plain.startswith(text)
        if different and is_deterministic(dut, fields, {**fields, **form}):
            expected = f"as without stream: {verify.show(plain)}"
            yield verify.deviation(exchange, expected, actual=verify.show(text))


@check("COMP-REQ-MINTOK-01", tier="deep")
def test_short_completions_stay_short(dut: Deployment) -> Findings:
    """Without min_tokens nothing makes a short completion long.

    Rule: a deviation when the completions of three short prompts have one length, of 20 tokens or
    more, and end by themselves there. A model that says the same to all of them is not judged.
    """
    answers = [read(dut.completions(prompt=prompt, max_tokens=40)) for prompt in ENDS_SOON[:3]]
    counts = {each.tokens("completion_tokens") for each in answers}
    by_itself = all(each.finish_reason == "stop" for each in answers)
    if distinct(each.text for each in answers) == 1 and min(counts) >= 20:
        raise NoControl("the model completes every short prompt alike")
    if by_itself and len(counts) == 1 and 20 <= min(counts) < 40:
        actual = f"{min(counts)} tokens each, {len(answers)} times"
        yield verify.deviation(
            answers[0].exchange, "completions of their own length", actual=actual
        )


@check("COMP-REQ-MINTOK-01", tier="deep")
def test_contradicting_limits_are_coherent(dut: Deployment) -> Findings:
    """min_tokens above max_tokens, or above its default, is refused or keeps max_tokens."""
    for fields in ({"min_tokens": 50, "max_tokens": 10}, {"min_tokens": 50, "max_tokens": ABSENT}):
        yield from verify.accepted_or_refused(dut.completions(**fields))


@check("COMP-REQ-STOP-01")
def test_stop_ends_the_completion(dut: Deployment) -> Findings:
    """Nothing follows a stop sequence: given as a string, in an array, alone or among others.

    Control: the sequence is taken out of the middle of the model's own completion, which at
    temperature 0 comes always alike.
    """
    if (control := goes_on(dut, 20)) is None:
        raise NoControl("no completion of the model goes on beyond 20 tokens")
    kept = {**prompt_of(control), "max_tokens": 40}
    words = _inside(control.text)
    if not words:
        raise NoControl("the completion has no two words to stop between")
    several = ["Human:", "AI:", "###", words]
    for stop, form in crossed_at_tier(dut, (several, words, [words]), forms(dut), most=2):
        varied = {**kept, "stop": stop, **form}
        exchange = dut.completions(**varied)
        yield from verify.accepted(exchange, f"stop {stop!r}")
        before = control.text.partition(words)[0]
        text = text_of(exchange)
        if not _ends_at(text, before, words) and is_deterministic(dut, kept, varied):
            expected = (f"the text before {verify.show(words)}: {verify.show(before)}",)
            yield verify.deviation(exchange, *expected, actual=verify.show(text))
            continue
        cut = words not in text and read(exchange).finish_reason == "length"
        if cut and is_deterministic(dut, kept, varied):
            actual = "length, of a completion that a stop sequence ended"
            yield verify.deviation(exchange, "finish_reason stop", actual=actual)


@check("COMP-REQ-STOP-01", tier="deep")
def test_stop_ends_any_completion(dut: Deployment) -> Findings:
    """Whatever the model says, nothing follows a sequence that nearly any text has.

    The judge of all completions finds what follows; here they are asked for, at temperature 1.
    """
    fields: dict[str, Any] = {"prompt": RUNS_ON[1], "max_tokens": 40, "temperature": 1}
    for stop in at_tier(dut, (EVERYWHERE, EVERYWHERE[0]), 1):
        for form in forms(dut) if stop is EVERYWHERE else ({},):
            yield from verify.accepted(dut.completions(**fields, stop=stop, **form), f"{stop!r}")


@check("COMP-REQ-STOP-01")
def test_absent_stop_changes_nothing(dut: Deployment) -> Findings:
    """A stop sequence that does not come up leaves the completion as it is, to its last letter.

    Control: at temperature 0 the deployment completes the prompt always alike.
    """
    if changed_by_nothing(dut):
        raise NoControl("nothing changed where it was sent with others that change nothing")
    for prompt in at_tier(dut, (ENDS_SOON[0], *RUNS_ON), 1):
        kept: dict[str, Any] = {"prompt": prompt, "max_tokens": 40}
        text = text_of(dut.completions(**kept))
        varied = {**kept, "stop": never(text)}
        exchange = dut.completions(**varied)
        shorter = text.startswith(text_of(exchange)) and text != text_of(exchange)
        if shorter and is_deterministic(dut, kept, varied):
            expected = f"as without stop: {verify.show(text)}"
            yield verify.deviation(exchange, expected, actual=verify.show(text_of(exchange)))


@check("COMP-RESP-USAGE-01")
def test_prompt_tokens_follow_the_prompt(dut: Deployment) -> Findings:
    """prompt_tokens of a long prompt are more than those of a short one.

    That equal prompts have equal prompt_tokens, the judge of all completions sees.
    """
    short = read(dut.completions()).tokens("prompt_tokens")
    long = dut.completions(prompt=LONG, max_tokens=1)
    more = read(long).tokens("prompt_tokens")
    if more <= short:
        actual = f"{more} prompt tokens for a text of {len(LONG)} letters, {short} for a short one"
        yield verify.deviation(long, "more prompt tokens", actual=actual)


@check("COMP-RESP-USAGE-01")
def test_completion_tokens_follow_the_cap(dut: Deployment) -> Findings:
    """A completion that max_tokens cuts costs max_tokens tokens.

    Control: at temperature 0 it goes on beyond 34 tokens when it may, always alike. A deviation
    only when the count is below the cap at each of two caps.
    """
    if (control := goes_on(dut, 34)) is None:
        return
    prompt = prompt_of(control)
    answers = {cap: read(dut.completions(**prompt, max_tokens=cap)) for cap in CAPS[::3]}
    counts = {cap: each.tokens("completion_tokens") for cap, each in answers.items()}
    kept = {**prompt, "max_tokens": 40}
    less = all(count < cap for cap, count in counts.items())
    if less and is_deterministic(dut, kept, {**prompt, "max_tokens": CAPS[-1]}):
        expected = "as many completion tokens as max_tokens, where it cuts the text"
        exchange = answers[CAPS[-1]].exchange
        actual = ", ".join(f"{count} under {cap}" for cap, count in counts.items())
        yield verify.deviation(exchange, expected, actual=actual, where="/usage/completion_tokens")


@check("COMP-RESP-USAGE-01")
def test_usage_covers_every_prompt(dut: Deployment) -> Findings:
    """Where several prompts have a choice each, usage counts all of them."""
    prompts = list(PAIR)
    alone = [read(dut.completions(prompt=prompt)).tokens("prompt_tokens") for prompt in prompts]
    exchange = dut.completions(prompt=prompts)
    answer = read(exchange)
    if len(answer.choices) != len(prompts):
        return
    prompt_tokens = answer.tokens("prompt_tokens")
    if prompt_tokens < sum(alone) - len(prompts):
        expected = f"{sum(alone)} prompt tokens, as of both alone"
        yield verify.deviation(exchange, expected, actual=str(prompt_tokens), where="/usage")
    full = {one.get("index", 0): one.get("finish_reason") == "length" for one in answer.choices}
    said = zip(texts(exchange), sorted(full), strict=True)
    least = sum(EIGHT - 1 if full[index] else int(bool(text)) for text, index in said)
    if answer.tokens("completion_tokens") < least:
        expected = f"at least {least} completion tokens for both choices"
        actual = str(answer.tokens("completion_tokens"))
        yield verify.deviation(exchange, expected, actual=actual, where="/usage")


def _forms_at(dut: Deployment, cap: int) -> tuple[dict[str, Any], ...]:
    return forms(dut) if cap in CAPS[::3] else ({},)


def _spent(dut: Deployment, prompt: str) -> int:
    return read(dut.completions(prompt=prompt, max_tokens=40)).tokens("completion_tokens")


def _inside(text: str) -> str:
    """A sequence out of the middle of a text that begins within a word and ends in the next."""
    words = text.split(" ")
    middle = len(words) // 3
    for first, second in zip(words[middle:], words[middle + 1 :], strict=False):
        sequence = f"{first} {second}"[-len(second) - 2 :]
        if first.strip() and second.strip() and text.partition(sequence)[0].strip():
            return sequence
    return ""


def _ends_at(text: str, before: str, sequence: str) -> bool:
    """Whether a text ends before the sequence, or with it: no page says which."""
    folded = text.rstrip()
    return folded == before.rstrip() or text.startswith(before + sequence)
