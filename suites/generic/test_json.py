"""JSON mode and JSON schemas: a side that is taken or not, never a duty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.target.chat_view import answer
from fixtures.transport.document import parse
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support.probes import as_messages

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

# Nothing in it asks for JSON: what comes back as JSON was forced.
PLAIN = as_messages("Say OK")
TIMES = 3
CAP = 128
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON}}


@check("GEN-JSONMODE-01", tier="deep")
def test_json_mode_gives_json_where_it_is_supported(dut: Deployment) -> Findings:
    """With json_object, answers are JSON objects, streamed ones too, or the field is ignored.

    Honoured: 3 of 3 plain answers are, to a prompt whose answer without it is none.
    """
    yield from _side(dut, "json_mode", {"type": "json_object"}, _is_object)


@check("GEN-JSONSCHEMA-01", tier="deep")
def test_json_schema_binds_the_answer_where_it_is_supported(dut: Deployment) -> Findings:
    """With json_schema, answers fit the schema, streamed ones too, or the field is ignored.

    Honoured: 3 of 3 plain answers fit, to a prompt whose answer without it does not.
    """
    yield from _side(dut, "json_schema", SCHEMA, _is_person)


def _side(dut: Deployment, key: str, wanted: dict[str, Any], fits: Any) -> Findings:
    control = dut.chat(messages=PLAIN, max_tokens=CAP)
    fields: dict[str, Any] = {"messages": PLAIN, "max_tokens": CAP, "response_format": wanted}
    exchanges = [dut.chat(**fields, sample=number) for number in range(TIMES)]
    for exchange in exchanges:
        yield from verify.accepted_or_refused(exchange)
    if not all(exchange.ok for exchange in (control, *exchanges)):
        yield Observation(key, verify.side(exchanges[0]))
        return
    whole = [_text(exchange) for exchange in exchanges if _ended(exchange)]
    honoured = len(whole) == TIMES and all(map(fits, whole)) and not fits(_text(control))
    yield Observation(key, "honoured" if honoured else "ignored")
    if honoured:
        streamed = dut.chat(**fields, stream=True)
        yield from verify.accepted(streamed, f"{key}, streamed")
        if streamed.ok and _ended(streamed) and not fits(_text(streamed)):
            actual = verify.show(_text(streamed))
            yield verify.deviation(streamed, f"{key} in a stream, as in plain", actual=actual)


def _text(exchange: Exchange) -> str:
    return answer(exchange).text


def _ended(exchange: Exchange) -> bool:
    """Whether the answer was not cut: half an object is none."""
    return answer(exchange).finish_reason == "stop"


def _is_object(text: str) -> bool:
    return isinstance(parse(text), dict)


def _is_person(text: str) -> bool:
    person = parse(text)
    return (
        isinstance(person, dict)
        and isinstance(person.get("name"), str)
        and isinstance(person.get("age"), int)
    )
