"""Collectors of iPhones and iPads: backups, and the cable."""
