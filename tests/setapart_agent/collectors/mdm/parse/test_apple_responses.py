import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from hostile_files import assert_survives
from mdm_maker import (
    IPHONE,
    MAC,
    UDID,
    Program,
    apple_response,
    apple_responses,
    device_information,
    encoded,
    installed_applications,
    plist,
    profile_list,
    with_programs,
)
from setapart_agent.collectors.mdm.parse import apple_apps, apple_profiles
from setapart_agent.collectors.mdm.parse import apple_responses as responses
from setapart_agent.collectors.mdm.parse.export import Export
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts, FileSet
from setapart_evidence.model import Link

MAC_UDID = "66ADE930-5FDF-5EC4-8429-15640684C489"
APPS = {"InstalledApplicationList": installed_applications(IPHONE)}


def one(*answers: dict[str, object]) -> Export:
    (found,) = responses.devices(plist(list(answers)))
    return found


def row(found: Export, section: str) -> tuple[str, str | None, str]:
    (only,) = [one for one in found.facts.coverage if one.section == section]
    return only.status, only.reason, only.collector


def test_the_responses_of_one_udid_are_one_device() -> None:
    found = one(*apple_responses(IPHONE))
    assert found.facts.device == DeviceFacts(
        platform="ios",
        os_version="17.6.1",
        manufacturer="Apple",
        model="iPhone14,5",
        form_factor="phone",
        serial="F2LXK0ABCD12",
    )
    assert [profile.id for profile in found.facts.profiles] == ["0"]
    assert [(app.identifier, app.name, app.version, app.kind) for app in found.facts.apps] == [
        ("org.example.notes", "Notes+", "3.2", "native")
    ]
    assert row(found, "apps") == ("observed", None, "mdm.apple-apps")


def test_files_of_one_device_belong_together_and_other_devices_do_not() -> None:
    first, second = apple_responses(IPHONE), apple_responses(MAC, MAC_UDID)
    files = [plist(one, binary=True) for one in (first[0], second[0], first[2], second[2])]
    phone, mac = responses.devices(*files)
    assert (phone.facts.device.platform, mac.facts.device.platform) == ("ios", "macos")
    assert [app.identifier for app in phone.facts.apps] == ["org.example.notes"]
    assert [app.identifier for app in mac.facts.apps] == ["org.example.draw"]
    assert [profile.id for profile in mac.facts.profiles] == ["system"]


def test_json_that_a_manager_made_of_responses_is_read() -> None:
    raw = encoded(apple_responses(IPHONE))
    assert apple_apps.recognise("x.json", raw)
    (found,) = responses.devices(raw)
    assert found.facts == one(*apple_responses(IPHONE)).facts


def test_serials_of_apple_are_upper_case() -> None:
    answer = {**device_information(IPHONE, UDID), "SerialNumber": "f2lxk0abcd12 "}
    assert one(apple_response(IPHONE, UDID, QueryResponses=answer)).facts.device.serial == "F2LXK0ABCD12"


def test_a_web_clip_is_a_web_app_and_an_app_without_id_on_a_mac_is_an_app() -> None:
    clip = Program(id=None, name="TikTok")
    found = one(*apple_responses(with_programs(IPHONE, clip, keep=False)))
    (app,) = found.facts.apps
    assert (app.identifier, app.kind) == ("TikTok", "web-app")
    assert row(found, "apps")[:2] == ("partial", responses.CLIPS)
    (app,) = one(*apple_responses(with_programs(MAC, clip, keep=False), MAC_UDID)).facts.apps
    assert (app.identifier, app.kind) == ("TikTok", "native")
    site = Program(id=None, name="https+++web.example")
    (app,) = one(*apple_responses(with_programs(MAC, site, keep=False), MAC_UDID)).facts.apps
    assert app.kind == "web-app"


def test_a_response_that_names_no_device_is_one_of_its_own_and_no_full_view() -> None:
    nameless = [{key: value for key, value in answer.items() if key != "UDID"} for answer in apple_responses(IPHONE)]
    raw = plist(nameless)
    assert apple_apps.recognise("x.plist", raw)
    first, second, third = responses.devices(raw)
    assert [app.identifier for app in first.facts.apps] == ["org.example.notes"]
    assert row(first, "apps")[0] == "partial"
    assert (second.facts.apps, third.facts.device.serial) == ((), "F2LXK0ABCD12")


@pytest.mark.parametrize("write", [plist, encoded])
def test_a_list_taken_out_of_its_response_is_recognised_and_no_full_view(
    write: Callable[..., bytes],
) -> None:
    raw = write(APPS)
    assert apple_apps.recognise("capture.bin", raw)
    (found,) = responses.devices(raw)
    assert [app.identifier for app in found.facts.apps] == ["org.example.notes"]
    assert row(found, "apps")[0] == "partial"
    assert apple_profiles.recognise("capture.bin", write({"ProfileList": profile_list()}))


def test_a_manager_that_writes_udids_in_small_letters_means_the_same_device() -> None:
    first, *others = apple_responses(IPHONE)
    assert one(first, *({**answer, "UDID": UDID.lower()} for answer in others)).facts == one(first, *others).facts


