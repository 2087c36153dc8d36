"""The contract as data: what the documents promise, read from this directory and checked.

`load()` returns every clause, observation, role and source of `schemas/`. It raises
`ContractError` when a row is malformed, refers to something that does not exist, or quotes
words that its document does not print.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from schemas import rows
from schemas.rows import ContractError, Where

__all__ = ["Clause", "Contract", "ContractError", "Observation", "Quote", "Role", "Source", "load"]

LEVELS = ("MUST", "SHOULD", "MAY")
GATES = ("block", "warn", "report")
KINDS = ("explicit", "implied")
BINDINGS = ("vendor", "third-party")
OBSERVATION_KINDS = ("contradiction", "gap")
AREAS = (
    *("models", "auth", "chat", "chat-stream", "completions", "completions-stream"),
    *("responses", "responses-stream", "audio", "errors", "sdk", "litellm", "generic"),
)
ENDPOINTS = (
    *("GET /models", "GET /models/{model_id}", "POST /chat/completions", "POST /completions"),
    *("POST /responses", "POST /audio/transcriptions", "POST /embeddings", "all"),
)
FLAGS = (
    *("supports_audio", "supports_image", "supports_function_calling"),
    *("support_chat_completion", "supports_responses"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """One document. A `vendor` may say MUST, a `third-party` may not.

    `text` is what it prints, with each run of white space made one space.
    """

    name: str
    title: str
    binding: str
    sha256: str
    url: str | None
    text: str = field(repr=False)

    def prints(self, quote: str) -> bool:
        """Whether the document prints the quote, line breaks and runs of spaces aside."""
        return collapse(quote) in self.text


@dataclass(frozen=True, slots=True)
class Quote:
    """Exact words of one document."""

    source: str
    quote: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One promise of the documents, with the words that make it."""

    id: str
    area: str
    statement: str
    level: str
    gate: str
    kind: str
    endpoint: str
    source: str
    section: str
    quote: str
    also: tuple[Quote, ...] = ()
    needs: tuple[str, ...] = ()
    see: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """A question on which the documents disagree (contradiction) or keep silent (gap)."""

    id: str
    key: str
    question: str
    kind: str
    sides: tuple[Quote, ...]
    values: tuple[str, ...]
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """A part that a model plays in a check, told from one entry of GET /models.

    A `configured` role may be named by the operator. Without a name its predicate chooses;
    a role without a predicate then stays empty, and its clauses are not applicable.
    """

    name: str
    description: str
    flags: Mapping[str, bool]
    id_suffix: str | None
    configured: bool

    def fits(self, entry: Mapping[str, Any]) -> bool:
        """Whether the entry declares what the role takes. An undeclared flag never fits."""
        if not self.flags and self.id_suffix is None:
            return False
        declared = entry.get("capabilities")
        flags = declared if isinstance(declared, Mapping) else {}
        suffix = self.id_suffix or ""
        return str(entry.get("id", "")).endswith(suffix) and all(
            flags.get(flag) is value for flag, value in self.flags.items()
        )


@dataclass(frozen=True, slots=True)
class Contract:
    """All that is promised. Mappings keep the order of the files."""

    clauses: Mapping[str, Clause]
    observations: Mapping[str, Observation]
    roles: Mapping[str, Role]
    sources: Mapping[str, Source]
    areas: Mapping[str, tuple[Clause, ...]]
    digest: str


@cache
def load(root: Path = Path(__file__).parent) -> Contract:
    """Read and check the contract under `root`. Raises ContractError."""
    sources = _index(_sources(root), "sources.yaml")
    roles = _index(_roles(root), "roles.yaml")
    observations = _index(_observations(root, sources), "observations.yaml")
    clauses = _index(_clauses(root, sources, roles, observations), "clauses")
    _check_references(observations, clauses)
    return Contract(
        clauses=MappingProxyType(clauses),
        observations=MappingProxyType(observations),
        roles=MappingProxyType(roles),
        sources=MappingProxyType(sources),
        areas=MappingProxyType(_by_area(clauses.values())),
        digest=_digest(root),
    )


def collapse(text: str) -> str:
    """The text with each run of white space made one space."""
    return " ".join(text.split())


_Row = TypeVar("_Row", Source, Role, Observation, Clause)


def _sources(root: Path) -> Iterator[Source]:
    need = {"name": str, "title": str, "binding": str, "sha256": str}
    for where, row in rows.read(root, "sources.yaml"):
        rows.check(where, row, need, {"url": str})
        rows.choose(where, "binding", row["binding"], BINDINGS)
        text = rows.read_text(root, f"sources/{row['name']}.txt", where)
        actual = hashlib.sha256(text.encode()).hexdigest()
        if actual != row["sha256"]:
            remedy = f"restore the document, or review its clauses and write sha256: {actual}"
            raise ContractError(where, "the document has changed", remedy)
        yield Source(**{"url": None, **row}, text=collapse(text))


def _roles(root: Path) -> Iterator[Role]:
    need = {"name": str, "description": str}
    may = {"flags": dict, "id_suffix": str, "configured": bool}
    for where, row in rows.read(root, "roles.yaml"):
        rows.check(where, row, need, may)
        flags: dict[str, bool] = row.get("flags", {})
        for flag, value in flags.items():
            rows.choose(where, "flag", flag, FLAGS)
            if not isinstance(value, bool):
                raise ContractError(where, f"'{flag}' is {value!r}", "give true or false")
        defaults: dict[str, Any] = {"id_suffix": None, "configured": False}
        yield Role(**{**defaults, **row, "flags": MappingProxyType(flags)})


