"""The contract as data: what the documents promise, read from this directory and checked.

`load()` returns every clause, observation, role and source of `schemas/`. It raises
`ContractError` when a row is malformed, refers to something that does not exist, or quotes
words that its document does not print.
"""

import hashlib
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader as _BaseLoader
else:
    _BaseLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

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


class ContractError(Exception):
    """One row of the contract is wrong. The message names file, id, fault and remedy."""

    def __init__(self, where: "Where", wrong: str, remedy: str) -> None:
        super().__init__(" ".join(f"{where}: {wrong}; {remedy}".split()))


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a row: its file and, once known, its id."""

    file: str
    id: str = "?"

    def __str__(self) -> str:
        return f"{self.file}, {self.id}"


@dataclass(frozen=True, slots=True)
class Source:
    """One document: who speaks (`vendor` may say MUST, `third-party` may not) and its text."""

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
    """Read and check the contract under `root`. Raises ContractError, OSError."""
    sources = _index(_sources(root))
    roles = _index(_roles(root))
    observations = _index(_observations(root, sources))
    clauses = _index(_clauses(root, sources, roles, observations))
    _check_unique_keys(observations)
    _check_clause_references(observations, clauses)
    return Contract(
        clauses=_freeze(clauses),
        observations=_freeze(observations),
        roles=_freeze(roles),
        sources=_freeze(sources),
        areas=_freeze(_by_area(clauses.values())),
        digest=_digest(root),
    )


def collapse(text: str) -> str:
    """The text with each run of white space made one space."""
    return " ".join(text.split())


class _Loader(_BaseLoader):
    """A safe YAML loader that refuses a key given twice in one mapping."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        keys = [key.value for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            problem = f"key given twice: {', '.join(sorted(map(str, twice)))}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_mapping(node, deep=deep)


type_name = {str: "text", bool: "true or false", list: "a list", dict: "a mapping"}.__getitem__


def _rows(root: Path, file: str) -> Iterator[tuple[Where, dict[str, Any]]]:
    """The rows of one data file: a list of mappings."""
    try:
        rows = yaml.load((root / file).read_text("utf-8"), _Loader)  # noqa: S506
    except yaml.YAMLError as error:
        raise ContractError(Where(file), f"not valid YAML: {error}", "mend the syntax") from error
    for row in rows if isinstance(rows, list) else [rows]:
        if not isinstance(row, dict):
            raise ContractError(Where(file), f"not a row: {row!r}", "write a list of mappings")
        yield Where(file, str(row.get("id", row.get("name", "?")))), row


def _check_row(
    where: Where, row: Mapping[str, Any], need: Mapping[str, type], may: Mapping[str, type]
) -> None:
    known = {**need, **may}
    for key in row.keys() - known.keys():
        raise ContractError(where, f"unknown key '{key}'", f"use one of {', '.join(known)}")
    for key in need.keys() - row.keys():
        raise ContractError(where, f"'{key}' is missing", f"add {key}: with {type_name(need[key])}")
    for key, value in row.items():
        if not isinstance(value, known[key]):
            raise ContractError(where, f"'{key}' is {value!r}", f"give {type_name(known[key])}")
        if not value and value is not False and key != "flags":
            raise ContractError(where, f"'{key}' is empty", f"fill it in, or leave out {key}")


def _check_choice(where: Where, key: str, value: object, choices: Iterable[str]) -> None:
    choices = tuple(choices)
    if value not in choices:
        raise ContractError(where, f"unknown {key} '{value}'", f"use one of {', '.join(choices)}")


def _sources(root: Path) -> Iterator[Source]:
    need = {"name": str, "title": str, "binding": str, "sha256": str}
    for where, row in _rows(root, "sources.yaml"):
        _check_row(where, row, need, {"url": str})
        _check_choice(where, "binding", row["binding"], BINDINGS)
        raw = (root / "sources" / f"{row['name']}.txt").read_bytes()
        actual = hashlib.sha256(raw).hexdigest()
        if actual != row["sha256"]:
            remedy = f"restore the document, or review its clauses and write sha256: {actual}"
            raise ContractError(where, "the document has changed", remedy)
        yield Source(**{"url": None, **row}, text=collapse(raw.decode("utf-8")))


