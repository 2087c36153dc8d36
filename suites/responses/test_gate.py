"""The capability gate of `POST /responses`, both ways: each model does what its flag says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.target.plain_requests import ABSENT
from schemas.outcomes import NotApplicable, Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, case, check, checks
from suites.support.probes import at_tier
from suites.support.responses import answered, each_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

# "400 or 500 with guidance in detail": on this route, and for the model only.
SERVER_ERROR = ("500",)
MISSING: tuple[object, ...] = (ABSENT, "", None)
# The checks of errors send this name as well.
NOBODY = "no-such-model-7f3a"
NO_NAMES: tuple[object, ...] = (5, [])
PHRASES = ("bad request", "not found", "internal server error", "unprocessable entity", "error")
# "Common ids include", on the page of the Responses API.
COMMON = (
    *("gpt-oss-120b", "gpt-oss-20b", "hypernova-60b", "blackstar-10b", "glm-5-1"),
    *("llama-4-scout", "cai-llama-4-scout-slim"),
)


def _unknown(dut: Deployment) -> tuple[str, ...]:
    """Names that no deployment knows; one begins like a model that it has."""
    nonce = dut.nonce("unknown model").lower()
    return NOBODY, f"{dut.cast.model('responses')}-{nonce}"


def _refused(exchange: Exchange) -> Findings:
    label = f"the model {verify.show(exchange.request.document.get('model'))}"
    yield from verify.refused(exchange, label, also=SERVER_ERROR)


def _status(exchanges: list[Exchange]) -> Observation:
    statuses = {str(each.status) for each in exchanges}
    return Observation("status_responses_gate", statuses.pop() if len(statuses) == 1 else "mixed")


@check("RESP-PATH-01", tier="smoke")
def test_route_answers(dut: Deployment) -> Findings:
    """A plain request of the cheapest model that declares the route is answered."""
    yield from answered(dut.responses())


@checks(
    [
        case("RESP-GATE-01", "cheapest", tier="smoke", some=slice(0, 1)),
        case("RESP-GATE-01", "next two", some=slice(1, 3)),
        case("RESP-GATE-01", "all others", tier="deep", some=slice(3, None)),
    ]
)
def test_models_with_the_flag_answer(dut: Deployment, some: slice) -> Findings:
    """Each model with supports_responses true answers, plain and streamed."""
    declared = dut.cast.declared("responses")
    if not declared:
        raise NotApplicable("no model declares it: the operator names one")
    for fields in ({}, {"stream": True}):
        models: Sequence[str] = declared[some]
        if fields and some.start:
            models = at_tier(dut, models, 0)
        asked = (dut.responses(model=model, **fields) for model in models)
        yield from each_of(asked, lambda it: answered(it, f"{it.request.model}, which declares it"))


@checks(
    [
        case("RESP-GATE-02", "cheapest", tier="smoke", some=slice(0, 1)),
        case("RESP-GATE-02", "next two", some=slice(1, 3)),
        case("RESP-GATE-02", "all others", tier="deep", some=slice(3, None)),
    ]
)
def test_models_without_the_flag_are_refused(dut: Deployment, some: slice) -> Findings:
    """Each model with supports_responses false is refused, with 4xx or the documented 500."""
    models = dut.cast.models("no_responses")[some]
    asked = [dut.responses(model=each) for each in models]
    yield from each_of(asked, _refused)
    if asked:
        yield _status(asked)


@check("RESP-GATE-03", tier="smoke")
def test_unknown_model_is_refused(dut: Deployment) -> Findings:
    """A model that nobody has is refused: also one that begins like a known one."""
    asked = [dut.responses(model=name) for name in _unknown(dut)]
    yield from each_of(asked, _refused)
    yield _status(asked)


@check("RESP-GATE-03")
def test_what_is_no_name_is_refused(dut: Deployment) -> Findings:
    """A number or a list in place of a model's name is refused."""
    asked = [dut.responses(model=each) for each in at_tier(dut, NO_NAMES, 1)]
    yield from each_of(asked, _refused)
    yield _status(asked)


@check("RESP-GATE-05")
def test_request_without_model_is_refused(dut: Deployment) -> Findings:
    """A request without a model, or with an empty one, is refused."""
    asked = [dut.responses(model=each) for each in at_tier(dut, MISSING, 2)]
    yield from each_of(asked, _refused)


