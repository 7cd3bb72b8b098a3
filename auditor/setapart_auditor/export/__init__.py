"""Verdicts for other programs: CSV, JSON, JSON lines, JUnit. A device at a time, however many there are."""
