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
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from reports.document import ReportError, dump, read
from schemas import catalogue, files, inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reports.document import Document

MANIFEST, STATEMENT = "MANIFEST.sha256", "statement.json"
SCHEMAS = catalogue.ROOT
NEEDED = ("verdict.json", "exchanges.har", "signoff.html", "signoff.md")
KINDS = (".yaml", ".json", ".txt", ".md")
LARGEST = 2**30
MEMBERS = 100_000
DAMAGED = (tarfile.TarError, EOFError, ValueError, zlib.error, OverflowError, RecursionError)
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
    try:
        content = dict(_files(report_dir))
    except (inputs.InputError, files.PathError) as wrong:
        raise ReportError(str(wrong)) from None
    content[MANIFEST] = _manifest(content)
    content[STATEMENT] = dump(statement(document, content))
    try:
        files.replace(archive, _archive(content))
    except OSError as error:
        raise ReportError(f"{archive}: {error.strerror}") from None
    return document


def _files(report_dir: Path) -> Iterator[tuple[str, bytes]]:
    for name in NEEDED:
        if not (report_dir / name).is_file():
            raise ReportError(f"{report_dir}: {name} is missing: run the suite again")
        yield name, inputs.read(files.inside(report_dir, name))
    bodies = files.inside(report_dir, "bodies")
    more = ["waivers.toml", *(f"bodies/{path.name}" for path in sorted(bodies.glob("*")))]
    for name in more:
        path = files.inside(report_dir, *name.split("/"))
        if path.is_file():
            yield name, inputs.read(path)
    for path in sorted(SCHEMAS.rglob("*")):
        if path.is_file() and path.suffix in KINDS:
            yield f"schemas/{path.relative_to(SCHEMAS).as_posix()}", path.read_bytes()


def _manifest(content: Mapping[str, bytes]) -> bytes:
    return "".join(f"{_sha256(content[name])}  {name}\n" for name in sorted(content)).encode()


def statement(document: Document, content: Mapping[str, bytes]) -> dict[str, Any]:
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
            {"name": name, "digest": {"sha256": _sha256(content[name])}}
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


def _archive(content: Mapping[str, bytes]) -> bytes:
    """A tar.gz without the time, the owner and the machine that it was made on."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(content):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content[name]), 0o644
            tar.addfile(entry, io.BytesIO(content[name]))
    return gzip.compress(plain.getvalue(), mtime=0)


def verify(archive: Path) -> tuple[list[str], Document | None]:
    """What is wrong with an archive, one line each, and its verdict. Raises ReportError."""
    content, wrong = _unpack(archive)
    manifest = _read_manifest(content)
    for name in sorted(manifest.keys() | content.keys() - {MANIFEST, STATEMENT}):
        if name not in content:
            wrong.append(f"missing: {name}")
        elif name not in manifest:
            wrong.append(f"not in the manifest: {name}")
        elif _sha256(content[name]) != manifest[name]:
            wrong.append(f"altered: {name}")
    wrong += _check_statement(content)
    if wrong:
        return wrong, None
    try:
        document = inputs.checked(inputs.parse(content["verdict.json"]), "verdict")
    except inputs.InputError as error:
        return [f"no verdict of a run: verdict.json, {error}"], None
    if inputs.parse(content[STATEMENT]) != statement(document, content):
        return [f"altered: {STATEMENT}: it says other than verdict.json"], None
    return [], document


class _Bounded(io.BufferedIOBase):
    """Unpacks gzip as it is read, and not without end."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._file = gzip.GzipFile(fileobj=raw)
        self._left = LARGEST

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes. Raises ReportError behind the bound."""
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise ReportError(f"the archive holds more than {LARGEST} bytes")
        return data


def _unpack(archive: Path) -> tuple[dict[str, bytes], list[str]]:
    """The files of an archive, in memory: nothing is written, whatever they are called."""
    content: dict[str, bytes] = {}
    wrong: list[str] = []
    try:
        file = inputs.open_plain(archive, LARGEST)
    except inputs.InputError as error:
        raise ReportError(str(error)) from None
    try:
        with open(file, "rb") as raw, tarfile.open(fileobj=_Bounded(raw), mode="r|") as tar:  # noqa: PTH123
            for number, entry in enumerate(tar):
                if number >= MEMBERS:
                    wrong.append(f"more than {MEMBERS} files")
                    break
                if entry.isdir():
                    continue
                plain = entry.isreg() and not entry.issparse()  # that stands for what is not there
                member = tar.extractfile(entry) if plain else None
                if member is None or _odd(entry.name):
                    wrong.append(f"no plain file: {inputs.shown(entry.name)}")
                elif entry.name in content:
                    wrong.append(f"stands twice: {inputs.shown(entry.name)}")
                else:
                    content[entry.name] = member.read()
    except ReportError:
        raise
    except OSError as error:
        raise ReportError(f"{archive}: {error.strerror or 'no tar.gz archive'}") from None
    except DAMAGED as error:
        raise ReportError(f"{archive}: damaged: {inputs.shown(str(error))}") from None
    return content, wrong


def _odd(name: str) -> bool:
    """Whether a name leads out of the archive, or is none on some system."""
    parts = PurePosixPath(name).parts
    return not parts or not all(files.is_name(part) for part in parts)


def _read_manifest(content: Mapping[str, bytes]) -> dict[str, str]:
    if MANIFEST not in content:
        raise ReportError(f"{MANIFEST} is missing: this is no dossier of a run")
    rows = content[MANIFEST].decode("utf-8", "replace").splitlines()
    return {name: digest for digest, _, name in (row.partition("  ") for row in rows)}


def _check_statement(content: Mapping[str, bytes]) -> list[str]:
    if STATEMENT not in content:
        return [f"missing: {STATEMENT}"]
    try:
        made = inputs.parse(content[STATEMENT])
        claimed = {each["name"]: each["digest"]["sha256"] for each in made["subject"]}
        kind = made["_type"], made["predicateType"]
    except (inputs.InputError, KeyError, TypeError):
        return [f"altered: {STATEMENT}"]
    if kind != (TYPE, PREDICATE):
        return [f"altered: {STATEMENT}"]
    return [
        f"altered: {name}, or {STATEMENT} about it"
        for name in ("exchanges.har", "verdict.json", MANIFEST)
        if name not in content or claimed.get(name) != _sha256(content[name])
    ]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
