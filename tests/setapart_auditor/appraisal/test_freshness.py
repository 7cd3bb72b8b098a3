"""How old a report is; the attacks are in tests/threats/test_02_clock.py."""

import datetime as dt

from evidence_factory import DAY, MINUTE, NOW, make_received
from setapart_auditor.appraisal.freshness import Freshness, freshness_of, skew_of
from setapart_auditor.appraisal.model import Context

CONTEXT = Context(nonces={"n": NOW - DAY}, epochs={"e": NOW - 3 * DAY, "late": NOW + DAY})


def test_a_known_nonce_or_epoch_is_the_moment() -> None:
    assert freshness_of(make_received(nonce="n"), CONTEXT) == Freshness(moment=NOW - DAY, proof="nonce")
    assert freshness_of(make_received(epoch="e"), CONTEXT) == Freshness(moment=NOW - 3 * DAY, proof="epoch")


def test_of_both_the_later_moment_counts_because_the_report_came_after_both() -> None:
    assert freshness_of(make_received(nonce="n", epoch="e"), CONTEXT) == Freshness(moment=NOW - DAY, proof="nonce")


def test_what_nobody_issued_proves_nothing() -> None:
    arrived = NOW - MINUTE
    assert freshness_of(make_received(nonce="x", epoch="y"), CONTEXT) == Freshness(moment=arrived, proof="none")


def test_no_moment_is_later_than_the_arrival() -> None:
    assert freshness_of(make_received(epoch="late"), CONTEXT).moment == NOW - MINUTE
    assert freshness_of(make_received(collected_at=NOW + DAY), CONTEXT).moment == NOW - MINUTE


def skew(collected: dt.timedelta, **fields: str) -> dt.timedelta:
    received = make_received(received_at=NOW, collected_at=NOW + collected, **fields)
    return skew_of(received, freshness_of(received, CONTEXT))


def test_skew_is_said_only_where_it_is_certain() -> None:
    assert skew(10 * MINUTE) == dt.timedelta(0)
    assert skew(11 * MINUTE) == 11 * MINUTE
    assert skew(-730 * DAY) == dt.timedelta(0)  # it may have lain in a drawer
    assert skew(-DAY - 10 * MINUTE, nonce="n") == dt.timedelta(0)
    assert skew(-DAY - 11 * MINUTE, nonce="n") == -11 * MINUTE


def test_an_epoch_does_not_make_an_old_capture_young() -> None:
    """A bug report of two years ago, signed today with today's epoch."""
    old = NOW - 730 * DAY
    held = make_received(epoch="e", collected_at=old, source="bugreport")
    named = make_received(epoch="e", collected_at=old, source="bugreport:dumpstate.zip")
    live = make_received(epoch="e", collected_at=old, source="adb")
    context = Context(epochs={"e": NOW - DAY})
    assert freshness_of(held, context).moment == freshness_of(named, context).moment == old
    assert freshness_of(live, context).moment == NOW - DAY
