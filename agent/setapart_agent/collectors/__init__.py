"""Collectors: `collector.py` of a platform touches the machine through a source; `parse/` turns bytes into facts."""