def _observations(root: Path, sources: Mapping[str, Source]) -> Iterator[Observation]:
    need = dict.fromkeys(("id", "key", "question", "kind"), str)
    lists = dict.fromkeys(("sides", "values", "clauses"), list)
    for where, row in rows.read(root, "observations.yaml"):
        rows.check(where, row, {**need, **lists}, {})
        rows.choose(where, "kind", row["kind"], OBSERVATION_KINDS)
        sides = _quotes(where, row["sides"], sources)
        tuples = {key: rows.texts(where, key, row[key]) for key in ("values", "clauses")}
        yield Observation(**{**row, **tuples, "sides": sides})


def _clauses(
    root: Path,
    sources: Mapping[str, Source],
    roles: Mapping[str, Role],
    observations: Mapping[str, Observation],
) -> Iterator[Clause]:
    for area in _areas(root):
        for where, row in rows.read(root, f"clauses/{area}.yaml"):
            clause = _clause(where, row, area, sources)
            for role in clause.needs:
                rows.choose(where, "role", role, roles)
            for observation in clause.see:
                rows.choose(where, "observation", observation, observations)
            yield clause


def _clause(where: Where, row: dict[str, Any], area: str, sources: Mapping[str, Source]) -> Clause:
    texts = ("id", "statement", "level", "gate", "kind", "endpoint", "source", "section", "quote")
    lists = dict.fromkeys(("also", "needs", "see"), list)
    rows.check(where, row, dict.fromkeys(texts, str), lists)
    choices = {"level": LEVELS, "gate": GATES, "kind": KINDS, "endpoint": ENDPOINTS}
    for key, known in choices.items():
        rows.choose(where, key, row[key], known)
    first = {"source": row["source"], "quote": row["quote"]}
    also = _quotes(where, [first, *row.get("also", [])], sources)[1:]
    if row["level"] == "MUST" and sources[row["source"]].binding != "vendor":
        remedy = "quote the vendor, or use SHOULD or MAY"
        raise ContractError(where, f"'{row['source']}' binds nobody to a MUST", remedy)
    tuples = {key: rows.texts(where, key, row.get(key, ())) for key in ("needs", "see")}
    return Clause(**{**row, **tuples, "also": also, "area": area})


def _quotes(
    where: Where, quotes: Iterable[Any], sources: Mapping[str, Source]
) -> tuple[Quote, ...]:
    return tuple(_quote(where, row, sources) for row in quotes)


def _quote(where: Where, row: Any, sources: Mapping[str, Source]) -> Quote:
    if not isinstance(row, dict):
        raise ContractError(where, f"not a quote: {row!r}", "write source: and quote:")
    rows.check(where, row, {"source": str, "quote": str}, {})
    rows.choose(where, "source", row["source"], sources)
    if not sources[row["source"]].prints(row["quote"]):
        remedy = f"copy the words from sources/{row['source']}.txt"
        raise ContractError(where, f"not in its source: {row['quote'][:60]!r}", remedy)
    return Quote(row["source"], row["quote"])


def _areas(root: Path) -> list[str]:
    """The areas that have a file, in the order of AREAS."""
    found = {path.stem for path in (root / "clauses").glob("*.yaml")}
    for area in found:
        rows.choose(Where(f"clauses/{area}.yaml"), "area", area, AREAS)
    return [area for area in AREAS if area in found]


def _index(items: Iterable[_Row], files: str) -> dict[str, _Row]:
    """The rows by id or name. Each may stand once."""
    index: dict[str, _Row] = {}
    for row in items:
        key = row.id if isinstance(row, Clause | Observation) else row.name
        if key in index:
            raise ContractError(Where(files, key), "stands twice", "ids are unique: rename one")
        index[key] = row
    return index


def _check_references(
    observations: Mapping[str, Observation], clauses: Mapping[str, Clause]
) -> None:
    """Keys of observations are unique, and the clauses that they name exist."""
    keys: set[str] = set()
    for observation in observations.values():
        where = Where("observations.yaml", observation.id)
        if observation.key in keys:
            raise ContractError(where, f"key '{observation.key}' stands twice", "rename one")
        keys.add(observation.key)
        for clause in observation.clauses:
            if clause not in clauses:
                raise ContractError(where, f"unknown clause '{clause}'", "mend or remove the id")


def _by_area(clauses: Iterable[Clause]) -> dict[str, tuple[Clause, ...]]:
    areas: dict[str, tuple[Clause, ...]] = {}
    for clause in clauses:
        areas[clause.area] = (*areas.get(clause.area, ()), clause)
    return areas


def _digest(root: Path) -> str:
    """One sha256 over all data files, tables and profiles included: it changes with any of them."""
    files = ["sources.yaml", "observations.yaml", "roles.yaml"]
    files += [f"clauses/{area}.yaml" for area in _areas(root)]
    for folder in ("tables", "profiles"):
        files += sorted(f"{folder}/{path.name}" for path in (root / folder).glob("*.yaml"))
    digest = hashlib.sha256()
    for file in files:
        text = (root / file).read_text("utf-8")
        digest.update(f"{file}\n{len(text)}\n{text}".encode())
    return digest.hexdigest()
