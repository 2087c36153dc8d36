"""Profiles: which of the promises hold for a deployment.

`load()` takes the name of a file in `profiles/` or the path of another, and raises `ProfileError`,
one line, when there is none or when it says what the contract does not know. A profile changes what
holds (tables, endpoints, gates), never how it is checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from schemas import contract, inputs, rows, tables
from schemas.rows import ContractError, Where

__all__ = ["DIRECTORY", "Profile", "ProfileError", "known", "load"]

DIRECTORY = Path(__file__).parent / "profiles"
LARGEST = 2**20
SENTINELS = ("required", "optional", "absent")
STREAMS = ("chat", "completions", "responses")
SHAPES = ("error", "detail")
EVERY_STATUS = "default"


class ProfileError(Exception):
    """There is no such profile, or it is wrong."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is promised of one provider's deployments.

    `done_sentinel` says for each stream whether `[DONE]` ends it, `error_shapes` which shapes are
    lawful for a status (`default`: any other), `gates` which clauses have another gate here,
    `not_promised` why a clause does not hold, `roles` which models play a part that no flag tells,
    `digest` the SHA-256 of its file.
    """

    name: str
    title: str
    tables: tuple[str, ...]
    endpoints: tuple[str, ...]
    auth_enforced: bool
    done_sentinel: Mapping[str, str]
    error_shapes: Mapping[str, tuple[str, ...]]
    gates: Mapping[str, str] = field(default_factory=dict)
    not_promised: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    example_models: tuple[str, ...] = ()
    digest: str = ""

    def promises(self, clause: contract.Clause) -> bool:
        """Whether the clause holds."""
        return clause.id not in self.not_promised

    def gate(self, clause: contract.Clause) -> str:
        """The gate of the clause here."""
        return self.gates.get(clause.id, clause.gate)

    def shapes(self, status: int) -> tuple[str, ...]:
        """The lawful shapes of an error with this status."""
        return self.error_shapes.get(str(status), self.error_shapes[EVERY_STATUS])


def known() -> tuple[str, ...]:
    """The names of the profiles that come with the suite."""
    return tuple(sorted(path.stem for path in DIRECTORY.glob("*.yaml")))


def load(name_or_path: str) -> Profile:
    """The profile of this name, or in this file. Raises ProfileError."""
    named = name_or_path in known()
    path = DIRECTORY / f"{name_or_path}.yaml" if named else Path(name_or_path)
    if not named and not _exists(path):
        names, given = ", ".join(known()), inputs.shown(name_or_path)
        raise ProfileError(f"no profile '{given}': give a YAML file or one of {names}")
    try:
        raw = inputs.read(path, LARGEST)
        if not named:
            rows.plain(raw, path.name)
        profile = _profile(*_only_row(path))
    except (ContractError, inputs.InputError) as error:
        raise ProfileError(inputs.shown(str(error))) from None
    return replace(profile, digest=hashlib.sha256(raw).hexdigest())


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _only_row(path: Path) -> tuple[Where, dict[str, Any]]:
    found = list(rows.read(path.parent, path.name))
    if len(found) != 1:
        remedy = "write one mapping in one file"
        raise ContractError(Where(path.name), f"{len(found)} mappings", remedy)
    return found[0]


def _profile(where: Where, row: dict[str, Any]) -> Profile:
    need = {
        **dict.fromkeys(("name", "title"), str),
        **dict.fromkeys(("tables", "endpoints"), list),
        **dict.fromkeys(("done_sentinel", "error_shapes"), dict),
        "auth_enforced": bool,
    }
    may = {**dict.fromkeys(("gates", "roles", "not_promised"), dict), "example_models": list}
    rows.check(where, row, need, may)
    law = contract.load()
    offered = _chosen(where, "endpoint", row["endpoints"], _endpoints())
    shapes = {str(status): shapes for status, shapes in row["error_shapes"].items()}
    if EVERY_STATUS not in shapes:
        raise ContractError(where, f"'error_shapes' lacks {EVERY_STATUS}", "add it")
    made: dict[str, Any] = {
        "tables": _chosen(where, "table", row["tables"], tables.load().sheets),
        "endpoints": offered,
        "done_sentinel": _mapped(where, "sentinel", row["done_sentinel"], STREAMS, SENTINELS),
        "error_shapes": _lists(where, "error shape", shapes, SHAPES),
        "gates": _mapped(where, "gate", row.get("gates", {}), law.clauses, contract.GATES),
        "not_promised": _not_promised(where, row.get("not_promised", {}), offered, law),
        "roles": _models(where, row.get("roles", {}), law.roles),
        "example_models": rows.texts(where, "example_models", row.get("example_models", ())),
    }
    return Profile(**{**row, **made})


def _endpoints() -> tuple[str, ...]:
    """The documented endpoints, as clauses name them."""
    return tuple(f"{one.method.upper()} {one.path}" for one in tables.load().operations)


def _not_promised(
    where: Where, reasons: Mapping[str, Any], offered: tuple[str, ...], law: contract.Contract
) -> Mapping[str, str]:
    """Each clause that does not hold, with the reason: its own, its area's or its endpoint's."""
    for name, reason in reasons.items():
        _choose(where, "clause or area", name, [*law.clauses, *law.areas])
        if not isinstance(reason, str):
            raise ContractError(where, f"the reason of '{name}' is {reason!r}", "give a sentence")
    missing = set(_endpoints()) - set(offered)
    found: dict[str, str] = {}
    for clause in law.clauses.values():
        reason = reasons.get(clause.id) or reasons.get(clause.area)
        if reason:
            found[clause.id] = reason
        elif clause.endpoint in missing:
            found[clause.id] = f"{clause.endpoint} is not offered"
    return MappingProxyType(found)


def _chosen(where: Where, key: str, values: Any, choices: Iterable[str]) -> tuple[str, ...]:
    choices = tuple(choices)
    found = rows.texts(where, key, values)
    for value in found:
        _choose(where, key, value, choices)
    return found


def _choose(where: Where, key: str, value: Any, choices: Iterable[str]) -> None:
    """Refuse an unknown value. Of many choices none is listed, so that the message stays a line."""
    choices = tuple(choices)
    if value not in choices and len(choices) > len(contract.ENDPOINTS):
        raise ContractError(where, f"unknown {key} '{value}'", "mend or remove it")
    rows.choose(where, key, value, choices)


def _mapped(
    where: Where,
    key: str,
    mapping: Mapping[str, Any],
    keys: Iterable[str],
    values: Iterable[str],
) -> Mapping[str, str]:
    keys = tuple(keys)
    for name, value in mapping.items():
        _choose(where, f"name under {key}", name, keys)
        _choose(where, key, value, values)
    return MappingProxyType(dict(mapping))


def _lists(
    where: Where, key: str, mapping: Mapping[str, Any], choices: tuple[str, ...]
) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType(
        {name: _chosen(where, key, values, choices) for name, values in mapping.items()}
    )


def _models(
    where: Where, mapping: Mapping[str, Any], roles: Iterable[str]
) -> Mapping[str, tuple[str, ...]]:
    roles = tuple(roles)
    for role in mapping:
        _choose(where, "role", role, roles)
    return MappingProxyType({k: rows.texts(where, k, ids) for k, ids in mapping.items()})
