"""The words of a documented table: rows, refusals, rules, operations, sheets.

A request row is three-valued: the values of `accepted` are promised to be taken, those of a
refusal to be refused, all others are open, so they are observed and never failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from schemas.structure import ClauseId, OneValue, RoleName, Schema, SourceName

NO_VALUE = OneValue(())
Support = Literal["full", "partial", "ignored", "refused", "open"]


@dataclass(frozen=True, slots=True)
class Printed:
    """Exact words of one document."""

    source: SourceName
    words: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Values that the documents promise to refuse, and the clause that says so."""

    clause: ClauseId
    schema: Schema
    example: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """One printed variant of a field, with a clause of its own (a file format, say)."""

    value: str
    clause: ClauseId


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One field that may be sent.

    `clauses[0]` is violated when an accepted value is refused, `presence_clause` when a request
    without the field is taken. `each` names the table of a list's elements, whose refusals then
    hold for the list. `needs` is the role of the models for which the row holds.
    """

    field: str
    type: str
    support: Support
    accepted: Schema
    clauses: tuple[ClauseId, ...]
    example: tuple[Any, ...] = ()
    required: bool = False
    printed: tuple[Printed, ...] = ()
    default: OneValue = NO_VALUE
    refused: tuple[Refusal, ...] = ()
    presence_clause: ClauseId | None = None
    open: str = ""
    open_example: tuple[Any, ...] = ()
    needs: RoleName | None = None
    each: str | None = None
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """A role that the model of a request must play when the request fits `when`."""

    role: RoleName
    when: Schema


@dataclass(frozen=True, slots=True)
class RequestTable:
    """The fields of a request, or of an object in one; a union has a `schema` in their place.

    `order` holds pairs of fields of which the first may not be above the second, `unranked` pairs
    of which no document says which one wins: where both are sent, the effect of neither is judged.
    """

    name: str
    title: str
    rows: tuple[RequestRow, ...] = ()
    schema: Schema | None = None
    refused: tuple[Refusal, ...] = ()
    order: tuple[tuple[str, str], ...] = ()
    unranked: tuple[tuple[str, str], ...] = ()
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A further constraint with a clause of its own, worded in `expected`, found `at` a field."""

    clause: ClauseId
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
    value_clause: ClauseId
    presence_clause: ClauseId | None = None
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
    value_clause: ClauseId
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
class Cap:
    """The field that bounds the tokens of an answer, and the bound without it, if there is one."""

    field: str
    default: int | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """The field that holds what is said to the model.

    `text` is the clause by which a plain text is accepted there, `parts` that of a list of parts.
    """

    field: str
    text: ClauseId
    parts: ClauseId


@dataclass(frozen=True, slots=True)
class Drawn:
    """How many drawn requests an operation gets: of the standard tier packs of accepted values,
    single values, and everything else; of the deep tier so many besides all borders.
    """

    packs: int
    single: int
    other: int
    deep: int


@dataclass(frozen=True, slots=True)
class Operation:
    """One documented method of one path: the one place where an endpoint is described.

    `name` is what checks and reports call it. `role` is played by the models that are asked;
    where `declared` is false no capability tells which models serve it, and some are tried.
    `plain` is the plain request without its model: small, lawful, cheap. `prerequisite` is the
    clause that names a plain request which fails, `stream_prerequisite` that of a stream;
    `accept_clause` the one by which any lawful request is answered, where that is another one.
    `errors` are statuses that the documents name for this operation besides the usual 4xx.
    `sdk_type` is the type that openai-python publishes for an answer, `foreign_methods` are methods
    that neither the documents nor OpenAI's interface know for the path.
    """

    id: str
    name: str
    method: str
    path: str
    summary: str
    answer: str
    prerequisite: ClauseId
    accept_clause: ClauseId | None = None
    request: str | None = None
    media: str = "application/json"
    stream: str | None = None
    stream_prerequisite: ClauseId | None = None
    role: RoleName | None = None
    declared: bool = True
    plain: Mapping[str, Any] = field(default_factory=dict)
    cap: Cap | None = None
    prompt: Prompt | None = None
    drawn: Drawn | None = None
    parameters: tuple[Parameter, ...] = ()
    links: tuple[Link, ...] = ()
    errors: tuple[str, ...] = ()
    sdk_type: str = ""
    foreign_methods: tuple[str, ...] = ()

    @property
    def endpoint(self) -> str:
        """Method and path, as clauses name them: `POST /chat/completions`."""
        return f"{self.method.upper()} {self.path}"

    @property
    def is_form(self) -> bool:
        """Whether the request is a form with a file."""
        return self.media == "multipart/form-data"


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
