"""The JSON Schemas of both parts of evidence, generated from the model; the files beside this one are what it gives.

`python -m setapart_evidence.schema` writes them anew; a test compares.
"""

import inspect
import json
from typing import Any

import msgspec

from setapart_evidence.model import Inventory
from setapart_evidence.statement import EVIDENCE, STATEMENT_TYPE, Predicate, Statement

EVIDENCE_SCHEMA = "evidence-v1.json"
INVENTORY_SCHEMA = "inventory-v1.json"


def evidence_schema() -> bytes:
    """The schema of the signed statement."""
    (root,), parts = msgspec.json.schema_components([Statement[Predicate]], ref_template="#/$defs/{name}")
    body = parts.pop(root["$ref"].rpartition("/")[2])
    body["properties"]["_type"] = {"const": STATEMENT_TYPE}
    body["properties"]["predicateType"] = {"const": EVIDENCE}
    body["properties"]["subject"]["maxItems"] = 1
    return _document(EVIDENCE_SCHEMA, "The signed statement of setapart evidence", body, parts)


def inventory_schema() -> bytes:
    """The schema of the inventory."""
    (root,), parts = msgspec.json.schema_components([Inventory], ref_template="#/$defs/{name}")
    body = parts.pop(root["$ref"].rpartition("/")[2])
    return _document(INVENTORY_SCHEMA, "The inventory of setapart evidence", body, parts)


def _document(name: str, title: str, body: dict[str, Any], parts: dict[str, Any]) -> bytes:
    found = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:setapart:schema:{name.removesuffix('.json')}",
        **body,
        "title": title,
        "$defs": parts,
    }
    # Python 3.13 takes the indentation out of docstrings when it compiles them, and earlier ones do not.
    for part in (found, *parts.values()):
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
    # Python's anchors of a whole text; ECMA 262, which JSON Schema speaks, has other ones.
    text = json.dumps(found, indent=2).replace("\\\\A", "^").replace("\\\\Z", "$")
    return text.encode() + b"\n"
