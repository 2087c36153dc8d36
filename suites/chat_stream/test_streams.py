"""Streams of many kinds, so that every judge of streams has something to judge."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from fixtures import examples
from fixtures.target.plain_requests import ABSENT
from fixtures.transport import sse
from fixtures.transport.exchange import NOT_JSON, parse
from schemas.outcomes import NoControl, Untestable
from schemas.records import Finding, Observation
from suites.chat_stream.support import LATE, late
from suites.engine import verify
from suites.engine.checks import Findings, case, check, checks
from suites.invariants.generic import reasons
from suites.invariants.streams import lost
from suites.support import idle_fields
from suites.support.conversations import NATURAL
from suites.support.conversations import whole as whole_talk
from suites.support.examples import replay
from suites.support.probes import (
    CHAT,
    COUNT,
    FORMS,
    SCRIPTS,
    SHORT,
    STORY,
    TELLS,
    at_tier,
    read,
    require_determinism,
)
from suites.support.tools import NAMED, PARIS, ask, forced, loses_arguments, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.target.chat_view import Answer
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

Fields = dict[str, Any]
LONG = 200  # characters
# Answers that are compared whole and streamed: one that is cut, one of many scripts, short ones.
TWICE: tuple[Fields, ...] = (
    {"messages": COUNT, "max_tokens": 5},
    {"messages": SCRIPTS, "max_tokens": 40},
    *({"messages": messages, "max_tokens": NATURAL} for messages in SHORT),
    {"messages": COUNT, "max_tokens": 40},
)
IN_COMPANY = TWICE[2:]


@check("STREAM-CHAT-CTYPE-01", tier="smoke")
def test_stream_is_answered_as_events(dut: Deployment) -> Findings:
    """stream true is answered with status 200 and Server-Sent Events."""
    exchange = dut.chat(stream=True)
    yield from verify.accepted(exchange)
    if exchange.ok and not exchange.events and exchange.media_type != "text/event-stream":
        yield verify.deviation(exchange, "Server-Sent Events")


@check("STREAM-CHAT-DONE-01", tier="smoke")
def test_streams_of_every_kind_are_accepted(dut: Deployment) -> Findings:
    """Short, cut, stopped and unicode streams are answered; every judge of streams sees them.

    Control: what is refused without stream, too, is no matter of streams.
    """
    yield from verify.accepted(dut.chat(stream=True, messages=COUNT, max_tokens=5))
    kinds: tuple[Fields, ...] = ({"messages": SCRIPTS}, {"stop": ["###"]}, {"messages": SHORT[1]})
    for fields in at_tier(dut, kinds, 1):
        asked: Fields = {"max_tokens": 40, **fields}
        found = [*verify.accepted(dut.chat(stream=True, **asked))]
        if found and dut.chat(**asked).ok:
            yield from found


@checks([replace(case("STREAM-CHAT-DELTA-01", ""), also=idle_fields.clauses(CHAT))])
def test_deltas_join_to_the_plain_answer(dut: Deployment) -> Findings:
    """Joined deltas are the plain answer, where the deployment repeats itself; never nothing.

    Some streams are asked for with all that asks for nothing, such as a stop sequence that never
    comes. Control: both requests are answered always alike at temperature 0.
    """
    for fields in at_tier(dut, TWICE, 3):
        plain, exchange = read(dut.chat(**fields)), _streamed(dut, fields)
        streamed = intact(exchange).text
        # White space at the ends is trimmed by many servers, in one form or the other.
        if streamed.strip() == plain.text.strip():
            continue
        require_determinism(dut, fields, exchange.request.document)
        if _said(dut.chat(**fields, stream=True)) == plain.text.strip():
            found = list(idle_fields.blamed(dut, CHAT, fields, FORMS[1], _said))
            yield from found
            if found:
                continue
        expected = f"the plain answer {verify.show(plain.text)}"
        yield verify.deviation(exchange, expected, actual=verify.show(streamed))


def _streamed(dut: Deployment, fields: Fields) -> Exchange:
    """The stream of a request; that of a short answer with all fields that ask for nothing."""
    alone = {**fields, "stream": True}
    if fields not in IN_COMPANY:
        return dut.chat(**alone)
    idle = idle_fields.at_once(CHAT, read(dut.chat(**fields)).text)
    exchange = dut.chat(**{**alone, **idle})
    return exchange if exchange.ok else dut.chat(**alone)


def _said(exchange: Exchange) -> str:
    return read(exchange).text.strip()


def intact(exchange: Exchange) -> Answer:
    """A streamed answer of which nothing was lost: a payload that is broken has its own clause."""
    answer = read(exchange)
    payloads = [event for event in exchange.payloads if not event.done]
    if lost(exchange) or any(parse(event.data.encode()) is NOT_JSON for event in payloads):
        raise Untestable("a payload of the stream is broken")
    return answer


@check("STREAM-CHAT-FINAL-01")
def test_stream_and_plain_end_alike(dut: Deployment) -> Findings:
    """A stream ends for the reason of the plain answer, where the deployment repeats itself."""
    for fields in at_tier(dut, TWICE, 3):
        plain, exchange = read(dut.chat(**fields)), _streamed(dut, fields)
        if read(exchange).finish_reason != plain.finish_reason:
            exchange = dut.chat(**fields, stream=True)
        reason = read(exchange).finish_reason
        thinks = any(map(reasons, (plain, read(exchange))))
        cut = thinks and "length" in (reason, plain.finish_reason)
        if reason != plain.finish_reason and not cut:
            require_determinism(dut, fields, {**fields, "stream": True})
            expected = f"{plain.finish_reason}, as plain"
            yield verify.deviation(exchange, expected, actual=reason)


@check("STREAM-CHAT-USAGE-01")
def test_usage_of_stream_and_plain_agree(dut: Deployment) -> Findings:
    """Where a stream tells its usage, the prompt counts as much as in a plain request.

    A long conversation that counts less only, where "Say OK" does not, has lost some of its turns.
    """
    talk = {"messages": whole_talk(dut).request.fields["messages"]}
    asked: tuple[tuple[Fields, Mapping[str, Any]], ...] = ((talk, TELLS), ({}, {"stream": True}))
    for fields, options in at_tier(dut, asked, 1):
        if not dut.chat(**fields).ok:
            raise Untestable("the same is not answered without stream either")
        exchange = dut.chat(**fields, **options)
        yield from verify.accepted_or_refused(exchange)
        if not exchange.ok or read(exchange).usage is None:
            continue
        plain = read(dut.chat(**fields)).tokens("prompt_tokens")
        streamed = read(exchange).tokens("prompt_tokens")
        if streamed != plain:
            short = (dut.chat(), dut.chat(**TELLS))
            if (
                streamed < plain
                and len({read(each).tokens("prompt_tokens") for each in short}) == 1
            ):
                raise Untestable("turns are lost in streams: see CHAT-MSG-HISTORY-01")
            expected = f"{plain} prompt tokens, as plain"
            yield verify.deviation(exchange, expected, actual=str(streamed), where="/usage")


@check("STREAM-CHAT-INCR-01")
def test_stream_comes_in_pieces_over_time(dut: Deployment) -> Findings:
    """A long answer comes in several chunks, and not all at once at its end. n = 3.

    Rule: a deviation when three long answers come each in a single chunk, or when in each of them
    the first chunk comes as late as the last: later than 70 % of the time that generating takes,
    which is what a stream of one token takes less. Times under 0.1 s prove nothing.
    """
    longs: list[Exchange] = []
    for number in range(3):
        longs.append(dut.chat(stream=True, messages=STORY, max_tokens=120, sample=number))
        if not _looks_joined(longs[-1]):
            return
    if all(len(read(each).text) >= LONG and _pieces(each) <= 1 for each in longs):
        yield verify.deviation(longs[0], "several chunks", actual="the whole text in one chunk")
        return
    quick = median(_first(dut.chat(stream=True, max_tokens=1, sample=n)) for n in range(3))
    shares = [late(each, quick) for each in longs]
    if all(share is not None and share > LATE for share in shares):
        if reasons(read(dut.chat(messages=STORY, max_tokens=120))):
            raise NoControl("the model reasons before it speaks, and may do so unseen")
        actual = ", ".join(f"{share:.0%}" for share in shares if share is not None)
        expected = "a first chunk long before the last"
        yield verify.deviation(longs[0], expected, actual=f"it came after {actual} of the time")


def _looks_joined(exchange: Exchange) -> bool:
    """Whether one long answer may have been sent at once: its text, or all of its chunks."""
    if len(read(exchange).text) >= LONG and _pieces(exchange) <= 1:
        return True
    share = late(exchange)
    return share is not None and share > LATE


def _pieces(exchange: Exchange) -> int:
    return sum(bool(piece) for piece in read(exchange).pieces)


def _first(exchange: Exchange) -> float:
    events = [event.at for event in exchange.payloads]
    if not events:
        raise NoControl("a stream without events")
    return events[0]


@check("STREAM-CHAT-TOOL-01")
def test_streamed_call_joins_to_a_call(dut: Deployment) -> Findings:
    """A forced call that is streamed joins to id, name and arguments, as the plain one."""
    for name, messages in at_tier(dut, (*NAMED[::-1], ("get_weather", PARIS)), 1):
        exchange = ask(dut, forced(name), messages, stream=True)
        yield from verify.accepted(exchange, "a streamed tool call")
        answer = whole(intact(exchange).exchange)
        plain = whole(ask(dut, forced(name), messages)).tool_calls[:1]
        if not (answer.tool_calls or plain):
            raise Untestable("nor is there a call without stream: see CHAT-TOOL-06")
        if not answer.tool_calls:
            yield verify.deviation(exchange, f"a call of {name}", actual="no tool call")
        for call in answer.tool_calls:
            missing = [part for part in ("id", "name") if not getattr(call, part)]
            if missing:
                actual = f"no {' and no '.join(missing)}: {call}"
                yield verify.deviation(exchange, "a call with id and name", actual=actual)
        yield from _same_arguments(exchange, plain)


def _same_arguments(exchange: Exchange, plain: tuple[object, ...]) -> Findings:
    """Arguments that the plain call has as JSON are JSON in the stream, too."""
    for call, other in zip(read(exchange).tool_calls, plain, strict=False):
        if _is_object(other.arguments) and not _is_object(call.arguments):  # type: ignore[attr-defined]
            actual = verify.show(call.arguments)
            yield verify.deviation(exchange, "fragments that join to JSON", actual=actual)


@check("STREAM-CHAT-TOOL-01")
def test_streaming_loses_no_argument(dut: Deployment) -> Findings:
    """A forced call has its required argument in a stream, too.

    Rule: a deviation only where each of 5 plain calls has it, and none of 5 streamed ones; asked
    until one is otherwise.
    """
    yield from loses_arguments(dut, {"stream": True}, {})


def _is_object(text: str) -> bool:
    return isinstance(parse(text), dict)


WRONG: tuple[tuple[str, Fields], ...] = (
    ("CHAT-REQ-TEMP-02", {"temperature": 2.01}),
    ("CHAT-REQ-MSG-01", {"messages": "hi"}),
    ("CHAT-REQ-MAXTOK-03", {"max_tokens": "ten"}),
    ("CHAT-REQ-MSG-01", {"messages": ABSENT}),
    ("CHAT-REQ-TEMP-03", {"temperature": "hot"}),
    ("CHAT-REQ-MODEL-03", {"model": "no-such-model-7f3a"}),
    ("CHAT-MSG-ROLE-02", {"messages": [{"content": "hi"}]}),
    ("CHAT-REQ-MAXTOK-03", {"max_tokens": -1}),
    ("CHAT-REQ-N-02", {"n": 2}),
    ("CHAT-REQ-TOPP-02", {"top_p": 1.1}),
    ("CHAT-REQ-N-03", {"n": 1.5}),
    ("CHAT-REQ-MAXTOK-03", {"max_tokens": 1.5}),
)


@checks([replace(case("STREAM-CHAT-ERR-01", ""), also=tuple(clause for clause, _ in WRONG))])
def test_refusals_come_before_the_stream(dut: Deployment) -> Findings:
    """What is refused without stream is refused with stream, with an HTTP status.

    At standard with values that hardly a plain request has there. What is refused in neither form
    breaks the clause that refuses it.
    """
    for clause, fields in at_tier(dut, WRONG, 4):
        found = list(verify.refused(dut.chat(**fields, stream=True), f"{fields} with stream"))
        if found:
            plainly = 400 <= dut.chat(**fields).status < 500
            theirs = "STREAM-CHAT-ERR-01" if plainly else clause
            yield from (replace(each, clause=theirs) for each in found)


@check("STREAM-CHAT-ERR-02")
def test_failures_in_streams_are_observed(dut: Deployment) -> Findings:
    """A healthy deployment does not fail on demand: what its streams did is observed."""
    exchange = dut.chat(stream=True)
    failed = any('"error"' in event.data[:200] for event in exchange.payloads)
    yield Observation("stream_failure", "an error event" if failed else "not seen")


@check("STREAM-CHAT-EX-01")
def test_printed_streaming_requests_are_answered(dut: Deployment) -> Findings:
    """The printed streaming requests are answered with events, max_tokens bounded at 64."""
    for name in ("compat-chat-stream-request", "ref-chat-stream-curl"):
        exchange = replay(dut, name)
        yield from verify.accepted(exchange, name)
        if exchange.ok and not exchange.events:
            yield verify.deviation(exchange, "Server-Sent Events")


@check("STREAM-CHAT-EX-02", offline=True)
def test_printed_stream_is_read(dut: Deployment) -> Findings:
    """The printed excerpt is read by the suite's reader, and its chunks fit the schema.

    As printed it has no blank lines between events: there the reader sees no closed event.
    """
    example = examples.load()["ref-chat-stream-excerpt"]
    events = sse.read([(0.0, example.text.encode())])
    if [event.data for event in events][-1:] != [sse.DONE] or len(events) != 3:
        yield Finding(("two chunks and [DONE]",), verify.show([e.data for e in events]), "excerpt")
    for number, chunk in enumerate(example.bodies):
        for each in dut.contract.bodies.violations("chat.chunk", chunk):
            yield Finding((each.expected,), each.actual, f"chunk {number}{each.pointer}")
    if any(event.closed for event in sse.read([(0.0, example.printed.encode())])):
        yield Finding(("no closed event in the print",), "a closed event", "excerpt as printed")