def _roles(root: Path) -> Iterator[Role]:
    need = {"name": str, "description": str}
    may = {"flags": dict, "id_suffix": str, "configured": bool}
    for where, row in _rows(root, "roles.yaml"):
        _check_row(where, row, need, may)
        flags: dict[str, bool] = row.get("flags", {})
        for flag, value in flags.items():
            _check_choice(where, "flag", flag, FLAGS)
            if not isinstance(value, bool):
                raise ContractError(where, f"'{flag}' is {value!r}", "give true or false")
        defaults = {"id_suffix": None, "configured": False}
        yield Role(**{**defaults, **row, "flags": MappingProxyType(flags)})


def _observations(root: Path, sources: Mapping[str, Source]) -> Iterator[Observation]:
    need = dict.fromkeys(("id", "key", "question", "kind"), str)
    lists = dict.fromkeys(("sides", "values", "clauses"), list)
    for where, row in _rows(root, "observations.yaml"):
        _check_row(where, row, {**need, **lists}, {})
        _check_choice(where, "kind", row["kind"], OBSERVATION_KINDS)
        row["sides"] = _quotes(where, row["sides"], sources)
        yield Observation(**{**row, **{key: tuple(row[key]) for key in lists}})


def _clauses(
    root: Path,
    sources: Mapping[str, Source],
    roles: Mapping[str, Role],
    observations: Mapping[str, Observation],
) -> Iterator[Clause]:
    for area in _areas(root):
        for where, row in _rows(root, f"clauses/{area}.yaml"):
            clause = _clause(where, row, area, sources)
            for role in clause.needs:
                _check_choice(where, "role", role, roles)
            for observation in clause.see:
                _check_choice(where, "observation", observation, observations)
            yield clause


def _clause(where: Where, row: dict[str, Any], area: str, sources: Mapping[str, Source]) -> Clause:
    texts = ("id", "statement", "level", "gate", "kind", "endpoint", "source", "section", "quote")
    lists = dict.fromkeys(("also", "needs", "see"), list)
    _check_row(where, row, dict.fromkeys(texts, str), lists)
    choices = {"level": LEVELS, "gate": GATES, "kind": KINDS, "endpoint": ENDPOINTS}
    for key, known in choices.items():
        _check_choice(where, key, row[key], known)
    first = {"source": row["source"], "quote": row["quote"]}
    also = _quotes(where, [first, *row.get("also", [])], sources)[1:]
    if row["level"] == "MUST" and sources[row["source"]].binding != "vendor":
        remedy = "quote the vendor, or use SHOULD or MAY"
        raise ContractError(where, f"'{row['source']}' binds nobody to a MUST", remedy)
    tuples = {key: tuple(row[key]) for key in ("needs", "see") if key in row}
    return Clause(**{**row, **tuples, "also": also}, area=area)


def _quotes(where: Where, rows: Iterable[Any], sources: Mapping[str, Source]) -> tuple[Quote, ...]:
    return tuple(_quote(where, row, sources) for row in rows)


def _quote(where: Where, row: Any, sources: Mapping[str, Source]) -> Quote:
    if not isinstance(row, dict):
        raise ContractError(where, f"not a quote: {row!r}", "write source: and quote:")
    _check_row(where, row, {"source": str, "quote": str}, {})
    _check_choice(where, "source", row["source"], sources)
    if not sources[row["source"]].prints(row["quote"]):
        remedy = f"copy the words from sources/{row['source']}.txt"
        raise ContractError(where, f"not in its source: {row['quote'][:60]!r}", remedy)
    return Quote(row["source"], row["quote"])
