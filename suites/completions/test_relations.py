"""Relations between completions: what must hold whatever the model says."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fixtures.target.plain_requests import JSON_TYPE
from fixtures.transport.exchange import Request
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support.completions import (
    COUNT,
    ROUTE,
    RUNS_ON,
    changed_by_nothing,
    choices,
    forms,
    goes_on,
    is_deterministic,
    other_cost,
    prompt_of,
    text_of,
)
from suites.support.probes import at_tier, read

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment

UNICODE = "Bogot\u00e1, \u6771\u4eac \U0001f642 e\u0301"
TOGETHER = 8
COMBINED = 10


@check("COMP-REQ-MAXTOK-02")
def test_text_under_a_cap_begins_the_longer_one(dut: Deployment) -> Findings:
    """The text under a lower max_tokens begins the text under a higher one.

    Control: at temperature 0 the deployment completes the prompt always alike.
    """
    if (control := goes_on(dut, 20)) is None:
        return
    kept = {**prompt_of(control), "max_tokens": 40}
    # The first of them are sent by other checks, too.
    for cap in at_tier(dut, (5, 17, 1, 2, 3, 7, 12, 20), 2):
        varied = {**kept, "max_tokens": cap}
        exchange = dut.completions(**varied)
        text = text_of(exchange).rstrip("\ufffd")
        if not control.text.startswith(text) and is_deterministic(dut, kept, varied):
            expected = f"a beginning of {verify.show(control.text)}"
            yield verify.deviation(exchange, expected, actual=verify.show(text))


@check("COMP-REQ-PROMPT-02")
def test_spelling_of_the_json_changes_nothing(dut: Deployment) -> Findings:
    """Escapes, white space and the order of keys in the body do not change the prompt."""
    if changed_by_nothing(dut):
        return
    body = dut.completions(prompt=UNICODE).request.document
    spellings = {
        "escapes": json.dumps(body),
        "white space": json.dumps(body, indent=2, ensure_ascii=False),
        "the keys reversed": json.dumps(dict(reversed(body.items())), ensure_ascii=False),
    }
    for label, text in spellings.items():
        request = Request("POST", ROUTE, text.encode(), JSON_TYPE)
        yield from verify.accepted(dut.send(request), f"a body with {label}")
        other = other_cost(
            lambda number: dut.completions(prompt=UNICODE, sample=number),
            lambda number, request=request: dut.send(replace(request, sample=number)),  # type: ignore[misc]
        )
        if other:
            actual = f"{other[1]} with {label}"
            yield verify.deviation(dut.send(request), f"{other[0]} prompt tokens", actual=actual)


@check("COMP-REQ-PROMPT-03")
def test_array_of_one_is_the_text(dut: Deployment) -> Findings:
    """An array of one text is accepted, and billed as the text itself."""
    for prompt in at_tier(dut, (COUNT, UNICODE), 1):
        yield from verify.accepted(dut.completions(prompt=[prompt]), "an array of one prompt")
        other = other_cost(
            lambda number, prompt=prompt: dut.completions(prompt=prompt, sample=number),  # type: ignore[misc]
            lambda number, prompt=prompt: dut.completions(prompt=[prompt], sample=number),  # type: ignore[misc]
        )
        if other:
            expected, exchange = f"{other[0]} prompt tokens", dut.completions(prompt=[prompt])
            yield verify.deviation(exchange, expected, actual=str(other[1]), where="/usage")


@check("COMP-RESP-USAGE-01", tier="deep")
def test_order_of_prompts_costs_nothing(dut: Deployment) -> Findings:
    """The same prompts in another order have the same prompt_tokens."""
    orders = [dut.completions(prompt=list(RUNS_ON)[::step], max_tokens=2) for step in (1, -1)]
    tokens = [read(each).tokens("prompt_tokens") for each in orders]
    complete = all(len(read(each).choices) == len(RUNS_ON) for each in orders)
    if complete and tokens[0] != tokens[1]:
        expected = f"{tokens[0]} prompt tokens, as in the other order"
        yield verify.deviation(orders[1], expected, actual=str(tokens[1]), where="/usage")


@check("COMP-REQ-STOP-01", tier="deep")
def test_stop_in_a_row_is_the_stop_itself(dut: Deployment) -> Findings:
    """A stop sequence in an array does what it does as a string; the order plays no part.

    Control: at temperature 0 the deployment completes the prompt always alike.
    """
    if (control := goes_on(dut, 20)) is None:
        return
    prompt = {**prompt_of(control), "max_tokens": 40}
    found = [word for word in control.text.split() if len(word) > 1][3:9]
    if len(found) < 2:
        return
    first, second = found[0], found[-1]
    alike = [first, [first], [first, second], [second, first], ["\u2603\u2603", second, first]]
    exchanges = [dut.completions(**prompt, stop=stop) for stop in alike]
    said = [text_of(each).rstrip().removesuffix(first).rstrip() for each in exchanges]
    for stop, text, exchange in zip(alike, said, exchanges, strict=True):
        different = text != said[0] and first in control.text.partition(second)[0]
        if different and is_deterministic(dut, {**prompt, "stop": first}, {**prompt, "stop": stop}):
            expected = f"as with stop {first!r}: {verify.show(said[0])}"
            actual = f"{verify.show(text)} with {stop!r}"
            yield verify.deviation(exchange, expected, actual=actual)


@check("COMP-REQ-MINTOK-01")
def test_no_minimum_is_as_none(dut: Deployment) -> Findings:
    """min_tokens 0 is as no min_tokens: the same prompt, and no more tokens.

    Control: at temperature 0 the deployment completes the prompt always alike.
    """
    if changed_by_nothing(dut):
        return
    control, exchange = text_of(dut.completions()), dut.completions(min_tokens=0)
    text = text_of(exchange)
    if (
        text != control
        and text.startswith(control)
        and is_deterministic(dut, {}, {"min_tokens": 0})
    ):
        expected = f"as without: {verify.show(control)}"
        yield verify.deviation(exchange, expected, actual=verify.show(text))


@check("COMP-PATH-01", tier="deep")
def test_completions_at_the_same_time_do_not_mix(dut: Deployment) -> Findings:
    """Eight completions at the same time: none holds a word that only another's prompt held.

    Half of them are streamed, where the route streams.
    """
    words = [dut.nonce(f"together {number}") for number in range(TOGETHER)]
    prompts = [" ".join([word] * 6) for word in words]
    asked = itertools.cycle(forms(dut))
    bodies = [dut.request(ROUTE, prompt=each, max_tokens=16, **next(asked)) for each in prompts]
    for number, exchange in enumerate(dut.together(bodies)):
        yield from verify.accepted(exchange, "one of eight requests at the same time")
        others = [word for word in words if word != words[number]]
        for word in (word for word in others if exchange.ok and word in read(exchange).text):
            expected = f"no {word}, which stands in another request only"
            yield verify.deviation(exchange, expected, actual=verify.show(read(exchange).text))


@check("COMP-RESP-USAGE-01", tier="deep")
def test_usage_at_the_same_time_is_ones_own(dut: Deployment) -> Findings:
    """Eight completions at the same time have the usage that each has alone."""
    prompts = [f"{COUNT} " * (1 + 3 * number) for number in range(TOGETHER)]
    alone = [
        read(dut.completions(prompt=prompt, max_tokens=2)).tokens("prompt_tokens")
        for prompt in prompts
    ]
    bodies = [dut.request(ROUTE, prompt=prompt, max_tokens=2) for prompt in prompts]
    for tokens, exchange in zip(alone, dut.together(bodies), strict=True):
        verify.conclusive(exchange)
        if exchange.ok and (count := read(exchange).tokens("prompt_tokens")) != tokens:
            expected = f"{tokens} prompt tokens, as alone"
            yield verify.deviation(exchange, expected, actual=str(count), where="/usage")


@check("COMP-EX-01", tier="deep")
def test_documented_fields_go_together(dut: Deployment) -> Findings:
    """Documented fields are accepted together as in the printed request: drawn pairs and more."""
    roll = random.Random(dut.setup.seed)  # noqa: S311
    values: dict[str, list[Any]] = {
        "prompt": [COUNT, UNICODE, [COUNT, UNICODE], [COUNT]],
        "temperature": [0, 0.7, 2],
        "max_tokens": [1, 4, 9],
        "min_tokens": [0, 1],
        "top_p": [0.1, 0.9, 1],
        "stop": ["###", ["###", " 9"]],
        "user": ["user-123", "\u00fc"],
    }
    for _ in range(COMBINED):
        names = roll.sample(list(values), roll.randint(2, len(values)))
        fields = {name: roll.choice(values[name]) for name in names}
        fields |= forms(dut)[-1] if roll.random() < 0.3 else {}
        exchange = dut.completions(**fields)
        # A value that is refused by itself is the finding of its own clause.
        if exchange.ok or all(dut.completions(**{name: fields[name]}).ok for name in fields):
            yield from verify.accepted(exchange, verify.show(fields))


@check("COMP-REQ-PROMPT-03", tier="deep")
def test_many_prompts_are_answered_in_order(dut: Deployment) -> Findings:
    """Sixteen prompts have sixteen choices or one, each with an index of its own."""
    prompts = [f"{number} {number + 1} {number + 2}" for number in range(16)]
    for form in forms(dut):
        exchange = dut.completions(prompt=prompts, max_tokens=2, **form)
        yield from verify.accepted(exchange, "sixteen prompts")
        count = choices(exchange) if exchange.ok else 1
        if count not in (1, len(prompts)):
            expected = (f"{len(prompts)} choices", "one choice")
            yield verify.deviation(exchange, *expected, actual=f"{count} choices")
