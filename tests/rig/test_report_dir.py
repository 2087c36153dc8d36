"""The report directory: what a run makes, removes and leaves alone; and what stands in its way."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fixtures.session import report_dir
from reports.output import Output
from schemas import files
from tests.rig import liars, runs
from tests.rig.entries import entry

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

OWN = {"run/mine.txt": "a", "bodies/mine.txt": "b", "waivers.toml": "c"}


@pytest.fixture(scope="session")
def har(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The option that names a recording of one exchange: the shortest of all runs."""
    path = tmp_path_factory.mktemp("har") / "x.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": [entry()]}}), "utf-8")
    return f"--har={path}"


def one_line(run: runs.Run, status: int, words: str) -> None:
    """The run ended with this status, and said why in one line."""
    run.no_traceback()
    assert run.exit_status == status, run.out + run.err
    assert len([line for line in run.err.splitlines() if words in line]) == 1, run.err


def test_all_that_a_run_writes_is_for_its_owner_alone(har: str, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        run = runs.start(tmp_path, har)
    finally:
        os.umask(before)
    assert run.exit_status == 6
    made = [tmp_path / "report", *(tmp_path / "report").rglob("*")]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in made}
    assert {path.name: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}
    assert modes[tmp_path / "report" / "verdict.json"] == 0o600
    assert modes[tmp_path / "report" / "run"] == 0o700


def test_what_no_run_made_is_kept(har: str, tmp_path: Path) -> None:
    for name, text in OWN.items():
        (tmp_path / "report" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "report" / name).write_text(text)
    one_line(runs.start(tmp_path, har), 4, "holds run, bodies, waivers.toml, which no run made")
    for name, text in OWN.items():
        assert (tmp_path / "report" / name).read_text() == text


def sweep(folder: Path) -> set[str]:
    report_dir.sweep(folder)
    return {path.name for path in folder.iterdir()}


def test_what_a_run_made_is_removed_before_the_next(tmp_path: Path) -> None:
    assert sweep(tmp_path) == {report_dir.MARKER}
    (tmp_path / "run" / "ledger").mkdir(parents=True)
    for name in (*report_dir.FILES, "notes.txt"):
        (tmp_path / name).write_text("x")
    assert sweep(tmp_path) == {report_dir.MARKER, "notes.txt"}


