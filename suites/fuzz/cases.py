"""A drawn request, what is odd about it, and what is promised of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from fixtures.target import plain_requests
from fixtures.target.plain_requests import ABSENT
from fixtures.transport import multipart_form, worst_case
from suites.fuzz import promise
from suites.fuzz.cost import thrifty
from suites.fuzz.promise import ACCEPTED, OPEN, Promise
from suites.support.table_cases import TOGETHER

if TYPE_CHECKING:
    from fixtures.audio import Clip
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Request
    from schemas.table_types import Operation

Odd = Mapping[str, Any]
HALVES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Case:
    """One request; `odd` are the fields in which it differs from the plain one of its route.

    A case without `odd` cannot be made smaller: its bytes or its headers are what is odd. `parts`
    are the cases that travel in this one, each alone: they are sent where the whole is not
    answered, to say which of them it is, or what the first that is refused has hidden.
    """

    request: Request
    label: str
    promise: Promise
    odd: Odd = field(default_factory=dict)
    parts: tuple[Case, ...] = ()

    @property
    def id(self) -> str:
        """Names the case: the same in every run with the same seed and models."""
        return self.request.key


@dataclass(frozen=True)
class Target:
    """One operation: which models play which roles there, and its plain body."""

    dut: Deployment
    operation: Operation
    model: str
    clip: Clip | None = None

    @property
    def route(self) -> str:
        """The path of the operation."""
        return self.operation.path

    @property
    def kind(self) -> str:
        """The kind of its request; empty where it takes no body."""
        return self.operation.request or ""

    @property
    def role(self) -> str:
        """The role that its models play."""
        return self.operation.role or ""

    def case(self, odd: Odd, label: str = "", headers: tuple[tuple[str, str], ...] = ()) -> Case:
        """The plain request with these fields, on a model that plays the roles they need."""
        needed = {name: TOGETHER[name] for name in odd if name in TOGETHER}
        beside = {k: v for fields in needed.values() for k, v in fields.items() if k not in odd}
        body = {**self._body(self.model), **beside, **odd}
        body = {name: value for name, value in body.items() if value is not ABSENT}
        if "model" not in odd:
            body["model"] = self._able(self.dut.contract.bodies[self.kind].needs(body))
        body = thrifty(self.operation, body, self._bound)
        known = {**body, **({"file": self.clip.data} if self.clip and "file" not in odd else {})}
        made = promise.of(self.dut, self.kind, known, self._roles(body.get("model")))
        # Whether other bytes than those of the clip are a recording, no schema tells.
        made = OPEN if "file" in odd and made.standing == "accepted" else made
        sent = replace(self.request(body), headers=headers)
        return Case(sent, label or tell(odd), made, odd)

    def request(self, body: Mapping[str, Any]) -> Request:
        """The request that carries this body, as JSON or as a form."""
        if self.clip is None:
            return plain_requests.post(self.route, dict(body))
        file = body.get("file", ABSENT)
        clip = self.clip
        if file is not ABSENT:
            data = file if isinstance(file, bytes) else str(file).encode("utf-8", "replace")
            clip = replace(clip, data=data)
        # Forms have no escapes: half of a character cannot be sent.
        fields = {name: value for name, value in body.items() if name != "file"}
        whole = json.dumps(fields, ensure_ascii=False)
        texts = json.loads(HALVES.sub("?", whole))
        return plain_requests.upload(self.route, None if file is None else clip, texts)

    def raw(self, label: str, body: bytes | None = None, made: Promise = OPEN, **wire: Any) -> Case:
        """The plain request with other bytes, headers or another content type."""
        plain = self.request(self._body(self.model))
        sent = plain if body is None else replace(plain, body=body)
        return Case(replace(sent, **wire), label, made)

    def affords(self, case: Case) -> bool:
        """Whether an obedient server would do no more for it than the tier may ask for."""
        context = self.dut.cast.context(case.request.model) or 2 * self._bound
        bound = min(self._bound, context // 2)  # half of it is left to the prompt
        return worst_case.under(self.dut.contract, case.request).within(bound)

    @property
    def _bound(self) -> int:
        return worst_case.BOUNDS[self.dut.setup.tier]

    @property
    def plain(self) -> Mapping[str, Any]:
        """The plain body."""
        return self._body(self.model)

    def _body(self, model: str) -> dict[str, Any]:
        return plain_requests.plain(self.operation, model)

    def plays(self, role: str) -> bool:
        """Whether a model that serves the route plays this role, too."""
        return any(role in self._roles(each) for each in self._candidates)

    def _able(self, needs: frozenset[str]) -> str:
        """The cheapest model that plays all roles at once, or the plain one."""
        return next((each for each in self._candidates if needs <= self._roles(each)), self.model)

    def _roles(self, model: object) -> frozenset[str]:
        return self._played.get(model, frozenset()) if isinstance(model, str) else frozenset()

    @cached_property
    def _played(self) -> Mapping[str, frozenset[str]]:
        """The roles that each model plays."""
        played: dict[str, set[str]] = {}
        for role in self.dut.contract.roles:
            for model in self.dut.cast.models(role):
                played.setdefault(model, set()).add(role)
        return {model: frozenset(roles) for model, roles in played.items()}

    @cached_property
    def _candidates(self) -> tuple[str, ...]:
        """The models that serve the route: where no flag says so, the one that did."""
        if not self.operation.declared:
            return (self.model,)
        return (self.model, *self.dut.cast.models(self.role))


def flat(cases: Iterable[Case]) -> Iterator[Case]:
    """The cases, each before its parts."""
    for case in cases:
        yield case
        yield from flat(case.parts)


def turns(lists: Iterable[Iterator[Case]]) -> Iterator[Case]:
    """One of each in turn, until all are through."""
    for each in zip_longest(*lists):
        yield from (case for case in each if case is not None)


def target(dut: Deployment, operation: Operation, clip: Clip | None) -> Target:
    """The target of an operation. Raises NotApplicable or Untestable when no model serves it."""
    model = dut.cast.model(str(operation.role))
    if operation.is_form:
        return Target(dut, operation, model, clip)
    return Target(dut, operation, dut.request(operation.path).model)


def tell(odd: Odd) -> str:
    """The odd fields in a few words."""
    words = [f"no {k}" if v is ABSENT else f"{k} = {_short(v)}" for k, v in odd.items()]
    return ", ".join(words) or "the plain request"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:76]}… ({len(text)} characters)"


def whole(label: str, parts: Iterable[Case], sent: Case) -> Case:
    """Several cases in one request: what is promised of all of them is promised of it."""
    each = tuple(parts)
    sure = all(part.promise.standing == "accepted" for part in each)
    return replace(sent, label=label, parts=each, promise=ACCEPTED if sure else OPEN)


def fused(target: Target, label: str, parts: Iterable[Case]) -> Case:
    """Several cases of different odd fields in one request, as far as they may be sent."""
    each = tuple(filter(target.affords, parts))
    odd = {name: value for part in each for name, value in part.odd.items()}
    return whole(label, each, target.case(odd, label))


def parts(target: Target, fields: list[multipart_form.Part], label: str) -> Case:
    """A form of these parts, in this order."""
    return Case(plain_requests.form(target.route, fields), label, OPEN)
