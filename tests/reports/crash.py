"""A pytest plugin that makes one check and one test item crash with the key in their hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.session import keys
from suites.engine import checks, prerequisites

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.target.deployment import Deployment

CHECK, ITEM = "AUTH-INVALID-01", "AUTH-SCHEME-01"
require = prerequisites.require


def crash(case: checks.Check, dut: Deployment) -> None:
    """What a careless check would do."""
    require(case, dut)
    if case.clause == CHECK:
        key = keys.key("COMPACTIFAI_API_KEY").reveal()
        raise KeyError(f"no answer for {key}")


def pytest_configure() -> None:
    """Patch only where this is a plugin: to import it changes nothing."""
    checks.require = crash  # type: ignore[attr-defined]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """What a careless plugin would do: outside of any check, with the key in a local variable."""
    headers = {"Authorization": f"Bearer {keys.key('COMPACTIFAI_API_KEY').reveal()}"}
    print("sent", headers)
    if ITEM in item.nodeid:
        raise RuntimeError(f"crashed with {headers}")
    return (yield)
