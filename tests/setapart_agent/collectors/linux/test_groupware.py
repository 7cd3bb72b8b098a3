import sqlite3
from pathlib import Path

import pytest

from account_tree import LinuxTree, rows
from setapart_agent.collectors.linux.groupware import Groupware
from setapart_evidence.model import Link

GOA = "[Account account_1_0]\nProvider=google\nIdentity=ada@corp.example\nMailEnabled=true\n"
SOURCES = ".config/evolution/sources"


@pytest.fixture
def ada(tmp_path: Path) -> LinuxTree:
    return LinuxTree(tmp_path)


def test_goa_obeys_the_machines_restrictions(ada: LinuxTree) -> None:
    ada.write(".config/goa-1.0/accounts.conf", GOA)
    assert ada.collect(Groupware()).accounts[0].enabled is True
    ada.write("/etc/goa.conf", "[providers]\nenable=webdav\n")
    assert ada.collect(Groupware()).accounts[0].enabled is False


def test_a_broken_goa_leaves_accounts_and_links_unseen(ada: LinuxTree) -> None:
    ada.write(".config/goa-1.0/accounts.conf", "\x00\x00")
    reason = "gnome-online-accounts: binary content"
    assert rows(ada.collect(Groupware())) == {
        ("accounts", ada.ada, "failed", reason),
        ("links", ada.ada, "failed", reason),
        ("accounts", "system", "observed", None),
        ("links", "system", "observed", None),
    }


def test_a_kerberos_account_is_a_link(ada: LinuxTree) -> None:
    ada.write(".config/goa-1.0/accounts.conf", "[Account account_1]\nProvider=kerberos\nIdentity=ada@CORP.EXAMPLE\n")
    assert ada.collect(Groupware()).links == (Link(kind="kerberos", target="corp.example", profile=ada.ada),)


def test_evolution_sources_are_put_together(ada: LinuxTree) -> None:
    ada.write(
        f"{SOURCES}/c.source",
        "[Data Source]\nEnabled=true\n[Collection]\nBackendName=none\n[Authentication]\nHost=ex.corp.example\n",
    )
    ada.write(f"{SOURCES}/i.source", "[Data Source]\nParent=c\n[Mail Identity]\nAddress=ada@corp.example\n")
    ada.write(
        f"{SOURCES}/m.source",
        "[Data Source]\nEnabled=true\nParent=c\n[Mail Account]\nBackendName=ews\nIdentityUid=i\n",
    )
    ada.write(f"{SOURCES}/broken.source", "\x00")
    facts = ada.collect(Groupware())
    assert [(one.type, one.host, one.domain) for one in facts.accounts] == [
        ("evolution:ews", "ex.corp.example", "corp.example")
    ]
    assert ("accounts", ada.ada, "failed", "evolution: binary content") in rows(facts)
    assert ("links", ada.ada, "observed", None) in rows(facts)


def test_akonadi_and_its_list_of_resources(ada: LinuxTree) -> None:
    ada.write(".config/akonadi_imap_resource_0rc", "[network]\nImapServer=imap.corp.example\nUserName=ada\n")
    ada.write(".config/akonadi_imap_resource_7rc", "[network]\nImapServer=old.corp.example\nUserName=ada\n")
    ada.write(".config/akonadi_maildir_resource_0rc", "[General]\nPath=x\n")
    ada.write(".config/akonadi/agentsrc", "[Instances]\nakonadi_imap_resource_0\\AgentType=akonadi_imap_resource\n")
    assert [(one.host, one.enabled) for one in ada.collect(Groupware()).accounts] == [
        ("imap.corp.example", True),
        ("old.corp.example", False),
    ]


def test_akonadi_of_kde_4_is_seen(ada: LinuxTree) -> None:
    ada.write(".kde4/share/config/akonadi_imap_resource_0rc", "[network]\nImapServer=imap.corp.example\n")
    ada.write(".kde/share/config/akonadi_kolab_resource_0rc", "[network]\nImapServer=kolab.corp.example\n")
    assert {one.host for one in ada.collect(Groupware()).accounts} == {"imap.corp.example", "kolab.corp.example"}


def test_rows_that_are_in_the_write_ahead_log_only_are_seen(ada: LinuxTree) -> None:
    path = ada.write(".config/libaccounts-glib/accounts.db")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL").close()
    connection.execute("CREATE TABLE Accounts (id INTEGER, name TEXT, provider TEXT, enabled INTEGER)")
    connection.execute("INSERT INTO Accounts VALUES (1, 'ada@corp.example', 'google', 1)")
    connection.commit()
    try:
        assert [one.domain for one in ada.collect(Groupware()).accounts] == ["corp.example"]
    finally:
        connection.close()


def test_vdirsyncer(ada: LinuxTree) -> None:
    ada.write(".config/vdirsyncer/config", '[storage r]\ntype = "caldav"\nurl = "https://dav.corp.example/"\n')
    assert [one.host for one in ada.collect(Groupware()).accounts] == ["dav.corp.example"]
