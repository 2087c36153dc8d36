"""pytest plugin: what pytest prints or logs of a run holds no key, hides nothing, steers nothing.

Tracebacks, captured output, warnings and headers repeat what a deployment said; a terminal obeys
escape sequences, and the log of a CI job obeys lines such as `::set-output name=x::y`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from schemas import visible

if TYPE_CHECKING:
    import warnings
    from collections.abc import Callable, Generator

    Factory = Callable[..., logging.LogRecord]


@dataclass(frozen=True)
class Console:
    """Cleans all text that pytest is given to print. One a process; `redact` removes keys."""

    redact: Callable[[str], str]

    def clean(self, text: str) -> str:
        """Text whose lines stay lines."""
        return visible.log(self.redact(text))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Clean what is logged, until the run is over."""
        before = logging.getLogRecordFactory()
        logging.setLogRecordFactory(self._factory(before))
        session.config.add_cleanup(lambda: logging.setLogRecordFactory(before))

    def _factory(self, make: Factory) -> Factory:
        def cleaned(*given: Any, **more: Any) -> logging.LogRecord:
            record = make(*given, **more)
            record.msg, record.args = self.clean(record.getMessage()), None
            if record.exc_info:
                text = logging.Formatter().formatException(record.exc_info)
                record.exc_text = self.clean(text)
            return record

        return cleaned

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_report_header(self) -> Generator[None, Any, Any]:
        """What plugins say of the run before it begins, such as its base URL."""
        headers = yield
        return [self._header(each) for each in headers]

    def _header(self, header: str | list[str]) -> str | list[str]:
        return (
            self.clean(header) if isinstance(header, str) else [self.clean(line) for line in header]
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """What libraries warn of."""
        warning_message.message = Warning(self.clean(str(warning_message.message)))

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any) -> None:
        """A traceback of pytest's own."""
        text = self.clean(str(excrepr))
        excrepr.toterminal = lambda writer: writer.line(text)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self) -> Generator[None, Any, Any]:
        """What is said of a file that cannot be imported."""
        return self._report((yield))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, Any]:
        """What is said of an item, and what was captured while it ran."""
        return self._report((yield))

    def _report(self, report: Any) -> Any:
        found = report.longrepr
        if isinstance(found, tuple):
            report.longrepr = (*found[:2], self.clean(found[2]))
        elif found is not None:
            report.longrepr = self.clean(str(found))
        report.sections = [(name, self.clean(text)) for name, text in report.sections]
        return report
