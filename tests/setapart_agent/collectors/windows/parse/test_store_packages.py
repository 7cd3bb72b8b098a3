import pytest

from registry_maker import at, key_of
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.store_packages import (
    ALL_USERS,
    REPOSITORY,
    packaged,
    read_machine_packages,
    read_user_packages,
)
from setapart_evidence.identifiers import keys_of
from windows_tree import ADA, BOB

TIKTOK = "BytedancePte.Ltd.TikTok_1.0.5.0_neutral__6yccndn6064se"


@pytest.mark.parametrize(
    ("full", "family"),
    [
        (TIKTOK, "BytedancePte.Ltd.TikTok_6yccndn6064se"),
        ("Microsoft.Windows.Photos_2016.511.9510.0_x64__8wekyb3d8bbwe", "Microsoft.Windows.Photos_8wekyb3d8bbwe"),
        ("A.B_1.0.0.0_neutral_~_8wekyb3d8bbwe", "A.B_8wekyb3d8bbwe"),
        ("A.B_1.0.0.0_neutral_split.language-de_8wekyb3d8bbwe", "A.B_8wekyb3d8bbwe"),
        ("A.B", None),
        ("A_1.0_x64__short", None),
        ("_1.0_x64__8wekyb3d8bbwe", None),
    ],
)
def test_the_family_is_name_and_publisher(full: str, family: str | None) -> None:
    assert [app.identifier for app in packaged(full, ADA)] == ([family] if family else [])


def test_a_users_packages_with_names_that_are_names() -> None:
    reading = Reading(ADA)
    tree = {
        TIKTOK: {"DisplayName": "TikTok"},
        "A.B_1.0.0.0_x64__8wekyb3d8bbwe": {"DisplayName": "@{A.B?ms-resource://A.B/x}"},
        "junk": {},
    }
    read_user_packages(reading, key_of(at(REPOSITORY, tree)), REPOSITORY)
    first, second = reading.apps
    assert (first.identifier, first.name, first.version) == (
        "BytedancePte.Ltd.TikTok_6yccndn6064se",
        "TikTok",
        "1.0.5.0",
    )
    assert keys_of("windows", first)[0] == "appx:bytedancepte.ltd.tiktok_6yccndn6064se"
    assert second.name is None


def test_the_machine_knows_packages_of_each_user_and_of_new_ones() -> None:
    reading = Reading("system")
    tree = {
        ADA: {TIKTOK: {}},
        BOB.lower(): {TIKTOK: {}},
        "Applications": {TIKTOK: {}},
        "EndOfLife": {TIKTOK: {}},
        "Deleted": {TIKTOK: {}},
        "S-1-5-18": {TIKTOK: {}},
    }
    read_machine_packages(reading, key_of(at(ALL_USERS, tree)))
    assert {app.profile for app in reading.apps} == {ADA, BOB, "system"}


def test_a_web_app_that_edge_installed_answers_to_its_host() -> None:
    reading = Reading(ADA)
    tree = {"www.tiktok.com-54E21B02_1.0.0.8_neutral__pd8mbgmqs65xy": {}, "Vendor.App-Beta_1.0_x64__8wekyb3d8bbwe": {}}
    read_user_packages(reading, key_of(at(REPOSITORY, tree)), REPOSITORY)
    assert [(app.kind, app.identifier) for app in reading.apps] == [
        ("native", "www.tiktok.com-54E21B02_pd8mbgmqs65xy"),
        ("web-app", "www.tiktok.com"),
        ("native", "Vendor.App-Beta_8wekyb3d8bbwe"),
    ]
    assert "origin:tiktok.com" in keys_of("windows", reading.apps[1])
