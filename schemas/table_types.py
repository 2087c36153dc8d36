"""The words of a documented table: rows, refusals, rules, operations, sheets.

A request row is three-valued: the values of `accepted` are promised to be taken, those of a
refusal to be refused, all others are open, so they are observed and never failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]
SUPPORT = ("full", "partial", "ignored")


@dataclass(frozen=True, slots=True)
class Printed:
    """Exact words of one document."""

    source: str
    words: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Values that the documents promise to refuse, and the clause that says so."""

    clause: str
    schema: Schema
    example: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """One printed variant of a field, with a clause of its own (a file format, say)."""

    value: str
    clause: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One field that may be sent.

    `clauses[0]` is violated when an accepted value is refused, `presence_clause` when a request
    without the field is taken. `each` names the table of a list's elements, whose refusals then
    hold for the list. `needs` is the role of the models for which the row holds.
    """

    field: str
    type: str
    support: str
    accepted: Schema
    clauses: tuple[str, ...]
    example: tuple[Any, ...] = ()
    required: bool = False
    printed: tuple[Printed, ...] = ()
    default: tuple[Any, ...] = ()
    refused: tuple[Refusal, ...] = ()
    presence_clause: str | None = None
    open: str = ""
    open_example: tuple[Any, ...] = ()
    needs: str | None = None
    each: str | None = None
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """A role that the model of a request must play when the request fits `when`."""

    role: str
    when: Schema


@dataclass(frozen=True, slots=True)
class RequestTable:
    """The fields of a request, or of an object in one; a union has a `schema` in their place.

    `order` holds pairs of fields of which the first may not be above the second.
    """

    name: str
    title: str
    rows: tuple[RequestRow, ...] = ()
    schema: Schema | None = None
    refused: tuple[Refusal, ...] = ()
    order: tuple[tuple[str, str], ...] = ()
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A further constraint with a clause of its own, told in `expected`, found `at` a field."""

    clause: str
    schema: Schema
    expected: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """One field of an answer.

    `value_clause` is violated by a wrong value, `presence_clause` by a missing key.
    """

    field: str
    schema: Schema
    value_clause: str
    presence_clause: str | None = None
    required: bool = False
    nullable: bool = False
    expected: str = ""
    further: tuple[Rule, ...] = ()
    printed: tuple[Printed, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ResponseTable:
    """The fields of an answer, or of an object in one. `value_clause`: when it is no object."""

    name: str
    title: str
    value_clause: str
    rows: tuple[ResponseRow, ...] = ()
    schema: Schema | None = None
    rules: tuple[Rule, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in the path."""

    name: str
    description: str
    schema: Schema


@dataclass(frozen=True, slots=True)
class Link:
    """Where an answer holds what a parameter of another operation takes."""

    operation: str
    parameter: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One documented method of one path, and the kinds of its bodies.

    `errors` are statuses that the documents name for this operation besides the usual 4xx.
    """

    id: str
    method: str
    path: str
    summary: str
    answer: str
    request: str | None = None
    media: str = "application/json"
    stream: str | None = None
    parameters: tuple[Parameter, ...] = ()
    links: tuple[Link, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file: the tables of one endpoint and the schemas that they share."""

    name: str
    title: str
    operations: tuple[Operation, ...] = ()
    requests: Mapping[str, RequestTable] = field(default_factory=dict)
    responses: Mapping[str, ResponseTable] = field(default_factory=dict)
    request_objects: Mapping[str, RequestTable] = field(default_factory=dict)
    response_objects: Mapping[str, ResponseTable] = field(default_factory=dict)
    definitions: Mapping[str, Schema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tables:
    """All sheets, and the kinds of bodies that they describe."""

    sheets: Mapping[str, Sheet]

    @property
    def kinds(self) -> Mapping[str, Sheet]:
        """Each kind of body with its sheet, in the order of the files."""
        return {
            kind: sheet
            for sheet in self.sheets.values()
            for kind in (*sheet.requests, *sheet.responses)
        }

    @property
    def requests(self) -> Mapping[str, RequestTable]:
        """The request tables by kind."""
        return {k: table for sheet in self.sheets.values() for k, table in sheet.requests.items()}

    @property
    def responses(self) -> Mapping[str, ResponseTable]:
        """The response tables by kind."""
        return {k: table for sheet in self.sheets.values() for k, table in sheet.responses.items()}

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All documented operations."""
        return tuple(one for sheet in self.sheets.values() for one in sheet.operations)
