import json

import pytest

from hostile_files import assert_survives, parsed
from macos_tree import binary, xml
from setapart_agent.collectors.macos.parse import system_profiler
from setapart_agent.errors import ParseError
from setapart_evidence.identifiers import keys_of

TEXT = """Applications:

    Calendrier:

      Version: 11.0
      Obtained from: Apple
      Signed by: Software Signing, Apple Code Signing Certification Authority, Apple Root CA
      Location: /System/Applications/Calendar.app

    Note: Taker:

      Version: 4.2 build 7
      Obtained from: Identified Developer
      Last Modified: 24/04/2024 09:37
      Signed by: Developer ID Application: Foo, Inc. (ABCDE12345), Developer ID Certification Authority, Apple Root CA
      Location: /Users/ada/Applications/Note: Taker.app
      Get Info String: 4.2,
Copyright 2024
M. W. Davis

    Wish:

      Location: /usr/bin/Wish.app

"""
ITEMS = [
    {
        "_name": "Calendrier",
        "path": "/System/Applications/Calendar.app",
        "signed_by": ["Software Signing", "Apple Root CA"],
        "version": "11.0",
    },
    {
        "_name": "Note: Taker",
        "info": "4.2,\nCopyright 2024",
        "path": "/Users/ada/Applications/Note: Taker.app",
        "signed_by": ["Developer ID Application: Foo, Inc. (ABCDE12345)", "Developer ID Certification Authority"],
        "version": "4.2 build 7",
    },
    {"_name": "Wish", "path": "/usr/bin/Wish.app"},
]
TREE = [{"_dataType": "SPApplicationsDataType", "_items": ITEMS, "_properties": {"_name": {"_isColumn": "YES"}}}]
FORMS = {
    "text": TEXT.encode(),
    "text with CRLF": TEXT.replace("\n", "\r\n").encode(),
    "xml": xml(TREE),
    "binary": binary(TREE),
    "json": json.dumps({"SPApplicationsDataType": ITEMS}).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_the_same(form: str) -> None:
    facts = parsed(system_profiler, FORMS[form])
    assert [(app.identifier, app.name, app.version, app.publisher) for app in facts.apps] == [
        ("/System/Applications/Calendar.app", "Calendrier", "11.0", None),
        ("~/Applications/Note: Taker.app", "Note: Taker", "4.2 build 7", "team:ABCDE12345"),
        ("/usr/bin/Wish.app", "Wish", None, None),
    ]
    assert {app.kind for app in facts.apps} == {"native"}
    assert facts.device.platform == "macos"


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_recognised(form: str) -> None:
    assert system_profiler.recognise("report", FORMS[form])


def test_no_form_names_bundles_so_that_apps_are_seen_in_part_only() -> None:
    facts = parsed(system_profiler, TEXT)
    assert [(row.section, row.status, row.reason) for row in facts.coverage] == [
        ("apps", "partial", system_profiler.NO_IDENTIFIERS)
    ]


def test_a_publisher_is_a_key_that_needs_no_bundle_identifier() -> None:
    app = parsed(system_profiler, TEXT).apps[1]
    assert "team:ABCDE12345" in keys_of("macos", app)


def test_no_folder_of_a_user_is_named() -> None:
    paths = ("/Users/ada/Library/x.app", "/System/Volumes/Data/Users/ada/x.app")
    apps = parsed(system_profiler, xml([{"_dataType": "SPApplicationsDataType", "_items": [
        {"_name": "x", "path": path} for path in paths
    ]}])).apps  # fmt: skip
    assert [app.identifier for app in apps] == ["~/Library/x.app", "~/x.app"]


@pytest.mark.parametrize(
    "certificate",
    [
        "Apple Development: Ada L (ABCDE12345)",
        "3rd Party Mac Developer Application: X (ABCDE12345)",
        "Apple Mac OS Application Signing",
        "Developer ID Application: X (short)",
        "x Developer ID Application: X (ABCDE12345)",
    ],
)
def test_only_a_developer_id_names_a_team(certificate: str) -> None:
    items = [{"_name": "x", "path": "/x.app", "signed_by": [certificate]}]
    (app,) = parsed(system_profiler, json.dumps({"SPApplicationsDataType": items})).apps
    assert app.publisher is None


def test_what_an_app_says_of_itself_hides_no_app_below_it() -> None:
    faked = TEXT.replace("4.2,\nCopyright 2024", "4.2\n\nAudio:\n\nby us")
    assert len(parsed(system_profiler, faked).apps) == 3


def test_other_sections_of_a_whole_report_are_no_apps() -> None:
    more = (
        "Hardware:\n\n    Hardware Overview:\n\n      Model Name: MacBook Pro\n      Model Identifier: Mac14,7\n"
        "      Serial Number (system): C02XYZ\n\nFrameworks:\n\n    AppKit:\n\n"
        "      Location: /System/Library/Frameworks/AppKit.framework\n\n"
    )
    facts = parsed(system_profiler, more + TEXT)
    assert len(facts.apps) == 3
    assert (facts.device.model, facts.device.serial, facts.device.form_factor) == ("Mac14,7", "C02XYZ", "laptop")


def test_hardware_and_system_of_a_report_in_json() -> None:
    report = {
        "SPHardwareDataType": [{"_name": "hw", "machine_name": "Mac mini", "machine_model": "Mac14,3"}],
        "SPSoftwareDataType": [{"_name": "os", "os_version": "macOS 14.4.1 (23E224)"}],
    }
    facts = parsed(system_profiler, json.dumps(report))
    assert (facts.device.os_version, facts.device.form_factor) == ("14.4.1", "desktop")
    assert facts.apps == facts.coverage == ()


def test_an_app_without_a_path_is_said() -> None:
    facts = parsed(system_profiler, json.dumps({"SPApplicationsDataType": [{"_name": "x"}, *ITEMS]}))
    assert ("partial", "an app without a path") in {(row.status, row.reason) for row in facts.coverage}


@pytest.mark.parametrize(
    "items", [7, "x", [7, None, "x", []], [{"_name": 7, "path": 8, "signed_by": 9, "version": []}], {"_name": []}]
)
def test_odd_types_end_in_facts_or_our_error(items: object) -> None:
    for content in (json.dumps({"SPApplicationsDataType": items}), json.dumps([items]), json.dumps({"x": items})):
        try:
            parsed(system_profiler, content)
        except ParseError:
            continue


def test_broken_files_end_in_our_error() -> None:
    for form in ("text", "xml", "json"):
        assert_survives(system_profiler, "SPApplicationsDataType", FORMS[form])
