"""One iPhone by its backup (plain, encrypted, flat), by its cable and by its managers: equal facts."""

import os
import plistlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import Fact, accounts, apps, assert_agree, assert_has_all, facts_of, identity, links, some, whole
from ios_backup_maker import PROFILE_FOLDER, PROFILES, accounts_db, healthy, info, web_clip, write_backup
from mdm_maker import (
    Machine,
    Program,
    apple_response,
    device_information,
    encoded,
    fleet_host,
    graph_device,
    installed_applications,
    plist,
)
from replay_usbmuxd import ReplayedPhone, replayed
from setapart_agent.facts import Facts

SERIAL, UDID = "F1234567890", "00008101-000A1B2C3D4E001E"
PASSWORD = "correct horse"
PLACES = {("apps", "0"), ("accounts", "0"), ("links", "0")}
USERS = st.sampled_from(["kari@agency.example", "patrol@social.example", "連絡先@dav.example", "AGENCY\\kari", None])
PROGRAMS = (
    Program(id="com.zhiliaoapp.musically", name="TikTok", version="36.1.0"),
    Program(id="ph.telegra.Telegraph", name="Telegram", version="11.2"),
    Program(id="org.example.Weather-2", name="Wetter: Süd", version="2"),
    Program(id="com.microsoft.Office.Outlook", name="Outlook", version="4.2438.0"),
)
CLIPS = (("https://www.tiktok.com/@agency", "Fun"), ("https://web.example:8443/x?y=1", "Wiki"))
KINDS = (
    ("com.apple.account.Exchange", {"DAAccountHost": "mail.agency.example"}),
    ("com.apple.account.Google", {}),
    ("com.apple.account.LDAP", {"Hostname": "ldap.agency.example"}),
    ("com.apple.account.IMAP", {"Hostname": "imap.social.example"}),
    ("com.apple.account.AppleAccount", {"DAAccountHost": "p57-caldav.icloud.com"}),
    ("org.example.unknown", {}),
)
CLASSES = ("Mail", "Calendars", "Contacts", "Notes")
PAYLOADS = (
    {"PayloadType": "com.apple.eas.account", "Host": "eas.agency.example", "EmailAddress": "kari@agency.example"},
    {"PayloadType": "com.apple.eas.account", "Host": "eas.agency.example", "EnableCalendars": False},
    {"PayloadType": "com.apple.caldav.account", "CalDAVHostName": "dav.agency.example", "CalDAVUsername": "kari"},
    {"PayloadType": "com.apple.vpn.managed", "VPNType": "IKEv2", "IKEv2": {"RemoteAddress": "vpn.agency.example"}},
    {"PayloadType": "com.apple.wifi.managed", "EAPClientConfiguration": {"TLSTrustedServerNames": ["a.example"]}},
    {"PayloadType": "com.apple.mdm", "ServerURL": "https://mdm.agency.example/server"},
    {"PayloadType": "com.apple.security.scep", "PayloadContent": {"URL": "https://ca.agency.example/scep"}},
    {"PayloadType": "com.apple.applicationaccess", "blockedAppBundleIDs": ["com.zhiliaoapp.musically"]},
)  # fmt: skip
TARGETS = {
    "com.apple.vpn.managed": "vpn.agency.example",
    "com.apple.wifi.managed": "a.example",
    "com.apple.mdm": "mdm.agency.example",
    "com.apple.security.scep": "ca.agency.example",
}
CLOUD = {"ConfigurationURL": "https://dep.agency.example/enrol", "OrganizationName": "Agency", "IsSupervised": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """What is on an iPhone, whatever shows it."""

    programs: tuple[Program, ...]
    clips: tuple[tuple[str, str], ...]
    accounts: tuple[dict[str, object], ...]
    profiles: dict[str, list[dict[str, object]]]
    cloud: bool

    @property
    def payloads(self) -> set[str]:
        """The types of everything that its profiles set up."""
        return {str(one["PayloadType"]) for payloads in self.profiles.values() for one in payloads}

    @property
    def targets(self) -> set[str]:
        """Where its links lead."""
        return {TARGETS[one] for one in self.payloads & set(TARGETS)} | (
            {"dep.agency.example"} if self.cloud else set()
        )

    @property
    def machine(self) -> Machine:
        """The phone as its managers know it."""
        return Machine(
            platform="ios", serial=SERIAL, model="iPhone13,2", maker="Apple", version="17.5.1", programs=self.programs
        )


@st.composite
def rows(draw: st.DrawFn) -> dict[str, object]:
    """An account as accountsd keeps it."""
    kind, properties = draw(st.sampled_from(KINDS))
    enabled = draw(st.lists(st.sampled_from(CLASSES), unique=True))
    return {
        "type": kind,
        "user": draw(USERS),
        "active": draw(st.sampled_from([1, 1, 0])),
        "enabled": enabled,
        "provisioned": CLASSES,
        "properties": properties,
    }


@st.composite
def phones(draw: st.DrawFn) -> Phone:
    """An iPhone with some apps at least."""
    payloads = st.lists(st.sampled_from(PAYLOADS), min_size=1, max_size=3)
    profiles = draw(st.dictionaries(st.sampled_from(["example.mail", "example.net"]), payloads))
    return Phone(
        programs=tuple(draw(st.lists(st.sampled_from(PROGRAMS), unique=True, min_size=1))),
        clips=tuple(draw(st.lists(st.sampled_from(CLIPS), unique=True))),
        accounts=tuple(draw(st.lists(rows(), max_size=3))),
        profiles=profiles,
        cloud=draw(st.booleans()),
    )


def backup(folder: Path, phone: Phone, *, password: str | None = None, flat: bool = False) -> Facts:
    """The phone by a backup of it."""
    described = {
        one.id: {"iTunesMetadata": plistlib.dumps({"itemName": one.name, "bundleShortVersionString": one.version})}
        for one in phone.programs
    }
    names = [one.id or "" for one in phone.programs]
    content = {
        name: {"PayloadType": "Configuration", "PayloadIdentifier": name, "PayloadContent": payloads}
        for name, payloads in phone.profiles.items()
    }
    files = healthy(accounts_db(phone.accounts), content)
    for number, (url, title) in enumerate(phone.clips):
        files |= web_clip(url, title, name=f"{number:032X}")
    if phone.cloud:
        files[PROFILES, f"{PROFILE_FOLDER}CloudConfigurationDetails.plist"] = plistlib.dumps(CLOUD)
    information = info(names, Applications=described)
    write_backup(folder, files, information=information, app_domains=names, password=password, flat=flat)
    return facts_of(f"ios-backup:{folder}", password)


def cable(folder: Path, phone: Phone) -> Facts:
    """The phone by its cable; Apple's own apps are listed, too."""
    apps = [
        {
            "CFBundleIdentifier": one.id,
            "CFBundleDisplayName": one.name,
            "CFBundleShortVersionString": one.version,
            "ApplicationType": "User",
        }
        for one in phone.programs
    ]
    apps.append({"CFBundleIdentifier": "com.apple.mobilesafari", "ApplicationType": "System"})
    icons = [{"displayIdentifier": one["CFBundleIdentifier"]} for one in apps]
    icons += [{"displayIdentifier": f"{at:032X}", "displayName": title} for at, (_, title) in enumerate(phone.clips)]
    profiles = {name: {"PayloadDisplayName": name} for name in phone.profiles}
    replayed_phone = ReplayedPhone(
        udid=UDID, apps=apps, icons=[icons], profiles=profiles, cloud=CLOUD if phone.cloud else None
    )
    socket = folder / "usbmuxd"
    home = {"USBMUXD_SOCKET_ADDRESS": str(socket), "HOME": str(folder)}
    with replayed(socket, replayed_phone), mock.patch.dict(os.environ, home):
        return facts_of("ios-usb")


def export(folder: Path, content: bytes) -> Facts:
    """The phone by what its manager exported."""
    (folder / "export").write_bytes(content)
    return facts_of(f"mdm:{folder / 'export'}")


def apple(folder: Path, phone: Phone) -> Facts:
    """The phone by its answers to Apple's MDM commands; payloads come with their types alone."""
    listed = installed_applications(phone.machine)
    listed += [{"Name": title, "Installing": False} for _, title in phone.clips]
    profiles = [
        {
            "PayloadIdentifier": name,
            "PayloadContent": [{"PayloadType": one["PayloadType"], "PayloadVersion": 1} for one in payloads],
        }
        for name, payloads in phone.profiles.items()
    ]
    answers = [
        apple_response(phone.machine, UDID, InstalledApplicationList=listed),
        apple_response(phone.machine, UDID, ProfileList=profiles),
        apple_response(phone.machine, UDID, QueryResponses=device_information(phone.machine, UDID)),
    ]
    return export(folder, plist(answers))


def bundles(facts: Facts) -> set[Fact]:
    """Apps without Apple's own, which are on every device and in few lists."""
    return {fact for fact in apps(facts) if not fact[2].startswith("com.apple.")}


def native(facts: Facts) -> set[Fact]:
    return {fact for fact in bundles(facts) if fact[1] == "native"}


def named(facts: Facts) -> set[Fact]:
    return {(app.profile, app.name, app.version) for app in facts.apps if app.kind == "native"}


def account_types(facts: Facts) -> set[Fact]:
    return {(one.profile, one.type) for one in facts.accounts}


def link_kinds(facts: Facts) -> set[Fact]:
    """Links without the one to the manager that reports them, which goes without saying."""
    return {(one.profile, one.kind) for one in facts.links if one.kind != "mdm"}


@pytest.mark.needs("iphone-backup-decrypt")
@some(8)
@given(phones())
def test_backups_of_one_phone_show_the_same_encrypted_or_not_and_however_they_are_laid_out(phone: Phone) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain = backup(Path(folder, "plain"), phone)
        assert whole(plain) == PLACES
        assert {app.identifier for app in plain.apps} >= {one.id for one in phone.programs}
        assert len([app for app in plain.apps if app.kind == "web-app"]) == len(phone.clips)
        assert bool(plain.accounts) >= any(one["active"] for one in phone.accounts)
        assert {link.target for link in plain.links} == phone.targets
        assert bool(plain.enforcement) == ("com.apple.applicationaccess" in phone.payloads)
        assert backup(Path(folder, "flat"), phone, flat=True) == plain
        assert backup(Path(folder, "encrypted"), phone, password=PASSWORD) == plain


@pytest.mark.needs("pymobiledevice3")
@some(6)
@given(phones())
def test_a_cable_shows_nothing_that_a_backup_lacks_and_says_what_it_does_not_show(phone: Phone) -> None:
    pytest.importorskip("pymobiledevice3.lockdown")  # once here, not once in every worker
    with tempfile.TemporaryDirectory() as folder:
        saved, live = backup(Path(folder, "backup"), phone), cable(Path(folder), phone)
    assert_agree(saved, live, {"apps": bundles, "accounts": accounts, "links": links})
    assert native(saved) == native(live)
    assert (("apps", "0") in whole(live)) == (not phone.clips)
    assert not {("accounts", "0"), ("links", "0")} & whole(live)
    assert (saved.device, saved.profiles) == (live.device, live.profiles)


@some(12)
@given(phones())
def test_answers_to_apples_commands_show_what_a_backup_shows_but_for_what_they_say(phone: Phone) -> None:
    with tempfile.TemporaryDirectory() as folder:
        saved, managed = backup(Path(folder, "backup"), phone), apple(Path(folder), phone)
    assert_agree(saved, managed, {"apps": native, "accounts": account_types, "links": link_kinds})
    # Clips are listed by their titles, which name no address: a restricted one could hide behind any.
    assert (("apps", "0") in whole(managed)) == (not phone.clips)
    assert_agree(saved, managed, {"apps": bundles}) if not phone.clips else None
    assert identity(saved) == identity(managed)


@some(12)
@given(phones())
def test_managers_that_read_lists_of_apps_show_the_apps_of_a_backup(phone: Phone) -> None:
    with tempfile.TemporaryDirectory() as folder:
        saved = backup(Path(folder, "backup"), phone)
        fleet = export(Path(folder), encoded({"host": fleet_host(phone.machine)}))
        intune = export(Path(folder), encoded({"value": [graph_device(phone.machine)]}))
    # Whether web clips are among Fleet's lists nobody says; Intune's hold names alone.
    assert native(fleet) == native(saved)
    assert_agree(saved, fleet, {"apps": bundles, "accounts": accounts, "links": link_kinds})
    assert ("apps", "0") not in whole(fleet) | whole(intune)
    assert named(intune) == named(saved) - {("0", None, None)}
    assert_has_all(saved, intune, {"accounts": accounts})
    assert identity(saved) == identity(fleet) == identity(intune)
