"""pytest plugin: how items are shown while they run, and the reports at the end."""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from reports import (
    allure,
    document,
    evidence,
    junit,
    output,
    signoff,
    terminal,
    verdicts,
    waivers,
)
from schemas import files, visible
from schemas.records import ClauseNotMet, Judgement, Result, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from reports.document import Document
    from schemas.contract import Clause, Contract

SHOWN = {
    "violated": ("violated", "V", "VIOLATED"),
    "warned": ("warned", "w", "WARNED"),
    "waived": ("waived", "x", "WAIVED"),
    "untestable": ("untestable", "U", "UNTESTABLE"),
    "inconclusive": ("inconclusive", "i", "INCONCLUSIVE"),
    "not_applicable": ("not applicable", "-", "NOT APPLICABLE"),
    "not_run": ("not run", "n", "NOT RUN"),
    "harness_error": ("suite errors", "E", "SUITE ERROR"),
}
RED = ("violated", "untestable", "harness_error")
# A file cannot be written, or what stands in the report directory is not what was written there.
UNUSABLE = (OSError, evidence.HarError, files.PathError)
ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


@dataclass(frozen=True)
class Facts:
    """What the reports are given of a run that only the other rooms know.

    `interrupted` names the signal that ended it, `unfinished` is why it left something out.
    """

    folder: Path
    report_dir: Path
    scope: verdicts.Scope
    deployment: Mapping[str, Any]
    suite: Mapping[str, Any]
    spent: Mapping[str, int]
    key_env: str
    judgements: Iterable[Judgement]
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    obstacle: str = ""
    interrupted: str = ""
    unfinished: str = ""
    reachable: bool = True
    recorded: bool = False
    amend: Callable[[Document], Document] = lambda built: built


