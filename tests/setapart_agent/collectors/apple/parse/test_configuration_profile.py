import plistlib
from typing import Any

import pytest

from cms_maker import der, signed
from setapart_agent.collectors.apple.parse import configuration_profile as parser
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts

KINDS = tuple(
    f"com.apple.{name}"
    for name in (
        "eas.account", "vpn.managed", "sso", "extensiblesso", "security.scep", "wifi.managed", "relay.managed", "mdm",
        "webClip.managed", "applicationaccess", "DirectoryService.managed",
    )
)  # fmt: skip


def profile(*payloads: dict[str, Any]) -> dict[str, Any]:
    return {"PayloadType": "Configuration", "PayloadIdentifier": "example.profile", "PayloadContent": list(payloads)}


def facts(*payloads: dict[str, Any]) -> Facts:
    raw = plistlib.dumps(profile(*payloads))
    assert parser.is_profile(raw)
    return parser.facts_of(parser.read_profile(raw), "0")


def only(*payloads: dict[str, Any]) -> AccountFact:
    (account,) = facts(*payloads).accounts
    return account


def links(*payloads: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(link.kind, link.target) for link in facts(*payloads).links]


@pytest.mark.parametrize(
    ("payload", "kind", "services", "domain", "host"),
    [
        (
            {"PayloadType": "com.apple.mail.managed", "EmailAccountType": "EmailTypeIMAP",
             "EmailAddress": "p@a.example", "IncomingMailServerHostName": "imap.a.example"},
            "IMAP", ("mail",), "a.example", "imap.a.example",
        ),
        (
            {"PayloadType": "com.apple.mail.managed", "EmailAccountType": "EmailTypePOP",
             "IncomingMailServerUsername": "p@a.example", "IncomingMailServerHostName": "pop.a.example"},
            "POP", ("mail",), "a.example", "pop.a.example",
        ),
        (
            {"PayloadType": "com.apple.eas.account", "EmailAddress": "p@a.example", "Host": "eas.a.example"},
            "Exchange", ("mail", "calendar", "contacts"), "a.example", "eas.a.example",
        ),
        (
            {"PayloadType": "com.apple.eas.account", "Host": "eas.a.example", "UserName": "p@a.example",
             "EnableMail": False, "EnableContacts": True, "EnableNotes": True},
            "Exchange", ("calendar", "contacts"), "a.example", "eas.a.example",
        ),
        (
            {"PayloadType": "com.apple.ews.account", "UserName": "agency.example\\person",
             "ExternalHost": "ews.b.example"},
            "Exchange", ("mail", "calendar", "contacts"), "agency.example", "ews.b.example",
        ),
        (
            {"PayloadType": "com.apple.caldav.account", "CalDAVUsername": "p", "CalDAVHostName": "dav.a.example"},
            "CalDAV", ("calendar",), None, "dav.a.example",
        ),
        (
            {"PayloadType": "com.apple.carddav.account", "CardDAVUsername": "p@a.example",
             "CardDAVPrincipalURL": "https://dav.a.example:8443/p/"},
            "CardDAV", ("contacts",), "a.example", "dav.a.example",
        ),
        (
            {"PayloadType": "com.apple.ldap.account", "LDAPAccountHostName": "ldap.a.example"},
            "LDAP", ("contacts",), None, "ldap.a.example",
        ),
        (
            {"PayloadType": "com.apple.google-oauth", "EmailAddress": "p@a.example", "AccountName": "P"},
            "Google", ("mail", "calendar", "contacts"), "a.example", None,
        ),
        (
            {"PayloadType": "com.apple.subscribedcalendar.account",
             "SubCalAccountHostName": "https://cal.a.example/team.ics"},
            "SubscribedCalendar", ("calendar",), None, "cal.a.example",
        ),
    ],
)  # fmt: skip
def test_accounts_are_what_the_device_will_call_them(
    payload: dict[str, Any], kind: str, services: tuple[str, ...], domain: str | None, host: str | None
) -> None:
    found = only(payload)
    assert (found.type, found.services, found.domain, found.host) == (
        f"com.apple.account.{kind}",
        services,
        domain,
        host,
    )


def test_the_tenant_of_a_modern_exchange_account() -> None:
    payload = {"PayloadType": "com.apple.eas.account", "Host": "outlook.office365.com", "OAuth": True}
    url = "https://login.microsoftonline.com/{}/oauth2/v2.0/authorize"
    assert only(payload | {"OAuthSignInURL": url.format("Agency.Example")}).tenant == "agency.example"
    assert only(payload | {"OAuthSignInURL": url.format("common")}).tenant is None
    assert only(payload | {"OAuthSignInURL": "https://elsewhere.example/agency/"}).tenant is None


