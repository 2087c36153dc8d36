"""A pytest plugin: a check and an item that repeat hostile text by all ways that pytest prints."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import pytest

from suites.engine import checks, prerequisites
from tests.reports.hostile import CORPUS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.target.deployment import Deployment

CHECK, ITEM = "AUTH-INVALID-01", "AUTH-SCHEME-01"
TEXTS = [each.text for each in CORPUS]
WORD = "loud:"
require = prerequisites.require


def shout(case: checks.Check, dut: Deployment) -> None:
    """What a check does that meets something unforeseen."""
    require(case, dut)
    if case.clause == CHECK:
        raise KeyError("\n".join(TEXTS))


def pytest_configure() -> None:
    """Patch only where this is a plugin: to import it changes nothing."""
    checks.require = shout  # type: ignore[attr-defined]


def pytest_report_header() -> list[str]:
    """What another plugin tells of the deployment."""
    return [f"{WORD} {text}" for text in TEXTS] + TEXTS


def crash(text: str) -> None:
    """An error that is logged, and goes on."""
    try:
        int(text)
    except ValueError as error:
        logging.getLogger("loud").exception("%s", text)
        raise RuntimeError(text) from error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """What a library does that tells of what it met."""
    if ITEM in item.nodeid:
        texts = TEXTS  # shown by --showlocals
        for text in texts:
            warnings.warn(text, stacklevel=1)
            logging.getLogger("loud").warning("%s", text)
            print(text.encode("utf-8", "replace").decode("utf-8"))
        crash("\n".join(texts))
    return (yield)
