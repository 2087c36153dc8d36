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
from markupsafe import Markup

from reports import view, writers
from reports.writers import Markdown
from schemas import contract, files, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.document import Document

TEMPLATES = Path(__file__).parent / "templates"
HTML, MARKDOWN = "signoff.html", "signoff.md"
SUMMARY = "GITHUB_STEP_SUMMARY"
# What GitHub takes for the summary of one step, with a margin.
SUMMARY_BYTES = 900_000
REST = "The rest is in signoff.md.\n"
# Characters of one text from outside that are shown: in a line, and in a block.
LINE, BLOCK = 1_000, 4_000


def write(report_dir: Path, document: Document, har: Mapping[str, dict[str, Any]]) -> None:
    """Write both files; add the Markdown to the summary of a CI job where one is kept."""
    shown = view.of(document, har)
    text = markdown(shown)
    files.replace(report_dir / HTML, html(shown).encode())
    files.replace(report_dir / MARKDOWN, text.encode())


def summarise(report_dir: Path) -> None:
    """Add the Markdown to the summary of the CI job, where the job keeps one."""
    path = os.environ.get(SUMMARY)
    if path:
        text = beginning((report_dir / MARKDOWN).read_text("utf-8"), SUMMARY_BYTES)
        with open(path, "ab", opener=_plain) as summary:
            summary.write(f"{text}\n".encode())


def beginning(text: str, most: int) -> str:
    """As many parts of this Markdown as fit into so many bytes, none of them cut or left open."""
    if len(text.encode()) <= most:
        return text
    size = whole = start = folded = 0
    fence = ""
    for line in text.splitlines(keepends=True):
        size += len(line.encode())
        if size > most - len(REST):
            break
        start += len(line)
        if fence:
            fence = "" if line.strip() == fence else fence
        elif line.startswith("```"):
            fence = line.removesuffix("\n").removesuffix("text")
        else:
            folded += line.startswith("<details>") - line.startswith("</details>")
            whole = whole if folded or line.strip() else start
    return text[:whole] + REST


def summary_takes_none() -> str:
    """Why the summary of the CI job cannot be added to, in one line; empty where it can, or is
    not asked for.
    """
    path = os.environ.get(SUMMARY)
    try:
        if path:
            os.close(_plain(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no name of a file"
        return f"${SUMMARY} {visible.line(str(path))}: {reason}: unset it, or name a file"
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
        autoescape=autoescape,  # noqa: S701  (off for Markdown, which has a writer of its own)
        undefined=jinja2.ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_as_html if autoescape else _as_markdown,
    )
    made.filters["block"] = _html_block if autoescape else _block
    made.globals["ms"] = _milliseconds if autoescape else lambda n: Markdown(_milliseconds(n))
    made.filters |= {"code": _code, "wire": wire, "prose": contract.collapse}
    return made


def _as_html(value: Any) -> Any:
    """Text that is no HTML yet, as such."""
    ready = not isinstance(value, str) or hasattr(value, "__html__")
    return value if ready else writers.html(_short(value, BLOCK))


def _as_markdown(value: Any) -> Any:
    """Text that is no Markdown yet, as such."""
    ready = not isinstance(value, str) or isinstance(value, Markdown)
    return value if ready else writers.markdown(_short(value, LINE))


def _html_block(value: str) -> Markup:
    return writers.html_block(_short(value, BLOCK))


def _code(value: object) -> Markdown:
    return writers.code(_short(str(value), LINE))


def _block(value: str) -> Markdown:
    return writers.block(_short(value, BLOCK))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most} more)"


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
