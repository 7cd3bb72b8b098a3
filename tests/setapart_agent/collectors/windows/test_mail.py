import sys
from pathlib import Path

import pytest

from registry_maker import at, hive
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


OLK = "AppData/Local/Microsoft/Olk"
UNISTORE = "AppData/Local/Comms/Unistore/data/3/a/1.dat"


def status(windows: WindowsTree) -> str:
    (found,) = {row.status for row in windows.collect(MailPrograms()).coverage if row.profile == ADA}
    return found


def test_the_new_outlook_that_nobody_started_hides_nothing(windows: WindowsTree) -> None:
    assert status(windows) == "observed"


def test_the_new_outlooks_accounts_are_read(windows: WindowsTree) -> None:
    windows.write(f"{OLK}/EBWebView/Default/Preferences", "{}")
    windows.write(f"{OLK}/UserSettings.json", '{"Identities": {"IdentityMap": {"ada@agency.example": "x"}}}')
    found = windows.collect(MailPrograms())
    assert [(account.type, account.domain) for account in found.accounts] == [("outlook-new:account", "agency.example")]
    assert status(windows) == "observed"


def test_a_new_outlook_that_was_used_and_lost_its_list_is_told(windows: WindowsTree) -> None:
    windows.write(f"{OLK}/EBWebView/Default/Preferences", "{}")
    assert status(windows) == "denied"


def test_windows_mail_that_holds_mail_has_an_account_or_is_told(windows: WindowsTree) -> None:
    windows.write(UNISTORE, "x")
    assert status(windows) == "denied"
    windows.in_user(r"Software\Microsoft\ActiveSync\Partners", {"{1}": {}})
    assert status(windows) == "observed"


def test_windows_live_mail_in_its_folders(windows: WindowsTree) -> None:
    content = "<MessageAccount><IMAP_Server>imap.agency.example</IMAP_Server></MessageAccount>"
    windows.write("AppData/Local/Microsoft/Windows Live Mail/Agency (ada)/account{1}.oeaccount", content)
    assert [account.host for account in windows.collect(MailPrograms()).accounts] == ["imap.agency.example"]


HELIUM = "AppData/Local/Packages/Microsoft.Office.Desktop_8wekyb3d8bbwe/SystemAppData/Helium/User.dat"
PROFILE = r"Software\Microsoft\Office\16.0\Outlook\Profiles\Outlook\9375CFF0413111d3B88A00104B2A6676\00000002"


def test_outlook_of_the_store_has_a_hive_of_its_own(windows: WindowsTree) -> None:
    windows.write(HELIUM, hive(at(PROFILE, {"IMAP Server": "imap.agency.example"})))
    assert [account.host for account in windows.collect(MailPrograms()).accounts] == ["imap.agency.example"]
    assert status(windows) == "observed"
    windows.write(HELIUM, hive(at(PROFILE, {}), sequence=(3, 2)))
    assert status(windows) == "failed"


def test_a_hive_that_nobody_can_read_is_told(windows: WindowsTree, monkeypatch: pytest.MonkeyPatch) -> None:
    windows.write(HELIUM, hive(at(PROFILE, {})))
    host = windows.host()
    monkeypatch.setitem(sys.modules, "regipy", None)
    found = {(profile, state) for _, profile, state, _ in rows(MailPrograms().collect(host))}
    assert found == {("system", "observed"), (ADA, "unsupported")}
