"""Which status says what: 400, 401, 404, 405 and 429.

A status is judged only where the request was refused; whether it is, other clauses say.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fixtures.audio import speech
from fixtures.target.plain_requests import JSON_TYPE
from fixtures.transport.exchange import Request
from schemas.outcomes import NotApplicable, Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, case, check, checks
from suites.errors.mistakes import MALFORMED, MISTAKES
from suites.invariants.errors import shape
from suites.support import routes
from suites.support.probes import at_tier
from suites.support.routes import bearing, protected, without_key
from suites.support.table_cases import COMFORT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

# "400 | Bad Request | Invalid parameters"; 422 is what common frameworks say, and open.
INVALID = (400, 422)
UNKNOWN_MODEL = (400, 404, 422)
UNKNOWN = "no-such-model-7f3a"
ENOUGH = 0.8  # of the errors name the parameter at fault


@check("ERR-400-01")
def test_invalid_parameters_are_bad_requests(dut: Deployment) -> Findings:
    """Invalid parameters are refused with 400; the 422 of many frameworks is observed."""
    answers = [exchange for _, exchange in _mistaken(dut)]
    refused = [exchange for exchange in answers if 400 <= exchange.status < 500]
    if not refused:
        came = ", ".join(sorted({verify.outline(each) for each in answers}))
        raise Untestable(f"no invalid parameter is refused with a 4xx, but answered with {came}")
    for exchange in refused:
        if exchange.status not in INVALID:
            yield verify.deviation(exchange, "HTTP 400 to an invalid parameter")
    yield Observation("status_invalid_parameter", _one({str(each.status) for each in refused}))


@checks(
    [
        case("ERR-400-02", "smoke", tier="smoke", only=(routes.CHAT,), most=1),
        case("ERR-400-02", "standard", only=(), most=1),
        case("ERR-400-02", "deep", tier="deep", only=(), most=9),
    ]
)
def test_malformed_json_is_refused(dut: Deployment, only: tuple[str, ...], most: int) -> Findings:
    """A body that is not JSON by any reading is refused with a 4xx on each JSON route."""
    operations = only or tuple(routes.streaming(dut.contract))
    known = {
        each: door for each, door in routes.baseline_requests(dut).items() if each in operations
    }
    if not known:
        raise NotApplicable(f"no model serves {', '.join(operations)}")
    for operation, door in known.items():
        for label, spoil in list(MALFORMED.items())[:most]:
            exchange = dut.send(replace(door, body=spoil(door.body)))
            yield from verify.refused(exchange, f"{operation} with {label}")


@check("ERR-401-01")
def test_missing_and_invalid_keys_get_the_same_answer(dut: Deployment) -> Findings:
    """A missing and an invalid key get the same 401, in one shape, on every route that answers."""
    exchanges = []
    for door in protected(dut).values():
        token = f"invalid-{dut.nonce('key')}-0123456789"
        exchanges += [dut.send(without_key(door)), dut.send(bearing(door, token))]
    refused = [each for each in exchanges if 400 <= each.status < 500 and each.status != 429]
    for exchange in refused:
        if exchange.status != 401:
            yield verify.deviation(exchange, f"HTTP 401 from {exchange.request.operation}")
    for missing, invalid in zip(exchanges[::2], exchanges[1::2], strict=True):
        shapes = {shape(each.document) for each in (missing, invalid)}
        if len(shapes) > 1 and shapes <= {"error", "detail", "both"} and invalid in refused:
            actual = f"{shape(missing.document)} without a key, {shape(invalid.document)} with one"
            yield verify.deviation(invalid, "the same shape for both", actual=actual)


@check("ERR-404-01")
def test_unknown_routes_are_not_found(dut: Deployment) -> Findings:
    """A route that nobody documented is refused with 404 and a JSON error of a documented shape."""
    name = f"/no-such-route-{dut.nonce('route').lower()}"
    empty = {"body": b"{}", "content_type": JSON_TYPE}
    unknown = (
        Request("POST", f"/chat{name}", **empty),  # type: ignore[arg-type]
        Request("GET", name),
        Request("POST", name, **empty),  # type: ignore[arg-type]
    )
    for request in at_tier(dut, unknown, 1):
        exchange = dut.send(request)
        verify.conclusive(exchange)
        if exchange.status != 404 or not exchange.answered:
            yield verify.deviation(exchange, "HTTP 404 with a JSON error")
        elif shape(exchange.document) in ("not JSON", "other"):
            yield verify.deviation(exchange, "a JSON error with an error object or a detail")


@check("ERR-404-02")
def test_unknown_models_get_one_status(dut: Deployment) -> Findings:
    """An unknown model is refused with the same status on the routes that generate.

    /responses documents a status of its own for it, and the retrieve route 404: both are observed.
    """
    answers = _unknown_model(dut)
    refused = {each: one for each, one in answers.items() if 400 <= one.status < 500}
    yield Observation("status_unknown_model", _one({str(e.status) for e in answers.values()}))
    compared = {each: one for each, one in refused.items() if each != routes.RESPONSES}
    if not compared:
        came = ", ".join(f"{each}: {verify.outline(one)}" for each, one in answers.items())
        raise Untestable(f"no route refuses an unknown model ({came}): see CHAT-REQ-MODEL-03")
    for operation, exchange in compared.items():
        if exchange.status not in UNKNOWN_MODEL:
            yield verify.deviation(exchange, f"HTTP 404 or 400 from {operation}")
    statuses = {operation: one.status for operation, one in compared.items()}
    if len(set(statuses.values())) > 1:
        last = next(reversed(compared.values()))
        yield verify.deviation(last, "the same status on each route", actual=str(statuses))


@check("ERR-405-01")
def test_wrong_methods_are_refused(dut: Deployment) -> Findings:
    """A method that neither the pages nor OpenAI's interface know for a route gets a 4xx."""
    empty = {"body": b"{}", "content_type": JSON_TYPE}
    wrong = tuple(_wrong_methods(dut))
    for method, route in at_tier(dut, wrong, 1):
        body = {} if method in ("GET", "DELETE") else empty
        exchange = dut.send(Request(method, route, **body))  # type: ignore[arg-type]
        verify.conclusive(exchange)
        if not (exchange.answered and 400 <= exchange.status < 500):
            yield verify.deviation(exchange, f"a 4xx, such as 405, to {method} {route}")


