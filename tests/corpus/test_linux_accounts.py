"""What PROVENANCE.md says must be read from the real files of Linux."""

from pathlib import Path

import pytest

from setapart_agent.collectors.desktop.host import Host, User
from setapart_agent.collectors.desktop.parse import thunderbird_prefs, vdirsyncer
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux.mail import MailPrograms
from setapart_agent.collectors.linux.parse import evolution_source, goa, sssd
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.model import Link

pytestmark = pytest.mark.needs("corpus")


def test_goa_of_2013_with_every_service(corpus: Path) -> None:
    content = (corpus / "linux/goa/2013-google-ANONYMISED-accounts.conf").read_bytes()
    assert goa.recognise("accounts.conf", content)
    assert goa.parse(FileSet(files={"main": content}, profile="1000")).accounts == (
        AccountFact(
            profile="1000",
            type="goa:google",
            client="goa",
            services=("mail", "calendar", "contacts", "files"),
            address="person.one@example.com",
            domain="example.com",
            enabled=True,
        ),
    )


@pytest.mark.parametrize("restricted", [False, True])
def test_goa_of_the_upstream_document(corpus: Path, restricted: bool) -> None:
    folder = corpus / "linux/goa"
    files = {"main": (folder / "upstream-doc-accounts.conf").read_bytes()}
    if restricted:  # the document's restrictions are the default: nothing is restricted
        files["goa.conf"] = (folder / "upstream-doc-goa.conf").read_bytes()
    google, webdav = goa.parse(FileSet(files=files)).accounts
    assert (google.type, google.domain, google.services) == (
        "goa:google",
        "gmail.com",
        ("mail", "calendar", "contacts", "files"),
    )
    assert (webdav.type, webdav.domain, webdav.host) == ("goa:webdav", "example.com", "caldav.example.com")
    assert webdav.services == ("calendar", "contacts", "files")
    assert google.enabled is webdav.enabled is True


@pytest.mark.parametrize("name", ["caldav-stub", "contacts-stub", "local-stub", "local", "system-calendar"])
def test_sources_that_every_evolution_has_are_no_accounts(corpus: Path, name: str) -> None:
    content = (corpus / f"linux/evolution-builtin/{name}.source").read_bytes()
    assert evolution_source.recognise(f"{name}.source", content)
    assert evolution_source.parse(FileSet(files={"main": content})) == Facts()


def test_sssd_example_has_no_domain_switched_on(corpus: Path) -> None:
    content = (corpus / "linux/sssd/sssd-example.conf").read_bytes()
    assert sssd.recognise("sssd.conf", content)
    assert sssd.parse(FileSet(files={"main": content})).links == ()


def test_sssd_valid_joins_only_the_domain_that_is_listed(corpus: Path) -> None:
    content = (corpus / "linux/sssd/sssd-valid.conf").read_bytes()
    links = sssd.parse(FileSet(files={"main": content}, profile="system")).links
    assert links == (Link(kind="directory-join", target="IPA", profile="system"),)


def test_vdirsyncer_example(corpus: Path) -> None:
    content = (corpus / "linux/vdirsyncer/config.example").read_bytes()
    assert vdirsyncer.recognise("config.example", content)
    accounts = vdirsyncer.parse(FileSet(files={"main": content})).accounts
    assert [(one.type, one.host, one.services, one.enabled) for one in accounts] == [
        ("vdirsyncer:carddav", "owncloud.example.com", ("contacts",), True),
        ("vdirsyncer:caldav", "owncloud.example.com", ("calendar",), True),
    ]


def test_a_fresh_thunderbird_profile_has_no_accounts_and_is_seen(corpus: Path, tmp_path: Path) -> None:
    profile = tmp_path / "home/ada/.thunderbird/abc.default"
    profile.mkdir(parents=True)
    fresh = corpus / "linux/debian12-desktop/thunderbird-fresh/extensions.json"
    (profile / "extensions.json").write_bytes(fresh.read_bytes())
    user = User(uid=profile.stat().st_uid, name="ada", home="/home/ada")
    facts = MailPrograms().collect(Host(tree=Tree(str(tmp_path)), users=(user,)))
    assert facts.accounts == ()
    assert {(row.profile, row.status) for row in facts.coverage} == {
        ("system", "observed"),
        (user.profile, "observed"),
    }


def test_preferences_of_a_browser_hold_no_mail(corpus: Path) -> None:
    content = (corpus / "browsers/debian12-firefox140/prefs.js").read_bytes()
    assert not thunderbird_prefs.recognise("prefs.js", content)
    assert thunderbird_prefs.parse(FileSet(files={"main": content})) == Facts()
