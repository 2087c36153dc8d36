"""What the fields of a responses request do, beyond being accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.transport.document import parse
from fixtures.transport.exchange import Request
from schemas.outcomes import NoControl, Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support import table_cases
from suites.support.probes import FORMS, at_tier
from suites.support.responses import (
    KIND,
    LONG,
    MANY,
    STREAM,
    answered,
    counted,
    grown,
    plain_count,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fixtures.target.deployment import Deployment
    from fixtures.transport.document import parse
from fixtures.transport.exchange import Exchange

ORDER = "End every answer with the word"
ITEMS = [{"role": "user", "content": "Say OK"}]
# What instructions stand beside.
BESIDE: Mapping[str, Mapping[str, Any]] = {
    "": {},
    " and items": {"input": ITEMS},
    ", streamed": STREAM,
}
AGE = {
    "type": "object",
    "properties": {"age": {"type": "integer"}},
    "required": ["age"],
    "additionalProperties": False,
}
TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "Get current weather information",
    "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
}


@check("RESP-REQ-INSTR-01")
def test_instructions_become_part_of_the_prompt(dut: Deployment) -> Findings:
    """Long instructions add their tokens to the input: with a string, with items, and streamed.

    Control: a long input counts more than a short one. The standard tier sends two of the three,
    the ones that other code answers, where their tokens are reported.
    """
    plain_count(dut)
    controls = [(label, form, _count(dut.responses(**form))) for label, form in BESIDE.items()]
    counting = [each for each in controls if each[2]]
    for label, form, control in controls if dut.setup.tier == "deep" else counting[-2:]:
        exchange = dut.responses(instructions=LONG, **form)
        yield from answered(exchange, f"long instructions{label}")
        if control and _count(exchange):
            yield from grown(exchange, control, f"with long instructions{label}")


@check("RESP-REQ-INSTR-02", tier="deep")
def test_instructions_steer_the_answer(dut: Deployment) -> Findings:
    """An instruction is followed from instructions as it is from the input. n = 5 of each.

    Control: of five answers at least four follow the instruction when it stands in the input,
    and do not repeat it, as a model does that repeats whatever it is given.
    Rule: a deviation when of five at most one follows it when it stands in instructions.
    """
    word, question = dut.nonce("instructions"), "What is the capital of France?"
    order = f"{ORDER} {word}"
    followed = _followed(dut, word, input=f"{question} {order}")
    if followed < 4:
        raise NoControl(f"the model followed {followed} of 5 in the input")
    steered = _followed(dut, word, input=question, instructions=order)
    if steered <= 1:
        exchange = dut.responses(input=question, instructions=order, max_output_tokens=256)
        actual = f"{steered} of 5 answers, {followed} of 5 when it stands in the input"
        yield verify.deviation(exchange, "answers that follow the instructions", actual=actual)


def _count(exchange: Exchange) -> int:
    """The input tokens of an answer, 0 where they are not reported: a stream may go without."""
    try:
        return counted(exchange) if exchange.ok else 0
    except Untestable:
        return 0


def _followed(dut: Deployment, word: str, **fields: Any) -> int:
    asked = [dut.responses(**fields, max_output_tokens=256, sample=n) for n in range(5)]
    texts = [read(each).text for each in asked]
    return sum(word in text and ORDER.casefold() not in text.casefold() for text in texts)


@check("RESP-REQ-METADATA-01")
def test_metadata_stays_out_of_the_prompt(dut: Deployment) -> Findings:
    """Long metadata of many scripts is accepted, and adds no tokens to the input."""
    control = plain_count(dut)
    pairs = {"suite": dut.nonce("metadata"), "note": LONG, "ü": "東京 🙂"}
    exchange = dut.responses(metadata=pairs)
    yield from verify.accepted(exchange, "metadata of long strings")
    if exchange.ok and counted(exchange) >= control + MANY:
        expected = f"the {control} input tokens of the request without metadata"
        yield verify.deviation(exchange, expected, actual=str(counted(exchange)), where="/usage")


@check("RESP-REQ-STORE-02")
def test_unstored_response_is_not_found(dut: Deployment) -> Findings:
    """A response that nobody asked to store is not found under its id, and not remembered."""
    word = dut.nonce("stored")
    secret = f"The code word is {word}. Say OK"
    kinds: tuple[dict[str, Any], ...] = ({}, {"stream": True}, {"store": False})
    kept = False
    for unstored in _unstored(dut):
        found = _found(dut, unstored)
        if found.status == 200:
            yield verify.deviation(found, "not found, after store false and stream true")
    for fields in at_tier(dut, kinds, 1):
        exchange = dut.responses(input=secret, **fields)
        name, found = _id(exchange), _found(dut, exchange)
        if found.status == 200:
            kept = True
            yield verify.deviation(found, f"not found, after {fields or 'no store'}")
        question = "What is the code word?"
        recalled = dut.responses(input=question, previous_response_id=name)
        if recalled.ok and word in read(recalled).text:
            expected = f"no memory, after {fields or 'no store'}"
            yield verify.deviation(recalled, expected, actual=verify.show(read(recalled).text))
    for form in at_tier(dut, ({"store": True},), 0):
        stored = _found(dut, dut.responses(**form))
        never = "when stored" if stored.status == 200 else "never"
        yield Observation("stored_responses", "always" if kept else never)


def _unstored(dut: Deployment) -> Iterator[Exchange]:
    """The second values of all fields, streamed: an answer that is not to be stored."""
    fields = {**table_cases.batch_of(dut.contract, KIND, number=1), **STREAM}
    exchange = dut.responses(**fields)
    if fields.get("store") is False and exchange.ok and _id(exchange):
        yield exchange


def _found(dut: Deployment, exchange: Exchange) -> Exchange:
    """What is found under the id of a response."""
    found = dut.send(Request("GET", f"/responses/{_id(exchange)}"))
    verify.conclusive(found)
    return found


def _id(exchange: Exchange) -> str:
    name = read(exchange).document.get("id")
    if not isinstance(name, str) or not name:
        raise Untestable("the response has no id: see RESP-OUT-SHAPE-01")
    return name


@check("RESP-REQ-FILEID-01")
def test_unknown_file_is_refused(dut: Deployment) -> Findings:
    """A file_id that no store holds is refused, streamed and plain, and not left out in silence."""
    name = f"file-{dut.nonce('file').lower()}"
    forms = [form for form in FORMS[::-1] if dut.responses(**form).ok]
    asked = [dut.responses(file_id=name, **form) for form in at_tier(dut, forms, 1)]
    if not asked:
        raise Untestable("the plain request fails: see RESP-PATH-01")
    yield Observation("file_id", "refused" if verify.side(asked[0]) == "refused" else "ignored")
    for exchange in asked:
        yield from verify.refused(exchange, f"the unknown file_id {name}")


@check("RESP-REQ-TEXT-02")
def test_schema_binds_the_text(dut: Deployment) -> Findings:
    """With a JSON schema the whole text is a value of that schema, or the request is refused."""
    form = {"type": "json_schema", "name": "person", "schema": AGE, "strict": True}
    fields: dict[str, Any] = {
        "input": "Ann is 42 years old. How old is Ann?",
        "max_output_tokens": 256,
    }
    fields["text"] = {"format": form}
    judged = 0
    for exchange in (dut.responses(**fields, **form) for form in at_tier(dut, FORMS, 1)):
        if not exchange.is_stream:
            yield from verify.accepted_or_refused(exchange)
        if exchange.status >= 400:
            judged += 1
        elif read(exchange).status == "completed" and (text := read(exchange).text):
            judged += 1
            if not _fits(text):
                expected = 'JSON with an integer "age" alone'
                yield verify.deviation(exchange, expected, "a 4xx status", actual=text[:200])
    if not judged:
        raise NoControl("no answer was completed with a text")


def _fits(text: str) -> bool:
    value = parse(text)
    return isinstance(value, dict) and [*value] == ["age"] and type(value["age"]) is int


@check("RESP-REQ-TEMP-01", tier="deep")
def test_temperature_above_two_is_observed(dut: Deployment) -> Findings:
    """The temperature is "typically" 0 to 2: what becomes of 2.5 is observed."""
    yield Observation("responses_temperature_above_2", verify.side(dut.responses(temperature=2.5)))


@check("RESP-REQ-PARALLEL-01", tier="deep")
def test_tools_are_observed(dut: Deployment) -> Findings:
    """No page lists tools for this route: what becomes of a required one is observed."""
    exchange = dut.responses(tools=[TOOL], tool_choice="required")
    side = verify.side(exchange)
    if side == "accepted":
        called = any(item.get("type") == "function_call" for item in read(exchange).items)
        side = "honoured" if called else "ignored"
    yield Observation("responses_tools", side)
