import plistlib

import pytest

from setapart_agent.collectors.ios.parse import profiles
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

PROFILE = {
    "PayloadType": "Configuration",
    "PayloadContent": [
        {"PayloadType": "com.apple.eas.account", "Host": "eas.a.example", "EmailAddress": "p@a.example"}
    ],
}


@pytest.mark.parametrize("form", [plistlib.FMT_BINARY, plistlib.FMT_XML])
@pytest.mark.parametrize("name", ["x.mobileconfig", "profile-00ff.stub", "anything"])
def test_a_profile_is_recognised_and_read(name: str, form: plistlib.PlistFormat) -> None:
    raw = plistlib.dumps(PROFILE, fmt=form)
    assert profiles.recognise(name, raw)
    assert [one.domain for one in profiles.parse(FileSet(files={"main": raw}, profile="0")).accounts] == ["a.example"]


@pytest.mark.parametrize(
    "value",
    [
        {"CommandUUID": "x", "Status": "Acknowledged", "ProfileList": [PROFILE]},
        {"_computerlevel": [{"ProfileItems": [{"PayloadType": "com.apple.eas.account", "PayloadContent": {}}]}]},
    ],
)
def test_answers_to_managers_and_lists_of_macs_are_other_kinds(value: dict[str, object]) -> None:
    assert not profiles.recognise("list.plist", plistlib.dumps(value))


def test_files_beside_the_profiles_are_read_by_the_same_parser() -> None:
    raw = plistlib.dumps({"ServerURL": "https://mdm.a.example/", "Topic": "com.apple.mgmt.x"})
    assert profiles.recognise("/x/MDM.plist", raw)
    (link,) = profiles.parse(FileSet(files={"main": raw}, profile="0")).links
    assert (link.kind, link.target) == ("mdm", "mdm.a.example")


@pytest.mark.parametrize("form", [plistlib.FMT_BINARY, plistlib.FMT_XML])
@pytest.mark.parametrize(
    "value",
    [
        {"OrderedProfiles": ["a"], "HiddenProfiles": []},
        {"restrictedBool": {}, "union": {}},
        {"CloudConfigurationUIComplete": True, "IsSupervised": False},
        {"ServerURL": "https://a.example", "Topic": "x", "AccessRights": 1},
    ],
)
def test_files_beside_the_profiles_are_recognised_under_other_names(
    value: dict[str, object], form: plistlib.PlistFormat
) -> None:
    assert profiles.recognise("capture.bin", plistlib.dumps(value, fmt=form))
    assert not profiles.recognise("capture.bin", plistlib.dumps({"CommandUUID": "x", **value}, fmt=form))


def test_broken_files_are_an_error() -> None:
    with pytest.raises(ParseError):
        profiles.parse(FileSet(files={"main": b"<plist>"}))
