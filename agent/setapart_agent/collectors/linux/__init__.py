"""Collectors of Linux."""
