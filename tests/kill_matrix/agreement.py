"""A finding whose expected and actual agree is a defect of the suite: nobody can act on it.

expected HTTP 200 with an answer, actual HTTP 200, text/plain: 1 00:00:00 --> ...
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.verdicts import Outcome
    from schemas.records import Finding

STATUS = re.compile(r"HTTP (\d{3})")
WHOLE = re.compile(r"HTTP 200, application/json: ")
REFUSAL = re.compile(r"HTTP 4\d\d, application/(?:problem\+)?json: \{")


def agreeing(outcome: Outcome) -> Iterator[str]:
    """One line for each finding that says of what came that it was expected."""
    for said in outcome.clauses:
        for finding in said.findings:
            for expected in finding.expected:
                if agrees(expected, finding):
                    yield f"{said.clause.id}: expected {expected!r}, actual {finding.actual!r}"


def agrees(expected: str, finding: Finding) -> bool:
    """Whether what came is what was expected, by all that the finding tells."""
    actual = finding.actual
    if expected == actual:
        return True
    answered = re.fullmatch(r"HTTP 200 with an answer(?: to .*)?", expected, re.DOTALL)
    refused = re.fullmatch(r"a 4xx(?: status with a JSON error)?(?: to .*)?", expected, re.DOTALL)
    bare = STATUS.fullmatch(expected)
    status = STATUS.match(actual)
    if answered:
        return actual.startswith("HTTP 200,")
    if refused:
        return REFUSAL.match(actual) is not None and "cut" not in actual[:80]
    return bool(bare and status and bare[1] == status[1])
