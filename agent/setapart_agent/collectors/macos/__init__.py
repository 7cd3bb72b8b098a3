"""Collectors of macOS."""