@check("ERR-429-01")
def test_throttling_is_not_provoked(dut: Deployment) -> Findings:
    """A refusal above the rate limit is judged when it happens; none is provoked."""
    dut.models()
    raise NotApplicable("no request was throttled, and the suite provokes none")
    yield Observation("rate_limit", "not seen")


@check("ERR-PARAM-01")
def test_errors_name_the_parameter(dut: Deployment) -> Findings:
    """At least four of five refusals of one wrong parameter name it, in whichever part.

    This is the only check that looks into a message, and it looks for the parameter's name only.
    """
    refused = [(field, one) for field, one in _mistaken(dut) if 400 <= one.status < 500]
    shapes = ("error", "detail", "both")
    readable = [(field, one) for field, one in refused if shape(one.document) in shapes]
    if len(readable) < 5:
        of = f"{len(readable)} of {len(refused)} refusals of one parameter"
        raise Untestable(f"too few to tell: {of} are in a documented shape")
    silent = [(field, one) for field, one in readable if field not in _texts(one.document)]
    yield Observation(
        "errors_naming_the_parameter", f"{len(readable) - len(silent)}/{len(readable)}"
    )
    if len(silent) > (1 - ENOUGH) * len(readable):
        field, exchange = silent[0]
        expected = f"the name of the parameter in {ENOUGH:.0%} of errors, here '{field}'"
        yield verify.deviation(exchange, expected)


def _wrong_methods(dut: Deployment) -> Iterator[tuple[str, str]]:
    """The methods that nobody knows for a path, the last documented operation first."""
    for one in reversed([*dut.contract.operations.values()]):
        for method in one.foreign_methods:
            yield method, one.path.replace("{model_id}", UNKNOWN)


def _mistaken(dut: Deployment) -> Iterator[tuple[str, Exchange]]:
    """Each single mistake with its answer, on the routes that answer without one.

    Raises NotApplicable where no model serves one, and Untestable where none answers.
    """
    _some_answer(dut, dict.fromkeys(operation for operation, _, _ in MISTAKES))
    for operation, field, value in MISTAKES:
        if _answers(dut, operation):
            exchange = dut.send(dut.request(routes.route(operation), **{**COMFORT, field: value}))
            verify.conclusive(exchange)
            yield field, exchange


def _answers(dut: Deployment, operation: str) -> bool:
    """Whether the route's plain request is answered: else no refusal tells of the mistake."""
    served = dut.cast.models(routes.streaming(dut.contract).get(operation, ""))
    return bool(served) and dut.send(dut.request(routes.route(operation))).ok


def _some_answer(dut: Deployment, operations: Iterable[str]) -> None:
    """Whether there is a route to ask. Raises NotApplicable or Untestable where there is none."""
    known = routes.baseline_requests(dut)
    served = {each: known[each] for each in operations if each in known}
    if not served:
        raise NotApplicable(f"no model serves {', '.join(operations)}")
    if not any(_answers(dut, each) for each in served):
        came = ", ".join(
            f"{each}: {verify.outline(dut.send(door))}" for each, door in served.items()
        )
        raise Untestable(f"no plain request is answered ({came})")


def _unknown_model(dut: Deployment) -> dict[str, Exchange]:
    _some_answer(dut, routes.streaming(dut.contract))
    known = routes.baseline_requests(dut)
    found = {
        operation: dut.send(dut.request(routes.route(operation), model=UNKNOWN))
        for operation in routes.streaming(dut.contract)
        if operation in known and _answers(dut, operation)
    }
    if routes.AUDIO in known and dut.setup.tier == "deep":
        found[routes.AUDIO] = dut.transcribe(speech(), model=UNKNOWN)
    for exchange in found.values():
        verify.conclusive(exchange)
    return found


def _texts(document: object) -> str:
    """All texts in an error, joined: the name may stand in param, in loc or in the message."""
    if isinstance(document, dict):
        return " ".join(map(_texts, document.values()))
    if isinstance(document, list):
        return " ".join(map(_texts, document))
    return str(document)


def _one(statuses: set[str]) -> str:
    return next(iter(statuses)) if len(statuses) == 1 else "mixed"
