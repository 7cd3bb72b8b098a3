"""Collectors of device managers' exports."""