@check("RESP-GATE-04")
def test_refusal_explains_itself(dut: Deployment) -> Findings:
    """A refused model is explained in detail, or in OpenAI's error object, in words."""
    names = (*_unknown(dut), ABSENT, *at_tier(dut, dut.cast.models("no_responses"), 3))
    asked = [dut.responses(model=name) for name in names]
    refusals = [each for each in asked if each.status >= 400 and isinstance(each.document, dict)]
    if not refusals:
        raise Untestable("no model was refused in JSON: see RESP-GATE-02 and RESP-GATE-03")
    yield from each_of(refusals, _explained)


def _explained(exchange: Exchange) -> Findings:
    verify.conclusive(exchange)
    texts = [text.strip() for text in _guidance(exchange.document)]
    if not any(" " in text and text.lower().rstrip(".") not in PHRASES for text in texts):
        yield verify.deviation(exchange, "guidance in detail", "guidance in error.message")


def _guidance(document: object) -> Iterator[str]:
    """All texts at `detail` and at `error`, however they are nested."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, list):
        for each in document:
            yield from _guidance(each)
    elif isinstance(document, dict):
        for name in ("detail", "error", "message", "msg"):
            yield from _guidance(document.get(name))


@checks(
    [
        case("RESP-GATE-06", "cheapest", some=slice(0, 3)),
        case("RESP-GATE-06", "all", tier="deep", some=slice(0, None)),
    ]
)
def test_accepted_models_are_those_that_declare_it(dut: Deployment, some: slice) -> Findings:
    """Of the listed models, those are accepted that declare it; unlisted ones are observed."""
    declared = dut.cast.models("responses")[some]
    others = dut.cast.models("no_responses")[some]
    sides = {m: verify.side(dut.responses(model=m)) for m in (*declared, *others)}
    taken = {model for model, side in sides.items() if side == "accepted"}
    if taken != set(declared):
        wrong = sorted(taken.symmetric_difference(declared))
        actual = ", ".join(f"{model} is {sides[model]}" for model in wrong)
        expected = "exactly the models that declare it in GET /models"
        yield verify.deviation(dut.responses(model=wrong[0]), expected, actual=actual)
    listed = {entry["id"] for entry in dut.cast.entries}
    unlisted = [dut.responses(model=each) for each in COMMON if each not in listed]
    if unlisted:
        taken_too = any(verify.side(each) == "accepted" for each in unlisted)
        yield Observation("unlisted_models", "accepted" if taken_too else "refused")


@check("RESP-GATE-07")
def test_printed_models_declare_it(dut: Deployment) -> Findings:
    """Each model that the Responses page names declares supports_responses where it is listed."""
    exchange = dut.models()
    entries = [each for each in dut.cast.entries if each["id"] in COMMON]
    if not entries:
        raise NotApplicable("none of the models that the page names is listed")
    for entry in entries:
        flag = entry["capabilities"].get("supports_responses")
        if flag is not True:
            actual = f"{entry['id']}: supports_responses {verify.show(flag)}"
            yield verify.deviation(exchange, "supports_responses true", actual=actual)


@checks(
    [
        case("RESP-GATE-08", "cheapest", some=slice(0, 1)),
        case("RESP-GATE-08", "all others", tier="deep", some=slice(1, None)),
    ]
)
def test_refusals_come_before_a_stream(dut: Deployment, some: slice) -> Findings:
    """What is refused plainly is refused with stream true by an HTTP status, without a stream."""
    gated, unknown = dut.cast.models("no_responses"), _unknown(dut)
    others = (*unknown[:1], ABSENT, "") if some.start else unknown[1:]
    chosen = (*gated[some], *others)
    plainly = [each for each in chosen if verify.side(dut.responses(model=each)) != "accepted"]
    yield from each_of((dut.responses(model=each, stream=True) for each in plainly), _refused)


@check("RESP-GATE-09")
def test_model_without_endpoint_is_refused(dut: Deployment) -> Findings:
    """A model without an endpoint behind it is refused, plain and streamed, and in time."""
    broken = dut.cast.model("broken_model")
    asked = (dut.responses(model=broken, **each) for each in ({}, {"stream": True}))
    yield from each_of(asked, _refused)
