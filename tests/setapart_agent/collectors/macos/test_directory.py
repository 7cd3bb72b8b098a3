from pathlib import Path

import pytest

from macos_tree import RECORDS, TREES, MacTree, rows, xml
from setapart_agent.collectors.macos.directory import Directory

CONFIGURATIONS = "/Library/Preferences/OpenDirectory/Configurations"


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def mac(request: pytest.FixtureRequest, tmp_path: Path) -> MacTree:
    return MacTree(tmp_path, request.param)


def links(mac: MacTree) -> set[tuple[str, str, str | None]]:
    return {(link.profile, link.kind, link.target) for link in mac.collect(Directory()).links}


def test_joins_realms_and_sign_on(mac: MacTree) -> None:
    domain = {"node name": "/Active Directory/CORP", "module options": {"ActiveDirectory": {"domain": "ad.example"}}}
    mac.write(f"{CONFIGURATIONS}/Active Directory/CORP.plist", xml(domain))
    mac.write(f"{CONFIGURATIONS}/LDAPv3/ldap.plist", xml({"node name": "/LDAPv3/ldap.example", "module options": {}}))
    mac.write("/private/etc/krb5.conf", "[libdefaults]\n default_realm = KRB.EXAMPLE\n")
    sso = {"ExtensionIdentifier": "com.example.sso", "URLs": ["https://login.example.org"]}
    mac.write("/Library/Managed Preferences/com.apple.extensiblesso.plist", xml(sso))
    mac.write("Library/Preferences/com.trusourcelabs.NoMAD.plist", xml({"ADDomain": "nomad.example"}))
    assert links(mac) == {
        ("system", "directory-join", "ad.example"),
        ("system", "kerberos", "ad.example"),
        ("system", "directory-join", "ldap.example"),
        ("system", "kerberos", "krb.example"),
        ("system", "sso", "login.example.org"),
        (mac.ann, "kerberos", "nomad.example"),
    }
    assert {row[2] for row in rows(mac.collect(Directory()))} == {"observed"}


def test_a_user_of_an_organisations_sign_on(mac: MacTree) -> None:
    identities = ["X509:<T>CN=x", "PlatformSSO:ann@corp.example"]
    user = {"name": ["ann"], "uid": [mac.ann], "home": ["/Users/ann"], "altsecurityidentities": identities}
    mac.write(f"{RECORDS}/ann.plist", xml(user))
    assert links(mac) == {(mac.ann, "sso", "corp.example")}
    mac.write(f"{RECORDS}/ann.plist", xml({**user, "altsecurityidentities": ["PlatformSSO:", 7]}))
    assert links(mac) == {(mac.ann, "sso", None)}
    mac.write(f"{RECORDS}/ann.plist", b"bplist00")
    assert links(mac) == set()


def test_a_mac_that_nobody_joined(mac: MacTree) -> None:
    mac.write(f"{CONFIGURATIONS}/Local/Default.plist", xml({"node name": "/Local/Default", "module options": {}}))
    assert links(mac) == set()


def test_a_broken_binding_is_said(mac: MacTree) -> None:
    mac.write(f"{CONFIGURATIONS}/Active Directory/CORP.plist", b"bplist00")
    assert ("links", "system", "failed") in {row[:3] for row in rows(mac.collect(Directory()))}
