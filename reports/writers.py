"""How text from outside is written into each format: one writer a format, and none beside it.

A writer makes all of the text visible, and takes from it every meaning that the format knows. What
prints on a terminal or into the log of a job is `schemas.visible.printed`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import javaproperties
from markupsafe import Markup, escape

from schemas import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# Punctuation that means something to Markdown anywhere, or at the beginning of a line.
SPECIAL = re.compile(r"([\\`*_{}\[\]()#!|~]|^[-+=])")
NUMBER = re.compile(r"^(\d+)(?=\.)")
# GitHub makes links, mentions, references, emoji and formulas of the text of a finished page, when
# no escape of Markdown is left; it leaves code alone.
LIVE = re.compile(
    r"[@$]|//|www\.|mailto:|xmpp:|:[\w+-]+:|#\d|\bgh-\d|\b[0-9a-f]{7,40}\b", re.IGNORECASE
)
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class Markdown(str):
    """Text that is Markdown already, and may stand as it is."""

    __slots__ = ()


def markdown(text: str) -> Markdown:
    """Text on one line in which no character means anything to Markdown, in tables neither.

    What is Markdown already stays as it is.
    """
    if isinstance(text, Markdown):
        return text
    words = re.split(r"([ |]+)", visible.line(text).strip(" "))
    line = "".join(map(_word, words))
    return Markdown(NUMBER.sub(r"\1\\", re.sub(" +", " ", line)))


def _word(word: str) -> str:
    """A word of Markdown; one that GitHub would bring to life stands in code."""
    if LIVE.search(word):
        return code(word)
    return SPECIAL.sub(r"\\\1", re.sub("[&<>]", lambda each: ENTITIES[each[0]], word))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, its cells written as `markdown` does."""
    yield _cells(head)
    yield f"|{'---|' * len(head)}"
    yield from map(_cells, rows)


def _cells(row: Sequence[str]) -> str:
    return f"| {' | '.join(map(markdown, row))} |"


def code(text: object) -> Markdown:
    """Text in a code span, which ends at no backtick of its own. In a table, use `markdown`."""
    line = visible.line(str(text)).strip(" ") or " "
    fence = "`" * (_longest_run(line) + 1)
    return Markdown(f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}")


def block(text: str) -> Markdown:
    """Text in a code block, which ends at no fence of its own."""
    lines = visible.lines(text)
    fence = "`" * max(3, _longest_run(lines) + 1)
    return Markdown(f"{fence}text\n{lines}\n{fence}")


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def html(text: str) -> Markup:
    """Text of an element, or value of an attribute in quotes, on one line."""
    return escape(visible.line(text))


def html_block(text: str) -> Markup:
    """Text of an element that shows lines as they are, such as `pre`."""
    return escape(visible.lines(text))


def properties(rows: Mapping[str, object]) -> str:
    """A file of Java properties, in ASCII."""
    pairs = ((visible.line(name), visible.line(str(value))) for name, value in rows.items())
    return "".join(f"{javaproperties.join_key_value(*pair)}\n" for pair in pairs)


def json_text(value: Any, *, indent: int | None = None) -> str:
    r"""JSON in which nothing is hidden: hidden characters stand as JSON's own escapes.

    Halves of a surrogate pair, which many readers refuse, become text: `\ud800`, six characters.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return "\n".join(map(_json_line, text.split("\n")))


def _json_line(line: str) -> str:
    return line if visible.line(line) == line else "".join(map(_json_character, line))


def _json_character(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "\\" + visible.escaped(character)
    return character if visible.line(character) == character else json.dumps(character)[1:-1]
