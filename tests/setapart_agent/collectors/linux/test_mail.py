from pathlib import Path

import pytest

from account_tree import LinuxTree, rows
from setapart_agent.collectors.base import Denied
from setapart_agent.collectors.linux.mail import MailPrograms

PREFS = """user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.hostname", "{}");
"""


@pytest.fixture
def ada(tmp_path: Path) -> LinuxTree:
    return LinuxTree(tmp_path)


def hosts(tree: LinuxTree) -> set[tuple[str, str | None]]:
    return {(account.type, account.host) for account in tree.collect(MailPrograms()).accounts}


@pytest.mark.parametrize(
    "root",
    [
        ".thunderbird",
        ".config/thunderbird",
        ".var/app/org.mozilla.Thunderbird/.thunderbird",
        "snap/thunderbird/common/.thunderbird",
        ".thunderbird/Profiles",
    ],
)
def test_thunderbird_is_found_wherever_it_is_installed(ada: LinuxTree, root: str) -> None:
    ada.write(f"{root}/x.default/prefs.js", PREFS.format("imap.corp.example"))
    assert hosts(ada) == {("thunderbird:imap", "imap.corp.example")}


def test_kmail_of_kde_4_is_seen(ada: LinuxTree) -> None:
    ada.write(".kde4/share/config/kmailrc", "[Account 1]\nType=Pop\nhost=pop.corp.example\n")
    ada.write(".kde/share/config/emailidentities", "[Identity #0]\nEmail Address=ada@corp.example\n")
    assert hosts(ada) == {("kmail:pop", "pop.corp.example"), ("kmail:identity", None)}


def test_profiles_elsewhere_are_found_by_the_list(ada: LinuxTree) -> None:
    ada.write("mail/own/prefs.js", PREFS.format("one.example"))
    ada.write("/srv/profile/prefs.js", PREFS.format("two.example"))
    ada.write(".thunderbird/deep/er/prefs.js", PREFS.format("three.example"))
    ada.write(
        ".thunderbird/profiles.ini",
        "[Profile0]\nIsRelative=0\nPath=/home/ada/mail/own\n[Profile1]\nIsRelative=0\nPath=/srv/profile\n"
        "[Profile2]\nIsRelative=1\nPath=deep/er\n[Profile3]\nIsRelative=1\nPath=gone\n",
    )
    assert hosts(ada) == {("thunderbird:imap", f"{name}.example") for name in ("one", "two", "three")}


def test_user_js_adds_accounts_and_hides_none(ada: LinuxTree) -> None:
    ada.write(".thunderbird/x/prefs.js", PREFS.format("one.example"))
    ada.write(".thunderbird/x/user.js", 'user_pref("mail.server.server1.hostname", "two.example");')
    ada.write(".thunderbird/y/prefs.js", PREFS.format("three.example"))
    ada.write(".thunderbird/y/user.js", 'user_pref("mail.accountmanager.accounts", "");')
    assert hosts(ada) == {("thunderbird:imap", f"{name}.example") for name in ("one", "two", "three")}


def test_preferences_that_can_not_be_read_to_the_end_are_said(ada: LinuxTree) -> None:
    ada.write(".thunderbird/x/prefs.js", PREFS.format("one.example") + 'x "/*"; user_pref("a", 1); // */')
    assert ("accounts", ada.ada, "failed", "thunderbird: a line is no preference") in rows(ada.collect(MailPrograms()))


def test_a_profile_on_a_medium_that_is_not_there_is_not_seen(ada: LinuxTree) -> None:
    ada.write(".thunderbird/profiles.ini", "[Profile0]\nIsRelative=0\nPath=/media/stick/profile\n")
    reason = "thunderbird: a profile outside of the home is not there"
    assert ("accounts", ada.ada, "denied", reason) in rows(ada.collect(MailPrograms()))


def test_text_files_of_the_user_and_of_the_machine(ada: LinuxTree) -> None:
    ada.write(".mbsyncrc", "IMAPAccount x\nHost imap.corp.example\n")
    ada.write("/etc/msmtprc", "account default\nhost smtp.corp.example\n")
    ada.write(".thunderbird/x/TbSync/accounts68.json", '{"data": {"1": {"provider": "eas", "host": "no.example"}}}')
    ada.write(
        ".thunderbird/y/TbSync/accounts68.json", '{"data": {"1": {"provider": "eas", "host": "ex.corp.example"}}}'
    )
    ada.write(".thunderbird/y/prefs.js", 'user_pref("a", 1);')
    facts = ada.collect(MailPrograms())
    assert {(account.profile, account.host) for account in facts.accounts} == {
        (ada.ada, "imap.corp.example"),
        (ada.ada, "ex.corp.example"),
        ("system", "smtp.corp.example"),
    }
    assert rows(facts) == {("accounts", ada.ada, "observed", None), ("accounts", "system", "observed", None)}


def test_a_broken_file_hides_nothing_else(ada: LinuxTree) -> None:
    ada.write(".thunderbird/x/prefs.js", "user_pref(")
    ada.write(".thunderbird/y/prefs.js", PREFS.format("imap.corp.example"))
    facts = ada.collect(MailPrograms())
    assert [account.host for account in facts.accounts] == ["imap.corp.example"]
    assert ("accounts", ada.ada, "failed", "thunderbird: no preference that can be read") in rows(facts)


def test_a_home_that_is_not_seen_is_said_and_not_touched(ada: LinuxTree) -> None:
    ada.write(".mbsyncrc", "IMAPAccount x\nHost imap.corp.example\n")
    ada.unseen = Denied("the encrypted home is not open")
    facts = ada.collect(MailPrograms())
    assert facts.accounts == ()
    assert ("accounts", ada.ada, "denied", "the encrypted home is not open") in rows(facts)
