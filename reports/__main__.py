"""Reports on runs that are over: `python -m reports COMMAND --help`.

    summary DIR      what the run said at its end
    signoff DIR      draw signoff.html and signoff.md again
    diff A B         what changed between two runs, and who changed it
    dossier DIR      pack a run into one archive with digests
    verify FILE      say whether an archive is as it was packed
    explain CLAUSE   one clause: its words, what is sent, whom a fault hurts
    allure DIR       build Allure's pages, where Node is installed

DIR is the --report-dir of a run. Exit status: 0 all is well, 1 it is not (a regression, an altered
file), 2 the command could not be carried out; summary gives that of the run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports import allure, diff, document, dossier, evidence, explain, signoff, terminal
from reports.document import ReportError
from reports.evidence import HarError
from reports.output import discard
from schemas import files, processes, profiles, shell, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LATEST = Path(__file__).parent / "latest"
ALLURE = "allure@3"
NO_NODE = "no npx here: install Node.js 20 or later (https://nodejs.org), and run this again"


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; returns the exit status."""
    option = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = option.command
    before = os.umask(files.PRIVATE)
    try:
        status = command(option)
        sys.stdout.flush()
    except (ReportError, HarError, files.PathError) as wrong:
        return _fail(str(wrong))
    except OSError as error:
        discard(sys.stdout)
        return _fail(f"{error.filename or 'standard output'}: {error.strerror}")
    finally:
        os.umask(before)
    return status


def _fail(wrong: str) -> int:
    _say(f"error: {wrong}", sys.stderr)
    return 2


def _say(line: str, stream: Any = None) -> None:
    print(visible.printed(line), file=stream or sys.stdout)


def _summary(option: argparse.Namespace) -> int:
    verdict = document.read(option.dir)
    for line, _ in terminal.lines(verdict):
        _say(line)
    return int(verdict["exit_status"])


def _signoff(option: argparse.Namespace) -> int:
    verdict = document.read(option.dir)
    signoff.write(option.dir, verdict, _har(option.dir))
    _say(f"written: {option.dir / signoff.HTML}, {option.dir / signoff.MARKDOWN}")
    return 0


def _diff(option: argparse.Namespace) -> int:
    found = diff.compare(document.read(option.before), document.read(option.after))
    for line in diff.lines(found):
        _say(line)
    worse = len(found.regressions)
    _say(f"{worse} regression{'' if worse == 1 else 's'}" if worse else "no regression")
    return 1 if worse else 0


def _dossier(option: argparse.Namespace) -> int:
    archive = option.output or option.dir / "dossier.tar.gz"
    verdict = dossier.pack(option.dir, archive)
    _say(f"packed: {archive} ({verdict['verdict']}, {verdict['deployment']['base_url']})")
    _sign(archive)
    return 0


def _sign(archive: Path) -> None:
    _say("sign it with one of:")
    bundle = f"{archive}.sigstore.json"
    _say("  " + shell.line(["cosign", "sign-blob", "--bundle", bundle, "--", str(archive)]))
    _say("  " + shell.line(["gpg", "--armor", "--detach-sign", "--", str(archive)]))


def _verify(option: argparse.Namespace) -> int:
    wrong, verdict = dossier.verify(option.file)
    for line in wrong:
        _say(line)
    if verdict is None:
        return 1
    _say(f"as packed: {verdict['verdict']}, {verdict['deployment']['base_url']}")
    _say("who packed it, its signature tells:")
    file = str(option.file)
    who = ["--certificate-identity", "WHO", "--certificate-oidc-issuer", "ISSUER"]
    bundle = ["--bundle", f"{file}.sigstore.json"]
    _say("  " + shell.line(["cosign", "verify-blob", *bundle, *who, "--", file]))
    _say("  " + shell.line(["gpg", "--verify", "--", f"{file}.asc", file]))
    return 0


def _explain(option: argparse.Namespace) -> int:
    contract = profiles.load(profiles.DEFAULT)
    clause = explain.clause(contract, option.clause)
    run = None
    if option.report_dir or (LATEST / "verdict.json").exists():
        rows = document.read(option.report_dir or LATEST)["clauses"]
        run = next((row for row in rows if row["id"] == clause.id), None)
    rule = explain.rules(contract).get(clause.id, {})
    print(explain.text(contract, clause, rule, run))
    return 0


