"""What "accepted" and "refused" mean, once, with every lawful alternative.

A refusal is a 4xx with a JSON body. A 5xx, an HTML page, a time-out or a closed connection is
never one; neither is it a deviation while it could be the environment's doing.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from fixtures.transport import worst_case
from fixtures.transport.exchange import NOT_JSON, Exchange, Failure
from fixtures.transport.trouble import troubled
from schemas.outcomes import Inconclusive, Untestable
from schemas.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN = 240
LONGEST = 2000  # characters of what a finding says, whatever the answer put into it
_JSON = json.JSONEncoder(ensure_ascii=False, default=repr)
# What a refusal calls the context of a model, and a cap above which it may be too small.
CONTEXT = re.compile(r"context|max_model_len|maximum.{0,20}(?:length|tokens)", re.IGNORECASE)
LONG = 256
# Where an answer is broken below its content. The clause says how; the others rest on it.
WHOLE = "GEN-WHOLE-01"
BROKEN = (Failure.TRUNCATED, Failure.ENCODING)
CAPS = (*worst_case.CAPS, worst_case.LEAST)
GENERATED = ("choices", "output", "text", "segments")


def accepted(exchange: Exchange, label: str = "") -> Iterator[Finding]:
    """A finding unless the request was answered with status 200 and no error inside.

    `label` names what was special about the request, for the report.

    The shape of the answer is not asked here: the invariants judge it, each part in its clause.
    A cap that a model's context is too small for is no value that every model takes.
    Raises Inconclusive.
    """
    conclusive(exchange)
    if (exchange.ok or _cut_behind_its_end(exchange)) and not _is_error(exchange):
        return
    if beyond_context(exchange):
        return
    yield deviation(exchange, f"{lacking(exchange)}{_to(label)}")


def status_ok(exchange: Exchange, label: str = "") -> Iterator[Finding]:
    """A finding unless the request was answered with status 200, in whatever form.

    For fields that are accepted, where another clause says what the answer looks like.
    Raises Inconclusive.
    """
    conclusive(exchange)
    if not exchange.ok or (isinstance(exchange.document, dict) and exchange.document.get("error")):
        yield deviation(exchange, f"{lacking(exchange)}{_to(label)}")


def refused(
    exchange: Exchange, label: str = "", *, also: tuple[str, ...] = ()
) -> Iterator[Finding]:
    """A finding unless the request was refused with a 4xx; `also` are further lawful statuses.

    Raises Inconclusive, and Untestable for a 4xx without JSON, which proves nothing: its own
    clause is ERR-JSON-01.
    """
    conclusive(exchange)
    lawful = (400 <= exchange.status < 500 or str(exchange.status) in also) and exchange.answered
    if not lawful or _generated(exchange):
        others = map("HTTP {}".format, also)
        yield deviation(exchange, f"a 4xx status with a JSON error{_to(label)}", *others)
    elif not isinstance(exchange.document, dict):
        raise Untestable(f"the refusal is not JSON: see ERR-JSON-01 ({describe(exchange)})")


def accepted_or_refused(exchange: Exchange) -> Iterator[Finding]:
    """A finding unless the request was accepted or refused: where the documents leave it open."""
    conclusive(exchange)
    if not (exchange.answered and (exchange.status == 200 or 400 <= exchange.status < 500)):
        yield deviation(exchange, "HTTP 200 with an answer", "a 4xx status with a JSON error")


def beyond_context(exchange: Exchange) -> bool:
    """Whether a request for a long answer was refused because the model's context is smaller."""
    asked = exchange.request.fields
    caps = [asked[name] for name in CAPS if isinstance(asked.get(name), int)]
    text = exchange.body[:LONGEST].decode("utf-8", "replace")
    long = any(cap > LONG for cap in caps)
    return long and 400 <= exchange.status < 500 and CONTEXT.search(text) is not None


def side(exchange: Exchange) -> str:
    """Which side was taken: `accepted` or `refused`, or the status for anything else."""
    conclusive(exchange)
    if exchange.ok and not _is_error(exchange):
        return "accepted"
    return "refused" if 400 <= exchange.status < 500 else f"HTTP {exchange.status}"


