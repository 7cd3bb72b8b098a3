"""One iPhone, read by a plain backup, an encrypted one and the cable: equal facts, but for what coverage explains."""

import os
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ios_backup_maker import accounts_db, healthy, info, web_clip, write_backup
from replay_usbmuxd import ReplayedPhone, replayed
from setapart_agent.collectors.base import Collected
from setapart_agent.collectors.ios.backup import collect_backup
from setapart_agent.collectors.ios.usb import collect_usb

APPS = st.lists(
    st.sampled_from(["com.zhiliaoapp.musically", "ph.telegra.Telegraph", "org.mozilla.ios.Firefox", "a.b-c.D1"]),
    unique=True,
    min_size=1,
)
CLASSES = st.lists(st.sampled_from(["Mail", "Calendars", "Contacts", "Notes", "Reminders"]), unique=True)
ACCOUNTS = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from([f"com.apple.account.{kind}" for kind in ("Google", "Exchange", "IMAP", "LDAP")]),
            "user": st.sampled_from(["kari@agency.example", "o.k@social.example", "AGENCY\\kari", None]),
            "active": st.sampled_from([0, 1]),
            "enabled": CLASSES,
        }
    ),
    max_size=4,
)
CLIPS = st.sampled_from([{}, web_clip("https://www.tiktok.com/foryou", "TikTok")])
PASSWORD = "correct horse"


def backup(folder: Path, apps: list[str], files: dict[tuple[str, str], bytes], password: str | None) -> Collected:
    write_backup(folder, files, information=info(apps), app_domains=apps, password=password)
    return collect_backup(folder, lambda: password)


@pytest.mark.needs("iphone-backup-decrypt")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(APPS, ACCOUNTS, CLIPS)
def test_a_plain_and_an_encrypted_backup_agree(
    apps: list[str], accounts: list[dict[str, Any]], clips: dict[tuple[str, str], bytes]
) -> None:
    files = healthy(accounts_db(accounts)) | clips
    with tempfile.TemporaryDirectory() as folder:
        plain = backup(Path(folder, "p"), apps, files, None)
        assert backup(Path(folder, "e"), apps, files, PASSWORD) == plain
    assert {row.status for row in plain.facts.coverage} == {"observed"}
    assert {app.identifier for app in plain.facts.apps if app.kind == "native"} == set(apps)


@pytest.mark.needs("pymobiledevice3")
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(APPS)
def test_a_backup_and_the_cable_agree_on_device_and_apps(apps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        saved = backup(Path(folder, "b"), apps, healthy(), None).facts
        phone = ReplayedPhone(apps=[{"CFBundleIdentifier": name} for name in apps])
        home = {"HOME": folder, "USBMUXD_SOCKET_ADDRESS": f"{folder}/usbmuxd"}
        with mock.patch.dict(os.environ, home), replayed(Path(folder, "usbmuxd"), phone):
            live = collect_usb(None).facts
    assert live.device == saved.device
    assert live.profiles == saved.profiles
    assert {app.identifier for app in live.apps} == {app.identifier for app in saved.apps} == set(apps)
    unseen = {row.section for row in live.coverage if row.status != "observed"}
    assert unseen == {"accounts", "links"}
