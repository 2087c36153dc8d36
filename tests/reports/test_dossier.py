"""The dossier: the same bytes for the same run, and each altered file named."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from reports import __main__ as command
from reports import dossier
from reports.document import ReportError
from tests.reports import samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    one = samples.entry("x1", "{}")
    document = samples.run(samples.found(samples.FINDING), samples.met(samples.STREAMS), har=[one])
    samples.save(folder, document, [one])
    (folder / "waivers.toml").write_text("# none\n")
    dossier.pack(folder, folder / "dossier.tar.gz")
    return folder / "dossier.tar.gz"


def unpack(archive: Path) -> Files:
    with tarfile.open(archive) as tar:
        return {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]


def repack(files: Files, path: Path, twice: str = "") -> Path:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name in [*files, *([twice] if twice else [])]:
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            tar.addfile(entry, io.BytesIO(files[name]))
    path.write_bytes(gzip.compress(plain.getvalue()))
    return path


def test_it_holds_all_that_the_verdict_rests_on(packed: Path) -> None:
    files = unpack(packed)
    for name in ("verdict.json", "exchanges.har", "signoff.html", "signoff.md", "waivers.toml"):
        assert files[name] == (packed.parent / name).read_bytes()
    assert {"schemas/verdict.schema.json", "schemas/clauses/chat.yaml"} <= set(files)
    rows = files[dossier.MANIFEST].decode().splitlines()
    digests = {name: digest for digest, name in (row.split("  ") for row in rows)}
    assert set(digests) == set(files) - {dossier.MANIFEST, dossier.STATEMENT}
    assert all(hashlib.sha256(files[name]).hexdigest() == digests[name] for name in digests)


def test_same_run_gives_the_same_bytes(packed: Path, tmp_path: Path) -> None:
    dossier.pack(packed.parent, tmp_path / "again.tar.gz")
    assert (tmp_path / "again.tar.gz").read_bytes() == packed.read_bytes()


def test_statement_is_an_in_toto_test_result(packed: Path) -> None:
    files = unpack(packed)
    said = json.loads(files[dossier.STATEMENT])
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    for subject in said["subject"]:
        assert subject["digest"]["sha256"] == hashlib.sha256(files[subject["name"]]).hexdigest()
    predicate = said["predicate"]
    assert predicate["result"] == "FAILED"
    assert predicate["failedTests"] == [samples.BLOCKS]
    assert predicate["passedTests"] == [samples.STREAMS]
    assert all(each["digest"]["sha256"] for each in predicate["configuration"])


def test_untouched_archive_is_as_packed(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["verify", str(packed)]) == 0
    output = capsys.readouterr().out
    assert output.startswith("as packed: NOT CONFORMANT")
    assert "cosign verify-blob" in output
    assert "gpg --verify" in output


def alter(name: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files[name] = files[name].replace(b"violated", b"met", 1) + b" "

    return change


def drop(name: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        del files[name]

    return change


def add(name: str) -> Callable[[Files], None]:
    return lambda files: files.update({name: b"new"})


def whitewash(files: Files) -> None:
    """Alter a verdict, and the manifest to fit."""
    alter("verdict.json")(files)
    digest = hashlib.sha256(files["verdict.json"]).hexdigest()
    rows = files[dossier.MANIFEST].decode().splitlines()
    kept = [row for row in rows if not row.endswith("  verdict.json")]
    files[dossier.MANIFEST] = "\n".join([*kept, f"{digest}  verdict.json"]).encode()


def claim(files: Files) -> None:
    """Alter what the statement says, and nothing else."""
    said = json.loads(files[dossier.STATEMENT])
    said["predicate"]["result"] = "PASSED"
    files[dossier.STATEMENT] = json.dumps(said).encode()


ALTERED: dict[str, tuple[Callable[[Files], None], str]] = {
    "verdict": (alter("verdict.json"), "altered: verdict.json"),
    "evidence": (alter("exchanges.har"), "altered: exchanges.har"),
    "report": (alter("signoff.html"), "altered: signoff.html"),
    "clause": (alter("schemas/clauses/chat.yaml"), "altered: schemas/clauses/chat.yaml"),
    "missing file": (drop("waivers.toml"), "missing: waivers.toml"),
    "further file": (add("notes.txt"), "not in the manifest: notes.txt"),
    "statement": (claim, "altered: statement.json"),
    "no statement": (drop(dossier.STATEMENT), "missing: statement.json"),
    "verdict and manifest": (whitewash, "altered: verdict.json, or statement.json about it"),
    "way out of the archive": (add("../../etc/passwd"), "no plain file: ../../etc/passwd"),
}


@pytest.mark.parametrize("name", ALTERED)
def test_altered_file_is_named(
    name: str, packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, line = ALTERED[name]
    files = unpack(packed)
    change(files)
    assert command.main(["verify", str(repack(files, tmp_path / "x.tar.gz"))]) == 1
    assert line in capsys.readouterr().out


def test_archive_that_was_packed_again_with_directories_is_as_packed(
    packed: Path, tmp_path: Path
) -> None:
    with tarfile.open(packed) as tar:
        tar.extractall(tmp_path / "x", filter="data")
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "x", arcname=".", recursive=False)
        for path in sorted((tmp_path / "x").rglob("*")):
            tar.add(path, arcname=str(path.relative_to(tmp_path / "x")), recursive=False)
    assert dossier.verify(tmp_path / "x.tar.gz")[0] == []


def test_file_that_stands_twice_is_named(packed: Path, tmp_path: Path) -> None:
    path = repack(unpack(packed), tmp_path / "x.tar.gz", twice="verdict.json")
    assert dossier.verify(path)[0] == ["stands twice: verdict.json"]


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "no archive": lambda _: b"no archive",
    "cut": lambda raw: raw[: len(raw) // 2],
    "no dossier": lambda _: gzip.compress(b"\0" * 10240),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_archive_is_refused_in_one_line(
    name: str, packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(BROKEN[name](packed.read_bytes()))
    assert command.main(["verify", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_run_under_another_contract_is_not_packed_with_this_one(tmp_path: Path) -> None:
    suite: Any = {"contract": "1" * 64}
    samples.save(tmp_path / "run", samples.run(samples.met(samples.BLOCKS), suite=suite))
    with pytest.raises(ReportError, match=r"judge it again with pytest --replay"):
        dossier.pack(tmp_path / "run", tmp_path / "x.tar.gz")


def test_run_without_evidence_is_not_packed(tmp_path: Path) -> None:
    samples.save(tmp_path / "run", samples.run(samples.met(samples.BLOCKS)))
    (tmp_path / "run" / "exchanges.har").unlink()
    with pytest.raises(ReportError, match=r"exchanges\.har is missing"):
        dossier.pack(tmp_path / "run", tmp_path / "x.tar.gz")