def event(payload: bytes, kind: str = "acknowledge_event") -> dict[str, object]:
    carried = {"udid": UDID, "raw_payload": base64.b64encode(payload).decode()}
    return {"topic": "mdm.Connect", "event_id": "", "created_at": "2026-11-20T08:00:00Z", kind: carried}


@pytest.mark.parametrize("kind", ["acknowledge_event", "checkin_event"])
def test_responses_that_a_webhook_delivered_are_read(kind: str) -> None:
    raw = encoded([event(plist(answer), kind) for answer in apple_responses(IPHONE)])
    assert apple_profiles.recognise("capture.bin", raw)
    (found,) = responses.devices(raw)
    assert found.facts == one(*apple_responses(IPHONE)).facts


@pytest.mark.parametrize("payload", ["%%%", "AAAA", base64.b64encode(b"<plist>").decode()])
def test_a_broken_delivery_is_an_error_and_not_a_device_without_apps(payload: str) -> None:
    raw = encoded({"acknowledge_event": {"raw_payload": payload}})
    with pytest.raises(ParseError):
        tuple(responses.devices(raw))


def test_what_was_delivered_before_a_broken_event_is_not_lost() -> None:
    events = [event(plist(answer)) for answer in apple_responses(IPHONE)]
    given: list[Export] = []
    with pytest.raises(ParseError, match="no base 64"):
        given.extend(responses.devices(encoded([*events, {"acknowledge_event": {"raw_payload": "%%%"}}])))
    assert given == [one(*apple_responses(IPHONE))]


def test_a_mac_does_not_say_which_folders_it_searched() -> None:
    assert row(one(*apple_responses(MAC, MAC_UDID)), "apps")[0] == "partial"


def test_user_enrolment_shows_managed_apps_only() -> None:
    answers = [{**one, "EnrollmentID": one["UDID"]} for one in apple_responses(IPHONE)]
    for answer in answers:
        del answer["UDID"]
    assert row(one(*answers), "apps")[:2] == ("partial", "managed apps only")
    status = {"ManagementStatus": {"IsUserEnrollment": True}}
    found = one(*apple_responses(IPHONE), apple_response(IPHONE, UDID, SecurityInfo=status))
    assert row(found, "apps")[:2] == ("partial", "managed apps only")


@pytest.mark.parametrize("limit", [{"ManagedAppsOnly": True}, {"Identifiers": ["org.example.notes"]}])
def test_a_command_that_asked_for_some_apps_makes_its_response_partial(limit: dict[str, object]) -> None:
    response = apple_response(IPHONE, UDID, **APPS)
    command = {
        "CommandUUID": response["CommandUUID"],
        "Command": {"RequestType": "InstalledApplicationList", **limit},
    }
    assert row(one(response), "apps")[0] == "observed"
    assert row(one(command, response), "apps")[0] == "partial"
    whole = {**response, "CommandUUID": "another"}
    assert row(one(command, response, whole), "apps")[0] == "observed"


def test_from_ios_26_on_a_list_without_apples_apps_was_asked_for_some_only() -> None:
    new = replace(IPHONE, version="26.1")
    bare, full = with_programs(new), with_programs(new, Program(id="com.apple.Preferences", name="Settings"))
    assert row(one(*apple_responses(bare)), "apps")[:2] == ("partial", responses.LIMITED)
    assert row(one(*apple_responses(full)), "apps")[:2] == ("observed", None)


def test_an_empty_list_proves_nothing() -> None:
    assert row(one(apple_response(IPHONE, UDID, InstalledApplicationList=[])), "apps")[0] == "partial"


@pytest.mark.parametrize("entry", [5, {}, {"Version": "1"}, {"Identifier": 7}])
def test_an_entry_that_is_no_app_makes_the_list_broken(entry: object) -> None:
    answer = apple_response(IPHONE, UDID, InstalledApplicationList=[*installed_applications(IPHONE), entry])
    assert row(one(answer), "apps")[:2] == ("partial", "1 entries of the list are broken")


def test_managed_apps_are_not_all_apps() -> None:
    listed = {
        "a.managed": {"Status": "Managed"},
        "a.removed": {"Status": "ManagedButUninstalled"},
        "a.queued": {"Status": "Queued"},
        "a.rejected": {"Status": "UserRejected"},
        "a.unknown": {},
    }
    found = one(apple_response(IPHONE, UDID, ManagedApplicationList=listed))
    assert [(app.identifier, app.state) for app in found.facts.apps] == [
        ("a.managed", "installed"),
        ("a.removed", "removed-trace"),
        ("a.unknown", "installed"),
    ]
    assert row(found, "apps")[:2] == ("partial", "managed apps only")
    both = one(apple_response(IPHONE, UDID, ManagedApplicationList=listed), apple_response(IPHONE, UDID, **APPS))
    assert row(both, "apps")[0] == "observed"
    assert "a.managed" in [app.identifier for app in both.facts.apps]


