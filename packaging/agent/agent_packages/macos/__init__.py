"""The agent's package for macOS: a flat package (xar) with a bill of materials (Bom) and a payload (cpio)."""