def conclusive(exchange: Exchange) -> None:
    """Raise Inconclusive when the environment, and not the deployment, may have answered.

    Raises Untestable where the answer is broken, so that nothing can be said of what it holds.
    """
    if exchange.status == 401 and exchange.request.own_key:
        raise Inconclusive("our own key was refused with 401")
    if exchange.status in (402, 429) and exchange.request.own_key:
        raise Inconclusive(f"quota or rate limit: HTTP {exchange.status}, waited {exchange.waits}x")
    if exchange.failure is Failure.OVERSIZE and not exchange.status:
        raise Inconclusive("the head of the answer is longer than this suite reads")
    if troubled(exchange) and not exchange.confirmed:
        raise Inconclusive(f"the environment may be at fault: {describe(exchange)}")
    if broken(exchange):
        raise Untestable(f"the answer does not come whole: see {WHOLE}")


def broken(exchange: Exchange) -> bool:
    """Whether an answer began and did not come whole; of a stream that is cut, its clauses tell."""
    cut = exchange.is_stream and exchange.failure is Failure.TRUNCATED
    return exchange.failure in BROKEN and not exchange.answered and not cut


def deviation(
    exchange: Exchange, *expected: str, actual: str = "", where: str = "", clause: str = ""
) -> Finding:
    """A finding on this exchange. `actual` defaults to the answer in short."""
    return Finding(
        expected=tuple(map(_short, expected)),
        actual=_short(actual or describe(exchange)),
        where=_short(where),
        exchange=exchange.id,
        model=exchange.request.model,
        clause=clause,
    )


def describe(exchange: Exchange) -> str:
    """The answer in one line: status, media type and the beginning of the body, or the failure."""
    if exchange.failure and not exchange.status:
        return f"{exchange.failure} after {exchange.seconds:.1f} s"
    body = exchange.body[:SHOWN].decode("utf-8", "replace").replace("\n", "\\n")
    more = "…" if len(exchange.body) > SHOWN else ""
    kind = exchange.media_type or "no content type"
    cut = f", {exchange.failure}" if exchange.failure else ""
    return f"HTTP {exchange.status}, {kind}{cut}: {body}{more}"


def outline(exchange: Exchange) -> str:
    """Status alone, or the failure: for a reason that counts several answers."""
    return str(exchange.failure) if not exchange.status else f"HTTP {exchange.status}"


def show(value: object) -> str:
    """A value from an answer, short enough for a report; no more of it is written than is shown."""
    if isinstance(value, str | int | float | None):
        text = _JSON.encode(value[: SHOWN + 1] if isinstance(value, str) else value)
    else:
        text = ""
        for part in _JSON.iterencode(value):
            text += part
            if len(text) > SHOWN:
                break
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def lacking(exchange: Exchange) -> str:
    """What an answer that is not accepted lacks: with status 200 it is not the status."""
    if exchange.status != 200:
        return "HTTP 200 with an answer"
    if not exchange.answered:
        return "HTTP 200 with the whole answer"
    if not isinstance(exchange.document, dict):
        return "HTTP 200 with a JSON object"
    return "HTTP 200 without an error inside"


def _to(label: str) -> str:
    return f" to {label}" if label else ""


def _cut_behind_its_end(exchange: Exchange) -> bool:
    """Whether a stream came to its [DONE], and no further: the streams' own clauses tell of it."""
    last = exchange.payloads[-1:] if exchange.is_stream else ()
    return exchange.failure is Failure.TRUNCATED and any(event.done for event in last)


def _is_error(exchange: Exchange) -> bool:
    document = exchange.document
    if exchange.request.streamed and document is NOT_JSON:
        return False
    return not isinstance(document, dict) or bool(document.get("error"))


def _generated(exchange: Exchange) -> bool:
    document = exchange.document
    return isinstance(document, dict) and any(document.get(key) for key in GENERATED)