def test_profiles_tell_of_accounts_and_links_but_not_of_all() -> None:
    found = one(apple_response(IPHONE, UDID, ProfileList=profile_list()))
    assert [account.type for account in found.facts.accounts] == ["com.apple.account.Exchange"]
    assert {link.kind for link in found.facts.links} == {"vpn", "mdm"}
    assert [link.kind for link in found.facts.links].count("mdm") == 1
    for section in ("accounts", "links"):
        assert row(found, section)[0] == "partial"
    assert row(found, "apps")[0] == "unsupported"


def test_whoever_answers_commands_is_managed() -> None:
    found = one(apple_response(IPHONE, UDID, **APPS))
    assert found.facts.links == (Link(kind="mdm", target=None, profile="0"),)
    for section in ("accounts", "links"):
        assert row(found, section)[0] == "unsupported"


@pytest.mark.parametrize(
    ("udid", "answer", "platform"),
    [
        ("a" * 40, {}, "ios"),
        (UDID, {}, "ios"),
        (MAC_UDID, {}, "macos"),
        ("x", {}, None),
        ("x", {"SecurityInfo": {"FDE_Enabled": True}}, "macos"),
        ("x", {"InstalledApplicationList": installed_applications(IPHONE)}, "ios"),
        ("a" * 40, {"QueryResponses": {"ProductName": "Mac14,2"}}, "macos"),
        (MAC_UDID, {"QueryResponses": {"ProductName": "iPad13,1"}}, "ios"),
    ],
)
def test_what_tells_the_system(udid: str, answer: dict[str, object], platform: str | None) -> None:
    found = one(apple_response(IPHONE, udid, **{"SecurityInfo": {}, **answer}))
    assert found.facts.device.platform == platform


def test_a_device_of_an_unknown_system_was_not_fully_seen() -> None:
    bare = [{"Identifier": "a.b", "Name": "B"}]
    assert row(one(apple_response(IPHONE, "x", InstalledApplicationList=bare)), "apps")[0] == "partial"


def test_a_check_in_tells_the_device() -> None:
    check_in = {
        "MessageType": "Authenticate",
        "UDID": UDID,
        "SerialNumber": "F2L",
        "OSVersion": "17",
        "ProductName": "iPad2,5",
    }
    raw = plist(check_in)
    assert apple_profiles.recognise("x.plist", raw)
    assert not apple_apps.recognise("x.plist", raw)
    (found,) = responses.devices(raw)
    assert (found.facts.device.serial, found.facts.device.form_factor) == ("F2L", "tablet")


@pytest.mark.parametrize(
    "value",
    [
        {"UDID": UDID, "Status": "NotNow", "CommandUUID": "x"},
        {"CommandUUID": "x", "Command": {"RequestType": "InstalledApplicationList"}},
        [1, "x"],
        "text",
    ],
    ids=["not now", "command", "no dictionaries", "no dictionary"],
)
def test_plists_without_an_answer_of_a_device_are_refused(value: object) -> None:
    with pytest.raises(ParseError, match="no response of a device"):
        list(responses.devices(plist(value)))


@pytest.mark.parametrize("between", [b"", b"\n"])
def test_plists_that_a_server_wrote_one_after_the_other_are_all_read(between: bytes) -> None:
    dump = between.join(map(plist, apple_responses(IPHONE)))
    assert apple_apps.recognise("dump", dump)
    assert apple_apps.parse(FileSet(files={"main": dump})) == one(*apple_responses(IPHONE)).facts
    given: list[Export] = []
    with pytest.raises(ParseError):
        given.extend(responses.devices(dump + b"<?xml version='1.0'?><plist><dict>"))
    assert given == [one(*apple_responses(IPHONE))]


def test_a_broken_file_among_others_is_told_last() -> None:
    given: list[Export] = []
    with pytest.raises(ParseError):
        given.extend(responses.devices(plist(apple_responses(IPHONE)), b"<?xml version='1.0'?><plist>"))
    assert len(given) == 1


def test_broken_files() -> None:
    assert_survives(apple_apps, "apps.plist", plist(apple_response(IPHONE, UDID, **APPS)))
    assert_survives(apple_apps, "apps.plist", plist(apple_responses(IPHONE), binary=True))
    managed = {"a.managed": {"Status": "Managed"}, "a.removed": {"Status": "ManagedButUninstalled"}}
    assert_survives(apple_apps, "managed.plist", plist(apple_response(IPHONE, UDID, ManagedApplicationList=managed)))
    assert_survives(apple_apps, "apps.json", encoded(apple_responses(MAC, MAC_UDID)))
    assert_survives(apple_profiles, "profiles.plist", plist(apple_response(IPHONE, UDID, ProfileList=profile_list())))


def test_a_profile_of_its_own_is_no_response() -> None:
    profile = plist({"PayloadType": "Configuration", "PayloadContent": profile_list()[0]["PayloadContent"]})
    assert not apple_profiles.recognise("x.mobileconfig", profile)


def test_parse_shows_what_a_file_tells() -> None:
    files = FileSet(files={"main": plist(apple_responses(IPHONE))})
    assert apple_apps.parse(files) == apple_profiles.parse(files) == one(*apple_responses(IPHONE)).facts
