r"""Text that shows all that it holds: what cannot be seen is written as an escape, such as \u202e.

Deployments, recordings, profiles, waivers and names of files hold any character. Those that steer
a terminal, turn the direction of writing, or show nothing are escaped, never removed; letters,
signs and emoji of any language stay as they are.
"""

from __future__ import annotations

import re

# What Unicode asks a reader not to show, of what Python takes for printable; and blanks that are
# letters or symbols by their category.
UNSEEN = (
    *(0x034F, 0x2800, 0x3164, 0xFFA0),
    *range(0x115F, 0x1161),
    *range(0x17B4, 0x17B6),
    *range(0x180B, 0x1810),
    *range(0xFE00, 0xFE10),
    *range(0xE0100, 0xE01F0),
)
_STYLES = "\u200d\ufe0e\ufe0f"
_HIDDEN = frozenset(map(chr, UNSEEN))
# A selector after a sign, and a joiner between two, choose how emoji look.
_SIGN = "[0-9#*\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]"
_EMOJI = re.compile(f"{_SIGN}[\ufe0e\ufe0f]?(?:\u200d{_SIGN}[\ufe0e\ufe0f]?)*")
# Programs that show the log of a job obey a line that begins so, or that holds this anywhere:
# GitHub (`::set-output`, `##[set-output]`), Azure (`##vso[`), TeamCity (`##teamcity[`).
_COMMAND = re.compile(r"^(\s*):(?=:)|(?<=#)#(?=\w*\[)")


def line(text: str) -> str:
    """One line: line ends are escaped, too."""
    if text.isascii() and text.isprintable():
        return text
    styled = {at for found in _EMOJI.finditer(text) for at in range(*found.span())}
    return "".join(
        each if _is_seen(each) or (each in _STYLES and at in styled) else escaped(each)
        for at, each in enumerate(text)
    )


def lines(text: str) -> str:
    """Text whose lines stay lines."""
    return "\n".join(map(line, text.replace("\r\n", "\n").split("\n")))


def printed(text: str) -> str:
    """One line for a terminal, or for the log of a CI job, which obeys nothing in it."""
    return _COMMAND.sub(_inert, line(text))


def log(text: str) -> str:
    """The same of text whose lines stay lines."""
    return "\n".join(map(printed, text.replace("\r\n", "\n").split("\n")))


def escaped(character: str) -> str:
    r"""A character as its escape, such as \n, \x1b or \u202e."""
    code = ord(character)
    if character in "\n\r\t":
        return repr(character)[1:-1]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else _long(code)


def _long(code: int) -> str:
    return f"\\U{code:08x}"


def _is_seen(character: str) -> bool:
    return character.isprintable() and character not in _HIDDEN


def _inert(found: re.Match[str]) -> str:
    return f"{found[1] or ''}{escaped(found[0][-1])}"
