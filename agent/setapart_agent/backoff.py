"""How long to wait after an attempt that failed: exponential, with full jitter, so that no herd comes back at once.

Full jitter: "Exponential Backoff and Jitter", AWS Architecture Blog, 2015. Retry-After: RFC 9110, section 10.2.3.
"""

from datetime import datetime, timedelta

BASE_SECONDS = 30.0
CAP_SECONDS = 6 * 3600.0
_MOST_DOUBLINGS = 16
_LONGEST = timedelta(seconds=2 * CAP_SECONDS)


def wait(failures: int, draw: float, retry_after: float | None = None) -> timedelta:
    """The time until the next attempt.

    Args:
        failures: attempts that failed in a row, this one included; at least 1.
        draw: random, from 0 to 1.
        retry_after: seconds that the auditor asked for; the random part comes on top, and both together are capped, so
            that no answer can silence an agent for good.
    """
    span = min(CAP_SECONDS, BASE_SECONDS * 2 ** min(failures - 1, _MOST_DOUBLINGS))
    return timedelta(seconds=min(max(retry_after or 0.0, 0.0), CAP_SECONDS) + draw * span)


def is_due(next_at: datetime | None, now: datetime) -> bool:
    """Whether the next attempt may be made; a wait longer than any that is ever set means that the clock was moved."""
    return next_at is None or not timedelta(0) < next_at - now <= _LONGEST
