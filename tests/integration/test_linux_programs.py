"""What real programs of a Linux desktop write about themselves and their accounts, and what the agent sees of it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop_programs import Desktop, desktop, mozilla
from linux_tree import plant
from setapart_agent.collectors.desktop.host import Host, User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux import collector
from setapart_agent.collectors.linux.packages import Packages
from setapart_agent.collectors.linux.portable import PortableFiles, Processes
from setapart_agent.facts import AccountFact, Facts

HERE = Path(__file__).parent
SOMEBODY, ELSE = 64_321, 64_322
"""Two uids that no machine gives away."""


@pytest.fixture
def ola() -> Iterator[Desktop]:
    with desktop() as made:
        yield made


def seen(user: Desktop) -> Facts:
    return collector.collect(Tree(str(user.root))).facts


def unseen(facts: Facts) -> set[tuple[str, str | None]]:
    """What was not seen; a tree without packages has none to be seen."""
    rows = {(row.collector, row.reason) for row in facts.coverage if row.status != "observed"}
    return rows - {("linux.packages", "no package manager that is known")}


def told(account: AccountFact) -> tuple[str, tuple[str, ...], str | None, str | None, bool | None]:
    return account.type, account.services, account.domain, account.host, account.enabled


def links(facts: Facts) -> set[tuple[str, str | None]]:
    return {(link.kind, link.target) for link in facts.links}


@pytest.mark.needs("dpkg")
def test_as_many_packages_as_dpkg_counts() -> None:
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}\\n"], capture_output=True, text=True, check=True, timeout=60
    )
    apps = Packages().collect(Host(tree=Tree(), users=())).apps
    ours = [app for app in apps if app.source == "dpkg" and app.state == "installed"]
    assert len(ours) == asked.stdout.split("\n").count("installed")


@pytest.mark.needs("evolution")
def test_accounts_that_evolution_wrote(ola: Desktop) -> None:
    ola.in_session("/usr/bin/python3", HERE / "evolution_accounts.py")
    facts = seen(ola)
    assert {told(account) for account in facts.accounts} == {
        ("evolution:imapx", ("mail",), "agency.example", "imap.agency.example", True),
        ("evolution:pop", ("mail",), "old.example", "pop.old.example", False),
        ("evolution:caldav", ("calendar",), "agency.example", "dav.agency.example", True),
        ("evolution:carddav", ("contacts",), "agency.example", "dav.agency.example", True),
        ("evolution:ldap", ("contacts", "directory"), None, "ldap.agency.example", True),
        ("evolution:webdav", ("calendar", "contacts"), "agency.example", "cloud.agency.example", True),
    }
    assert {account.profile for account in facts.accounts} == {ola.profile}
    assert unseen(facts) == set()


@pytest.mark.needs("gnome-online-accounts")
def test_accounts_that_gnome_wrote(ola: Desktop) -> None:
    accounts = {
        "imap_smtp": ("ola@agency.example", {"Enabled": "true", "ImapHost": "imap.agency.example"}),
        "google": (
            "ola@private.example",
            {"MailEnabled": "true", "CalendarEnabled": "true", "ContactsEnabled": "false"},
        ),
        "exchange": ("kari@agency.example", {"MailEnabled": "true", "Host": "mail.agency.example"}),
        "kerberos": ("ola@AD.AGENCY.EXAMPLE", {"TicketingEnabled": "true"}),
    }
    place = "--dest org.gnome.OnlineAccounts --object-path /org/gnome/OnlineAccounts/Manager"
    method = "--method org.gnome.OnlineAccounts.Manager.AddAccount"
    calls = [
        f"gdbus call --session {place} {method} {provider} {identity} {identity} {{}} '{json.dumps(details)}'"
        for provider, (identity, details) in accounts.items()
    ]
    ola.in_session("sh", "-c", " && ".join(calls))
    facts = seen(ola)
    assert {(one.type, one.domain, one.host) for one in facts.accounts} == {
        ("goa:imap_smtp", "agency.example", "imap.agency.example"),
        ("goa:google", "private.example", None),
        ("goa:exchange", "agency.example", "mail.agency.example"),
        ("goa:kerberos", "ad.agency.example", None),
    }
    (google,) = (one for one in facts.accounts if one.type == "goa:google")
    assert {"mail", "calendar"} <= set(google.services)
    assert "contacts" not in google.services
    assert links(facts) == {("kerberos", "ad.agency.example")}
    assert unseen(facts) == set()


THUNDERBIRD = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
const manager = MailServices.accounts;
function account(type, host, user, address) {
  const server = manager.createIncomingServer(user, host, type);
  server.loginAtStartUp = false;
  const made = manager.createAccount();
  made.incomingServer = server;
  const identity = manager.createIdentity();
  identity.email = address;
  made.addIdentity(identity);
  return made;
}
account("imap", "imap.agency.example", "ola", "ola.nordmann@agency.example");
account("pop3", "pop.private.example", "ola@private.example", "ola@private.example");
manager.removeAccount(account("imap", "imap.gone.example", "ola", "ola@gone.example"), false);
const plan = cal.manager.createCalendar("caldav", Services.io.newURI("https://dav.agency.example/calendars/ola/"));
plan.name = "Plan";
plan.setProperty("disabled", true);
plan.setProperty("username", "ola@agency.example");
cal.manager.registerCalendar(plan);
const people = MailServices.ab.newAddressBook("People", "", Ci.nsIAbManager.CARDDAV_DIRECTORY_TYPE);
const book = MailServices.ab.getDirectoryFromId(people);
book.setStringValue("carddav.url", "https://dav.agency.example/contacts/ola/");
book.setStringValue("carddav.username", "ola");
const staff = "ldaps://ldap.agency.example/dc=example??sub?(objectclass=*)";
MailServices.ab.newAddressBook("Staff", staff, Ci.nsIAbManager.LDAP_DIRECTORY_TYPE);
manager.saveAccountInfo();
Services.prefs.savePrefFile(null);
return manager.accounts.length;
"""


