"""Fields that ask for nothing: with these values, an answer is the one without them.

One table for every route and both forms. In one request all of a route's fields are sent at once,
where the plain and the streamed answer are compared anyway; only where the text is another one,
each is sent by itself, to name it. A stop sequence that never comes is one of them: its beginning
is how the answer ends, so that who waits for the rest of it holds the end back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from suites.engine import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange
    from schemas.records import Finding

NEVER = "\u2603\u2603"
TAIL = 3  # characters of an answer's end
STOP = "stop"
# Per route: each field, its value, and the clause that speaks of its part in a plain answer.
IDLE: Mapping[str, Mapping[str, tuple[Any, str]]] = {
    "/chat/completions": {
        STOP: ([NEVER], "CHAT-REQ-STOP-02"),
        "user": ("user-123", "CHAT-REQ-USER-01"),
        "min_tokens": (0, "CHAT-REQ-MINTOK-02"),
        "top_p": (1, "GEN-PARAM-DEFAULTS-01"),
        "frequency_penalty": (0, "GEN-PARAM-DEFAULTS-01"),
        "presence_penalty": (0, "GEN-PARAM-DEFAULTS-01"),
        "n": (1, "GEN-PARAM-DEFAULTS-01"),
    },
    "/completions": {
        STOP: ([NEVER], "COMP-REQ-STOP-01"),
        "user": ("user-123", "COMP-REQ-USER-01"),
        "min_tokens": (0, "COMP-REQ-MINTOK-01"),
    },
    "/responses": {
        "top_p": (1, "RESP-REQ-TOPP-01"),
        "store": (False, "RESP-REQ-STORE-01"),
        "truncation": ("disabled", "RESP-REQ-TRUNC-01"),
        "parallel_tool_calls": (True, "RESP-REQ-PARALLEL-01"),
        "metadata": ({"suite": "idle"}, "RESP-REQ-METADATA-01"),
    },
}


def clauses(route: str) -> tuple[str, ...]:
    """The clauses that a difference may be found to break, besides that of whoever compares."""
    return tuple(dict.fromkeys(clause for _, clause in IDLE[route].values()))


def at_once(route: str, text: str) -> dict[str, Any]:
    """All fields of a route that ask for nothing; `text` is the answer without them."""
    return {name: _value(route, name, text) for name in IDLE[route]}


def never(text: str) -> list[str]:
    """Stop sequences that do not come in a text; the first begins as it ends."""
    tail = text.strip()[-TAIL:]
    return [tail + NEVER, f"{NEVER} {tail}"] if tail else [NEVER]


def _value(route: str, name: str, text: str) -> Any:
    return never(text) if name == STOP else IDLE[route][name][0]


def blamed(
    dut: Deployment,
    route: str,
    fields: Mapping[str, Any],
    form: Mapping[str, Any],
    said_by: Callable[[Exchange], str],
) -> Iterator[Finding]:
    """A finding for each field that, sent alone, changes the text in this form.

    Where it changes that of the plain answer, too, the finding is on the field's own clause.
    """
    kept = said_by(dut.send(dut.request(route, **fields)))
    for name, (_, clause) in IDLE[route].items():
        varied = {**fields, name: _value(route, name, kept)}
        exchange = dut.send(dut.request(route, **varied, **form))
        if not exchange.ok or said_by(exchange) == kept:
            continue
        plain = dut.send(dut.request(route, **varied))
        label = f"with {name} {verify.show(varied[name])}, which asks for nothing"
        expected = f"the text without {name}: {verify.show(kept)}"
        found = verify.deviation(
            exchange, expected, actual=f"{verify.show(said_by(exchange))}, {label}"
        )
        everywhere = plain.ok and said_by(plain) != kept
        yield replace(found, clause=clause if everywhere else "")
