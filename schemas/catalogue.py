"""The catalogue: everything that the data files say, before a profile chooses from it.

`read()` reads the files of `schemas/`; `extended()` adds the documents, tables, clauses and
observations that a profile brings along. Both raise `ContractError` when a row is malformed, refers
to something that does not exist, or quotes words that its document does not print.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from schemas import keywords, tables
from schemas.contract import ENDPOINT_OF_ALL, Clause, Observation, Quote, Role, Source, collapse
from schemas.structure import ClauseId, ObservationId, Reader, RoleName, SourceName, WrongValueError
from schemas.table_types import Printed, Tables
from schemas.yaml_rows import ContractError, Row, Where, choose, read_text
from schemas.yaml_rows import read as read_rows

__all__ = ["ROOT", "Catalogue", "Rows", "extended", "read"]

ROOT = Path(__file__).parent
# The order of the areas in reports; an area that is not among them follows.
AREAS = (
    *("models", "auth", "chat", "chat-stream", "completions", "completions-stream"),
    *("responses", "responses-stream", "audio", "errors", "sdk", "litellm", "generic"),
)
Placed = tuple[Where, Row]
_T = TypeVar("_T", Source, Role, Observation, Clause)


@dataclass(frozen=True)
class Rows:
    """Rows to add to a catalogue, each with its place."""

    sources: tuple[Placed, ...] = ()
    roles: tuple[Placed, ...] = ()
    observations: tuple[Placed, ...] = ()
    clauses: tuple[Placed, ...] = ()
    tables: tuple[Placed, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """Documents, roles, observations, clauses and tables, by their ids, in the order of the files.

    `digest` is one SHA-256 over all data files, those of the profiles included.
    """

    sources: Mapping[str, Source] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    observations: Mapping[str, Observation] = field(default_factory=dict)
    clauses: Mapping[str, Clause] = field(default_factory=dict)
    tables: Tables = field(default_factory=lambda: Tables({}))
    digest: str = ""

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The documented endpoints, as clauses name them."""
        return tuple(one.endpoint for one in self.tables.operations)

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas of the clauses."""
        return tuple(dict.fromkeys(clause.area for clause in self.clauses.values()))


@cache
def read(root: Path = ROOT) -> Catalogue:
    """Read and check the files under `root`. Raises ContractError."""
    files = {
        "sources": ["sources.yaml"],
        "roles": ["roles.yaml"],
        "observations": ["observations.yaml"],
        "clauses": [f"clauses/{area}.yaml" for area in _areas(root)],
        "tables": sorted(f"tables/{path.name}" for path in (root / "tables").glob("*.yaml")),
    }
    rows = {
        part: tuple(placed for name in names for placed in read_rows(root, name))
        for part, names in files.items()
    }
    rows["clauses"] = tuple(map(_in_area, rows["clauses"]))
    found = extended(Catalogue(), Rows(**rows), root)
    profiles = sorted(f"profiles/{path.name}" for path in (root / "profiles").glob("*.yaml"))
    return replace(found, digest=_digest(root, {**files, "profiles": profiles}))


def extended(base: Catalogue, rows: Rows, root: Path) -> Catalogue:
    """The catalogue with these rows. `root` is where the texts of documents are. Raises
    ContractError.
    """
    named = Reader()
    sources = {**base.sources, **_index(_sources(rows.sources, named, root))}
    roles = {**base.roles, **_index((w, named.read(w, Role, row)) for w, row in rows.roles)}
    reader = _reader(base, rows, sources, roles)
    observations = _index((w, reader.read(w, Observation, r)) for w, r in rows.observations)
    clauses = _index(_clauses(rows, reader, sources, _endpoints(base, rows)))
    _one_key_each({**base.observations, **observations}, rows.observations)
    sheets = {sheet.name: sheet for sheet in tables.read(rows.tables, reader)}
    places = {str(row.get("name")): (where, row) for where, row in rows.tables}
    return Catalogue(
        sources=MappingProxyType(sources),
        roles=MappingProxyType(roles),
        observations=MappingProxyType({**base.observations, **observations}),
        clauses=MappingProxyType({**base.clauses, **clauses}),
        tables=tables.verified(Tables({**base.tables.sheets, **sheets}), places),
        digest=base.digest,
    )


def _reader(
    base: Catalogue, rows: Rows, sources: Mapping[str, Source], roles: Mapping[str, Role]
) -> Reader:
    """A reader that knows all names, also those of rows that are yet to be read."""
    return Reader(
        known={
            ClauseId: {**base.clauses, **_ids(rows.clauses)},
            ObservationId: {**base.observations, **_ids(rows.observations)},
            RoleName: roles,
            SourceName: sources,
        },
        checks={
            **tables.CHECKS,
            Quote: lambda quote: _is_printed(sources, quote.source, quote.quote),
            Printed: lambda printed: _is_printed(sources, printed.source, printed.words),
        },
        makes=tables.MAKES,
        schema=keywords.check,
    )


def _ids(rows: Iterable[Placed]) -> dict[str, None]:
    return {str(row.get("id")): None for _, row in rows}


def _endpoints(base: Catalogue, rows: Rows) -> tuple[str, ...]:
    """All endpoints, also of tables that are yet to be read, and what stands for every one."""
    found = [
        f"{str(one.get('method')).upper()} {one.get('path')}"
        for _, row in rows.tables
        for one in (row.get("operations") or ())
        if isinstance(one, Mapping)
    ]
    return (*base.endpoints, *found, ENDPOINT_OF_ALL)


def _sources(rows: Iterable[Placed], reader: Reader, root: Path) -> Iterator[tuple[Where, Source]]:
    for where, row in rows:
        source = reader.read(where, Source, row)
        if source.sha256 is None:
            yield where, source
            continue
        text = read_text(root, f"sources/{source.name}.txt", where)
        actual = hashlib.sha256(text.encode()).hexdigest()
        if actual != source.sha256:
            remedy = f"restore the document, or review its clauses and write sha256: {actual}"
            raise ContractError(where, "the document has changed", remedy)
        yield where, replace(source, text=collapse(text))


def _clauses(
    rows: Rows, reader: Reader, sources: Mapping[str, Source], endpoints: tuple[str, ...]
) -> Iterator[tuple[Where, Clause]]:
    for where, row in rows.clauses:
        clause = reader.read(where, Clause, row)
        choose(where, "endpoint", clause.endpoint, endpoints)
        try:
            _is_printed(sources, clause.source, clause.quote)
        except WrongValueError as wrong:
            raise ContractError(where, str(wrong), wrong.remedy) from None
        if clause.level == "MUST" and sources[clause.source].binding != "vendor":
            remedy = "quote the vendor, or use SHOULD or MAY"
            raise ContractError(where, f"'{clause.source}' binds nobody to a MUST", remedy)
        yield where, clause


def _is_printed(sources: Mapping[str, Source], name: str, words: str) -> None:
    """Refuse words that a document does not print. Raises WrongValueError."""
    if not sources[name].prints(words):
        raise WrongValueError(
            f"not in its source: {words[:60]!r}", f"copy the words from sources/{name}.txt"
        )


def _in_area(placed: Placed) -> Placed:
    """A clause's row with its area, which is the name of its file."""
    where, row = placed
    return where, row.with_value("area", Path(where.file).stem)


