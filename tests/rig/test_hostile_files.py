"""Any file from outside ends in a result or in one line: thousands of mutants of each format."""

from __future__ import annotations

import gzip
import json
import os
import tarfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from fixtures.session import har_import, report_dir, run
from fixtures.target import setup
from fixtures.transport import har
from fixtures.transport.exchange import Chunk, Exchange, Request
from reports import diff, document, dossier, signoff, terminal, view, waivers
from reports.document import ReportError
from reports.evidence import Archive, Evidence, HarError, entries, save_body, whole
from schemas import files, inputs, profiles
from suites.engine import catalogue, judge
from tests.reports import samples
from tests.rig import mutants, runs
from tests.rig.entries import ANSWER, CHAT, entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LAW = profiles.load(profiles.DEFAULT)

COUNT = int(os.environ.get("MUTANTS", "300"))  # of each format
SEED = 20
BASE = "http://x/v1"
REFUSED = (
    *(inputs.InputError, files.PathError, HarError, har.EntryError, ReportError),
    *(setup.UsageError, profiles.ProfileError, waivers.WaiverError),
)


def exchange(name: str = "abc", body: bytes = b"") -> Exchange:
    """An exchange as a run records it."""
    asked = json.dumps({**CHAT, "stream": False}).encode()
    request = Request("POST", "/chat/completions", asked, "application/json", (("x-a", "b"),))
    answer = body or json.dumps(ANSWER).encode()
    headers = (("Content-Type", "application/json"), ("Date", "x"))
    chunks = (Chunk(0.1, answer[:5]), Chunk(0.2, answer[5:]))
    return Exchange(name, request, 200, headers, chunks, 1.7e9, 0.3)


OWN = har.to_entry(exchange(), BASE)
SETUP = {
    "base_url": BASE,
    "key_env": "KEY",
    "profile": "compactifai",
    "tier": "smoke",
    "seed": "5eed",
    "models": [["chat", "a"]],
    "request_timeout": 60.0,
    "rate_limit": "60/m",
    "keyed": True,
}
RAN = {"name": "p", "tool": "curl", "out": "", "error": "", "kinds": ["E"], "line": 1}


def refusal(act: Callable[[Path], object], path: Path) -> bool:
    """Whether the act refuses the file; in one line, and as what cannot be used."""
    message = ""
    try:
        act(path)
    except REFUSED as wrong:
        message = str(wrong)
    assert message.isprintable()
    assert len(message) < 2000
    return bool(message)


def survive(
    write: Callable[[Path, Random], None], act: Callable[[Path], object], path: Path
) -> None:
    """All mutants of a format: some are refused, some are not, and nothing else happens."""
    random = Random(SEED)
    outcomes = set()
    for _ in range(COUNT):
        write(path, random)
        outcomes.add(refusal(act, path))
    assert outcomes == {True, False}
    assert not Path("/tmp/mutant").exists()


def as_json(original: Any) -> Callable[[Path, Random], None]:
    """Writes mutants of a document, and of its bytes."""
    whole = mutants.text(original)

    def write(path: Path, random: Random) -> None:
        changed = random.random() < 0.85
        path.write_bytes(
            mutants.text(mutants.document(original, random))
            if changed
            else mutants.raw(whole, random)
        )

    return write


def judged(found: har_import.Recording) -> None:
    for base, each in found.exchanges:
        judgements = [*judge.judge(each, LAW)]
        assert not [one.reason for one in judgements if one.result == "harness_error"]
        json.dumps(har.to_entry(each, base))


@pytest.mark.parametrize("original", [entry(), OWN], ids=["of another tool", "ours"])
def test_recording(original: Any, tmp_path: Path) -> None:
    catalogue.invariants()
    log = {"log": {"version": "1.2", "entries": [original]}}
    survive(
        as_json(log),
        lambda path: judged(har_import.load([("x.har", whole(path))], LAW.operations.values())),
        tmp_path / "x.har",
    )


def test_evidence_of_a_run(tmp_path: Path) -> None:
    """What a replay does with it: read, judge, look up, save bodies, draw the reports."""
    catalogue.invariants()
    kept = Evidence(tmp_path / "good.har", tmp_path / "lock", {"name": "tests"})
    kept.add(OWN)
    head, row, *_ = (tmp_path / "good.har").read_bytes().split(b"\n")
    folder = tmp_path / "report"
    folder.mkdir()

    def write(path: Path, random: Random) -> None:
        mutant = mutants.text(mutants.document(json.loads(row), random))
        if random.random() < 0.15:
            mutant = mutants.raw(row, random).replace(b"\n", b" ")
        path.write_bytes(head + b"\n" + mutant + b"\n]}}\n")

    def act(path: Path) -> None:
        for each in entries(path):
            list(judge.judge(har.from_entry(each), LAW))
        archive = Archive(path)
        for name in archive:
            save_body(archive[name], folder / "bodies")
        view.of(DOCUMENT, archive)

    survive(write, act, tmp_path / "x.har")
    assert {path.name for path in folder.iterdir()} <= {"bodies"}


