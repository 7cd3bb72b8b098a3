"""How a moment is written for people: one way, in both programs."""

from datetime import UTC, datetime


def moment_text(moment: datetime) -> str:
    """An aware moment in UTC, to the second: `2026-11-23 12:00:00 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
