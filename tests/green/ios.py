"""iPhones and iPads for every row of docs/devices.md."""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from unittest import mock

from green.device import Build, Device
from ios_backup_maker import ACCOUNTS, accounts_db, healthy, info, web_clip, write_backup
from replay_usbmuxd import ReplayedPhone, replayed

SERIAL = "F1234567890"
APPS = ("com.agilebits.onepassword-ios", "org.mozilla.ios.Firefox")
PRIVATE = accounts_db(
    [
        {
            "type": "com.apple.account.AppleAccount",
            "user": "person@private.example",
            "enabled": ["Calendars", "Contacts"],
            "properties": {"DAAccountHost": "p57-caldav.icloud.com"},
        }
    ]
)
PASSWORD = "correct horse"


@contextmanager
def backup(
    folder: Path, *, left_out: tuple[tuple[str, str], ...] = (), password: str | None = None
) -> Iterator[Device]:
    """A backup of a phone with a private iCloud account and two harmless apps."""
    files = healthy(PRIVATE) | web_clip("https://www.example.com/", "Example")
    made = {"Last Backup Date": dt.datetime.now(dt.UTC).replace(tzinfo=None)}
    write_backup(
        folder / "backup", files, information=info(APPS, **made), app_domains=APPS, left_out=left_out, password=password
    )
    with mock.patch.dict(os.environ, {"SETAPART_BACKUP_PASSWORD": PASSWORD}):
        yield Device(source=f"ios-backup:{folder / 'backup'}", platform="ios", serial=SERIAL)


@contextmanager
def cable(folder: Path, *, icons: list[dict[str, str]] | None = None) -> Iterator[Device]:
    """The same phone on a cable."""
    apps = [{"CFBundleIdentifier": name, "ApplicationType": "User"} for name in APPS]
    screen = [[{"displayIdentifier": name} for name in APPS] + (icons or [])]
    socket = folder / "usbmuxd"
    home = {"USBMUXD_SOCKET_ADDRESS": str(socket), "HOME": str(folder)}
    with replayed(socket, ReplayedPhone(apps=apps, icons=screen)), mock.patch.dict(os.environ, home):
        yield Device(source="ios-usb", platform="ios", serial=SERIAL)


def _encrypted(folder: Path) -> AbstractContextManager[Device]:
    return backup(folder, password=PASSWORD)


ROWS: dict[tuple[str, str], Build] = {
    ("iPhone or iPad", "`ios-backup:DIR`, not encrypted"): backup,
    ("iPhone or iPad", "`ios-backup:DIR`, encrypted"): _encrypted,
    ("iPhone or iPad", "`ios-backup:DIR`, without its account database or profiles"): lambda folder: backup(
        folder, left_out=(ACCOUNTS,)
    ),
    ("iPhone or iPad", "`ios-usb`"): cable,
}
SPOILERS: dict[str, Build] = {
    "a web clip on the home screen of an iPhone on a cable": lambda folder: cable(
        folder, icons=[{"displayIdentifier": "0123456789ABCDEF", "displayName": "Clip"}]
    ),
}