@pytest.mark.needs("thunderbird")
def test_accounts_that_thunderbird_wrote(ola: Desktop) -> None:
    profiles = ola.home / ".thunderbird"
    plant(profiles, {"profiles.ini": "[Profile0]\nName=default\nIsRelative=1\nPath=abc.default\nDefault=1\n"})
    with mozilla(ola, "thunderbird", profiles / "abc.default") as control:
        assert control.command("WebDriver:ExecuteScript", script=THUNDERBIRD, args=[], sandbox="system")["value"] == 2
    facts = seen(ola)
    assert {told(account) for account in facts.accounts} == {
        ("thunderbird:imap", ("mail",), "agency.example", "imap.agency.example", True),
        ("thunderbird:pop3", ("mail",), "private.example", "pop.private.example", True),
        ("thunderbird:caldav", ("calendar",), "agency.example", "dav.agency.example", False),
        ("thunderbird:carddav", ("contacts",), None, "dav.agency.example", True),
        ("thunderbird:ldap", ("contacts", "directory"), None, "ldap.agency.example", True),
    }
    assert not [app for app in facts.apps if app.kind == "browser-extension"], "all of it came with Thunderbird"
    assert unseen(facts) == set()


METAINFO = """<?xml version="1.0"?>
<component type="desktop-application"><id>org.telegram.desktop</id><name>Telegram</name>
<releases><release version="5.8.3" date="2026-01-01"/></releases></component>
"""