def _areas(root: Path) -> list[str]:
    """The areas that have a file: those that are known in their order, then the others."""
    found = sorted(path.stem for path in (root / "clauses").glob("*.yaml"))
    return [*(area for area in AREAS if area in found), *(a for a in found if a not in AREAS)]


def _index(items: Iterable[tuple[Where, _T]]) -> dict[str, _T]:
    """The rows by id or name. Each may stand once."""
    index: dict[str, _T] = {}
    for where, row in items:
        key = row.id if isinstance(row, Clause | Observation) else row.name
        if key in index:
            raise ContractError(where, "stands twice", "ids are unique: rename one")
        index[key] = row
    return index


def _one_key_each(observations: Mapping[str, Observation], rows: Iterable[Placed]) -> None:
    """Refuse a key that two observations share."""
    places = {row.get("id"): where for where, row in rows}
    keys: set[str] = set()
    for observation in observations.values():
        if observation.key in keys:
            where = places.get(observation.id, Where("observations.yaml", observation.id))
            raise ContractError(where, f"key '{observation.key}' stands twice", "rename one")
        keys.add(observation.key)


def _digest(root: Path, files: Mapping[str, list[str]]) -> str:
    """One SHA-256 over all data files: it changes with any of them."""
    digest = hashlib.sha256()
    for name in (each for part in sorted(files) for each in files[part]):
        text = (root / name).read_text("utf-8")
        digest.update(f"{name}\n{len(text)}\n{text}".encode())
    return digest.hexdigest()
