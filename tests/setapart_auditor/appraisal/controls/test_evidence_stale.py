"""The newest evidence is older than the window."""

from evidence_factory import (
    DAY,
    MINUTE,
    NOW,
    TIKTOK,
    app,
    make_inventory,
    make_policy,
    make_received,
    make_station_report,
)
from judging import NONCE, controls, judge, only
from setapart_auditor.appraisal.model import Context
from setapart_auditor.policy.model import Freshness

CONTROL = "evidence-stale"


def test_the_window_ends_after_its_last_day() -> None:
    thirty = make_received(received_at=NOW - 30 * DAY)
    assert judge(thirty).status == "compliant"
    verdict = judge(thirty, now=NOW + MINUTE)
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.evidence) == ("stale", "/predicate/observation")
    assert "older than 30 days: it arrived on 2026-10-24" in finding.message


def test_the_pack_sets_the_window() -> None:
    week = make_policy(freshness=Freshness(max_age=7))
    assert judge(make_received(received_at=NOW - 8 * DAY), policy=week).status == "stale"


def test_one_fresh_source_is_enough_to_be_heard() -> None:
    old = make_received(received_at=NOW - 60 * DAY)
    assert judge(old, make_station_report()).status == "compliant"


def test_what_the_age_was_judged_by_is_said() -> None:
    by_nonce = judge(make_received(nonce=NONCE), context=Context(nonces={NONCE: NOW - 40 * DAY}))
    assert "its nonce was issued on 2026-10-14" in only(by_nonce, CONTROL).message
    by_clock = judge(make_received(collected_at=NOW - 40 * DAY))
    assert "it was collected, by the device's own clock, on 2026-10-14" in only(by_clock, CONTROL).message


def test_stale_hides_no_open_finding_and_no_missing_section_adds_to_it() -> None:
    old = make_received(make_inventory(apps=[app(TIKTOK)], coverage=()), received_at=NOW - 40 * DAY)
    verdict = judge(old)
    assert verdict.status == "violation"
    assert controls(verdict, "inconclusive") == {CONTROL, "restricted-app-on-ordinary-device"}


def test_an_old_finding_stays_until_a_fresh_report_has_looked_there() -> None:
    old = make_station_report(make_inventory(apps=[app(TIKTOK)]), received_at=NOW - 40 * DAY)
    assert judge(old, make_received(make_inventory(coverage=()))).status == "violation"
    assert judge(old, make_received(make_inventory())).status == "compliant"
    work = make_inventory(profiles=["0", "10"], apps=[app(TIKTOK, profile="10")])
    elsewhere = make_station_report(work, received_at=NOW - 40 * DAY)
    assert judge(elsewhere, make_received(make_inventory())).status == "violation"


def test_of_two_that_are_stale_the_one_that_was_made_last_is_the_newest_evidence() -> None:
    """It arrived first: the other one lay in a drawer."""
    held = make_station_report(received_at=NOW - 32 * DAY, collected_at=NOW - 90 * DAY)
    made_last = make_received(received_at=NOW - 40 * DAY)
    finding = only(judge(held, made_last), CONTROL)
    assert finding.evidence == "#1/predicate/observation"
    assert "2026-10-14" in finding.message
