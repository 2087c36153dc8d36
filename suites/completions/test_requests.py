"""Which models and prompts a completion request may name, and the fields that change no text."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fixtures import examples
from fixtures.target.chat_view import Answer
from fixtures.target.plain_requests import ABSENT
from schemas.records import Finding, Observation
from suites.engine import verify
from suites.engine.checks import Findings, case, check, checks
from suites.invariants.completions import texts
from suites.support.completions import (
    LONG,
    NEUTRAL,
    PAIR,
    ROUTE,
    SEVERAL,
    changed_by_nothing,
    choices,
    forms,
    is_deterministic,
    other_cost,
    text_of,
)
from suites.support.probes import at_tier, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.target.deployment import Deployment

TOOL = {"type": "function", "function": {"name": "ping"}}
UNICODE = (
    "Bogot\u00e1, \u6771\u4eac, \u0645\u0631\u062d\u0628\u0627 \U0001f642 e\u0301",
    "first line\n\n\tsecond line\r\n",
    'a "quoted" \\ back\\slash \u2028 {"json": [1, null]} <b>&amp;</b>',
)
SAMPLES = 24
AT_ONCE = ("COMP-PATH-01", "COMP-RESP-USAGE-01")


@check("COMP-PATH-01", tier="smoke")
def test_plain_request_is_answered(dut: Deployment) -> Findings:
    """A plain completion request is answered: the request that all others vary."""
    yield from verify.accepted(dut.completions())


@check("COMP-PATH-01", tier="deep")
def test_models_that_complete_are_observed(dut: Deployment) -> Findings:
    """Each chat model completes a text or refuses it, without a 5xx; which do is observed."""
    models = dut.cast.models("completions")
    exchanges = {model: dut.completions(model=model) for model in models}
    for exchange in exchanges.values():
        yield from verify.accepted_or_refused(exchange)
    serving = [model for model, exchange in exchanges.items() if exchange.ok]
    everyone = len(serving) == len(models)
    yield Observation("completions_models", "all" if everyone else ", ".join(serving))


@check("COMP-REQ-MODEL-01", tier="smoke")
def test_unknown_model_is_refused(dut: Deployment) -> Findings:
    """A model that nobody deployed is refused: none stands in for it."""
    for model in at_tier(dut, _unknown(dut), 1):
        yield from verify.refused(dut.completions(model=model), f"the unknown model {model}")


@check("COMP-REQ-MODEL-01")
def test_unknown_model_is_refused_before_a_stream(dut: Deployment) -> Findings:
    """A model that nobody deployed is refused with stream, too: no stream opens."""
    for model in at_tier(dut, _unknown(dut)[::-1], 1):
        exchange = dut.completions(model=model, stream=True)
        yield from verify.refused(exchange, f"the unknown model {model} with stream")


@check("COMP-REQ-PROMPT-01", tier="deep")
def test_chat_body_is_refused(dut: Deployment) -> Findings:
    """A body with messages in place of a prompt is refused."""
    messages = [{"role": "user", "content": "Say OK"}]
    yield from verify.refused(dut.completions(prompt=ABSENT, messages=messages), "a chat body")


@check("COMP-REQ-PROMPT-01")
def test_missing_prompt_is_refused_before_a_stream(dut: Deployment) -> Findings:
    """A request without prompt is refused with stream, too: no stream opens."""
    exchange = dut.completions(prompt=ABSENT, stream=True)
    yield from verify.refused(exchange, "a request without prompt with stream")


@checks([replace(case("COMP-REQ-PROMPT-02", "at once"), also=AT_ONCE)])
def test_texts_of_any_kind_are_accepted_at_once(dut: Deployment) -> Findings:
    """A prompt of one letter, of 500 characters, and of many scripts is accepted.

    They are sent at the same time: none is answered with a word that stands in another only, and
    each costs what its length may cost.
    """
    words = [dut.nonce(f"at once {number}") for number in range(2)]
    prompts = [f"{words[0]} {UNICODE[0]} {words[0]}", (f"{words[1]} " * 50)[:500], "A"]
    sent = [dut.request(ROUTE, prompt=prompt, max_tokens=16) for prompt in prompts]
    exchanges = dut.together(sent)
    for number, exchange in enumerate(exchanges):
        if any(True for _ in verify.accepted(exchange)):
            label = f"the prompt {verify.show(prompts[number])[:60]}"
            yield from verify.accepted(
                dut.completions(prompt=prompts[number], max_tokens=16), label
            )
            continue
        text = text_of(exchange)
        for word in (word for word in words if word not in prompts[number] and word in text):
            expected = f"no {word}, which stands in another request only"
            actual = verify.show(text)
            yield verify.deviation(exchange, expected, actual=actual, clause=AT_ONCE[0])
    costs = [(Answer(each).usage or {}).get("prompt_tokens") for each in exchanges]
    known = [cost for cost in costs if isinstance(cost, int)]
    if len(known) == len(prompts) and not known[1] > known[0] > known[2]:
        expected = "the most prompt_tokens for the long second prompt, the fewest for one letter"
        actual = f"{known} for the prompts that were sent at the same time"
        yield verify.deviation(exchanges[0], expected, actual=actual, clause=AT_ONCE[1])


@check("COMP-REQ-PROMPT-02", tier="deep")
def test_texts_of_any_kind_are_accepted(dut: Deployment) -> Findings:
    """A prompt of one letter, of 500 characters, of many scripts and lines is accepted."""
    for prompt in (LONG, "A", *UNICODE):
        exchange = dut.completions(prompt=prompt, max_tokens=1)
        yield from verify.accepted(exchange, f"the prompt {verify.show(prompt)[:60]}")


@check("COMP-REQ-PROMPT-02", tier="deep")
def test_random_texts_are_accepted(dut: Deployment) -> Findings:
    """Prompts of 1 to 500 characters, drawn from many alphabets, are accepted."""
    for prompt in _random_prompts(dut.setup.seed):
        exchange = dut.completions(prompt=prompt, max_tokens=1)
        yield from verify.accepted(exchange, f"the prompt {verify.show(prompt)[:60]}")


@check("COMP-REQ-PROMPT-03")
def test_array_of_texts_is_accepted(dut: Deployment) -> Findings:
    """An array of texts is accepted; one choice a prompt, or one in all, is observed."""
    arrays: tuple[Mapping[str, Any], ...] = (SEVERAL, {"prompt": ["A"]}, {"prompt": ["A", "B"]})
    for fields in at_tier(dut, arrays, 1):
        prompt = fields["prompt"]
        for form in at_tier(dut, forms(dut), 1) if fields is SEVERAL else ({},):
            exchange = dut.completions(**fields, **form)
            yield from verify.accepted(exchange, f"{len(prompt)} prompts")
            if not exchange.ok:
                continue
            if (count := choices(exchange)) not in (1, len(prompt)):
                expected = (f"{len(prompt)} choices, one for each prompt", "one choice")
                actual = f"{count} choices"
                yield verify.deviation(exchange, *expected, actual=actual, where="/choices")
            elif len(prompt) > 1:
                side = "one per prompt" if count == len(prompt) else "one"
                yield Observation("prompt_array_choices", side)


@check("COMP-REQ-PROMPT-03")
def test_choices_belong_to_their_prompts(dut: Deployment) -> Findings:
    """The choice with index i completes prompt i: choices are not exchanged.

    Control: each prompt alone is always completed alike, and the two differently. A deviation only
    when the choices are those of the other prompt.
    """
    prompts = list(PAIR)
    alone = [text_of(dut.completions(prompt=prompt)) for prompt in prompts]
    for form in at_tier(dut, forms(dut) if alone[0] != alone[1] else (), 1):
        both: dict[str, Any] = {"prompt": prompts, **form}
        exchange = dut.completions(**both)
        exchanged = exchange.ok and texts(exchange) == alone[::-1]
        if exchanged and all(is_deterministic(dut, {"prompt": prompt}, both) for prompt in prompts):
            expected = f"choice 0 as of its prompt alone: {verify.show(alone[0])}"
            actual = verify.show(alone[1])
            yield verify.deviation(exchange, expected, actual=actual, where="/choices/0")


@check("COMP-REQ-USER-01")
def test_user_is_not_part_of_the_prompt(dut: Deployment) -> Findings:
    """The field user changes nothing: the prompt is as long as without it."""
    if changed_by_nothing(dut):
        return
    for user in at_tier(dut, (NEUTRAL["user"], "user-123", "\u00fc" * 40), 1):
        exchange = dut.completions(user=user)
        yield from verify.accepted(exchange, f"user {user[:20]!r}")
        other = other_cost(
            lambda number: dut.completions(sample=number),
            lambda number, user=user: dut.completions(user=user, sample=number),  # type: ignore[misc]
        )
        if other:
            expected = f"{other[0]} prompt tokens, as without user"
            actual = f"{other[1]} with user {user[:20]!r}"
            yield verify.deviation(exchange, expected, actual=actual)


@check("COMP-REQ-TOOLS-01", tier="deep", needs=("tools",))
def test_what_becomes_of_tools_is_observed(dut: Deployment) -> Findings:
    """tools are accepted, with a tool_choice too; whether they change anything is observed."""
    sides = set()
    plain = read(dut.completions("tools"))
    for choice in at_tier(dut, ("required", ABSENT), 1):
        exchange = dut.completions("tools", tools=[TOOL], tool_choice=choice)
        yield from verify.accepted(exchange, f"tools with tool_choice {choice!r}")
        if exchange.ok:
            answer = read(exchange)
            same = answer.tokens("prompt_tokens") == plain.tokens("prompt_tokens")
            sides.add("ignored" if same and answer.finish_reason != "tool_calls" else "honoured")
        else:
            sides.add("refused")
    order = ("honoured", "refused", "ignored")
    yield Observation("completions_tools", next(side for side in order if side in sides))


@check("COMP-REQ-N-01")
def test_several_choices_take_a_side(dut: Deployment) -> Findings:
    """n above 1 is refused, ignored or honoured; the choices and the bill agree, without a 5xx."""
    for n in at_tier(dut, (2, 1), 1):
        exchange = dut.completions(n=n)
        yield from verify.accepted_or_refused(exchange)
        if exchange.status != 200:
            side = "refused"
        else:
            answer = read(exchange)
            count, cap = len(answer.choices), 8
            side = "honoured" if count == 2 else "ignored"
            if count not in (1, n):
                yield verify.deviation(exchange, f"1 choice or {n}", actual=f"{count} choices")
            elif answer.tokens("completion_tokens") > cap * count:
                actual = f"{answer.tokens('completion_tokens')} tokens, {count} choices"
                expected = f"at most {cap} completion tokens for each choice"
                yield verify.deviation(exchange, expected, actual=actual, where="/usage")
        if n == 2:
            yield Observation("completions_n", side)


@check("COMP-EX-01")
def test_printed_requests_are_accepted(dut: Deployment) -> Findings:
    """The printed completion requests are accepted, with a model of the deployment."""
    model = dut.completions().request.model
    for name, example in examples.load().items():
        if example.schema == "completions.request":
            fields: dict[str, Any] = {"temperature": ABSENT, "max_tokens": ABSENT, **example.json}
            exchange = dut.completions(**{**fields, "model": model})
            yield from verify.accepted(exchange, f"the example {name}")


@check("COMP-EX-02", offline=True)
def test_printed_answers_fit(dut: Deployment) -> Findings:
    """The printed completion answers fit the schema, and their usage adds up."""
    for name, example in examples.load().items():
        if example.schema != "completions.response":
            continue
        for each in dut.contract.bodies.violations("completions.response", example.json):
            yield Finding((each.expected,), each.actual, f"{name}{each.pointer}")
        usage = example.json["usage"]
        if usage["prompt_tokens"] + usage["completion_tokens"] != usage["total_tokens"]:
            yield Finding(("usage that adds up",), verify.show(usage), name)


def _unknown(dut: Deployment) -> tuple[str, str]:
    """Two names that no model has: one of nobody, and one near a model of the deployment."""
    return "no-such-model-7f3a", f"{dut.completions().request.model}-no-such-variant"


def _random_prompts(seed: str) -> list[str]:
    """Texts of letters, signs and white space; no control characters, which some tokenizers bar."""
    dice = random.Random(seed)  # noqa: S311
    alphabets = (
        "abc xyz\n",
        "0123456789 .,;",
        "\u00e9\u00df\u00f8\u0142 ",
        "\u0434\u043e\u043c ",
        "\u4e2d\u6587\u3002",
        "\u05e9\u05dc\u05d5\u05dd ",
        "\U0001f600\U0001f1e8\U0001f1f4",
        "{}[]<>\"'\\/%$#\t",
    )
    lengths = [1, 2, 500, *(dice.randint(3, 300) for _ in range(SAMPLES - 3))]
    return ["x" + "".join(dice.choices(dice.choice(alphabets), k=n - 1)) for n in lengths]