@pytest.mark.parametrize("name", [*report_dir.FOLDERS, *report_dir.FILES])
def test_link_in_place_of_a_report_is_followed_nowhere(name: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine").write_text("x")
    folder = tmp_path / "report"
    folder.mkdir()
    sweep(folder)
    (folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(files.PathError, match="is a link: remove it"):
        sweep(folder)
    assert (tmp_path / "elsewhere" / "mine").read_text() == "x"


def test_report_directory_may_be_a_link_itself(har: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "report").symlink_to(tmp_path / "elsewhere")
    assert runs.start(tmp_path, har).exit_status == 6
    assert (tmp_path / "elsewhere" / "verdict.json").is_file()


def loop(path: Path) -> None:
    path.symlink_to(path)


def linked_lock(path: Path) -> None:
    path.mkdir()
    (path / ".lock").symlink_to(path.parent / "target")


UNUSABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a loop of links": (loop, "--report-dir"),
    "below a file": (lambda path: path.write_text(""), "--report-dir"),
    "a lock that is a link": (linked_lock, "is a link"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_directory_that_cannot_be_used_is_refused(name: str, har: str, tmp_path: Path) -> None:
    make, words = UNUSABLE[name]
    make(tmp_path / "report")
    one_line(runs.start(tmp_path, har), 4, words)
    assert not (tmp_path / "target").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_directory_that_may_not_be_written_to_is_refused(har: str, tmp_path: Path) -> None:
    """Root may write anywhere, so somebody else runs."""
    program = (
        "import os, sys; os.setgid(65534); os.setuid(65534); sys.path.insert(0, os.getcwd());"
        "from fixtures import report_dir; report_dir.prepare(sys.argv[1])"
    )
    tmp_path.chmod(0o755)
    for path in tmp_path.parents:
        if path.stat().st_mode & 0o001 == 0:
            pytest.skip(f"{path} is closed for others")
    completed = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=runs.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert completed.stderr.rstrip().endswith("Permission denied"), completed.stderr
    assert "UsageError" in completed.stderr


STRANGE = {"a byte that is no UTF-8": b"sk-\xff0123456789", "a line end": b"sk-01234\n56789"}


@pytest.mark.parametrize("name", STRANGE)
def test_key_that_no_header_carries_is_refused(name: str, tmp_path: Path) -> None:
    key = os.fsdecode(STRANGE[name])
    run = runs.start(tmp_path, "--base-url=http://127.0.0.1:1/v1", COMPACTIFAI_API_KEY=key)
    one_line(run, 4, "$COMPACTIFAI_API_KEY holds a byte that no key has")
    assert "56789" not in run.out + run.err


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


SUMMARIES: dict[str, Callable[[Path], Path]] = {
    "a directory": lambda folder: folder,
    "a pipe without a reader": pipe,
    "a device": lambda _: Path("/dev/full"),
    "below a file": lambda _: Path(__file__) / "x",
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_summary_that_is_no_file_is_refused(name: str, har: str, tmp_path: Path) -> None:
    path = SUMMARIES[name](tmp_path)
    one_line(runs.start(tmp_path, har, GITHUB_STEP_SUMMARY=str(path)), 4, "$GITHUB_STEP_SUMMARY")


def test_summary_is_added_to(har: str, tmp_path: Path) -> None:
    (tmp_path / "summary").write_text("before\n")
    runs.start(tmp_path, har, GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))
    assert (tmp_path / "summary").read_text("utf-8").startswith("before\n# ")


def command(folder: Path, har: str) -> list[str]:
    start = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--report-dir={folder}"]
    return [*start, har]


@pytest.mark.parametrize("out", ["nobody reads", "a full disk"])
def test_output_that_is_lost_is_said(out: str, har: str, tmp_path: Path) -> None:
    read, write = os.pipe()
    if out == "a full disk":
        write = os.open("/dev/full", os.O_WRONLY)
    os.close(read)
    done = subprocess.run(
        command(tmp_path / "report", har), cwd=runs.ROOT, stdout=write, stderr=subprocess.PIPE,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "standard output" in done.stderr
    assert json.loads((tmp_path / "report" / "verdict.json").read_text())["exit_status"] == 6


def test_output_is_spoken_to_no_more_once_it_is_lost() -> None:
    lost: list[str] = []
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as file:
        output = Output(file, lost.append)
        for _ in range(3):
            output.write("x" * 100_000)
            output.flush()
    assert len(lost) == 1


def limited(folder: Path, har: str, size: int) -> runs.Run:
    """A run in which no file grows beyond this size: as on a disk that is full."""
    program = (
        f"import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}));"
        "sys.argv = sys.argv[1:]; runpy.run_module('pytest', run_name='__main__')"
    )
    given = command(folder / "report", har)[2:]
    done = subprocess.run(
        [sys.executable, "-c", program, *given], cwd=runs.ROOT, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    return runs.Run(done.returncode, done.stdout, done.stderr, folder / "report")


@pytest.mark.parametrize("size", [100, 1500, 100_000])
def test_disk_that_is_full_ends_the_run_in_one_line(size: int, har: str, tmp_path: Path) -> None:
    """At the first file, at the evidence, and at the reports, of which some are larger."""
    run = limited(tmp_path, har, size)
    run.no_traceback()
    assert run.exit_status in (3, 4), run.out + run.err
    assert len([line for line in run.err.splitlines() if "File too large" in line]) == 1, run.err
    evidence = tmp_path / "report" / "exchanges.har"
    if evidence.exists():
        assert "entries" in json.loads(evidence.read_text("utf-8"))["log"]


def test_directory_that_vanishes_ends_the_run_in_one_line(tmp_path: Path) -> None:
    """In the middle of the run, with exchanges to come."""

    async def removes(wire: liars.Wire) -> None:
        """Removes the reports at the third request."""
        if len(wire.heard) == 3:
            shutil.rmtree(tmp_path / "report")
        await wire.say(liars.answer(keep=True))

    with liars.serving(removes) as running:
        given = (f"--base-url={running.url}", "--model=m", "-q", "suites/models")
        run = runs.start(tmp_path, *given)
        assert running.requests < 20
    run.no_traceback()
    assert run.exit_status == 3, run.out + run.err
    assert [line for line in run.err.splitlines() if str(tmp_path / "report") in line], run.err