def _allure(option: argparse.Namespace) -> int:
    results, name = option.dir, "Conformance"
    if (option.dir / "verdict.json").exists():
        results = files.inside(option.dir, "allure-results")
        verdict = document.read(option.dir)
        _empty(results)
        allure.results(results, verdict, _har(option.dir))
        name = f"{verdict['verdict']}: {verdict['deployment']['base_url']}"
    if not next(results.glob("*-result.json"), None):
        raise ReportError(f"{results}: no Allure results: name the --report-dir of a run")
    npx = shutil.which("npx")
    if npx is None:
        raise ReportError(NO_NODE)
    output = (option.output or option.dir / "allure-report").resolve()
    _make_way(output)
    config = results.resolve() / "allurerc.json"
    # Allure 3 reads categories from its configuration, and not from the results as Allure 2 did.
    files.replace(config, json.dumps({"categories": allure.CATEGORIES}).encode())
    command = [npx, "--yes", ALLURE, "awesome", str(results.resolve()), "--output", str(output)]
    command += ["--config", str(config), "--group-by", "epic,feature", "--report-name", name]
    done = processes.run(command, processes.environment(*processes.NETWORK), cwd=results)
    if done.status or not (output / "index.html").exists():
        last = (done.err.strip() or done.out.strip()).decode("utf-8", "replace").rpartition("\n")[2]
        raise ReportError(f"{ALLURE} failed: {last}")
    look = shell.line(["npx", ALLURE, "open", str(output)])
    _say(f"built: {output / 'index.html'}; look at it with: {look}")
    return 0


def _empty(results: Path) -> None:
    """Remove earlier results. Nothing else is removed."""
    if results.exists():
        if not (results / "categories.json").is_file():
            raise ReportError(f"{results}: holds something else: remove it")
        shutil.rmtree(results)


def _make_way(output: Path) -> None:
    """Remove earlier pages: Allure adds to what it finds. Nothing else is removed."""
    if (output / "index.html").exists() and (output / "widgets").is_dir():
        shutil.rmtree(output)
    elif output.exists():
        raise ReportError(f"{output}: holds something else: name another --output")


def _har(report_dir: Path) -> evidence.Archive:
    return evidence.Archive(report_dir / "exchanges.har")


def _parser() -> argparse.ArgumentParser:
    about = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "python -m reports", description=__doc__, formatter_class=about
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, help_text: str, command: Callable[[argparse.Namespace], int]) -> Any:
        made = commands.add_parser(
            name, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}."
        )
        made.set_defaults(command=command)
        return made

    one = add("summary", "what the run said at its end; exits with its status", _summary)
    one.add_argument("dir", type=Path, metavar="DIR", help="the --report-dir of the run")
    one = add("signoff", "draw signoff.html and signoff.md again", _signoff)
    one.add_argument("dir", type=Path, metavar="DIR", help="the --report-dir of the run")
    one = add("diff", "what changed from run A to run B; exits 1 on a regression", _diff)
    one.add_argument("before", type=Path, metavar="A", help="the --report-dir of the older run")
    one.add_argument("after", type=Path, metavar="B", help="the --report-dir of the newer run")
    one = add("dossier", "pack a run into one archive, with a digest of each file", _dossier)
    one.add_argument("dir", type=Path, metavar="DIR", help="the --report-dir of the run")
    one.add_argument("--output", type=Path, metavar="FILE", help="default: DIR/dossier.tar.gz")
    one = add("verify", "name the files of a dossier that are not as packed; exits 1", _verify)
    one.add_argument("file", type=Path, metavar="FILE", help="the archive that dossier wrote")
    one = add("explain", "one clause: its words, what is sent, whom a fault hurts", _explain)
    one.add_argument("clause", metavar="CLAUSE", help="such as CHAT-REQ-N-02")
    one.add_argument(
        "--report-dir",
        type=Path,
        metavar="DIR",
        help="a run to show the verdict and the request of (default: reports/latest)",
    )
    one = add("allure", "build Allure's pages from a run, or from its --alluredir", _allure)
    one.add_argument("dir", type=Path, metavar="DIR", help="the --report-dir, or the --alluredir")
    one.add_argument("--output", type=Path, metavar="DIR", help="default: DIR/allure-report")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
