"""Where a run speaks to. A reader may go away (`… | head`), or the disk behind it be full."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Output:
    """A text file that is written to for as long as somebody reads; `lost` hears why it ended."""

    def __init__(self, file: Any, lost: Callable[[str], None]) -> None:
        self._file = file
        self._lost = lost

    def write(self, text: str) -> int:
        """Write, and never raise because nobody reads."""
        try:
            return int(self._file.write(text))
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        """Flush, and never raise because nobody reads."""
        try:
            self._file.flush()
        except OSError as error:
            self._give_up(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def _give_up(self, error: OSError) -> None:
        """What is still in the buffer goes nowhere: Python would try again at its end."""
        discard(self._file)
        self._lost(f"standard output: {error.strerror}")


def discard(file: Any) -> None:
    """Let the descriptor of a file lead nowhere."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, file.fileno())
        os.close(nowhere)


def reason(error: Exception) -> str:
    """Why a file could not be read or written, in one line."""
    if isinstance(error, OSError):
        return f"{error.filename or 'the report directory'}: {error.strerror or error}"
    return str(error)
