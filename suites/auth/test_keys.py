"""Who is let in: on every documented route only a request with the key, as a bearer token.

A 4xx is a refusal here; whether it is the 401 of the status table is ERR-401-01.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schemas.key_placeholders import ALTERED_KEY, BASIC_KEY, KEY, OTHER_CASE_KEY, SHORT_KEY
from schemas.outcomes import Inconclusive, NotApplicable, Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, case, check, checks
from suites.support import routes
from suites.support.probes import at_tier, crossed_at_tier
from suites.support.routes import barred, bearing, protected, without_key

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

MALFORMED: dict[str, tuple[bytes, ...]] = {
    "a scheme without a key": (b"Bearer",),
    "the None of a key that is not set": (b"Bearer None",),
    "the undefined of a key that is not set": (b"Bearer undefined",),
    "the null of a key that is not set": (b"Bearer null",),
    "bytes beyond ASCII in the key": (b"Bearer \xe9\xfc\xff",),
    "an empty Authorization header": (b"",),
    "two keys after the scheme": (b"Bearer first second",),
    "a tab for the key": (b"Bearer\t.",),
    "a key without a scheme": (b"no-such-key",),
    "Basic credentials that are no Base64": (b"Basic %%%",),
    "two Authorization headers": (b"Bearer first-key", b"Bearer second-key"),
}
OTHER_SCHEMES = {
    "Basic": b"Basic " + BASIC_KEY,
    "Basic, without Base64": b"Basic " + KEY,
    "Token": b"Token " + KEY,
}
FOREIGN = {"sk-": 48, "sk-proj-": 64, "sk-ant-api03-": 93, "gsk_": 52}


@checks(
    [
        case("AUTH-MODELS-01", "", tier="smoke", of="AUTH-MODELS-01"),
        case("AUTH-MODEL-01", "", of="AUTH-MODEL-01"),
        case("AUTH-CHAT-01", "", tier="smoke", of="AUTH-CHAT-01"),
        case("AUTH-COMP-01", "", of="AUTH-COMP-01"),
        case("AUTH-RESP-01", "", of="AUTH-RESP-01"),
        case("AUTH-AUDIO-01", "", of="AUTH-AUDIO-01"),
    ]
)
def test_nobody_comes_in_without_a_key(dut: Deployment, of: str) -> Findings:
    """The plain request of the route, without credentials, is refused and gets no data."""
    known, operation = routes.baseline_requests(dut), dut.contract.clauses[of].endpoint
    if operation not in known:
        raise Untestable("no model is listed: see MODELS-LIST-03")
    if not routes.opens(dut, known[operation]):
        answered = verify.describe(dut.send(known[operation]))
        raise Untestable(f"our own key does not open {operation}: {answered}")
    exchange = dut.send(without_key(known[operation]))
    yield from barred(exchange, f"{operation} without credentials")
    yield Observation("status_unauthenticated", str(exchange.status))


@check("AUTH-BEARER-01")
def test_the_key_is_accepted_on_every_route(dut: Deployment) -> Findings:
    """The key that opens one route as a bearer token is accepted on all."""
    answers = {each: dut.send(door) for each, door in routes.baseline_requests(dut).items()}
    if not any(exchange.ok for exchange in answers.values()):
        raise Inconclusive("the key opens no route: it may be wrong")
    for operation, exchange in answers.items():
        if exchange.status == 401:
            yield verify.deviation(exchange, f"{operation} accepts the key that opens other routes")


@check("AUTH-INVALID-01")
def test_an_unknown_key_is_refused(dut: Deployment) -> Findings:
    """A key that nobody was given is refused on each route, and when a stream is asked for."""
    shut = protected(dut)
    streams = [each for each in routes.streaming(dut.contract) if each in shut]
    sent = [
        (each, dut.request(routes.route(each), stream=True)) for each in at_tier(dut, streams, 1)
    ]
    for operation, request in (*shut.items(), *sent):
        exchange = dut.send(bearing(request, _unknown(dut)))
        yield from barred(exchange, f"{operation} with an invalid key")
    for door in at_tier(dut, [*shut.values()][:1], 0):
        yield from _malformed(dut.send(bearing(door, "k" * 4096)), "a key of 4 kB")


@check("AUTH-INVALID-01")
def test_nearly_the_key_is_not_the_key(dut: Deployment) -> Findings:
    """A key that begins or ends as the valid one does, or differs in a character, is refused.

    Whether capitals count is observed: a deployment may take them for small letters.
    """
    _owned(dut)
    shut = protected(dut)
    near = {"a longer key": KEY + b"x", "a key that ends as ours": b"x" + KEY}
    if SHORT_KEY in dut.client.almost:
        altered = {"another last character": ALTERED_KEY, "no last character": SHORT_KEY}
        near = {"a longer key": KEY + b"x", **altered, **near}
    tried = [each for each in (routes.LIST, routes.CHAT) if each in shut] or [*shut][:1]
    for operation, (label, token) in crossed_at_tier(dut, tried, [*near.items()], most=2):
        request = replace(shut[operation], authorization=(b"Bearer " + token,))
        yield from barred(dut.send(request), f"{operation} with {label}")
    if OTHER_CASE_KEY in dut.client.almost and dut.setup.tier == "deep":
        request = replace(shut[routes.LIST], authorization=(b"Bearer " + OTHER_CASE_KEY,))
        yield Observation("key_in_other_case", verify.side(dut.send(request)))


@check("AUTH-SCHEME-01")
def test_other_ways_to_send_the_key_do_not_authenticate(dut: Deployment) -> Findings:
    """The valid key in an Authorization header of another scheme opens nothing.

    It is not sent in a URL or a body: there it would end in the logs of the deployment. Whether
    it opens a door without any scheme, or in a header of its own, is leniency, and observed.
    """
    _owned(dut)
    shut = protected(dut)
    _, door = next(iter(shut.items()))
    for scheme, value in at_tier(dut, [*OTHER_SCHEMES.items()], 1):
        exchange = dut.send(replace(door, authorization=(value,)))
        verify.conclusive(exchange)
        if exchange.ok:
            yield verify.deviation(exchange, f"a 4xx to the key under the scheme {scheme}")
    bare = replace(door, authorization=(KEY,))
    header = replace(without_key(door), headers=(*door.headers, ("X-Api-Key", KEY.decode())))
    for key, request in at_tier(
        dut, (("key_without_scheme", bare), ("key_in_x_api_key", header)), 0
    ):
        yield Observation(key, verify.side(dut.send(request)))


@check("AUTH-EMPTY-01")
def test_malformed_credentials_are_refused(dut: Deployment) -> Findings:
    """A malformed Authorization header is refused with a 4xx: never let in, never a 5xx."""
    shut = protected(dut)
    tried = [shut[each] for each in (routes.LIST, routes.CHAT, routes.AUDIO) if each in shut]
    forms = [*MALFORMED.items()]
    if dut.client.secret:
        forms.insert(0, ("something after the valid key", (b"Bearer " + KEY + b" x",)))
    for door, (label, values) in crossed_at_tier(dut, tried or [*shut.values()][:1], forms, most=2):
        yield from _malformed(dut.send(replace(door, authorization=values)), label)


def _malformed(exchange: Exchange, label: str) -> Findings:
    """What a front end refuses before the API sees it may lack JSON."""
    verify.conclusive(exchange)
    if exchange.status == 429:
        raise Inconclusive("too many attempts without a key")
    if not (exchange.answered and 400 <= exchange.status < 500):
        yield verify.deviation(exchange, f"a 4xx to {label}")


@check("AUTH-KEYS-01", tier="deep")
def test_keys_of_other_providers_are_refused(dut: Deployment) -> Findings:
    """A key in the form of another provider's keys is refused."""
    shut = protected(dut)
    tokens = [prefix + _letters(dut, prefix, size) for prefix, size in FOREIGN.items()]
    sent = [(next(iter(shut)), token) for token in tokens]
    sent += [(routes.CHAT, tokens[0])] if routes.CHAT in shut else []
    if dut.send(bearing(shut[sent[0][0]], _unknown(dut))).ok:
        raise Untestable("any key is let in: see AUTH-INVALID-01")
    for operation, token in sent:
        exchange = dut.send(bearing(shut[operation], token))
        yield from barred(exchange, f"{operation} with a key of the form {token[:4]}…")


