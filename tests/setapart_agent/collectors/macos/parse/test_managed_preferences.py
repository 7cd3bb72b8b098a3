import pytest

from hostile_files import assert_survives, parsed
from macos_tree import xml
from setapart_agent.collectors.macos.parse import managed_preferences
from setapart_evidence.model import Link


def links(values: object) -> list[tuple[str, str | None]]:
    return [(link.kind, link.target) for link in parsed(managed_preferences, xml(values)).links]


def test_single_sign_on_of_the_platform() -> None:
    kerberos = {
        "ExtensionIdentifier": "com.apple.AppSSOKerberos.KerberosExtension",
        "Type": "Credential",
        "Realm": "CORP.EXAMPLE",
    }
    redirect = {
        "ExtensionIdentifier": "com.example.sso",
        "Type": "Redirect",
        "URLs": ["https://login.corp.example"],
    }
    assert links(kerberos) == [("kerberos", "corp.example")]
    assert links(redirect) == [("sso", "login.corp.example")]


def test_nomad_and_jamf_connect() -> None:
    assert links({"ADDomain": "corp.example", "KerberosRealm": "CORP.EXAMPLE"}) == [("kerberos", "corp.example")]
    assert links({"IdPSettings": {"OIDCProvider": "Azure", "ROPGTenant": "Tenant-7"}}) == [("sso", "tenant-7")]
    assert links({"OIDCProvider": "Custom", "OIDCDiscoveryURL": "https://id.corp.example/x"}) == [
        ("sso", "id.corp.example")
    ]


def test_settings_that_tie_to_nobody() -> None:
    assert links({"SignCommand": "Sign in", "Appearance": {"ShowWelcomeWindow": False}}) == []


def test_recognised_by_name_alone() -> None:
    assert managed_preferences.recognise("/Library/Managed Preferences/com.jamf.connect.login.plist", xml({}))
    assert not managed_preferences.recognise("com.example.plist", xml({"ADDomain": "corp.example"}))


@pytest.mark.parametrize("value", [7, [], "x", {"ADDomain": 7}])
def test_odd_types_end_in_facts(value: object) -> None:
    assert links({"ADDomain": [], "OIDCTenant": 7, "URLs": 7, "x": value}) == []


def test_a_domain_is_a_realm() -> None:
    facts = parsed(managed_preferences, xml({"ADDomain": "corp.example."}))
    assert facts.links == (Link(kind="kerberos", target="corp.example", profile="1000"),)


def test_broken_files_end_in_our_error() -> None:
    assert_survives(managed_preferences, "com.trusourcelabs.NoMAD.plist", xml({"ADDomain": "corp.example"}))
