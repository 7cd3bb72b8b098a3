from pathlib import Path

import pytest

from setapart_agent.collectors.windows.mail import MailPrograms
from windows_tree import ADA, WindowsTree, rows

PREFS = """user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.hostname", "{}");
"""
ROOT = "AppData/Roaming/Thunderbird"


@pytest.fixture
def windows(tmp_path: Path) -> WindowsTree:
    return WindowsTree(tmp_path)


@pytest.mark.parametrize(
    "root",
    [
        ROOT,
        "appdata/ROAMING/thunderbird",
        "AppData/Local/Packages/Mozilla.Thunderbird_x/LocalCache/Roaming/Thunderbird",
    ],
)
def test_thunderbird_is_found_in_any_case_and_package(windows: WindowsTree, root: str) -> None:
    windows.write(f"{root}/Profiles/x.default/prefs.js", PREFS.format("imap.agency.example"))
    found = windows.collect(MailPrograms())
    assert [(account.profile, account.host) for account in found.accounts] == [(ADA, "imap.agency.example")]
    assert rows(found) == {("accounts", profile, "observed", None) for profile in ("system", ADA)}


def test_a_profile_elsewhere_on_the_drive_is_followed(windows: WindowsTree) -> None:
    windows.write(f"{ROOT}/profiles.ini", "[Profile0]\nIsRelative=0\nPath=C:\\Mail\\own\n")
    windows.write("/Mail/own/prefs.js", PREFS.format("imap.agency.example"))
    found = windows.collect(MailPrograms())
    assert [account.host for account in found.accounts] == ["imap.agency.example"]
    assert {row.status for row in found.coverage} == {"observed"}


def test_a_profile_on_another_drive_is_denied(windows: WindowsTree) -> None:
    windows.write(f"{ROOT}/profiles.ini", "[Profile0]\nIsRelative=0\nPath=D:\\Mail\\own\n")
    found = {(profile, status) for _, profile, status, _ in rows(windows.collect(MailPrograms()))}
    assert found == {("system", "observed"), (ADA, "denied")}
