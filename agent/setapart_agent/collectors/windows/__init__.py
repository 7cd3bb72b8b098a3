"""Collectors of Windows."""
