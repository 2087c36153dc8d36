"""Words of a command that is printed to be pasted into a shell (bash, zsh, ksh).

A word is what a program gets as one argument, whatever letters it has. It stands on one line and
shows what it is: what does not print, is written as its bytes.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from schemas import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "'": r"\'", "\\": r"\\", "#": r"\043"}


def word(text: str, encoding: str = "utf-8") -> str:
    """The text as one word; `encoding` says which bytes its letters are."""
    if text.startswith("="):  # which zsh takes for a command's place
        return "'='" + (word(text[1:], encoding) if text[1:] else "")
    if visible.printed(text) == text and (text.isascii() or encoding == "utf-8"):
        return shlex.quote(text)
    return "$'" + "".join(_letter(each, encoding) for each in text) + "'"


def line(words: Iterable[str]) -> str:
    """A command of these words."""
    return " ".join(map(word, words))


def _letter(letter: str, encoding: str) -> str:
    if letter in SHORT:
        return SHORT[letter]
    if visible.line(letter) == letter and (letter.isascii() or encoding == "utf-8"):
        return letter
    errors = "surrogatepass" if encoding == "utf-8" else "replace"
    return "".join(f"\\{each:03o}" for each in letter.encode(encoding, errors))
