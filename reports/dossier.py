"""The dossier of a run: one archive with all that a verdict rests on, and a digest of each file.

    verdict.json, exchanges.har, bodies/   what was said, and the evidence
    signoff.html, signoff.md               the same, to be read
    waivers.toml                           the waivers of the run
    schemas/                               the contract that was judged against
    MANIFEST.sha256                        a digest of every file (sha256sum -c reads it)
    statement.json                         an in-toto Statement with a test result

The same run gives the same bytes. Whoever can alter a file can alter the manifest, too: who made
the archive is what a signature tells, and signing is left to cosign or GPG.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from reports.document import ReportError, dump, read
from schemas import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reports.document import Document

MANIFEST, STATEMENT = "MANIFEST.sha256", "statement.json"
SCHEMAS = catalogue.ROOT
NEEDED = ("verdict.json", "exchanges.har", "signoff.html", "signoff.md")
KINDS = (".yaml", ".json", ".txt", ".md")
LARGEST = 2**30
TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"


def pack(report_dir: Path, archive: Path) -> Document:
    """Write the archive of a run; returns its verdict. Raises ReportError."""
    document = read(report_dir)
    law = catalogue.read().digest
    if document["suite"]["contract"] != law:
        raise ReportError(
            f"{report_dir}: judged against contract {document['suite']['contract'][:12]}, this "
            f"checkout has {law[:12]}: judge it again with pytest --replay {report_dir}"
        )
    files = dict(_files(report_dir))
    files[MANIFEST] = _manifest(files)
    files[STATEMENT] = dump(statement(document, files))
    try:
        archive.write_bytes(_archive(files))
    except OSError as error:
        raise ReportError(f"{archive}: {error.strerror}") from None
    return document


def _files(report_dir: Path) -> Iterator[tuple[str, bytes]]:
    for name in NEEDED:
        if not (report_dir / name).is_file():
            raise ReportError(f"{report_dir}: {name} is missing: run the suite again")
        yield name, (report_dir / name).read_bytes()
    more = [report_dir / "waivers.toml", *sorted((report_dir / "bodies").glob("*"))]
    for path in more:
        if path.is_file():
            yield path.relative_to(report_dir).as_posix(), path.read_bytes()
    for path in sorted(SCHEMAS.rglob("*")):
        if path.is_file() and path.suffix in KINDS:
            yield f"schemas/{path.relative_to(SCHEMAS).as_posix()}", path.read_bytes()


def _manifest(files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{_sha256(files[name])}  {name}\n" for name in sorted(files)).encode()


def statement(document: Document, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The in-toto Statement: its subjects are the evidence, the verdict and the manifest."""
    verdicts = {row["id"]: row["verdict"] for row in document["clauses"]}
    gates = {row["id"]: row["gate"] for row in document["clauses"]}
    bad = [each for each, said in verdicts.items() if said == "violated"]
    blocking = ("block", "warn") if document["strict"] else ("block",)
    failed = [each for each in bad if gates[each] in blocking]
    warned = [each for each in bad if each not in failed]
    warned += [each for each, said in verdicts.items() if said == "waived"]
    good = document["exit_status"] == 0
    suite = document["suite"]
    return {
        "_type": TYPE,
        "subject": [
            {"name": name, "digest": {"sha256": _sha256(files[name])}}
            for name in ("exchanges.har", "verdict.json", MANIFEST)
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "result": "FAILED" if not good else "WARNED" if warned else "PASSED",
            "configuration": [
                {
                    "name": "deployment",
                    "uri": document["deployment"]["base_url"],
                    "digest": {"sha256": document["deployment"]["listed_digest"]},
                },
                *(
                    {"name": name, "digest": {"sha256": suite[key]}}
                    for name, key in (
                        (f"compactifai-conformance {suite['version']}", "digest"),
                        ("contract", "contract"),
                        (f"profile {document['deployment']['profile']}", "profile"),
                    )
                    if key in suite
                ),
            ],
            "passedTests": [each for each, said in verdicts.items() if said == "met"],
            "warnedTests": warned,
            "failedTests": failed,
        },
    }


def _archive(files: Mapping[str, bytes]) -> bytes:
    """A tar.gz without the time, the owner and the machine that it was made on."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(files[name]), 0o644
            tar.addfile(entry, io.BytesIO(files[name]))
    return gzip.compress(plain.getvalue(), mtime=0)


def verify(archive: Path) -> tuple[list[str], Document | None]:
    """What is wrong with an archive, one line each, and its verdict. Raises ReportError."""
    files, wrong = _unpack(archive)
    told = _read_manifest(files)
    for name in sorted(told.keys() | files.keys() - {MANIFEST, STATEMENT}):
        if name not in files:
            wrong.append(f"missing: {name}")
        elif name not in told:
            wrong.append(f"not in the manifest: {name}")
        elif _sha256(files[name]) != told[name]:
            wrong.append(f"altered: {name}")
    wrong += _check_statement(files)
    if wrong:
        return wrong, None
    document = json.loads(files["verdict.json"])
    if json.loads(files[STATEMENT]) != statement(document, files):
        return [f"altered: {STATEMENT}: it says other than verdict.json"], None
    return [], document


def _unpack(archive: Path) -> tuple[dict[str, bytes], list[str]]:
    """The files of an archive, in memory: nothing is written, whatever they are called."""
    files: dict[str, bytes] = {}
    wrong: list[str] = []
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for entry in (each for each in tar if not each.isdir()):
                if sum(map(len, files.values())) + entry.size > LARGEST:
                    raise ReportError(f"{archive}: larger than {LARGEST} bytes when unpacked")
                content = tar.extractfile(entry) if entry.isreg() else None
                if content is None or _odd(entry.name):
                    wrong.append(f"no plain file: {entry.name}")
                elif entry.name in files:
                    wrong.append(f"stands twice: {entry.name}")
                else:
                    files[entry.name] = content.read()
    except OSError as error:
        raise ReportError(f"{archive}: {error.strerror or 'no tar.gz archive'}") from None
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise ReportError(f"{archive}: damaged: {error}") from None
    return files, wrong


def _odd(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts


def _read_manifest(files: Mapping[str, bytes]) -> dict[str, str]:
    if MANIFEST not in files:
        raise ReportError(f"{MANIFEST} is missing: this is no dossier of a run")
    rows = files[MANIFEST].decode("utf-8", "replace").splitlines()
    return {name: digest for digest, _, name in (row.partition("  ") for row in rows)}


def _check_statement(files: Mapping[str, bytes]) -> list[str]:
    try:
        made = json.loads(files[STATEMENT])
        claimed = {each["name"]: each["digest"]["sha256"] for each in made["subject"]}
    except KeyError:
        return [f"missing: {STATEMENT}"]
    except (ValueError, TypeError):
        return [f"altered: {STATEMENT}"]
    if made.get("_type") != TYPE or made.get("predicateType") != PREDICATE:
        return [f"altered: {STATEMENT}"]
    return [
        f"altered: {name}, or {STATEMENT} about it"
        for name in ("exchanges.har", "verdict.json", MANIFEST)
        if name not in files or claimed.get(name) != _sha256(files[name])
    ]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
