"""Two ways into one device tell different things."""

from typing import Any

import pytest
from msgspec import structs

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
    profile,
    rows,
)
from judging import findings, judge, only
from setapart_evidence.model import Device, Inventory

CONTROL = "sources-contradict"
CLEAN, DIRTY = make_inventory(), make_inventory(apps=[app(TIKTOK)])


def test_a_restricted_app_of_any_source_counts_and_the_difference_is_said() -> None:
    verdict = judge(make_received(CLEAN), make_station_report(DIRTY))
    assert verdict.status == "violation"
    finding = only(verdict, CONTROL)
    assert (finding.severity, finding.evidence) == ("warning", "#0/apps/0")
    assert "adb found tiktok (com.zhiliaoapp.musically) in profile 0, local did not" in finding.message


def test_two_that_agree_or_did_not_both_look_contradict_nothing() -> None:
    assert not findings(judge(make_received(DIRTY), make_station_report(DIRTY)), CONTROL)
    blind = make_inventory(coverage=rows("links"))
    assert not findings(judge(make_received(blind), make_station_report(DIRTY)), CONTROL)


WORK_BY_MANAGER = make_inventory(profiles=["0", profile("10", "work")], coverage=rows(profiles=["10"]))


def test_a_profile_that_only_the_manager_calls_a_work_profile_is_not_seen_by_it() -> None:
    """Its number is a guess: user 10 is somebody else's here, and nobody has looked into it."""
    second = make_inventory(
        profiles=["0", profile("10", "secondary")], coverage=[*rows(), *rows(profiles=["10"], status="denied")]
    )
    verdict = judge(make_received(WORK_BY_MANAGER), make_station_report(second))
    assert verdict.status == "inconclusive"
    assert "disagree whether profile 10 is a work profile" in only(verdict, CONTROL).message


@pytest.mark.parametrize("kind", ["work", "secondary"])
def test_a_work_profile_that_every_report_saw_is_seen(kind: Any) -> None:
    both = make_inventory(profiles=["0", profile("10", kind)])
    assert judge(make_received(WORK_BY_MANAGER), make_station_report(both)).status == "compliant"


def test_the_work_side_of_a_manager_fills_what_the_phone_refuses() -> None:
    refused = make_inventory(
        profiles=["0", profile("10", "work")], coverage=[*rows(), *rows(profiles=["10"], status="denied")]
    )
    verdict = judge(make_received(WORK_BY_MANAGER), make_station_report(refused))
    assert (verdict.status, findings(verdict, CONTROL)) == ("compliant", [])


def test_what_was_found_on_another_day_may_have_been_removed_since() -> None:
    earlier = make_station_report(DIRTY, received_at=NOW - 3 * DAY)
    verdict = judge(make_received(CLEAN), earlier)
    assert (verdict.status, findings(verdict, CONTROL)) == ("violation", [])


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ({"platform": "android"}, {"platform": "ios"}, True),
        ({"serial_digest": "hmac:1"}, {"serial_digest": "hmac:2"}, True),
        ({"serial_digest": "hmac:1"}, {"serial_digest": None}, False),
        ({"manufacturer": "Google"}, {"manufacturer": "google"}, False),
    ],
)
def test_two_machines_under_one_id_are_a_contradiction(one: Any, other: Any, differ: bool) -> None:
    def machine(fields: Any) -> Inventory:
        return structs.replace(CLEAN, device=Device(**{"platform": "android", **fields}))

    verdict = judge(make_received(machine(one)), make_station_report(machine(other)))
    assert [item.evidence for item in findings(verdict, CONTROL)] == (["#1/device"] if differ else [])
    for finding in findings(verdict, CONTROL):
        assert finding.message.startswith(("local and adb ", "adb and local "))


def test_no_pack_makes_it_more_than_a_warning_for_it_would_not_be_monotone() -> None:
    strict = make_policy(severities={CONTROL: "violation"})
    verdict = judge(make_received(CLEAN), make_station_report(DIRTY), policy=strict)
    assert only(verdict, CONTROL).severity == "warning"


def test_a_device_with_very_many_sources_is_judged_in_good_time() -> None:
    many = [
        make_received(DIRTY if number % 2 else CLEAN, source=f"way{number}", sequence=number + 1)
        for number in range(60)
    ]
    assert judge(*many).status == "violation"
    assert len(findings(judge(*many), CONTROL)) < 100


def test_a_day_apart_is_the_same_time_and_more_is_not() -> None:
    for apart, expected in ((DAY, 1), (DAY + MINUTE, 0)):
        verdict = judge(make_received(CLEAN, received_at=NOW), make_station_report(DIRTY, received_at=NOW - apart))
        assert len(findings(verdict, CONTROL)) == expected


def test_a_source_of_any_length_is_named_briefly() -> None:
    verdict = judge(make_received(CLEAN), make_station_report(DIRTY, source="x" * 200))
    assert "x" * 39 + "… found" in only(verdict, CONTROL).message
