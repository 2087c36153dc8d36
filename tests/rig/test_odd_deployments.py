"""Whole runs on deployments that answer oddly: a verdict on the deployment, never on the suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench import BENCH_KEY
from tests.checks import odd, odd_server
from tests.checks.odd import Change, Place
from tests.rig import runs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fixtures.transport.exchange import Exchange

pytestmark = pytest.mark.slow

KEY = {"COMPACTIFAI_API_KEY": BENCH_KEY}
CHOICE: odd.Path = ("choices", 0)
ODD: Mapping[str, Mapping[odd.Path, str]] = {
    "GET /models": {
        ("data", 0, "id"): r'"a\ud800"',
        ("data", 1, "id"): '{"id": {}}',
        ("data", 3, "capabilities"): '["supports_audio"]',
        ("data", 2, "created"): "9" * 4000,
    },
    "POST /chat/completions": {(*CHOICE, "finish_reason"): '["stop", {}]', ("created",): "1e400"},
    "POST /completions": {(*CHOICE, "text"): "[" * 5000 + "]" * 5000},
    "POST /responses": {("output", 0, "id"): "[]", ("completed_at",): "NaN"},
    "POST /audio/transcriptions": {("segments",): "5"},
}


def test_odd_answers_end_in_a_verdict(reference: str, tmp_path: Path) -> None:
    with odd_server.serving(f"{reference}/v1", _altered) as url:
        run = runs.start(tmp_path, f"--base-url={url}", "--tier=smoke", "-q", **KEY)
    run.no_traceback()
    assert run.exit_status in (1, 6), run.out
    assert not run.verdict["harness_errors"]


def _altered(exchange: Exchange) -> Exchange:
    if exchange.status == 200 and not exchange.request.streamed:
        for path, text in ODD.get(exchange.request.operation, {}).items():
            exchange = odd.changed(exchange, Place(path), Change("put", text))
    return exchange
