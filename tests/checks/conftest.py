"""What the honest reference says, asked once a worker: all else is held against it."""

from __future__ import annotations

import pytest

from tests.kill_matrix import memory, selection
from tests.kill_matrix.memory import Memory


@pytest.fixture(scope="session")
def honest(reference: str) -> Memory:
    """The answers of the honest reference, and what every check says of them."""
    return memory.learn(f"{reference}/v1", selection.TIERS)
