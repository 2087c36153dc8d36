"""The sign-off report: `signoff.html` and `signoff.md`, drawn from the verdicts and the evidence.

What a deployment said is inert in both. HTML is escaped, and the page forbids scripts and the
network by itself; Markdown shows such text in code, and escapes everything else.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from reports import view
from reports.terminal import printable
from schemas import files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.document import Document

TEMPLATES = Path(__file__).parent / "templates"
HTML, MARKDOWN = "signoff.html", "signoff.md"
SUMMARY = "GITHUB_STEP_SUMMARY"
# What GitHub takes for the summary of one step, with a margin.
SUMMARY_BYTES = 900_000
SPECIAL = re.compile(r"([\\`*_{}\[\]()#!|~:@]|^[-+])")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class Markdown(str):
    """Text that is Markdown already, and may stand as it is."""

    __slots__ = ()


def write(report_dir: Path, document: Document, har: Mapping[str, dict[str, Any]]) -> None:
    """Write both files; add the Markdown to the summary of a CI job where one is kept."""
    shown = view.of(document, har)
    text = markdown(shown)
    files.replace(report_dir / HTML, _bytes(html(shown)))
    files.replace(report_dir / MARKDOWN, _bytes(text))


def summarise(report_dir: Path) -> None:
    """Add the Markdown to the summary of the CI job, where the job keeps one."""
    path = os.environ.get(SUMMARY)
    if path:
        text = (report_dir / MARKDOWN).read_bytes()
        with open(path, "ab", opener=_plain) as summary:
            summary.write(text[:SUMMARY_BYTES] + b"\n")


def summary_takes_none() -> str:
    """Why the summary of the CI job cannot be added to, in one line; empty where it can, or is
    not asked for.
    """
    path = os.environ.get(SUMMARY)
    try:
        if path:
            os.close(_plain(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT))
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or "no name of a file"
        return f"${SUMMARY} {printable(str(path))}: {told}: unset it, or name a file"
    return ""


def _plain(path: str, flags: int) -> int:
    """Opens a plain file: a pipe may have no reader, and a device is none."""
    file = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o600)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "no plain file", path)
    return file


def html(shown: Mapping[str, Any]) -> str:
    """The page. Everything that is put in is escaped."""
    return _environment(autoescape=True).get_template(f"{HTML}.j2").render(shown)


def markdown(shown: Mapping[str, Any]) -> str:
    """The text. Everything that is put in is escaped, or stands in code."""
    text = _environment(autoescape=False).get_template(f"{MARKDOWN}.j2").render(shown)
    return re.sub(r"\n{3,}", "\n\n", text)


@cache
def _environment(*, autoescape: bool) -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=autoescape,  # noqa: S701  (off for Markdown, which `_escaped` escapes)
        undefined=jinja2.ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible if autoescape else _escaped,
    )
    made.globals["ms"] = _milliseconds if autoescape else lambda n: Markdown(_milliseconds(n))
    made.filters |= {"code": code, "block": block, "wire": wire}
    return made


def _visible(value: Any) -> Any:
    """Text in which nothing is invisible: no control character, no change of direction."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return "\n".join(map(printable, value.replace("\r\n", "\n").split("\n")))
    return value


def _escaped(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markdown):
        return plain(value)
    return value


def plain(text: str) -> Markdown:
    """Text on one line in which no character means anything to Markdown."""
    line = printable(" ".join(text.split()))
    return Markdown(SPECIAL.sub(r"\\\1", re.sub("[&<>]", lambda each: ENTITIES[each[0]], line)))


def code(text: object) -> Markdown:
    """Text in a code span, which ends at no backtick of its own."""
    line = printable(str(text).strip()) or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    return Markdown(f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}")


def block(text: str) -> Markdown:
    """Text in a code block, which ends at no fence of its own."""
    lines = str(_visible(text))
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", lines)), default=0) + 1)
    return Markdown(f"{fence}text\n{lines}\n{fence}")


def wire(entry: Mapping[str, Any]) -> str:
    """An exchange as text; the marked part stands between >>> and <<<."""
    came = "".join(
        f">>>{each.text}<<<" if each.kind == "mark" else each.text for each in entry["came"]
    )
    sent = "".join(each.text for each in entry["sent"])
    parts = [entry["request"], *entry["sent_headers"], sent, "", entry["status"]]
    return "\n".join([*parts, *entry["came_headers"], came, entry["failure"]]).strip()


def _milliseconds(number: float) -> str:
    return f"{number:.0f} ms" if number >= 10 else f"{number:.1f} ms"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
