"""The contract: all that is promised of one deployment, resolved, frozen, and asked by everybody.

`schemas.profiles.load(NAME)` makes it of the catalogue and a profile. Suites, judges, fuzz, clients
and reports read this one object; nothing else is asked what is promised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from schemas.structure import ClauseId, ObservationId, RoleName, SourceName
from schemas.validate import BodySchemas

if TYPE_CHECKING:
    from schemas.table_types import Operation, Tables

__all__ = [
    *("Clause", "Contract", "ContractError", "Observation", "Quote", "Role", "Source"),
    *("ENDPOINT_OF_ALL", "Gate", "collapse"),
]

Level = Literal["MUST", "SHOULD", "MAY"]
Gate = Literal["block", "warn", "report"]
Kind = Literal["explicit", "implied"]
Binding = Literal["vendor", "third-party"]
Sentinel = Literal["required", "optional", "absent"]
ErrorShape = Literal["error", "detail"]
Flag = Literal[
    "supports_audio",
    "supports_image",
    "supports_function_calling",
    "support_chat_completion",
    "supports_responses",
]
# The endpoint of a clause that speaks of every operation.
ENDPOINT_OF_ALL = "all"
# The key under which error shapes stand that hold for any other status.
EVERY_STATUS = "default"


@dataclass(frozen=True, slots=True)
class Source:
    """One document. A `vendor` may say MUST, a `third-party` may not.

    `text` is what it prints, with each run of white space made one space; None where only its
    address, section and date are kept, and quotes cannot be held against it.
    """

    name: str
    title: str
    binding: Binding
    sha256: str | None = None
    url: str | None = None
    section: str | None = None
    date: str | None = None
    text: str | None = field(default=None, repr=False)

    def prints(self, quote: str) -> bool:
        """Whether the document prints the quote, line breaks and runs of spaces aside."""
        return self.text is None or collapse(quote) in self.text


@dataclass(frozen=True, slots=True)
class Quote:
    """Exact words of one document."""

    source: SourceName
    quote: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One promise of the documents, with the words that make it.

    `given` are keys of a profile and the value under which the clause speaks of a deployment.
    `reworded` has the statement for another `done_sentinel` of the operation than the documents'.
    A clause that speaks of a whole `rests_on` its parts, by patterns of their ids: where one is
    violated, it repeats it.
    """

    id: str
    area: str
    statement: str
    level: Level
    gate: Gate
    kind: Kind
    endpoint: str
    source: SourceName
    section: str
    quote: str
    also: tuple[Quote, ...] = ()
    needs: tuple[RoleName, ...] = ()
    see: tuple[ObservationId, ...] = ()
    given: Mapping[Literal["auth_enforced"], bool] = field(default_factory=dict)
    reworded: Mapping[Sentinel, str] = field(default_factory=dict)
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """A question on which the documents disagree (contradiction) or keep silent (gap)."""

    id: str
    key: str
    question: str
    kind: Literal["contradiction", "gap"]
    sides: tuple[Quote, ...]
    values: tuple[str, ...]
    clauses: tuple[ClauseId, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """A part that a model plays in a check, recognised by one entry of GET /models.

    Without flags and suffix no entry tells it: the profile or the operator names the models.
    """

    name: str
    description: str
    flags: Mapping[Flag, bool] = field(default_factory=dict)
    id_suffix: str | None = None

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


@dataclass(frozen=True, eq=False)  # one object a run; caches are kept by it
class Contract:
    """All that is promised. Mappings keep the order of the files.

    `clauses` have the gates of the profile; `not_promised` gives the reason why one of them does
    not hold. `operations` are the promised ones by endpoint (`POST /chat/completions`), `tables`
    hold the profile's support. `done_sentinel` says for each streaming operation whether `[DONE]`
    ends it, `error_shapes` which shapes are lawful for a status, `models` which models play a role
    that no flag tells, `example_models` which ids the documents print,
    `optional` the endpoints that a deployment may lack. `profile_digest` is the
    SHA-256 of the profile's file and of those that it extends, `digest` that of all data.
    """

    name: str
    title: str
    sources: Mapping[str, Source]
    roles: Mapping[str, Role]
    operations: Mapping[str, Operation]
    tables: Tables
    clauses: Mapping[str, Clause]
    observations: Mapping[str, Observation]
    not_promised: Mapping[str, str]
    auth_enforced: bool
    done_sentinel: Mapping[str, Sentinel]
    error_shapes: Mapping[str, tuple[ErrorShape, ...]]
    models: Mapping[str, tuple[str, ...]]
    example_models: tuple[str, ...]
    optional: frozenset[str]
    digest: str
    profile_digest: str

    @cached_property
    def bodies(self) -> BodySchemas:
        """What the tables say of each kind of body, as schemas to judge by."""
        return BodySchemas(self.tables)

    @cached_property
    def areas(self) -> Mapping[str, tuple[Clause, ...]]:
        """The clauses of each area."""
        areas: dict[str, tuple[Clause, ...]] = {}
        for clause in self.clauses.values():
            areas[clause.area] = (*areas.get(clause.area, ()), clause)
        return areas

    def binds(self, endpoint: str) -> bool:
        """Whether an operation is promised: by a clause that does more than report."""
        one = self.operations.get(endpoint)
        return one is not None and self.clauses[one.prerequisite].gate != "report"

    def promises(self, clause: str) -> bool:
        """Whether the clause holds."""
        return clause not in self.not_promised

    def shapes(self, status: int) -> tuple[ErrorShape, ...]:
        """The lawful shapes of an error with this status."""
        return self.error_shapes.get(str(status), self.error_shapes[EVERY_STATUS])

    def operation(self, name: str) -> Operation | None:
        """The promised operation of this name, such as `chat`."""
        return next((one for one in self.operations.values() if one.name == name), None)

    def named(self, name: str) -> Operation:
        """The documented operation of this name, promised or not. Raises StopIteration."""
        return next(one for one in self.tables.operations if one.name == name)

    def posts(self, path: str) -> Operation | None:
        """The documented operation that posts to this path, promised or not."""
        found = (one for one in self.tables.operations if one.method == "post")
        return next((one for one in found if one.path == path), None)

    def asks(self, kind: str) -> Operation:
        """The documented operation whose request is of this kind. Raises StopIteration."""
        return next(one for one in self.tables.operations if one.request == kind)


def collapse(text: str) -> str:
    """The text with each run of white space made one space."""
    return " ".join(text.split())
