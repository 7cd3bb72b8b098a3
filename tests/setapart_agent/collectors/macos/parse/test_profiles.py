import json

import pytest

from hostile_files import assert_survives, parsed
from macos_tree import xml
from setapart_agent.collectors.macos.parse import profiles
from setapart_agent.errors import ParseError

EXCHANGE = {"Host": "mail.corp.example", "EmailAddress": "ann@corp.example"}
MDM = {"ServerURL": "https://mdm.corp.example/x", "AccessRights": 8191}
SHOWN = {
    "_computerlevel": [
        {
            "ProfileIdentifier": "example.mdm",
            "ProfileItems": [{"PayloadType": "com.apple.mdm", "PayloadContent": MDM}],
        }
    ],
    "ann": [{"ProfileItems": [{"PayloadType": "com.apple.ews.account", "PayloadContent": EXCHANGE}]}],
}
MDM_TEXT = '{\n    AccessRights = 8191;\n    ServerURL = "https://mdm.corp.example/x";\n}'
EXCHANGE_TEXT = '{ Host = "mail.corp.example"; EmailAddress = "ann@corp.example"; }'
SECTIONS = [
    {
        "_name": "spconfigprofile_section_deviceconfigprofiles",
        "_items": [
            {
                "_name": "Management",
                "_items": [
                    {"_name": "com.apple.mdm", "spconfigprofile_payload_data": MDM_TEXT},
                    {"_name": "com.apple.ews.account", "spconfigprofile_payload_data": EXCHANGE_TEXT},
                ],
            }
        ],
    }
]
FORMS = {
    "profiles": xml(SHOWN),
    "system_profiler xml": xml([{"_dataType": "SPConfigurationProfileDataType", "_items": SECTIONS}]),
    "system_profiler json": json.dumps({"SPConfigurationProfileDataType": SECTIONS}).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_the_same(form: str) -> None:
    assert profiles.recognise("x", FORMS[form])
    facts = parsed(profiles, FORMS[form])
    assert [(one.type, one.domain, one.host) for one in facts.accounts] == [
        ("com.apple.account.Exchange", "corp.example", "mail.corp.example")
    ]
    assert [(one.kind, one.target) for one in facts.links] == [("mdm", "mdm.corp.example")]
    assert facts.coverage == ()


def test_profiles_by_who_has_them() -> None:
    assert list(profiles.by_owner(FORMS["profiles"])) == ["_computerlevel", "ann"]
    assert profiles.by_owner(b"There are no configuration profiles installed in the system domain\n") == {}


def test_a_profile_that_says_there_are_none_hides_no_other() -> None:
    joker = {"PayloadDescription": "There are no configuration profiles", "ProfileItems": []}
    assert list(profiles.by_owner(xml({**SHOWN, "bob": [joker]}))) == ["_computerlevel", "ann", "bob"]


@pytest.mark.parametrize("content", [b"", b"profiles: root user required", xml([])])
def test_another_answer_is_no_list(content: bytes) -> None:
    with pytest.raises(ParseError):
        profiles.by_owner(content)


def test_a_payload_that_can_not_be_read_is_said_and_still_one() -> None:
    content = FORMS["system_profiler json"].replace(b"AccessRights = 8191;", b"AccessRights = ;")
    facts = parsed(profiles, content)
    assert {(row.section, row.status, row.reason) for row in facts.coverage} == {
        ("accounts", "partial", profiles.DAMAGE),
        ("links", "partial", profiles.DAMAGE),
    }
    assert [(one.kind, one.target) for one in facts.links] == [("mdm", None)]
    assert len(facts.accounts) == 1


@pytest.mark.parametrize("value", [7, "x", [7, None, [[]]], {"_items": 7, "_name": 8}])
def test_odd_types_end_in_facts(value: object) -> None:
    parsed(profiles, json.dumps({"SPConfigurationProfileDataType": value}))


def test_broken_files_end_in_our_error() -> None:
    for content in FORMS.values():
        assert_survives(profiles, "profiles", content)