@pytest.mark.needs("flatpak", "root")
def test_flatpaks_of_the_system_and_of_a_user_and_what_is_left_of_one(ola: Desktop, tmp_path: Path) -> None:
    build, repository = tmp_path / "build", tmp_path / "repository"
    entry = "share/applications/org.telegram.desktop.desktop"
    plant(
        build,
        {
            "metadata": "[Application]\nname=org.telegram.desktop\nruntime=org.example.Platform/x86_64/1\n",
            "files/bin/telegram": "#!/bin/sh\n",
            "files/share/metainfo/org.telegram.desktop.metainfo.xml": METAINFO,
            f"files/{entry}": "[Desktop Entry]\nType=Application\nName=Telegram\nExec=telegram\n",
        },
    )
    places = {"FLATPAK_SYSTEM_DIR": str(ola.root / "var/lib/flatpak")}

    def flatpak(*words: str | Path) -> None:
        ola.in_session("flatpak", *words, more=places)

    flatpak("build-finish", build, "--command=telegram")
    flatpak("build-export", "--disable-sandbox", repository, build, "stable")
    for scope in ("--user", "--system"):
        flatpak(scope, "remote-add", "--no-gpg-verify", "here", repository)
        flatpak(scope, "install", "--noninteractive", "--no-deps", "here", "org.telegram.desktop")
    (ola.home / ".var/app/org.telegram.desktop/data").mkdir(parents=True)

    def telegram() -> set[tuple[str, str, str | None, str | None, str]]:
        facts = seen(ola)
        assert unseen(facts) == set()
        return {(a.profile, a.identifier, a.name, a.version, a.state) for a in facts.apps if a.source == "flatpak"}

    installed = ("org.telegram.desktop", "Telegram", "5.8.3", "installed")
    assert telegram() == {(ola.profile, *installed), ("system", *installed)}
    flatpak("--user", "uninstall", "--noninteractive", "org.telegram.desktop")
    assert telegram() == {("system", *installed)}, "data of an app that is still there is no trace"
    flatpak("--system", "uninstall", "--noninteractive", "org.telegram.desktop")
    assert telegram() == {(ola.profile, "org.telegram.desktop", None, None, "removed-trace")}


@pytest.mark.needs("networkmanager")
def test_connections_that_networkmanager_wrote(ola: Desktop) -> None:
    enterprise = ("802-1x.eap", "peap", "802-1x.phase2-auth", "mschapv2", "802-1x.password", "x")
    connections = {
        "office": ("vpn", "vpn-type", "openvpn", "vpn.data", "remote=vpn.agency.example, connection-type=tls"),
        "campus": ("vpn", "vpn-type", "openconnect", "vpn.data", "gateway=oc.agency.example:443"),
        "home": ("wifi", "ifname", "*", "ssid", "Home", "wifi-sec.key-mgmt", "wpa-psk", "wifi-sec.psk", "12345678"),
        "work": (
            *("wifi", "ifname", "*", "ssid", "Agency", "wifi-sec.key-mgmt", "wpa-eap", *enterprise),
            *("802-1x.identity", "ola@agency.example", "802-1x.domain-suffix-match", "radius.agency.example"),
        ),
    }
    for name, words in connections.items():
        kind, *rest = words
        written = ola.run("nmcli", "--offline", "connection", "add", "type", kind, "con-name", name, *rest)
        plant(ola.root, {f"etc/NetworkManager/system-connections/{name}.nmconnection": written})
    facts = seen(ola)
    found = links(facts)
    assert {target for kind, target in found if kind == "vpn"} == {"vpn.agency.example", "oc.agency.example"}
    networks = {target for kind, target in found if kind == "wifi-enterprise"}
    assert networks == {"agency.example", "radius.agency.example"}, "who logs in, and the server that must answer"
    assert unseen(facts) == set()


@pytest.mark.needs("kerberos")
def test_tickets_and_keys_that_kerberos_wrote(ola: Desktop, tmp_path: Path) -> None:
    realm, etc = "AD.AGENCY.EXAMPLE", ola.root / "etc"
    port = 20_000 + os.getpid() % 20_000
    files = {
        "krb5.conf": f"[libdefaults]\n default_realm = {realm}\n dns_lookup_kdc = false\n"
        f"[realms]\n {realm} = {{\n  kdc = 127.0.0.1:{port}\n }}\n",
        "kdc.conf": f"[kdcdefaults]\n kdc_listen = 127.0.0.1:{port}\n kdc_tcp_listen = 127.0.0.1:{port}\n"
        f"[realms]\n {realm} = {{\n  database_name = {tmp_path}/principal\n  key_stash_file = {tmp_path}/stash\n }}\n",
    }
    plant(tmp_path, files)
    plant(etc, {"krb5.conf": files["krb5.conf"]})
    more = {"KRB5_CONFIG": f"{tmp_path}/krb5.conf", "KRB5_KDC_PROFILE": f"{tmp_path}/kdc.conf"}
    ola.run("kdb5_util", "create", "-s", "-P", "master", "-r", realm, more=more)
    for query in ("addprinc -pw secret ola", "addprinc -randkey host/pc.agency.example"):
        ola.run("kadmin.local", "-q", query, more=more)
    ola.run("kadmin.local", "-q", f"ktadd -k {etc}/krb5.keytab host/pc.agency.example", more=more)
    cache = ola.root / "tmp" / f"krb5cc_{ola.profile}"
    cache.parent.mkdir()
    with ola.started("krb5kdc", "-n", more=more):
        _until(lambda: ola.run("kinit", "-c", f"FILE:{cache}", "ola", more=more, given="secret\n"))
    facts = seen(ola)
    assert {(link.kind, link.target, link.profile) for link in facts.links} >= {
        ("kerberos", "ad.agency.example", "system"),
        ("kerberos", "ad.agency.example", ola.profile),
    }
    assert unseen(facts) == set()


