"""One reference deployment for all tests: it serves the honest API and every fault and variant."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fixtures.session import embedded
from tests.bench import BENCH_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def reference() -> Iterator[str]:
    """Root of a running reference deployment: append `/v1` or `/fault/NAME/v1`."""
    os.environ[embedded.KEY_ENV] = BENCH_KEY
    running = embedded.Reference.start()
    yield running.base_url.removesuffix("/v1")
    running.stop()
