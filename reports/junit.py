"""Clauses that invariants decide, added to pytest's own JUnit file.

They have no item of their own: every exchange of the run is their test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from _pytest.junitxml import xml_key

from schemas import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.document import Document

RED = ("violated", "untestable")


def add(config: pytest.Config, document: Document, shown: Mapping[str, bool]) -> None:
    """A test case for each clause judged on traffic whose verdict no item of its own shows.

    `shown` are the clauses that have items, and whether one of those failed.
    """
    xml: Any = config.stash.get(xml_key, None)
    if xml is None:
        return
    for row in document["clauses"]:
        reported = row["id"] in shown and (shown[row["id"]] or not _is_red(row))
        if row["exchanges"] and not reported:
            xml.pytest_runtest_logreport(_report(row))


def _is_red(row: dict[str, Any]) -> bool:
    return row["verdict"] in RED and row["gate"] == "block"


def _report(row: dict[str, Any]) -> pytest.TestReport:
    red = _is_red(row)
    met = row["verdict"] in ("met", "observed")
    lines = [f"{row['id']}: {row['statement']}", row.get("reason", "")]
    for each in row["findings"]:
        lines.append(f"  expected: {' or '.join(each['expected'])}")
        lines.append(f"  actual:   {each['actual']} {each['where']}")
    text = "\n".join(visible.line(line) for line in lines if line)
    nodeid = f"suites/invariants::every_exchange[{row['id']}]"
    return pytest.TestReport(
        nodeid=nodeid,
        location=("suites/invariants", None, row["id"]),
        keywords={},
        outcome="passed" if met else "failed" if red else "skipped",
        longrepr=None if met else text if red else ("suites/invariants", 0, text),
        when="call",
        duration=0.0,
    )
