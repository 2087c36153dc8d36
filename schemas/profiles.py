"""Profiles: a contract as a file.

`load()` takes the name of a file in `profiles/` or the path of another, and returns the contract
that it makes of the catalogue. It raises `ProfileError`, one line with file and line, when there is
no such profile or when it says what does not exist. A profile changes what holds, never how it is
checked: each of its keys changes a verdict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from schemas import catalogue, inputs, support
from schemas.catalogue import Catalogue, Rows
from schemas.contract import EVERY_STATUS, Clause, Contract, ErrorShape, Gate, Sentinel
from schemas.structure import ClauseId, Reader, RoleName
from schemas.support import Override
from schemas.table_types import Operation
from schemas.yaml_rows import ContractError, Row, Where, at, choose, plain
from schemas.yaml_rows import read as read_rows

__all__ = ["DEFAULT", "DIRECTORY", "ProfileError", "known", "load"]

DIRECTORY = Path(__file__).parent / "profiles"
DEFAULT = "compactifai"
LARGEST = 2**20  # bytes of a file
# What a profile brings along besides: rows of the forms that the files of `schemas/` have.
OWN = {"documents": "sources", "observations": "observations", "clauses": "clauses"}
OWN_TABLES = "tables"


class ProfileError(Exception):
    """There is no such profile, or it is wrong."""


@dataclass(frozen=True, slots=True)
class NotPromised:
    """Clauses that do not hold, by patterns of their ids (`CHAT-IGN-*`), and why."""

    reason: str
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """What one file says.

    It adds to what the profile that it `extends` says: mappings and lists grow, and a key of its
    own wins; `endpoints`, `example_models` and `optional` replace. `promised` takes clauses back
    out of the `not_promised` of what it extends. For the rest see `Contract`.
    """

    name: str
    title: str
    extends: str | None = None
    endpoints: tuple[str, ...] | None = None
    auth_enforced: bool | None = None
    done_sentinel: Mapping[str, Sentinel] = field(default_factory=dict)
    error_shapes: Mapping[str, tuple[ErrorShape, ...]] = field(default_factory=dict)
    support: Mapping[str, Mapping[str, Override]] = field(default_factory=dict)
    gates: Mapping[ClauseId, Gate] = field(default_factory=dict)
    not_promised: tuple[NotPromised, ...] = ()
    promised: tuple[str, ...] = ()
    roles: Mapping[RoleName, tuple[str, ...]] = field(default_factory=dict)
    example_models: tuple[str, ...] | None = None
    optional: tuple[str, ...] | None = None


def known() -> tuple[str, ...]:
    """The names of the profiles that come with the suite."""
    return tuple(sorted(path.stem for path in DIRECTORY.glob("*.yaml")))


@cache
def load(name_or_path: str) -> Contract:
    """The contract of the profile of this name, or in this file. Raises ProfileError."""
    try:
        found, profile, reasons, digest = _resolved(name_or_path, ())
        return _contract(found, profile, reasons, digest)
    except (ContractError, inputs.InputError) as error:
        raise ProfileError(inputs.shown(str(error))) from None


Resolved = tuple[Catalogue, Profile, Mapping[str, str], str]


def _resolved(name_or_path: str, below: tuple[Path, ...]) -> Resolved:
    """Catalogue, profile, reasons and digest of a profile with all that it extends."""
    path = _path(name_or_path, below)
    where, row = _only_row(path)
    if path in below:
        raise ContractError(at(where, row, "extends"), "extends itself", "leave out extends")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if isinstance(row.get("extends"), str):
        base, parent, reasons, older = _resolved(row["extends"], (*below, path))
        digest = hashlib.sha256(f"{older}{digest}".encode()).hexdigest()
    else:
        base, parent, reasons = catalogue.read(), None, {}
    found = catalogue.extended(base, _own(where, row), catalogue.ROOT)
    own = _reader(found).read(where, Profile, _without(row, (*OWN, OWN_TABLES)))
    _check_names(where, row, own, found)
    denied = dict(reasons)
    for clause in _matched(where, row, "promised", own.promised, found):
        denied.pop(clause, None)
    for number, each in enumerate(own.not_promised):
        listed = _matched(where, row, ("not_promised", number, "clauses"), each.clauses, found)
        denied.update(dict.fromkeys(listed, each.reason))
    changed, dropped = support.applied(found.tables, _overrides(where, row, own))
    found = replace(found, tables=changed)
    denied = {**dropped, **denied}
    return found, _over(parent, own) if parent else own, denied, digest


def _path(name_or_path: str, below: tuple[Path, ...]) -> Path:
    named = name_or_path in known()
    path = DIRECTORY / f"{name_or_path}.yaml" if named else Path(name_or_path)
    if not named and below and not path.is_absolute():
        path = below[-1].parent / path
    if not named and not (name_or_path and _exists(path)):
        names, given = ", ".join(known()), inputs.shown(name_or_path)
        raise ProfileError(f"no profile '{given}': give a YAML file or one of {names}")
    if not named:
        plain(inputs.read(path, LARGEST), path.name)
    return path


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _only_row(path: Path) -> tuple[Where, Row]:
    found = list(read_rows(path.parent, path.name))
    if len(found) != 1:
        remedy = "write one mapping in one file"
        raise ContractError(Where(path.name), f"{len(found)} mappings", remedy)
    return found[0]


def _own(where: Where, row: Row) -> Rows:
    """The rows that a profile brings along."""
    found: dict[str, Any] = {}
    for key, part in {**OWN, OWN_TABLES: "tables"}.items():
        listed = row.get(key, [])
        if not isinstance(listed, list):
            raise ContractError(at(where, row, key), f"'{key}' is {listed!r}", "give a list")
        for each in listed:
            if not isinstance(each, Row):
                raise ContractError(at(where, row, key), f"not a row: {each!r}", "write a mapping")
        found[part] = tuple((_place(where, each), each) for each in listed)
    return Rows(**found)


def _place(where: Where, row: Row) -> Where:
    return Where(where.file, str(row.get("id", row.get("name", "?"))), row.line)


def _without(row: Row, keys: Iterable[str]) -> Row:
    left = Row({key: value for key, value in row.items() if key not in keys}, row.lines)
    left.line = row.line
    shapes = left.get("error_shapes")
    if isinstance(shapes, Row):  # YAML reads a status as a number
        named = Row({str(key): value for key, value in shapes.items()}, shapes.lines)
        named.line = shapes.line
        left = left.with_value("error_shapes", named)
    return left


def _reader(found: Catalogue) -> Reader:
    return Reader(
        known={ClauseId: found.clauses, RoleName: found.roles},
        makes={Override: support.as_row},
        checks={Override: support.checked},
    )


def _check_names(where: Where, row: Row, own: Profile, found: Catalogue) -> None:
    """Refuse an endpoint, an operation or a status that does not exist."""
    for key, listed in (("endpoints", own.endpoints), ("optional", own.optional)):
        for number, endpoint in enumerate(listed or ()):
            choose(at(where, row, key, number), "endpoint", endpoint, found.endpoints)
    streaming = [one.name for one in found.tables.operations if one.stream]
    for name in own.done_sentinel:
        choose(at(where, row, "done_sentinel", name), "streaming operation", name, streaming)
    for status in own.error_shapes:
        if status != EVERY_STATUS and not (status.isdecimal() and len(status) == 3):
            place = at(where, row, "error_shapes", status)
            raise ContractError(place, f"'{status}' is no status", f"give one, or {EVERY_STATUS}")
    if own.extends is None:
        for key in ("endpoints", "auth_enforced", "done_sentinel", "error_shapes"):
            if key not in row:
                raise ContractError(where, f"'{key}' is missing", f"add {key}:, or extends:")
        if EVERY_STATUS not in own.error_shapes:
            place = at(where, row, "error_shapes")
            raise ContractError(place, f"'error_shapes' lacks {EVERY_STATUS}", "add it")
    for kind, overrides in own.support.items():
        choose(at(where, row, "support", kind), "request", kind, found.tables.requests)
        rows = [each.field for each in found.tables.requests[kind].rows]
        for name in overrides:
            choose(at(where, row, "support", kind, name), "field", name, rows)


def _matched(
    where: Where, row: Row, path: str | tuple[Any, ...], patterns: Iterable[str], found: Catalogue
) -> list[str]:
    """The clauses that these patterns match. One that matches nothing is refused."""
    steps = (path,) if isinstance(path, str) else path
    matched: list[str] = []
    for number, pattern in enumerate(patterns):
        hits = [clause for clause in found.clauses if fnmatchcase(clause, pattern)]
        if not hits:
            place = at(where, row, *steps, number)
            raise ContractError(place, f"no clause is like '{pattern}'", "mend or remove it")
        matched += hits
    return matched


def _overrides(where: Where, row: Row, own: Profile) -> list[support.Placed]:
    return [
        support.Placed(kind, name, override, at(where, row, "support", kind, name))
        for kind, overrides in own.support.items()
        for name, override in overrides.items()
    ]


def _over(parent: Profile, own: Profile) -> Profile:
    """What a profile says, on top of what the one says that it extends."""
    merged: dict[str, Any] = {}
    for each in fields(Profile):
        older, newer = getattr(parent, each.name), getattr(own, each.name)
        if isinstance(older, Mapping):
            merged[each.name] = MappingProxyType({**older, **newer})
        else:
            merged[each.name] = older if newer is None else newer
    return replace(own, **merged)


def _contract(
    found: Catalogue, profile: Profile, reasons: Mapping[str, str], digest: str
) -> Contract:
    documented = {one.endpoint: one for one in found.tables.operations}
    clauses = {
        clause.id: replace(
            clause,
            gate=profile.gates.get(ClauseId(clause.id), clause.gate),
            statement=_statement(clause, documented.get(clause.endpoint), profile),
        )
        for clause in found.clauses.values()
    }
    operations = {endpoint: documented[endpoint] for endpoint in profile.endpoints or ()}
    return Contract(
        name=profile.name,
        title=profile.title,
        sources=found.sources,
        roles=found.roles,
        operations=MappingProxyType(operations),
        tables=found.tables,
        clauses=MappingProxyType(clauses),
        observations=found.observations,
        not_promised=MappingProxyType(_reasons(clauses, profile, reasons, found)),
        auth_enforced=bool(profile.auth_enforced),
        done_sentinel=profile.done_sentinel,
        error_shapes=profile.error_shapes,
        models=MappingProxyType({str(role): ids for role, ids in profile.roles.items()}),
        example_models=profile.example_models or (),
        optional=frozenset(profile.optional or ()),
        digest=found.digest,
        profile_digest=digest,
    )


def _statement(clause: Clause, operation: Operation | None, profile: Profile) -> str:
    """The words of a clause under a profile: they say what is judged there."""
    sentinel = profile.done_sentinel.get(operation.name) if operation else None
    return clause.reworded.get(sentinel, clause.statement) if sentinel else clause.statement


def _reasons(
    clauses: Mapping[str, Clause],
    profile: Profile,
    reasons: Mapping[str, str],
    found: Catalogue,
) -> dict[str, str]:
    """Each clause that does not hold, with the reason."""
    missing = set(found.endpoints) - set(profile.endpoints or ())
    why: dict[str, str] = {}
    for clause in clauses.values():
        other = [key for key, value in clause.given.items() if getattr(profile, key) is not value]
        if clause.id in reasons:
            why[clause.id] = reasons[clause.id]
        elif clause.endpoint in missing:
            why[clause.id] = f"{clause.endpoint} is not offered"
        elif other:
            said = str(getattr(profile, other[0])).lower()
            why[clause.id] = f"the profile says {other[0]}: {said}"
    return why