@pytest.mark.parametrize(
    ("payload", "link"),
    [
        ({"PayloadType": "com.apple.mdm", "ServerURL": "https://mdm.a.example/x"}, ("mdm", "mdm.a.example")),
        ({"PayloadType": "com.apple.mdm", "AssignedManagedAppleID": "p@a.example"}, ("mdm", "a.example")),
        (
            {"PayloadType": "com.apple.vpn.managed", "VPNType": "IKEv2", "IKEv2": {"RemoteAddress": "vpn.a.example"}},
            ("vpn", "vpn.a.example"),
        ),
        (
            {"PayloadType": "com.apple.vpn.managed", "VPNType": "L2TP", "PPP": {"CommRemoteAddress": "vpn.a.example"}},
            ("vpn", "vpn.a.example"),
        ),
        (
            {"PayloadType": "com.apple.vpn.managed.applayer", "VPN": {"RemoteAddress": "v.a.example"}},
            ("vpn", "v.a.example"),
        ),
        ({"PayloadType": "com.apple.vpn.managed", "VPNType": "VPN"}, ("vpn", None)),
        (
            {"PayloadType": "com.apple.relay.managed", "Relays": [{"HTTP3RelayURL": "https://r.a.example/"}]},
            ("vpn", "r.a.example"),
        ),
        (
            {"PayloadType": "com.apple.wifi.managed", "SSID_STR": "x",
             "EAPClientConfiguration": {"TLSTrustedServerNames": ["*.radius.a.example"]}},
            ("wifi-enterprise", "radius.a.example"),
        ),
        (
            {"PayloadType": "com.apple.wifi.managed", "EAPClientConfiguration": {"UserName": "p@b.example"}},
            ("wifi-enterprise", "b.example"),
        ),
        (
            {"PayloadType": "com.apple.firstactiveethernet.managed",
             "EAPClientConfiguration": {"TLSTrustedServerNames": ["radius.a.example"]}},
            ("wifi-enterprise", "radius.a.example"),
        ),
        ({"PayloadType": "com.apple.sso", "Kerberos": {"Realm": "CORP.A.EXAMPLE"}}, ("kerberos", "corp.a.example")),
        (
            {"PayloadType": "com.apple.extensiblesso", "Realm": "CORP.A.EXAMPLE",
             "ExtensionIdentifier": "com.apple.AppSSOKerberos.KerberosExtension"},
            ("kerberos", "corp.a.example"),
        ),
        (
            {"PayloadType": "com.apple.extensiblesso", "ExtensionIdentifier": "com.idp.sso", "Type": "Redirect",
             "URLs": ["https://login.a.example/"]},
            ("sso", "login.a.example"),
        ),
        ({"PayloadType": "com.apple.security.pkcs12", "PayloadContent": b"\x30"}, ("certificate", None)),
        (
            {"PayloadType": "com.apple.security.scep", "PayloadContent": {"URL": "https://scep.a.example/x"}},
            ("certificate", "scep.a.example"),
        ),
        (
            {"PayloadType": "com.apple.security.acme", "DirectoryURL": "https://acme.a.example/dir"},
            ("certificate", "acme.a.example"),
        ),
        (
            {"PayloadType": "com.apple.DirectoryService.managed", "HostName": "ad.a.example"},
            ("directory-join", "ad.a.example"),
        ),
    ],
)  # fmt: skip
def test_links(payload: dict[str, Any], link: tuple[str, str | None]) -> None:
    assert links(payload) == [link]


@pytest.mark.parametrize(
    "payload",
    [
        {"PayloadType": "com.apple.wifi.managed", "SSID_STR": "home", "EncryptionType": "WPA2", "Password": "x"},
        {"PayloadType": "com.apple.vpn.managed.appmapping", "AppLayerVPNMapping": []},
        {"PayloadType": "com.apple.security.root", "PayloadContent": b"\x30"},
        {"PayloadType": "com.apple.mobiledevice.passwordpolicy", "minLength": 6},
        {"PayloadType": "com.apple.applicationaccess", "allowSiri": False},
        {"PayloadType": "org.example.own", "Host": "a.example"},
        {"PayloadType": 5},
    ],
)
def test_payloads_that_tie_to_nobody_give_nothing(payload: dict[str, Any]) -> None:
    assert facts(payload) == Facts()


def test_web_clips_are_web_apps_by_their_origin() -> None:
    (app,) = facts(
        {"PayloadType": "com.apple.webClip.managed", "URL": "https://www.tiktok.com/foryou?x=1", "Label": "Clips"}
    ).apps
    assert (app.identifier, app.name, app.kind, app.source) == ("https://www.tiktok.com", "Clips", "web-app", "mdm")


