import struct
from pathlib import Path

import pytest

from account_tree import LinuxTree, rows
from setapart_agent.collectors.base import Denied, Outcome
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux.directory import Directory

CACHE = (
    b"\x05\x04" + struct.pack(">H", 0) + struct.pack(">III", 1, 1, 12) + b"CORP.EXAMPLE" + struct.pack(">I", 3) + b"ada"
)


@pytest.fixture
def ada(tmp_path: Path) -> LinuxTree:
    return LinuxTree(tmp_path)


def links(tree: LinuxTree) -> set[tuple[str, str, str | None]]:
    return {(link.kind, link.profile, link.target) for link in tree.collect(Directory()).links}


def test_a_machine_that_is_joined_to_nothing_is_seen(ada: LinuxTree) -> None:
    facts = ada.collect(Directory())
    assert facts.links == ()
    assert rows(facts) == {("links", ada.ada, "observed", None), ("links", "system", "observed", None)}


def test_joins_of_the_machine(ada: LinuxTree) -> None:
    ada.write("/etc/sssd/sssd.conf", "[sssd]\nservices = nss\n[domain/corp.example]\nid_provider = ad\n")
    ada.write("/etc/sssd/conf.d/on.conf", "[domain/corp.example]\nenabled = true\n")
    ada.write("/etc/krb5.conf", "includedir /etc/krb5.conf.d/\n[libdefaults]\n default_realm = KRB.EXAMPLE\n")
    ada.write("/etc/krb5.conf.d/more", "[libdefaults]\n default_realm = MORE.EXAMPLE\n")
    ada.write("/etc/samba/smb.conf", "[global]\nsecurity = ads\nrealm = SMB.EXAMPLE\n")
    ada.write("/etc/ipa/default.conf", "[global]\ndomain = ipa.example\n")
    ada.write("/etc/landscape/client.conf", "[client]\nurl = https://landscape.example/\n")
    ada.write(".config/intune/registration.toml", 'x = "y"\n')
    assert links(ada) == {
        ("directory-join", "system", "corp.example"),
        ("kerberos", "system", "krb.example"),
        ("kerberos", "system", "more.example"),
        ("directory-join", "system", "smb.example"),
        ("directory-join", "system", "ipa.example"),
        ("mdm", "system", "landscape.example"),
        ("mdm", ada.ada, None),
    }


def test_what_krb5_conf_includes_from_elsewhere_is_read_once(ada: LinuxTree) -> None:
    ada.write("/etc/krb5.conf", "include /opt/site/krb5.conf\nincludedir /opt/more/\n")
    ada.write("/opt/site/krb5.conf", "include /etc/krb5.conf\n[libdefaults]\n default_realm = SITE.EXAMPLE\n")
    ada.write("/opt/more/one", "[libdefaults]\n default_realm = MORE.EXAMPLE\n")
    links = {(link.kind, link.target) for link in ada.collect(Directory()).links}
    assert links == {("kerberos", "site.example"), ("kerberos", "more.example")}


def test_a_users_tickets_and_nobody_elses(ada: LinuxTree) -> None:
    ada.write(f"/tmp/krb5cc_{ada.uid}", CACHE)
    ada.write(f"/tmp/krb5cc_{ada.uid}_Ab12", CACHE.replace(b"CORP", b"MORE"))
    ada.write(f"/tmp/krb5cc_{ada.uid}9", CACHE.replace(b"CORP", b"ELSE"))
    assert links(ada) == {("kerberos", ada.ada, "corp.example"), ("kerberos", ada.ada, "more.example")}


@pytest.mark.needs("root")
def test_a_cache_that_somebody_else_put_there_is_not_the_users(ada: LinuxTree) -> None:
    import os

    os.chown(ada.write(f"/tmp/krb5cc_{ada.uid}", CACHE), 4242, 4242)
    assert links(ada) == set()


@pytest.mark.parametrize("kind", ["KCM", "KEYRING"])
def test_tickets_that_no_file_shows_are_denied(ada: LinuxTree, kind: str) -> None:
    ada.write("/etc/krb5.conf.d/cache", f"[libdefaults]\n default_ccache_name = {kind}:x\n")
    ada.write("/var/lib/sss/secrets/secrets.ldb")
    expected = f"kerberos: tickets are kept in {kind}, not in a file"
    assert ("links", ada.ada, "denied", expected) in rows(ada.collect(Directory()))


def test_a_ticket_store_that_was_never_made_hides_nothing(ada: LinuxTree) -> None:
    ada.write("/etc/krb5.conf.d/cache", "[libdefaults]\n default_ccache_name = KCM:\n")
    assert ("links", ada.ada, "observed", None) in rows(ada.collect(Directory()))


def test_settings_for_root_only_are_denied(ada: LinuxTree, monkeypatch: pytest.MonkeyPatch) -> None:
    ada.write("/etc/sssd/sssd.conf", "[sssd]\n")
    read = Tree.read

    def refuse(self: Tree, path: str, owner: int | None = None, limit: int = 1 << 20) -> Outcome[bytes]:
        return Denied("permission denied") if "sssd" in path else read(self, path, owner, limit)

    monkeypatch.setattr(Tree, "read", refuse)
    assert ("links", "system", "denied", "sssd: permission denied") in rows(ada.collect(Directory()))
