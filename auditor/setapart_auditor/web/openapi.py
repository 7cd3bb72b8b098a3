"""The OpenAPI 3.1 document, made from the table of routes."""

from typing import TYPE_CHECKING, Any

import msgspec

from setapart_evidence import __version__

from .errors import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .app import Operation

_REASONS = {
    400: "Not acceptable: bad envelope, signature, statement or inventory",
    401: "No registered key may speak for this device",
    403: "The token or the device may not",
    404: "Nothing here",
    409: "The key or the device is enrolled already, otherwise",
    413: "Too large",
    429: "Too many messages of one device or address",
    503: "Full, or the database does not answer: try again later",
}
_PROBLEM = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def document(operations: "Sequence[Operation]") -> bytes:
    """The document as JSON."""
    (_, components) = msgspec.json.schema_components([Problem], ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "setapart auditor",
                "version": __version__,
                "description": "Every message is a DSSE envelope, see docs/evidence.md. What is not signed is refused.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "paths": paths,
            "components": {"schemas": components},
        }
    )


def _operation(one: "Operation") -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.handler.__name__ + one.path.replace("/", "_").replace("{", "").replace("}", ""),
        "summary": one.summary,
        "responses": {
            "200": {"description": one.answers, "content": {one.media: {"schema": _schema(one.media)}}},
            **{str(status): {"description": _REASONS[status], "content": _PROBLEM} for status in one.problems},
        },
    }
    if one.method == "POST":
        body = {"schema": {"type": "string", "format": "binary"}}
        found["requestBody"] = {"required": True, "content": {"application/octet-stream": body}}
        found["responses"]["408"] = {"description": "The body did not arrive in time", "content": _PROBLEM}
    if "{digest}" in one.path:
        schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
        found["parameters"] = [{"name": "digest", "in": "path", "required": True, "schema": schema}]
    return found


def _schema(media: str) -> dict[str, Any]:
    return {"type": "string"} if media.startswith("text/") else {"type": "object"}
