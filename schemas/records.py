"""The words in which a run is reported: finding, observation, judgement, verdict.

What the checks and the invariants say travels as `Judgement` records from the process that judged
to the one place that turns them into verdicts, through a file of one JSON object a line. That file
is the only path between the suites and the reports.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from schemas import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


FINDINGS = 50
LONGEST = 4000


class Verdict(StrEnum):
    """What a run says of one clause."""

    MET = "met"
    VIOLATED = "violated"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"
    INCONCLUSIVE = "inconclusive"
    UNTESTABLE = "untestable"
    NOT_RUN = "not_run"
    OBSERVED = "observed"


class Result(StrEnum):
    """How one judgement of one clause ended, before findings are weighed."""

    JUDGED = "judged"
    NOT_APPLICABLE = "not_applicable"
    INCONCLUSIVE = "inconclusive"
    UNTESTABLE = "untestable"
    NOT_RUN = "not_run"
    HARNESS_ERROR = "harness_error"


@dataclass(frozen=True)
class Finding:
    """One deviation: what was expected (each lawful alternative), what came, and where.

    `where` is a JSON pointer, a byte offset or an event number of the exchange whose id is in
    `exchange`; `model` is the model that was asked, where one was. A check leaves `clause` empty:
    the clause is declared once, beside the check, and filled in by what runs it.
    """

    expected: tuple[str, ...]
    actual: str
    where: str = ""
    exchange: str = ""
    model: str = ""
    clause: str = ""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Finding:
        """Read a finding back from its JSON object."""
        return cls(**{**row, "expected": tuple(row["expected"])})


@dataclass(frozen=True)
class Observation:
    """The side that the deployment takes where the documents leave it open: never failed."""

    key: str
    value: str


@dataclass(frozen=True)
class Forms:
    """How many of the forms of its requests a check asked for."""

    asked: int = 0
    of: int = 0

    def __add__(self, other: Forms) -> Forms:
        return Forms(self.asked + other.asked, self.of + other.of)


NO_FORMS = Forms()


@dataclass(frozen=True)
class Judgement:
    """What one check says of its clause, or the invariants of one exchange say of theirs.

    Each finding names its own clause, one of `clauses`; those without a finding are met.
    """

    clauses: tuple[str, ...]
    source: str
    result: Result
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    observations: tuple[Observation, ...] = ()
    exchanges: tuple[str, ...] = ()
    forms: Forms = NO_FORMS

    def line(self) -> str:
        """The record as one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str) -> Judgement:
        """Read a record back from its line."""
        row = json.loads(line)
        return cls(
            clauses=tuple(row["clauses"]),
            source=row["source"],
            result=Result(row["result"]),
            reason=row["reason"],
            findings=tuple(Finding.from_json(finding) for finding in row["findings"]),
            observations=tuple(Observation(**seen) for seen in row["observations"]),
            exchanges=tuple(row["exchanges"]),
            forms=Forms(**row["forms"]),
        )


class ClauseNotMet(AssertionError):  # noqa: N818  (an outcome, not an error)
    """Raised by a check that has more to say than "met"; carries what it says."""

    def __init__(self, judgement: Judgement) -> None:
        super().__init__(judgement.clauses[0])
        self.judgement = judgement


def bounded(judgement: Judgement) -> Judgement:
    """The record with the first findings of each clause, and texts of a bounded length.

    A stream of a thousand events may have a fault in each: that is stated, not counted.
    """
    seen: Counter[str] = Counter()
    kept = []
    for each in judgement.findings:
        seen[each.clause] += 1
        if seen[each.clause] <= FINDINGS:
            texts = {name: _short(getattr(each, name)) for name in ("actual", "where", "model")}
            expected = tuple(_short(one) for one in each.expected[:FINDINGS])
            kept.append(replace(each, expected=expected, **texts))
    said = tuple(replace(each, value=_short(each.value)) for each in judgement.observations)
    return replace(
        judgement, findings=tuple(kept), observations=said, reason=_short(judgement.reason)
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def append(path: Path, judgement: Judgement, clean: Callable[[str], str] = str) -> None:
    """Add a record, cleaned of secrets. One process writes one file, so lines never mix."""
    # Half of a surrogate pair, as an answer may hold, is no UTF-8; escaped, it is JSON.
    line = clean(judgement.line()).encode("utf-8", "backslashreplace")
    files.append(path, line + b"\n")


def read(folder: Path) -> Iterator[Judgement]:
    """All records of a run, from every process that judged.

    The last line of a file may be cut when its process was killed; what is whole is read. A line
    ends with a newline alone: U+2028, which an answer may hold, ends none.
    """
    for path in sorted(folder.glob("*.jsonl")):
        *lines, _ = path.read_text("utf-8").split("\n")
        yield from map(Judgement.from_line, lines)
