"""agent/setapart_evidence/moments.py: a moment names its zone, whichever it came in."""

from datetime import UTC, datetime, timedelta, timezone

from setapart_evidence.moments import moment_text


def test_a_moment_is_said_in_utc_without_fractions() -> None:
    assert moment_text(datetime(2026, 11, 23, 12, 0, 7, 999_999, UTC)) == "2026-11-23 12:00:07 UTC"


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    oslo = timezone(timedelta(hours=1))
    assert moment_text(datetime(2026, 1, 1, 0, 30, tzinfo=oslo)) == "2025-12-31 23:30:00 UTC"
