"""Collectors of Android."""