@check("AUTH-403-01")
def test_missing_permission_is_told_apart(dut: Deployment) -> Findings:
    """A route that our valid key may not use is refused with 403; other keys we were not given."""
    answers = [dut.send(door) for door in routes.baseline_requests(dut).values()]
    answers += _refused(dut)
    barred_ = [each for each in answers if each.status == 403]
    if not barred_ or not any(each.ok for each in answers):
        raise NotApplicable("the operator's key may use every route, and there is no other")
    for exchange in barred_:
        yield Observation("forbidden_route", exchange.request.operation)
        yield from verify.refused(exchange)


@check("AUTH-LEAK-01")
def test_refusals_keep_the_key_to_themselves(dut: Deployment) -> Findings:
    """Refusals of a body and of a model, with the valid key, are judged as all answers are."""
    _refused(dut)
    yield from ()


def _refused(dut: Deployment) -> list[Exchange]:
    """Answers to what is wrong in a body, and not at the door."""
    known = [
        each for each in routes.streaming(dut.contract) if each in routes.baseline_requests(dut)
    ]
    sent = [dut.request(routes.route(each), model="no-such-model-7f3a") for each in known]
    return [dut.send(request) for request in sent]


def _owned(dut: Deployment) -> None:
    if not dut.client.secret:
        raise NotApplicable("the deployment is used without a key")


def _unknown(dut: Deployment) -> str:
    return f"invalid-{dut.nonce('key')}-0123456789"


def _letters(dut: Deployment, name: str, size: int) -> str:
    """As many letters and digits, new in each run."""
    words = (dut.nonce(f"{name}{number}").replace("-", "") for number in range(size))
    return "".join(words)[:size]
