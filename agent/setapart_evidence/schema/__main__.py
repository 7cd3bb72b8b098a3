"""Writes the schemas beside this file, or into a folder that is named."""

import sys
from pathlib import Path

from . import EVIDENCE_SCHEMA, INVENTORY_SCHEMA, evidence_schema, inventory_schema

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
(folder / EVIDENCE_SCHEMA).write_bytes(evidence_schema())
(folder / INVENTORY_SCHEMA).write_bytes(inventory_schema())
