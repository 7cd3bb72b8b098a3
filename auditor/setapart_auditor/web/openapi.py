"""The OpenAPI 3.1 document, made from the table of routes."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from setapart_auditor.looks.asks import parameters_of
from setapart_evidence import __version__
from setapart_evidence.limits import MAX_SAFE_INTEGER
from setapart_evidence.statement import DEVICE_ID

from .routes import Reply, Route

_REFERENCE = "#/components/schemas/{name}"
_REPORT = (
    {
        "name": "device",
        "in": "path",
        "required": True,
        "description": "The id of the device, as the report has it.",
        "schema": {"type": "string", "pattern": f"^{DEVICE_ID}$"},
    },
    {
        "name": "sequence",
        "in": "path",
        "required": True,
        "description": "The report's place in its chain.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_SAFE_INTEGER},
    },
    {
        "name": "digest",
        "in": "path",
        "required": True,
        "description": "The SHA-256 of the statement, in lower-case hex.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    },
)
_DEVICE = {
    "name": "device",
    "in": "path",
    "required": True,
    "description": "The device's name, without regard to case, or its id.",
    "schema": {"type": "string", "minLength": 1},
}
_OFFICER = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token as `setapart-auditor officer token` prints it.",
}


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """What a client may ask, and what it gets."""
    structs = {reply.schema for route in routes for reply in route.replies.values() if reply.schema is not None}
    ordered = sorted(structs, key=lambda one: one.__name__)
    references, schemas = msgspec.json.schema_components(ordered, ref_template=_REFERENCE)
    schema_of = dict(zip(ordered, references, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        operation: dict[str, Any] = {
            "operationId": route.name,
            "summary": route.summary,
            "responses": {
                str(status): _response(reply, None if reply.schema is None else schema_of[reply.schema])
                for status, reply in sorted(route.replies.items())
            },
        }
        if route.of_report:
            operation["parameters"] = list(_REPORT)
        if route.asks is not None:
            operation["parameters"] = _parameters(route.asks)
            operation["security"] = [{"officer": []}]
        if route.takes is not None:
            operation["requestBody"] = {
                "required": True,
                "description": f"A signed message of type {route.takes}.",
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            }
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "setapart auditor",
            "version": __version__,
            "description": "Every message is a DSSE envelope; docs/evidence.md defines them.",
        },
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"officer": _OFFICER}},
    }


def _parameters(asks: type[Struct]) -> list[dict[str, Any]]:
    """The members of what is asked for: the device in the path, all others in the query."""
    described = msgspec.json.schema(asks)["$defs"][asks.__name__]["properties"]
    known = parameters_of(asks)
    device = [_DEVICE] if "device" in described else []
    return device + [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in described.items()
        if name in known
    ]


def _response(reply: Reply, schema: dict[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": reply.says,
        "content": {reply.media.partition(";")[0]: {"schema": schema} if schema is not None else {}},
    }
    if reply.headers:
        found["headers"] = {name: {"schema": {"type": "integer"}} for name in reply.headers}
    if reply.texts:
        found.setdefault("headers", {}).update({name: {"schema": {"type": "string"}} for name in reply.texts})
    return found
