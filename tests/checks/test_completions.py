"""What no fault of completions can show: observed sides, and checks without a deployment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fixtures import examples
from schemas import profiles
from suites.engine import catalogue, judge
from tests import bench

if TYPE_CHECKING:
    from collections.abc import Mapping

LAW = profiles.load(profiles.DEFAULT)

SIDES = (
    ("", "seed", "COMP-IGN-SEED-02", "ignored"),
    ("completions-honour-seed", "seed", "COMP-IGN-SEED-02", "honoured"),
    ("", "logit_bias", "COMP-IGN-LOGITBIAS-02", "ignored"),
    ("completions-honour-logit-bias", "logit_bias", "COMP-IGN-LOGITBIAS-02", "honoured"),
    ("", "completions_top_p_default", "COMP-REQ-TOPP-02", "1-like"),
    (
        "completions-top-p-defaults-to-zero",
        "completions_top_p_default",
        "COMP-REQ-TOPP-02",
        "0-like",
    ),
    ("", "completions_n", "COMP-REQ-N-01", "ignored"),
    ("completions-n-honoured", "completions_n", "COMP-REQ-N-01", "honoured"),
    ("completions-n-refused", "completions_n", "COMP-REQ-N-01", "refused"),
    ("", "completions_stream", "STREAM-COMP-01", "sse"),
    ("completions-ignore-stream", "completions_stream", "STREAM-COMP-01", "json"),
    ("completions-refuse-streams", "completions_stream", "STREAM-COMP-01", "refused"),
    ("", "prompt_array_choices", "COMP-REQ-PROMPT-03", "one per prompt"),
    ("completions-one-choice", "prompt_array_choices", "COMP-REQ-PROMPT-03", "one"),
    ("", "completions_tools", "COMP-REQ-TOOLS-01", "ignored"),
    ("completions-read-tools", "completions_tools", "COMP-REQ-TOOLS-01", "honoured"),
)


@pytest.mark.parametrize(("variant", "key", "clause", "value"), SIDES)
def test_side_is_observed(reference: str, variant: str, key: str, clause: str, value: str) -> None:
    mount = f"/variant/{variant}" if variant else ""
    verdicts = bench.examine(f"{reference}{mount}/v1", clause)
    assert (key, value) in {(o.key, o.value) for o in verdicts[clause].observations}


def test_deployment_without_streams_has_no_verdict_on_them(reference: str) -> None:
    mount = "/variant/completions-refuse-streams"
    verdicts = bench.examine(f"{reference}{mount}/v1", "STREAM-COMP-02")
    assert verdicts["STREAM-COMP-02"].verdict == "not_applicable"


def test_model_that_says_one_thing_is_not_blamed(reference: str) -> None:
    mount = "/variant/completions-never-vary"
    verdicts = bench.examine(f"{reference}{mount}/v1", "COMP-REQ-TEMP-02")
    assert verdicts["COMP-REQ-TEMP-02"].verdict == "met"


def test_printed_answer_that_does_not_fit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = examples.load()["compat-completion-response"]
    broken = _with(printed, '"total_tokens": 12', '"total_tokens": 13')
    nameless = _with(printed, '"object": "text_completion"', '"object": "completion"')
    for example in (broken, nameless):
        listed: Mapping[str, examples.Example] = {"printed": example}
        monkeypatch.setattr(examples, "load", lambda listed=listed: listed)
        check = next(case for case in catalogue.load(LAW) if case.clause == "COMP-EX-02")
        with bench.deployment("http://127.0.0.1:1/v1") as dut:
            assert list(check.function(dut))


def _with(example: examples.Example, old: str, new: str) -> examples.Example:
    assert old in example.text
    return replace(example, text=example.text.replace(old, new))


def test_an_echo_does_not_run_over_a_stop_sequence(reference: str) -> None:
    with bench.deployment(f"{reference}/fault/echo-honoured/v1") as dut:
        exchange = dut.completions(prompt="Two, three, four", stop=",", echo=True)
    assert "Two, three" in exchange.body.decode()
    said = [finding.clause for one in judge.judge(exchange, LAW) for finding in one.findings]
    assert "COMP-REQ-STOP-01" not in said
