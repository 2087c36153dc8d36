"""What no fault of a deployment can show, and what must stay silent without one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.transport.exchange import Chunk, Exchange, Request
from schemas import profiles
from schemas.records import Result
from suites.engine import catalogue, judge
from suites.engine.checks import execute
from suites.errors import test_texts
from tests import bench

if TYPE_CHECKING:
    from pathlib import Path

LAW = profiles.load(profiles.DEFAULT)

catalogue.load(LAW)
ERROR = {"message": "Wrong.", "type": "invalid_request_error", "param": None, "code": None}


def found(status: int, body: bytes, **other: Any) -> set[str]:
    """The clauses that one answer to a chat request violates."""
    request = Request("POST", "/chat/completions", b'{"model": "m"}', "application/json", **other)
    headers = (("content-type", "application/json"),)
    exchange = Exchange("x", request, status, headers, (Chunk(0.1, body),), at=1.7e9)
    said = [*judge.judge(exchange, LAW), *judge.judge_run([exchange], LAW)]
    assert not [each.reason for each in said if each.result is Result.HARNESS_ERROR]
    return {each.clause for judgement in said for each in judgement.findings}


@pytest.mark.parametrize(
    "body",
    [
        {"error": ERROR},
        {"error": {**ERROR, "code": 400}},
        {"detail": "Wrong."},
        {"detail": [{"loc": ["body", "n", 0], "msg": "Wrong.", "type": "value_error"}]},
        {"detail": {"message": "Wrong."}},
        {"error": ERROR, "detail": "Wrong.", "request_id": "x"},
        {"error": ERROR, "detail": [{"loc": ["body", None], "type": None}, None]},
        {"error": {**ERROR, "detail": []}, "detail": " "},
        {"detail": [{"loc": ["body", None], "msg": "Wrong.", "type": None, "input": {}}]},
        {"error": {**ERROR, "message": 'Use /v1/models, see the file "models.py" of the SDK.'}},
        {"error": {**ERROR, "message": "Version 10.2 of 192 tokens at line 3, File size 5"}},
    ],
)
def test_documented_errors_are_silent(body: dict[str, Any]) -> None:
    assert not found(400, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("body", "clause"),
    [
        (b"", "ERR-JSON-01"),
        (b"{}", "ERR-JSON-01"),
        (b"null", "ERR-JSON-01"),
        (b'{"error": {"message": "x"', "ERR-JSON-01"),
        (b'{"message": "x"}', "ERR-SHAPE-01"),
        (b'{"error": null}', "ERR-SHAPE-01"),
        (b'{"error": "x"}', "ERR-SHAPE-01"),
        (b'{"error": {"code": 400}}', "ERR-SHAPE-01"),
        (b'{"detail": []}', "ERR-SHAPE-01"),
        (b'{"detail": null}', "ERR-SHAPE-01"),
        (b'{"detail": "x", "error": {"message": ["x"]}}', "ERR-SHAPE-01"),
        (b'{"error": {"message": "x", "type": null, "param": null, "code": null}}', "ERR-SHAPE-02"),
        (b'{"detail": "goroutine 12 [running]:"}', "ERR-NOSTACK-01"),
        (b'{"detail": "in /app/src/engine.py"}', "ERR-NOSTACK-01"),
    ],
)
def test_other_errors_are_found(body: bytes, clause: str) -> None:
    assert clause in found(400, body)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_a_gateway_says_of_itself_is_no_error_of_the_api(status: int) -> None:
    clauses = found(status, b"<html>Bad Gateway</html>")
    assert clauses == ({"ERR-429-01"} if status == 429 else set())


@pytest.mark.parametrize(
    ("echo", "leaks"),
    [
        ("invalid-QXZW-1234-0123456789", True),
        ("aW52YWxpZC1RWFpXLTEyMzQtMDEyMzQ1Njc4OQ==", True),
        ("inva****************6789", False),
        ("[REDACTED]", False),
    ],
)
def test_a_presented_key_that_comes_back_is_found(echo: str, *, leaks: bool) -> None:
    sent = (b"Bearer invalid-QXZW-1234-0123456789",)
    body = json.dumps({"error": {**ERROR, "message": f"Wrong: {echo}"}}).encode()
    assert ("AUTH-LEAK-01" in found(401, body, authorization=sent)) is leaks


def test_a_check_that_reads_a_message_is_found(
    reference: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "test_bad.py").write_text("assert 'x' in body['error']['message']", "utf-8")
    monkeypatch.setattr(test_texts, "SUITES", tmp_path)
    case = next(case for case in catalogue.load(LAW) if case.clause == "ERR-MSG-01")
    with bench.deployment(f"{reference}/v1") as dut:
        assert execute(case, dut).findings
