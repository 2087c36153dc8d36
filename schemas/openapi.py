"""Tables to an OpenAPI 3.2 document, for tools that read one: schemathesis, editors, generators.

The bodies are the derived schemas. What only our own judges read (`x-refused`, `x-order`, the
words of a rule) stays out. Of an event stream each event is described (`itemSchema`): its `data`
is the sentinel or a JSON text that fits `contentSchema`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from schemas.derive import schema
from schemas.structure import Schema
from schemas.table_types import Operation, Tables

__all__ = ["PATH", "document"]

PATH = Path(__file__).parent / "openapi.json"
INFO = {
    "title": "CompactifAI API, as its documents promise it",
    "version": "1",
    "description": "Derived from the documented tables: do not edit, run python -m schemas derive.",
}
SERVER = {
    "url": "https://your-compactifai-api-endpoint/v1",
    "description": "A placeholder: the deployment under test is named when the suite is run.",
}
BEARER = {"type": "http", "scheme": "bearer", "description": "An API key"}
ERRORS = {
    "400": "Invalid parameters",
    "401": "Missing or invalid API key",
    "404": "Unknown model or endpoint",
    "422": "Invalid parameters, as some frameworks say it",
    "4XX": "Any other refusal",
}
SENTINEL = "[DONE]"
_OURS = ("$schema", "$id", "$defs", "x-refused", "x-order", "x-expected", "x-at")


def document(tables: Tables) -> Schema:
    """The OpenAPI document of all operations of the tables."""
    paths: dict[str, Any] = {}
    for operation in tables.operations:
        paths.setdefault(operation.path, {})[operation.method] = _operation(tables, operation)
    return {
        "openapi": "3.2.0",
        "info": INFO,
        "servers": [SERVER],
        "security": [{"bearer": []}],
        "tags": [
            {"name": sheet.name, "description": sheet.title}
            for sheet in tables.sheets.values()
            if sheet.operations
        ],
        "paths": paths,
        "components": {
            "schemas": _components(tables),
            "responses": {"error": {"description": "Error", "content": _json("error")}},
            "securitySchemes": {"bearer": BEARER},
        },
    }


def _operation(tables: Tables, operation: Operation) -> Schema:
    built: Schema = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [tables.kinds[operation.answer].name],
    }
    if operation.parameters:
        built["parameters"] = [
            {
                "name": one.name,
                "in": "path",
                "required": True,
                "description": one.description,
                "schema": one.schema,
            }
            for one in operation.parameters
        ]
    if operation.request:
        body = {"schema": _reference(operation.request)}
        built["requestBody"] = {"required": True, "content": {operation.media: body}}
    built["responses"] = {"200": _success(operation), **_errors(operation)}
    return built


def _success(operation: Operation) -> Schema:
    content = _json(operation.answer)
    if operation.stream:
        content["text/event-stream"] = {"itemSchema": _event(operation.stream)}
    built: Schema = {"description": operation.summary, "content": content}
    if operation.links:
        built["links"] = {
            link.operation: {
                "operationId": link.operation,
                "parameters": {link.parameter: f"$response.body#{link.pointer}"},
            }
            for link in operation.links
        }
    return built


def _errors(operation: Operation) -> Schema:
    summaries = {**ERRORS, **dict.fromkeys(operation.errors, "Also printed for this operation")}
    return {
        status: {"$ref": "#/components/responses/error", "summary": summaries[status]}
        for status in sorted(summaries)
    }


def _event(kind: str) -> Schema:
    """One server-sent event whose data is the sentinel or JSON of this kind."""
    payload = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": _reference(kind),
    }
    return {
        "type": "object",
        "required": ["data"],
        "properties": {
            "data": {"if": {"const": SENTINEL}, "else": payload},
            "event": {"type": "string"},
            "id": {"type": "string"},
            "retry": {"type": "integer"},
        },
    }


def _json(kind: str) -> Schema:
    return {"application/json": {"schema": _reference(kind)}}


def _reference(kind: str) -> Schema:
    return {"$ref": f"#/components/schemas/{kind}"}


def _components(tables: Tables) -> Schema:
    """Each kind's schema, and what it refers to under the kind's name."""
    components: Schema = {}
    for kind in tables.kinds:
        derived = schema(tables, kind)
        components[kind] = _moved(derived, kind)
        for name, definition in derived.get("$defs", {}).items():
            components[f"{kind}.{name}"] = _moved(definition, kind)
    return components


def _moved(node: Any, kind: str) -> Any:
    """The node with its references led to the components, and without what only judges read."""
    if isinstance(node, list):
        return [_moved(one, kind) for one in node]
    if not isinstance(node, dict):
        return node
    moved = {key: _moved(value, kind) for key, value in node.items() if key not in _OURS}
    if isinstance(moved.get("x-needs"), list):
        del moved["x-needs"]
    if isinstance(moved.get("$ref"), str):
        moved["$ref"] = moved["$ref"].replace("#/$defs/", f"#/components/schemas/{kind}.")
    return moved