@dataclass(eq=False)  # pytest puts plugins into sets
class Reporter:
    """Turns the judgements of a run into verdicts and reports. One a process.

    `facts` is asked once, at the end; it returns None when no run was prepared. `waiver_file` is
    the text that `accepted` was read from.
    """

    strict: bool
    contract: Contract
    accepted: tuple[waivers.Waiver, ...]
    redact: Callable[[str], str]
    facts: Callable[[], Facts | None]
    worker: bool = False
    waiver_file: str = ""
    started: float = field(default_factory=time.perf_counter)
    document: Document | None = None
    shown: dict[str, bool] = field(default_factory=dict)
    crashed: list[Judgement] = field(default_factory=list)
    fault: str = ""
    session: pytest.Session | None = None

    def broke(self, why: str) -> None:
        """Something could not be written: the run is the suite's own failure, whatever it found."""
        self.fault = self.fault or self.redact(why)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Show what a check said in place of a traceback, and of which clause it is."""
        report: Any = yield
        report.clauses = tuple(name for each in item.iter_markers("clause") for name in each.args)
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, ClauseNotMet):
            self._show(report, error.judgement)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """The word for an item that decides a clause."""
        return SHOWN.get(getattr(report, "verdict_word", ""))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what an item says: its clause, or that something failed which is no verdict."""
        if report.failed and not hasattr(report, "verdict_word"):
            reason = str(report.longrepr).strip().rpartition("\n")[2]
            crash = Judgement((), report.nodeid, Result.HARNESS_ERROR, reason)
            self.crashed.append(crash)
        elif report.when == "call":
            for clause in getattr(report, "clauses", ()):
                self.shown[clause] = self.shown.get(clause, False) or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Decide, write the reports, and set the exit status."""
        if self.worker:
            return
        self.session = session
        try:
            self._finish(session, exitstatus)
        except UNUSABLE as error:
            self.broke(output.reason(error))

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Say what could not be written, where nobody has read it yet."""
        if self.fault and self.session:
            self.session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
            with suppress(OSError):
                print(f"ERROR: {visible.printed(self.fault)}", file=sys.stderr, flush=True)

    def _finish(self, session: pytest.Session, exitstatus: int) -> None:
        facts = self.facts()
        if facts is None:
            return
        # What pytest itself has to say (interrupted, internal error, usage, nothing collected)
        # stands; a run that came to its end is judged by its verdicts.
        judged = facts.recorded and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
        ended = facts.obstacle or facts.unfinished or judged or int(exitstatus) in ENDED
        if facts.interrupted:
            ended, exitstatus = False, pytest.ExitCode.INTERRUPTED
        if not ended and exitstatus != pytest.ExitCode.NO_TESTS_COLLECTED:
            reason = f"the run did not come to its end (exit status {int(exitstatus)})"
            reason = facts.interrupted or reason
            self.crashed.append(Judgement((), "pytest", Result.HARNESS_ERROR, reason))
        outcome = self._decide(facts)
        status = outcome.exit_status if ended else int(exitstatus)
        har = evidence.Archive(facts.report_dir / "exchanges.har")
        self.document = self._document(facts, outcome, status, har)
        document.write(facts.report_dir / "verdict.json", self.document)
        if self.waiver_file:
            accepted = self.redact(self.waiver_file)
            files.replace(facts.report_dir / "waivers.toml", accepted.encode())
        signoff.write(facts.report_dir, self.document, har)
        signoff.summarise(facts.report_dir)
        allure.write(session.config, self.document, har)
        junit.add(session.config, self.document, self.shown)
        session.exitstatus = status

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say the verdict."""
        if self.document:
            terminalreporter.section("conformance")
            for line, colours in terminal.lines(self.document):
                terminalreporter.write_line(line, **colours)

    def _document(
        self,
        facts: Facts,
        outcome: verdicts.Outcome,
        status: int,
        har: Mapping[str, Document],
    ) -> Document:
        """The document of the run, without keys: an answer may have had one in pieces."""
        bodies = facts.report_dir / "bodies"
        built = document.build(
            outcome,
            exit_status=status,
            deployment=facts.deployment,
            suite=facts.suite,
            spent=facts.spent,
            seconds=time.perf_counter() - self.started,
            evidence=har,
            curl=lambda entry: evidence.curl(entry, facts.key_env, bodies),
            rules=facts.rules,
        )
        found = {each["exchange"] for row in built["clauses"] for each in row["findings"]}
        for exchange in found & har.keys():
            evidence.save_body(har[exchange], bodies)
        clean: Document = json.loads(self.redact(json.dumps(facts.amend(built))))
        return clean

    def _decide(self, facts: Facts) -> verdicts.Outcome:
        return verdicts.decide(
            self.contract.clauses.values(),
            [*read(facts.folder / "ledger"), *facts.judgements, *self.crashed],
            facts.scope,
            self.accepted,
            today=datetime.now(UTC).date(),
            obstacle=facts.obstacle,
            unfinished=facts.unfinished,
            reachable=facts.reachable,
            strict=self.strict,
        )

    def _show(self, report: pytest.TestReport, judgement: Judgement) -> None:
        word = self._word(judgement)
        report.verdict_word = word  # type: ignore[attr-defined]
        report.outcome = "failed" if word in RED else "skipped"
        clause = self.contract.clauses[judgement.clauses[0]]
        text = self.redact(_text(clause, judgement))
        if report.outcome == "failed":
            report.longrepr = text
        else:
            report.longrepr = (report.location[0], report.location[1] or 0, f"{word}: {text}")

    def _word(self, judgement: Judgement) -> str:
        if judgement.result is not Result.JUDGED:
            return str(judgement.result)
        gate = self.contract.clauses[judgement.clauses[0]].gate
        endpoint = self.contract.clauses[judgement.clauses[0]].endpoint
        today = datetime.now(UTC).date()
        if all(
            any(w.covers(finding, endpoint) and not w.expired(today) for w in self.accepted)
            for finding in judgement.findings
        ):
            return "waived"
        return "violated" if gate == "block" or (self.strict and gate == "warn") else "warned"


def _text(clause: Clause, judgement: Judgement) -> str:
    """Clause, expected and actual of each finding, or the reason."""
    parts = [f"{clause.id}: {clause.statement}"]
    for finding in judgement.findings:
        parts.append(f"  expected: {' or '.join(finding.expected)}")
        where = f"  at {finding.where}" if finding.where else ""
        parts.append(f"  actual:   {finding.actual}{where}")
    if judgement.reason:
        parts.append(judgement.reason)
    return "\n".join(map(visible.printed, parts))