@pytest.fixture(autouse=True)
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The published matrix, which is long, is not read for each mutant."""
    monkeypatch.setattr(view, "KILLED", Path("/none"))


DOCUMENT = samples.run(
    samples.found(samples.FINDING), samples.met(samples.STREAMS), har=[samples.entry("x1", "{}")]
)


def test_verdict(tmp_path: Path) -> None:
    """What is made of it: the summary, the pages, the difference from another, the dossier."""

    def act(path: Path) -> None:
        report = document.read(path)
        list(terminal.lines(report))
        signoff.markdown(view.of(report, {}))
        list(diff.lines(diff.compare(DOCUMENT, report)))
        list(diff.lines(diff.compare(report, DOCUMENT)))
        content = dict.fromkeys(("exchanges.har", "verdict.json", dossier.MANIFEST), b"")
        dossier.statement(report, content)

    survive(as_json(DOCUMENT), act, tmp_path / "verdict.json")


def test_options_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "exchanges.har").write_text("")
    survive(as_json(SETUP), lambda _: setup.recorded(tmp_path), tmp_path / "run" / "setup.json")


def test_other_clients_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "run" / "clients").mkdir(parents=True)
    (tmp_path / "new").mkdir()
    survive(
        as_json([{**RAN, "exchanges": [OWN]}]),
        lambda _: run.keep_clients(tmp_path / "run", tmp_path / "new"),
        tmp_path / "run" / "clients" / "one.json",
    )
    assert {path.name for path in (tmp_path / "new").rglob("*")} == {"clients", "one.json"}


def test_dossier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dossier, "SCHEMAS", tmp_path / "none")  # the contract, which is long
    one = samples.entry("x1", "{}")
    samples.save(tmp_path / "run", DOCUMENT, [one])
    dossier.pack(tmp_path / "run", tmp_path / "good.tar.gz")
    packed = (tmp_path / "good.tar.gz").read_bytes()
    plain = gzip.decompress(packed)

    def write(path: Path, random: Random) -> None:
        if random.random() < 0.2:
            path.write_bytes(mutants.raw(packed, random))
        elif random.random() < 0.05:
            path.write_bytes(packed)
        else:
            path.write_bytes(gzip.compress(mutants.raw(plain, random), 1))

    survive(write, dossier.verify, tmp_path / "x.tar.gz")


WAIVER = """[[waiver]]
clause = "CHAT-REQ-N-02"
reason = "The gateway answers n = 2 with one choice until release 4.2."
owner = "jane@example.com"
ticket = "GW-812"
expires = 2026-12-31
model = "gpt-oss-20b"
"""
TOML = (
    '""',
    "[1]",
    "{a = 1}",
    "5",
    "2026-12-31T00:00:00",
    "[[[[]]]]",
    '"\\u001b[2J"',
    "inf",
    "'x'",
)


def test_waivers(tmp_path: Path) -> None:
    known = LAW.clauses

    def write(path: Path, random: Random) -> None:
        rows = WAIVER.split("\n")
        place = random.randrange(len(rows))
        rows[place] = f"{rows[place].partition('=')[0]}= {random.choice(TOML)}"
        mutant = "\n".join(rows).encode()
        path.write_bytes(mutant if random.random() < 0.5 else mutants.raw(WAIVER.encode(), random))

    survive(write, lambda path: waivers.load(path, known), tmp_path / "w.toml")


PROFILE = profiles.DIRECTORY / "openai.yaml"


def test_profile(tmp_path: Path) -> None:
    good = yaml.safe_load(PROFILE.read_text("utf-8"))
    raw = PROFILE.read_bytes()

    def write(path: Path, random: Random) -> None:
        if random.random() < 0.3:
            path.write_bytes(mutants.raw(raw, random))
            return
        mutant = json.loads(mutants.text(mutants.document(good, random)))
        text = json.dumps(mutant, ensure_ascii=False).encode("utf-8", "backslashreplace")
        path.write_bytes(text)

    survive(write, lambda path: profiles.load(str(path)), tmp_path / "p.yaml")


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefghij", "bcdefghijk", strict=True)
)
PROFILES = {
    "billion laughs": LAUGHS.encode(),
    "object of Python": b"name: !!python/object/apply:os.system [touch mutant]\n",
    "deep in brackets": b"a: " + b"[" * 100_000,
    "deep in dashes": b"- " * 100_000 + b"x",
    "key that is a list": b"? [a]\n: b\n",
    "no date": b"name: 2026-99-99\n",
    "control characters": b"name: \x1b[2J\n",
    "huge number": b"name: " + b"9" * 5000 + b"\n",
}


@pytest.mark.parametrize("name", PROFILES)
def test_profile_that_grows_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes(PROFILES[name])
    assert refusal(lambda path: profiles.load(str(path)), tmp_path / "p.yaml")


def no_files(folder: Path) -> Iterator[Path]:
    """What is given for a file and is none, or has no end."""
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "large").touch()
    os.truncate(folder / "large", 2**31)
    yield from (folder, folder / "pipe", folder / "loop", folder / "large", folder / "none")
    yield from (Path("/dev/zero"), Path("a\0b"), Path("x" * 5000))


READERS: dict[str, Callable[[Path], object]] = {
    "har": whole,
    "verdict": document.read,
    "dossier": dossier.verify,
    "waivers": lambda path: waivers.load(path, ()),
    "profile": lambda path: profiles.load(str(path)),
    "setup": setup.Setup.read,
}


@pytest.mark.parametrize("name", READERS)
def test_what_is_no_file_is_refused_at_once(name: str, tmp_path: Path) -> None:
    for path in no_files(tmp_path):
        assert refusal(READERS[name], path), path


BOMBS = ("bomb.gz", "longname")


@pytest.mark.parametrize("name", BOMBS)
def test_archive_that_grows_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dossier, "LARGEST", 2**20)
    info = tarfile.TarInfo("verdict.json")
    if name == "longname":
        info.type = tarfile.GNUTYPE_LONGNAME
    info.size = 2**24
    with gzip.open(tmp_path / "x.tar.gz", "wb") as out:
        out.write(info.tobuf(tarfile.GNU_FORMAT) + bytes(2**24))
    with pytest.raises(ReportError, match="more than"):
        dossier.verify(tmp_path / "x.tar.gz")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_archive_with_a_link_or_a_device_is_named(kind: bytes, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("verdict.json")
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
        info = tarfile.TarInfo(dossier.MANIFEST)
        tar.addfile(info)
    assert "no plain file: verdict.json" in dossier.verify(tmp_path / "x.tar.gz")[0]


NAMES = ("../x", "/etc/x", "a/b", "..", ".x", "", "a\0", "con.har", "LPT1", "x\n", "x" * 300, "é")


@pytest.mark.parametrize("name", NAMES)
def test_name_that_is_no_file_leads_nowhere(name: str, tmp_path: Path) -> None:
    with pytest.raises(files.PathError):
        files.inside(tmp_path, name)
    assert not inputs.fits({**OWN, "_id": name}, "entry")


def test_link_in_a_folder_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to("/etc/passwd")
    with pytest.raises(files.PathError, match="is a link"):
        files.inside(tmp_path, "x")


def test_bodies_that_are_links_are_not_packed(tmp_path: Path) -> None:
    samples.save(tmp_path, DOCUMENT, [samples.entry("x1", "{}")])
    (tmp_path / "bodies").mkdir()
    (tmp_path / "bodies" / "x1").symlink_to("/etc/passwd")
    with pytest.raises(ReportError, match="is a link"):
        dossier.pack(tmp_path, tmp_path / "x.tar.gz")


def test_replay_of_an_altered_folder_writes_nowhere_else(tmp_path: Path) -> None:
    """The id of a long body names the file of it."""
    folder, target = tmp_path / "old", tmp_path / "target"
    (folder / "run").mkdir(parents=True)
    (folder / "run" / "setup.json").write_text(json.dumps(SETUP))
    asked = json.dumps({**CHAT, "user": "x" * 5000}).encode()  # too long for a command line
    request = Request("POST", "/chat/completions", asked, "application/json")
    altered = har.to_entry(Exchange("x", request, 200, chunks=(Chunk(0.1, b"{}"),)), BASE)
    row = json.dumps({**altered, "_id": str(target)}).encode()
    (folder / "exchanges.har").write_bytes(b'{"log": {"entries": [\n' + row + b"\n]}}\n")
    ended = runs.start(tmp_path, "suites/models", "-q", f"--replay={folder}")
    ended.no_traceback()
    assert not target.exists()
    assert ended.exit_status == 4
    assert [line for line in ended.err.splitlines() if "ERROR" in line and "/_id" in line]
    assert not (tmp_path / "report" / "verdict.json").exists()


def test_file_that_the_run_would_remove_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "report" / "waivers.toml"
    file.parent.mkdir()
    file.write_text(WAIVER)
    ended = runs.start(tmp_path, "suites/models", f"--waivers={file}")
    assert ended.exit_status == 4
    assert "would be written over" in ended.err
    assert file.read_text() == WAIVER


def test_names_of_what_a_run_makes() -> None:
    """Each of them is a name that `inside` takes."""
    assert all(files.is_name(name) for name in (*report_dir.FILES, *report_dir.FOLDERS))
