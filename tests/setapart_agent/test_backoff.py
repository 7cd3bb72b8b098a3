"""Waits: they grow, they are random, they are bounded whatever an auditor asks."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from setapart_agent.backoff import BASE_SECONDS, CAP_SECONDS, is_due, wait

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def test_the_longest_wait_doubles_until_the_cap() -> None:
    longest = [wait(failures, 1.0).total_seconds() for failures in range(1, 13)]
    assert longest[:3] == [BASE_SECONDS, 2 * BASE_SECONDS, 4 * BASE_SECONDS]
    assert longest[-1] == CAP_SECONDS


def test_the_whole_wait_is_random() -> None:
    assert wait(5, 0.0).total_seconds() == 0
    assert wait(5, 0.5) * 2 == wait(5, 1.0)


def test_what_the_auditor_asks_for_is_waited_at_least() -> None:
    assert wait(1, 0.0, 120.0) == dt.timedelta(seconds=120)


@given(
    failures=st.integers(1, 10**9),
    draw=st.floats(0, 1),
    asked=st.none() | st.floats(allow_nan=False),
    ahead=st.floats(-1e9, 1e9),
)
def test_no_answer_and_no_clock_silences_an_agent_for_good(
    failures: int, draw: float, asked: float | None, ahead: float
) -> None:
    found = wait(failures, draw, asked)
    assert dt.timedelta(0) <= found <= dt.timedelta(seconds=2 * CAP_SECONDS)
    assert is_due(NOW + found, NOW + found)
    assert is_due(NOW + dt.timedelta(seconds=ahead), NOW) == (not 0 < ahead <= 2 * CAP_SECONDS) or abs(ahead) < 1e-6


def test_a_first_attempt_is_due() -> None:
    assert is_due(None, NOW)