def _until(attempt: Any, patience: float = 10.0) -> None:
    """Tries until the server listens."""
    deadline = time.monotonic() + patience
    while True:
        try:
            attempt()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


@pytest.mark.needs("msmtp")
def test_settings_that_msmtp_reads_as_we_do(ola: Desktop) -> None:
    settings = (
        "defaults\ntls on\naccount work\nhost smtp.agency.example\nfrom ola@agency.example\naccount default: work\n"
    )
    plant(ola.home, {".msmtprc": settings})
    (ola.home / ".msmtprc").chmod(0o600)
    assert "host = smtp.agency.example" in ola.run("msmtp", "--pretend", "somebody@else.example")
    facts = seen(ola)
    assert [(one.domain, one.host) for one in facts.accounts] == [("agency.example", "smtp.agency.example")]
    assert unseen(facts) == set()


def _as(uid: int, host: Host) -> dict[str, Any]:
    """What a process of another user sees of its own machine. Everything that it needs has been imported here."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            facts = [one.collect(host) for one in (Processes(), PortableFiles())]
            answer = {
                "apps": [[app.profile, app.identifier] for part in facts for app in part.apps],
                "rows": [[row.collector, row.profile, row.status] for part in facts for row in part.coverage],
            }
            os.write(writer, json.dumps(answer).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer_file:
        raw = answer_file.read()
    os.waitpid(child, 0)
    return json.loads(raw)


@pytest.mark.needs("root")
def test_a_portable_program_that_another_user_runs_is_seen_by_root_alone(ola: Desktop) -> None:
    home = ola.root / "home" / "kari"
    downloads = home / "Downloads" / "Telegram"
    downloads.mkdir(parents=True)
    program = downloads / "Telegram"
    program.write_bytes(Path("/bin/sleep").read_bytes())
    for path in (program, downloads, downloads.parent, home):
        os.chown(path, SOMEBODY, SOMEBODY)
        path.chmod(0o700)
    for path in (ola.root.parent, ola.root, home.parent):
        path.chmod(0o755)
    host = Host(tree=Tree(), users=(User(uid=SOMEBODY, name="kari", home=str(home)),))
    child = subprocess.Popen([program, "60"], user=SOMEBODY, group=SOMEBODY, extra_groups=[], cwd="/")
    try:
        apps = Processes().collect(host).apps
        assert (str(SOMEBODY), "portable", "Telegram") in {(a.profile, a.kind, a.identifier) for a in apps}
        found = PortableFiles().collect(host)
        assert [(app.profile, app.identifier) for app in found.apps if app.profile != "system"] == [
            (str(SOMEBODY), "Telegram")
        ]
        stranger = _as(ELSE, host)
        assert [str(SOMEBODY), "Telegram"] not in stranger["apps"]
        assert ["linux.processes", str(SOMEBODY), "denied"] in stranger["rows"]
        assert ["linux.portable", str(SOMEBODY), "denied"] in stranger["rows"]
        assert ["linux.processes", "system", "denied"] in stranger["rows"]
        kari = _as(SOMEBODY, host)
        assert [str(SOMEBODY), "Telegram"] in kari["apps"]
        assert ["linux.processes", str(SOMEBODY), "observed"] in kari["rows"]
        assert ["linux.processes", "system", "denied"] in kari["rows"]
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait(10)
