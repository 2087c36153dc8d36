"""What these tests need: the extra `clients`, and Node with its packages."""

from __future__ import annotations

import pytest

from fixtures.outcomes import NotApplicable
from suites.clients import tools

TOOLS = (tools.OPENAI, tools.OPENAI_NODE, tools.LITELLM, tools.REQUESTS, tools.CURL)


@pytest.fixture
def clients() -> None:
    """All clients are installed: without them, these tests are skipped, with the reason."""
    for tool in TOOLS:
        try:
            _ = tool.version
        except NotApplicable as why:
            pytest.skip(str(why))
