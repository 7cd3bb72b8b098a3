"""A restricted app where everybody works."""

import pytest

from evidence_factory import (
    DAY,
    K9,
    NOW,
    TELEGRAM,
    TIKTOK,
    TIKTOK_CERTIFICATE,
    app,
    make_inventory,
    make_received,
    make_station_report,
)
from judging import findings, judge, only

CONTROL = "restricted-app-on-ordinary-device"


@pytest.mark.parametrize("state", ["installed", "disabled", "archived"])
def test_an_app_in_any_state_that_can_run_again_counts(state: str) -> None:
    finding = only(judge(make_inventory(apps=[app(), app(TIKTOK, name="TikTok", state=state)])), CONTROL)
    assert (finding.severity, finding.evidence) == ("violation", "/apps/1")
    assert finding.message == "TikTok (com.zhiliaoapp.musically) in profile 0 is on an ordinary device"


def test_each_profile_is_a_finding_and_each_app_in_it_one() -> None:
    twice = [app(TIKTOK), app(TIKTOK, source="apk"), app(TIKTOK, profile="10"), app(TELEGRAM)]
    found = findings(judge(make_inventory(profiles=["0", "10"], apps=twice)), CONTROL)
    assert [finding.evidence for finding in found] == ["/apps/0", "/apps/2", "/apps/3"]


def test_a_personal_device_is_named_as_what_it_is() -> None:
    finding = only(judge(make_inventory(apps=[app(TIKTOK)]), device_class="personal"), CONTROL)
    assert "a personal device, which the pack judges as an ordinary one" in finding.message


def test_a_name_from_the_device_is_shown_safely_and_short() -> None:
    finding = only(judge(make_inventory(apps=[app(TIKTOK, name="\u202eevil\n" + "x" * 500)])), CONTROL)
    assert finding.message.startswith("\\u202eevil\\u000axxx")
    assert len(finding.message) < 200


def test_a_machine_wide_app_is_for_all_users() -> None:
    inventory = make_inventory(
        platform="linux", profiles=["system"], apps=[app("telegram-desktop", profile="system", source="dpkg")]
    )
    assert "for all users" in only(judge(inventory), CONTROL).message


def test_of_several_reports_the_finding_says_which_and_when() -> None:
    """Else an app that was removed and still stands in an older source's report is a red that nobody can explain."""
    older = make_station_report(make_inventory(apps=[app(TIKTOK)]), source="adb:X1", received_at=NOW - 3 * DAY)
    finding = only(judge(make_received(), older), CONTROL)
    assert finding.message.endswith("is on an ordinary device (as adb:X1 saw it on 2026-11-20)")
    assert finding.cure.endswith("if it has changed since, read the device by adb:X1 again, with the same key")


def test_what_the_newest_report_shows_is_cured_on_the_device() -> None:
    newest = make_station_report(make_inventory(apps=[app(TIKTOK)]), source="adb")
    older = make_received(received_at=NOW - 3 * DAY)
    finding = only(judge(newest, older), CONTROL)
    assert finding.message.endswith("(as adb saw it on 2026-11-23)")
    assert "changed since" not in finding.cure


def test_whatever_stands_before_it_in_the_list_hides_no_restricted_app() -> None:
    before = [app(K9), app("com.x", name="TikTok", state="removed-trace"), app(TELEGRAM, state="removed-trace")]
    assert only(judge(make_inventory(apps=[*before, app(TIKTOK)])), CONTROL).evidence == "/apps/3"


def test_what_is_known_by_its_signer_says_so() -> None:
    renamed = make_inventory(apps=[app("com.example.videos", publisher=TIKTOK_CERTIFICATE)])
    assert "signed by the maker of tiktok" in only(judge(renamed), CONTROL).message
    assert "signed by" not in only(judge(make_inventory(apps=[app(TIKTOK)])), CONTROL).message