@pytest.mark.parametrize("key", ["blockedAppBundleIDs", "blacklistedAppBundleIDs"])
def test_blocked_apps_are_enforcement_by_the_manager(key: str) -> None:
    (block,) = facts({"PayloadType": "com.apple.applicationaccess", key: ["com.zhiliaoapp.musically", 5]}).enforcement
    assert (block.identifiers, block.by) == (("com.zhiliaoapp.musically",), "mdm")


def test_profiles_as_macos_prints_them_and_as_managers_list_them() -> None:
    payload = {"PayloadType": "com.apple.eas.account", "PayloadContent": {"Host": "eas.a.example"}}
    printed = {"_computerlevel": [{"ProfileIdentifier": "x", "ProfileItems": [payload]}]}
    assert [one.host for one in parser.facts_of(printed, "501").accounts] == ["eas.a.example"]
    listed = {"ProfileList": [profile({"PayloadType": "com.apple.eas.account", "PayloadIdentifier": "x"})]}
    (account,) = parser.facts_of(listed, "0").accounts
    assert (account.type, account.host, account.domain) == ("com.apple.account.Exchange", None, None)


def test_what_all_profiles_enforce_together() -> None:
    truth = {"union": {"blockedAppBundleIDs": {"values": ["org.telegram.messenger"]}}}
    (block,) = parser.facts_of_device_file(truth, "0").enforcement
    assert block.identifiers == ("org.telegram.messenger",)


@pytest.mark.parametrize(
    ("value", "targets"),
    [
        ({"ServerURL": "https://mdm.a.example/x", "Topic": "com.apple.mgmt.x"}, ["mdm.a.example"]),
        ({"ConfigurationURL": "https://dep.a.example/", "OrganizationName": "Agency"}, ["dep.a.example"]),
        ({"CloudConfigurationUIComplete": True, "IsSupervised": False}, []),
        ({"ServerURL": "https://a.example/"}, []),
    ],
)
def test_the_managers_server_beside_the_profiles(value: dict[str, Any], targets: list[str]) -> None:
    assert [link.target for link in parser.facts_of_device_file(value, "0").links] == targets


def test_the_identifiers_of_installed_profiles() -> None:
    manifest = {"OrderedProfiles": ["a", "b", 5], "HiddenProfiles": ["c", "a"]}
    assert parser.listed_profiles(manifest) == ("a", "b", "c")
    assert parser.listed_profiles({"OrderedProfiles": 7}) == ()


def test_a_signed_profile_is_taken_out_of_its_signature() -> None:
    made = plistlib.dumps(profile({"PayloadType": "com.apple.mdm", "ServerURL": "https://mdm.a.example/"}))
    raw = signed(der(0x04, made))
    assert parser.is_profile(raw)
    assert [link.target for link in parser.facts_of(parser.read_profile(raw), "0").links] == ["mdm.a.example"]


def test_an_encrypted_profile_is_an_error_and_not_empty() -> None:
    with pytest.raises(ParseError, match="encrypted"):
        parser.read_profile(plistlib.dumps({"PayloadType": "Configuration", "EncryptedPayloadContent": b"x"}))


def test_wrong_types_in_payloads_are_survived() -> None:
    for kind in KINDS:
        for wrong in (5, [1], b"x", True, {"a": 1}):
            payload = dict.fromkeys(
                ("Host", "EmailAddress", "IKEv2", "Kerberos", "URLs", "Hosts", "URL", "Relays"), wrong
            )
            facts({"PayloadType": kind, "PayloadContent": wrong, "EAPClientConfiguration": wrong, **payload})


def test_a_network_that_somebody_else_runs_leads_to_whose_name_opens_it_too() -> None:
    client = {"TLSTrustedServerNames": ["radius.provider.example"], "UserName": "p@agency.example"}
    facts = parser.facts_of([{"PayloadType": "com.apple.wifi.managed", "EAPClientConfiguration": client}], "0")
    assert [link.target for link in facts.links] == ["radius.provider.example", "agency.example"]


def test_a_sign_on_for_several_services_leads_to_each() -> None:
    payload = {
        "PayloadType": "com.apple.extensiblesso",
        "ExtensionIdentifier": "org.example.sso",
        "URLs": ["https://login.provider.example/", "https://sso.agency.example/"],
        "Hosts": [".agency.example"],
    }
    assert [link.target for link in parser.facts_of([payload], "0").links] == [
        "login.provider.example",
        "sso.agency.example",
        "agency.example",
    ]


def test_an_account_with_a_server_inside_and_one_outside_is_told_by_both() -> None:
    payload = {"PayloadType": "com.apple.ews.account", "Host": "mail.corp.local", "ExternalHost": "mail.agency.example"}
    hosts = [account.host for account in parser.facts_of([payload], "0").accounts]
    assert hosts == ["mail.corp.local", "mail.agency.example"]
