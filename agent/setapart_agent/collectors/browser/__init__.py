"""Collectors of browsers, the same on every platform."""
