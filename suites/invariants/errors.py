"""Every error of a run, on whatever route, whoever provoked it.

What a gateway says of itself (502 to 504) and of its limits (429) is left to other clauses; so is
what a front end says of a request that is broken below HTTP's surface, and what is said of routes
and methods that the pages do not name.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from fixtures.transport.exchange import NOT_JSON
from fixtures.transport.trouble import GATEWAY
from schemas.outcomes import Untestable
from schemas.records import Observation
from suites.engine.judge import invariant, over_run
from suites.engine.verify import describe, deviation, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fixtures.transport.exchange import Exchange, Request
    from schemas.records import Finding

RESPONSES = "POST /responses"
LONG_HEADER = 4000
THROTTLE = re.compile(r"rate_?limit|insufficient_quota|too_many_requests", re.IGNORECASE)
TRACES = {
    "a stack trace": re.compile(
        r"Traceback \(most recent call last\)|\bFile \\?\"[^\"]+\\?\", line \d+"
        r"|\bat [\w.$<>]+ ?\([^()\s]*\.(?:java|kt|js|ts|mjs|cs):\d+|goroutine \d+ \[|panicked at "
    ),
    "a path of the server": re.compile(
        # A long run of such characters is searched once, from its first folder on.
        r"site-packages|dist-packages|node_modules/"
        r"|(?<![\w./-])(?>[\w./-]*?(?=/(?:usr|home|opt|root|srv|app|workspace)/))"
        r"([\w./-]{5,}\.(?:py|js|ts|go|rs|so)\b)|[A-Z]:\\\\?(?:Users|Program)"
    ),
}


def failed(exchange: Exchange) -> bool:
    """Any whole answer with a status of 400 or more; HEAD has no body to judge."""
    return exchange.answered and exchange.status >= 400 and exchange.request.method != "HEAD"


def documented(exchange: Exchange) -> bool:
    """Errors of the documented routes, of which the API itself has to answer."""
    foreign = exchange.status in GATEWAY | {429} or mangled(exchange.request)
    promised = exchange.law.binds(exchange.request.operation)
    return failed(exchange) and promised and not foreign


def throttled(exchange: Exchange) -> bool:
    """Refusals for a rate or a quota: by their status, or by what they call themselves."""
    error = _error(exchange)
    names = [error.get(name) for name in ("type", "code")]
    called = any(isinstance(name, str) and THROTTLE.search(name) for name in names)
    return failed(exchange) and (exchange.status == 429 or called)


def mangled(request: Request) -> bool:
    """Whether a front end may refuse the path or the headers before the API sees them."""
    values = request.authorization or ()
    own = [value.encode("latin-1", "replace") for _, value in request.headers]
    sent = [*values, *own, request.content_type.encode()]
    odd = any(len(value) > LONG_HEADER or not value.isascii() for value in sent)
    return odd or len(values) > 1 or not _legible(request.route)


def _legible(route: str) -> bool:
    """Whether a path is text: servers refuse control characters, and what is no UTF-8."""
    try:
        whole = not re.search(r"%(?![0-9A-Fa-f]{2})", route)
        return whole and unquote(route, errors="strict").isprintable()
    except UnicodeDecodeError:
        return False


def shape(document: Any) -> str:
    """Which of the documented shapes a body has: error, detail, both, or another one."""
    if not isinstance(document, dict):
        return "not JSON" if document is NOT_JSON else "other"
    found = [name for name in ("error", "detail") if document.get(name)]
    return "both" if len(found) == 2 else found[0] if found else "other"


@invariant("ERR-JSON-01", on=documented)
def an_error_is_json(exchange: Exchange) -> Iterator[Finding]:
    """Every error is a JSON object with something in it, and says that it is JSON."""
    kind = exchange.media_type
    if not (kind == "application/json" or kind.endswith("+json")):
        yield deviation(exchange, "Content-Type: application/json", actual=describe(exchange))
    if not (isinstance(exchange.document, dict) and exchange.document):
        yield deviation(exchange, "a JSON object with details of the error")


@invariant("ERR-SHAPE-01", on=documented)
def an_error_has_a_documented_shape(exchange: Exchange) -> Iterator[Finding]:
    """Every error has an error object with a message, or a detail."""
    yield from _misshapen(exchange, "ERR-SHAPE-01")
    detail = None if _error(exchange) else _document(exchange).get("detail")
    if isinstance(detail, str) and detail and not detail.strip():
        yield deviation(exchange, "a detail that says something", actual=show(detail))


@invariant("ERR-SHAPE-02", on=documented)
def an_error_object_is_whole(exchange: Exchange) -> Iterator[Finding]:
    """An error object carries message, type, param and code; param and code may be null."""
    _document(exchange)
    if not _error(exchange):
        raise Untestable("there is no error object")
    yield from _misshapen(exchange, "ERR-SHAPE-02")
    message = _error(exchange).get("message")
    if isinstance(message, str) and message and not message.strip():
        yield deviation(exchange, "a message that says something", actual=show(message))


@over_run("ERR-SHAPE-03", on=documented)
def errors_have_one_shape(exchanges: Sequence[Exchange]) -> Iterator[Finding | Observation]:
    """All errors of a deployment have one shape.

    A detail of /responses is documented for the models that it does not serve, so it is left out.
    """
    table: dict[tuple[str, int], set[str]] = defaultdict(set)
    counted: Counter[str] = Counter()
    first: dict[str, Exchange] = {}
    for exchange in exchanges:
        found = shape(exchange.document)
        table[exchange.request.operation, exchange.status].add(found)
        if found in ("error", "detail") and not _gate(exchange):
            counted[found] += 1
            first.setdefault(found, exchange)
    rows = [
        f"{where} {status}: {'/'.join(sorted(each))}" for (where, status), each in table.items()
    ]
    yield Observation("error_shape", "mixed" if len(counted) > 1 else next(iter(counted), "none"))
    yield Observation("error_shape_by_route", "; ".join(sorted(rows)))
    if len(counted) > 1:
        (usual, _), (rare, count) = counted.most_common()
        actual = f"{count} of {counted.total()} have {rare}: {describe(first[rare])}"
        yield deviation(first[rare], f"{usual}, as in most errors", actual=actual)


@over_run("ERR-429-01", on=throttled)
def throttling_has_its_status(exchanges: Sequence[Exchange]) -> Iterator[Finding | Observation]:
    """A refusal for a rate or a quota has the status 429 and a JSON error."""
    for exchange in exchanges:
        yield Observation("rate_limit", "429" if exchange.status == 429 else "other")
        if exchange.status != 429:
            yield deviation(exchange, "HTTP 429")
        elif shape(exchange.document) in ("other", "not JSON"):
            yield deviation(exchange, "a JSON error with an error object or a detail")


@invariant("ERR-NOSTACK-01", on=lambda exchange: bool(exchange.status))
def an_error_gives_no_insight(exchange: Exchange) -> Iterator[Finding]:
    """No error holds a stack trace or a path of the server; for addresses there is a check."""
    for label, pattern in TRACES.items():
        for found in revealed(exchange, pattern)[:1]:
            yield deviation(exchange, f"an error without {label}", actual=show(found))


def revealed(exchange: Exchange, pattern: re.Pattern[str]) -> list[str]:
    """What an error gives away, unless the request itself said it."""
    sent = exchange.request.body.decode("utf-8", "replace") + exchange.request.route
    found = {
        match[match.lastindex or 0]: None
        for text in _error_texts(exchange)
        for match in pattern.finditer(text)
    }
    return [each for each in found if each not in sent]


def _error_texts(exchange: Exchange) -> Iterator[str]:
    """The texts of an error: the body of a refusal, or the payloads in a stream that failed."""
    if failed(exchange):
        yield exchange.body.decode("utf-8", "replace")
    elif exchange.is_stream:
        for event, document in zip(exchange.payloads, exchange.payload_documents, strict=True):
            if isinstance(document, dict) and (document.get("error") or event.event == "error"):
                yield event.data


def _misshapen(exchange: Exchange, clause: str) -> Iterator[Finding]:
    for each in exchange.law.bodies.violations("error", _document(exchange)):
        # Beside an error object, detail is an additional member: whatever it holds is lawful.
        beside = bool(_error(exchange)) and each.pointer.startswith("/detail")
        if each.clause == clause and not beside:
            where = each.pointer or "/"
            yield deviation(exchange, each.expected, actual=describe(exchange), where=where)


def _document(exchange: Exchange) -> dict[str, Any]:
    if not isinstance(exchange.document, dict) or not exchange.document:
        raise Untestable("the body is no JSON object: see ERR-JSON-01")
    return exchange.document


def _error(exchange: Exchange) -> dict[str, Any]:
    error = exchange.document.get("error") if isinstance(exchange.document, dict) else None
    return error if isinstance(error, dict) else {}


def _gate(exchange: Exchange) -> bool:
    request = exchange.request
    return request.operation == RESPONSES and shape(exchange.document) == "detail"
