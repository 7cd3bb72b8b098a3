import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from replay_usbmuxd import ReplayedPhone, replayed
from setapart_agent.collectors.ios import usb
from setapart_agent.collectors.ios.usb import collect_usb
from setapart_agent.errors import SourceError
from setapart_agent.facts import Facts

pytestmark = pytest.mark.needs("pymobiledevice3")
APPS = [
    {"CFBundleIdentifier": "com.zhiliaoapp.musically", "CFBundleDisplayName": "TikTok", "ApplicationType": "User"},
    {"CFBundleIdentifier": "com.apple.mobilesafari", "ApplicationType": "System"},
    {"CFBundleIdentifier": "ph.telegra.Telegraph", "IsDemotedApp": True},
]
Connect = Callable[..., Facts]


@pytest.fixture
def connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reads devices that are replayed behind a real client."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USBMUXD_SOCKET_ADDRESS", str(tmp_path / "usbmuxd"))
    with ExitStack() as stack:

        def read(*phones: ReplayedPhone, udid: str | None = None) -> Facts:
            stack.enter_context(replayed(tmp_path / "usbmuxd", *phones))
            return collect_usb(udid).facts

        yield read


def rows(found: Facts, section: str) -> list[tuple[str, str | None]]:
    return [(row.status, row.reason) for row in found.coverage if row.section == section]


@pytest.mark.parametrize("tls", [True, False])
def test_a_device_with_its_apps(connect: Connect, tls: bool) -> None:
    found = connect(ReplayedPhone(apps=APPS, icons=[[{"displayIdentifier": "com.zhiliaoapp.musically"}]], tls=tls))
    assert (found.device.platform, found.device.serial, found.device.model) == ("ios", "F1234567890", "iPhone13,2")
    assert [(app.identifier, app.state) for app in found.apps] == [
        ("com.zhiliaoapp.musically", "installed"),
        ("com.apple.mobilesafari", "installed"),
        ("ph.telegra.Telegraph", "archived"),
    ]
    assert rows(found, "apps") == [("observed", None)]
    assert rows(found, "accounts") == [("unsupported", usb.NO_ACCOUNTS)]
    assert rows(found, "links") == [("partial", usb.NO_NETWORKS)]


def test_a_device_has_the_identity_that_its_backup_has(connect: Connect, tmp_path: Path) -> None:
    from ios_backup_maker import healthy, write_backup
    from setapart_agent.collectors.ios.backup import collect_backup

    by_backup = collect_backup(write_backup(tmp_path / "b", healthy()), lambda: None).facts.device
    assert connect(ReplayedPhone(apps=APPS)).device == by_backup


def test_profiles_and_the_organisations_server(connect: Connect) -> None:
    cloud = {"ConfigurationURL": "https://mdm.agency.example/", "OrganizationName": "Agency", "IsSupervised": True}
    found = connect(ReplayedPhone(apps=APPS, profiles={"agency.vpn": {"PayloadUUID": "x"}}, cloud=cloud))
    assert [(link.kind, link.target) for link in found.links] == [("mdm", "mdm.agency.example")]
    assert ("partial", usb.PROFILES_UNREAD) in rows(found, "links")


def test_a_web_clip_that_can_not_be_read_makes_the_apps_partial(connect: Connect) -> None:
    found = connect(ReplayedPhone(apps=APPS, icons=[[{"displayIdentifier": "0123456789ABCDEF"}]]))
    assert rows(found, "apps") == [("partial", usb.CLIPS_UNREAD)]


@pytest.mark.parametrize(
    ("service", "section"),
    [
        ("com.apple.mobile.installation_proxy", "apps"),
        ("com.apple.springboardservices", "apps"),
        ("com.apple.mobile.MCInstall", "links"),
    ],
)
def test_a_service_that_answers_nonsense_is_failed(connect: Connect, service: str, section: str) -> None:
    found = connect(ReplayedPhone(apps=APPS, broken=frozenset({service})))
    assert "failed" in {status for status, _ in rows(found, section)}


def test_an_empty_list_of_apps_is_not_believed(connect: Connect) -> None:
    assert "failed" in {status for status, _ in rows(connect(ReplayedPhone(apps=[])), "apps")}


def test_a_device_that_is_named_is_read_among_several(connect: Connect) -> None:
    one, two = ReplayedPhone("0" * 40, apps=APPS), ReplayedPhone("1" * 40, apps=APPS[:1])
    assert len(connect(one, two, udid="1" * 40).apps) == 1


@pytest.mark.parametrize(
    ("phones", "udid", "why"),
    [
        ((), None, "no iPhone or iPad is connected"),
        ((ReplayedPhone(connection="Network"),), None, "no iPhone or iPad is connected"),
        ((ReplayedPhone("0" * 40), ReplayedPhone("1" * 40)), None, "2 devices are connected"),
        ((ReplayedPhone("0" * 40),), "1" * 40, "is connected"),
        ((ReplayedPhone(paired=False),), None, "does not trust this computer"),
        ((ReplayedPhone(locked=True, apps=APPS),), None, "locked"),
    ],
)
def test_a_device_that_can_not_be_read_says_what_to_do(
    connect: Connect, phones: tuple[ReplayedPhone, ...], udid: str | None, why: str
) -> None:
    with pytest.raises(SourceError, match=why) as raised:
        connect(*phones, udid=udid)
    assert raised.value.cure


def test_without_usbmuxd_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USBMUXD_SOCKET_ADDRESS", str(tmp_path / "none"))
    with pytest.raises(SourceError, match="nothing here speaks") as raised:
        collect_usb(None)
    assert "usbmuxd" in raised.value.cure


def test_without_the_library_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymobiledevice3", None)
    monkeypatch.setitem(sys.modules, "pymobiledevice3.lockdown", None)
    with pytest.raises(SourceError) as raised:
        collect_usb(None)
    assert "setapart[ios-usb]" in raised.value.cure
