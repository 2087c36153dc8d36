"""What is made of the HAR files of other tools."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.session import har_import
from fixtures.transport import har
from fixtures.transport.exchange import Exchange
from reports.evidence import HarError, whole
from schemas import profiles
from schemas.records import Finding
from suites.engine import catalogue, judge
from tests.rig.entries import ANSWER, BASE, CHAT, entry

LAW = profiles.load(profiles.DEFAULT)
OPERATIONS = tuple(LAW.operations.values())

LATER = "Tue, 14 Nov 2023 23:13:20 GMT"  # an hour after what the answer says
SECRET = "sk-proj-0123456789abcdefghij"


def load(*entries: Any, base_url: str = "") -> har_import.Recording:
    return har_import.load([("traffic.har", entries)], OPERATIONS, base_url)


def only(*entries: Any) -> Exchange:
    ((_, exchange),) = load(*entries).exchanges
    return exchange


def findings(*exchanges: Exchange) -> list[Finding]:
    catalogue.invariants()
    judgements = [
        *(each for one in exchanges for each in judge.judge(one, LAW)),
        *judge.judge_run(exchanges, LAW),
    ]
    assert not [each.reason for each in judgements if each.result == "harness_error"]
    return [finding for each in judgements for finding in each.findings]


def test_entry_of_another_tool_is_judged() -> None:
    exchange = only(entry())
    assert exchange.id == "traffic.har-0"
    assert exchange.request.operation == "POST /chat/completions"
    assert exchange.request.headers == (("x-a", "b"),)
    assert exchange.document == ANSWER
    assert not findings(exchange)


def test_fault_in_a_recording_is_found() -> None:
    wrong = {**ANSWER, "usage": {**ANSWER["usage"], "total_tokens": 9}}  # type: ignore[dict-item]
    (found,) = findings(only(entry(answer=wrong)))
    assert (found.clause, found.exchange) == ("CHAT-RESP-USAGE-01", "traffic.har-0")


CHOICE: dict[str, Any] = ANSWER["choices"][0]  # type: ignore[index]
CALL = {"name": "f", "arguments": "{}"}
TWO = {"prompt_tokens": 1, "completion_tokens": 4, "total_tokens": 5}


def saying(**message: Any) -> dict[str, Any]:
    """The answer with this message in place of its text."""
    return {**CHOICE, "message": {"role": "assistant", "content": None, **message}}


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"n": 2, "max_tokens": 2}, {"choices": [CHOICE, {**CHOICE, "index": 1}], "usage": TWO}),
        ({}, {"choices": [saying(refusal="No.")]}),
        ({}, {"choices": [saying(audio={"id": "a", "data": "eA=="})]}),
        ({}, {"choices": [{**saying(function_call=CALL), "finish_reason": "function_call"}]}),
        ({"logprobs": True}, {"choices": [{**CHOICE, "logprobs": {"content": []}}]}),
    ],
)
def test_what_openai_documents_blocks_nowhere(
    asked: dict[str, Any], answer: dict[str, Any]
) -> None:
    exchange = only(entry(sent={**CHAT, **asked}, answer={**ANSWER, **answer}))
    profile = profiles.load("openai")
    broken = [each.clause for each in findings(exchange)]
    held = [each for each in broken if profile.promises(each)]
    assert not [each for each in held if profile.clauses[each].gate != "report"]


def test_no_choice_is_wrong_for_every_profile() -> None:
    found = {each.clause for each in findings(only(entry(answer={**ANSWER, "choices": []})))}
    assert found == {"CHAT-REQ-N-04", "CHAT-RESP-CHOICE-01"}


PACKED = base64.b64encode(gzip.compress(json.dumps(ANSWER).encode())).decode()
PLAIN = base64.b64encode(json.dumps(ANSWER).encode()).decode()


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        ({"size": 9, "text": PLAIN, "encoding": "base64"}, {}),
        ({"size": 9, "text": PLAIN, "encoding": "base64"}, {"Content-Encoding": "gzip"}),
        ({"size": 9, "text": PACKED, "encoding": "base64"}, {"content-encoding": "gzip"}),
        ({"size": 9, "text": json.dumps(ANSWER)}, {"content-encoding": "br"}),
        ({"text": json.dumps(ANSWER)}, {}),
    ],
)
def test_body_is_read_in_each_form(content: dict[str, Any], headers: dict[str, str]) -> None:
    assert only(entry(content=content, headers=headers)).document == ANSWER


def test_stream_is_one_text() -> None:
    chunk = {**ANSWER, "object": "chat.completion.chunk", "usage": None}
    chunk["choices"] = [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": "stop"}]
    text = f"data: {json.dumps(chunk)}\n\n"
    kind = {"Content-Type": "text/event-stream"}
    asked = {**CHAT, "stream": True}
    good = only(entry(sent=asked, content={"text": f"{text}data: [DONE]\n\n"}, headers=kind))
    cut = only(entry(sent=asked, content={"text": text}, headers=kind))
    assert good.is_stream
    assert not findings(good)
    assert {each.clause for each in findings(cut)} == {"STREAM-CHAT-DONE-01"}


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (entry(content={"size": 812, "mimeType": "application/json"}), har_import.NO_BODY),
        (entry(content={"size": 0, "mimeType": "application/json"}), har_import.NO_BODY),
        (entry(response={"status": 0, "content": {}}), har_import.UNANSWERED),
        (entry(request={"postData": None}), har_import.NO_REQUEST_BODY),
        (entry("https://example.com/index.html"), har_import.ELSEWHERE),
        (entry(request={"method": "OPTIONS"}), har_import.ELSEWHERE),
        (entry(f"{BASE}/responses/resp_1"), har_import.ELSEWHERE),
        ({"request": {}}, har_import.NO_ENTRY),
        ("text", har_import.NO_ENTRY),
        (None, har_import.NO_ENTRY),
        (entry(time="soon"), har_import.NO_ENTRY),
        (entry(content={"text": "x", "encoding": "base64"}), har_import.NO_ENTRY),
        (
            entry(
                "https://example.com/models",
                request={"method": "GET"},
                headers={"Content-Type": "text/html"},
                content={"text": "<html>"},
            ),
            har_import.PAGE,
        ),
    ],
)
def test_what_cannot_be_judged_is_passed_over(broken: Any, reason: str) -> None:
    found = load(broken)
    assert found.exchanges == ()
    assert dict(found.passed_over) == {reason: 1}


def test_really_empty_body_is_judged() -> None:
    empty = only(entry(content={"size": 0, "text": ""}))
    assert "CHAT-RESP-JSON-01" in {each.clause for each in findings(empty)}


@pytest.mark.parametrize(
    ("method", "url", "expected"),
    [
        ("GET", "https://x/v1/models", ("https://x/v1", "/models")),
        ("GET", "https://x/v1/models/a%2Fb", ("https://x/v1", "/models/a%2Fb")),
        ("GET", "http://x:81/models/", ("http://x:81", "/models")),
        ("POST", "https://u:p@x/a/b/responses?k=1", ("https://x/a/b", "/responses?k=1")),
        ("POST", "https://x/v1/audio/transcriptions", ("https://x/v1", "/audio/transcriptions")),
        ("POST", "https://x/v1/chat/completions", ("https://x/v1", "/chat/completions")),
        ("POST", "https://x/v1/completions", ("https://x/v1", "/completions")),
        ("POST", "https://x/v1/models", None),
        ("GET", "https://x/v1/chat/completions", None),
        ("GET", "https://x/v1/models/a/b/c", None),
        ("POST", "https://x/v1beta/models/gemini:generateContent", None),
    ],
)
def test_any_base_path_is_taken(method: str, url: str, expected: tuple[str, str] | None) -> None:
    assert har_import.address(method, url, OPERATIONS) == expected


def test_base_url_chooses() -> None:
    other = entry("https://other.example.com/v1/chat/completions")
    found = load(entry(), entry(), other)
    assert found.base_urls == (BASE, "https://other.example.com/v1")
    chosen = load(entry(), other, base_url="https://other.example.com/v1")
    assert [base for base, _ in chosen.exchanges] == ["https://other.example.com/v1"]
    assert dict(chosen.passed_over) == {har_import.OTHER_BASE: 1}


def test_same_exchange_in_two_files_is_judged_once() -> None:
    twice = har_import.load(
        [("a.har", [entry()]), ("a.har", [entry(), entry(answer={})])], OPERATIONS
    )
    assert [each.id for _, each in twice.exchanges] == ["a.har-0", "a.har.2-1"]
    assert dict(twice.passed_over) == {har_import.TWICE: 1}


def test_same_id_twice_in_one_file_is_found() -> None:
    other = entry(sent={**CHAT, "user": "somebody else"})
    both = [each for _, each in load(entry(), other).exchanges]
    assert {each.clause for each in findings(*both)} == {"CHAT-RESP-ID-01"}


def test_answer_of_a_cache_is_the_same_response() -> None:
    both = [each for _, each in load(entry(), entry()).exchanges]
    assert not findings(*both)


@pytest.mark.parametrize(
    ("started", "date", "judged"),
    [
        ("2023-11-14T23:13:20.000Z", LATER, True),
        ("2023-11-14T23:13:20.000+00:00", "", False),
        ("1970-01-01T00:00:00Z", LATER, False),
        ("soon", LATER, False),
    ],
)
def test_clocks_count_where_they_agree(started: str, date: str, judged: bool) -> None:
    """What an hour between `created` and the recording means depends on who says the hour."""
    headers = {"Date": date} if date else {}
    found = findings(only(entry(headers=headers, startedDateTime=started)))
    assert [each.clause for each in found] == (["CHAT-RESP-CREATED-01"] if judged else [])


def test_no_key_of_a_recording_is_kept() -> None:
    sent = [
        {"name": "Authorization", "value": f"Bearer {SECRET}"},
        {"name": "Cookie", "value": "session=0123456789abcdef"},
        {"name": "x-note", "value": f"my key is {SECRET}"},
    ]
    answer = {**ANSWER, "echo": SECRET}
    url = f"{BASE}/chat/completions?api-key={SECRET}&v=1"
    set_cookie = {"Set-Cookie": "id=0123456789abcdef"}
    exchange = only(entry(url, answer=answer, request={"headers": sent}, headers=set_cookie))
    written = json.dumps(har.to_entry(exchange, BASE))
    assert SECRET not in written
    assert "0123456789abcdef" not in written
    assert {each.clause for each in findings(exchange)} == {"AUTH-LEAK-01"}


def test_form_of_which_only_the_parameters_are_known_is_read() -> None:
    params = [
        {"name": "model", "value": "whisper"},
        {"name": "file", "fileName": "a.wav", "value": ""},
    ]
    post = {"mimeType": "multipart/form-data; boundary=x", "params": params}
    exchange = only(
        entry(f"{BASE}/audio/transcriptions", request={"postData": post}, answer={"text": "Hi"})
    )
    assert exchange.request.model == "whisper"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"log": {}}', "<html>", '{"log": {"entries": 3}}']
)
def test_what_is_no_har_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.har"
    path.write_text(text, "utf-8")
    with pytest.raises(HarError, match=r"not HAR 1\.2") as refused:
        whole(path)
    assert "\n" not in str(refused.value)


def test_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"log": {"entries": [entry()]}}).encode())
    assert len(load(*whole(path)).exchanges) == 1
