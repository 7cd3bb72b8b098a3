"""Collectors of iOS and iPadOS."""
