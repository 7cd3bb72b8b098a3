"""Writes the schemas beside this file."""

from pathlib import Path

from . import EVIDENCE_SCHEMA, INVENTORY_SCHEMA, evidence_schema, inventory_schema

if __name__ == "__main__":
    folder = Path(__file__).parent
    (folder / EVIDENCE_SCHEMA).write_bytes(evidence_schema())
    (folder / INVENTORY_SCHEMA).write_bytes(inventory_schema())
