"""What captured package databases and desktop entries must tell (the corpus' own PROVENANCE.md)."""

from pathlib import Path
from types import ModuleType

import pytest

from setapart_agent.collectors.linux.parse import (
    desktop_entry,
    dpkg,
    dpkg_list,
    flatpak,
    nix,
    pacman,
    rpm_db,
    rpm_list,
    snap,
)
from setapart_agent.collectors.sqlite_snapshot import HEADER, read_rows
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.identifiers import keys_of

pytestmark = pytest.mark.needs("corpus")
PARSERS = (dpkg, dpkg_list, rpm_db, rpm_list, pacman, flatpak, snap, nix, desktop_entry)


def facts_of(parser: ModuleType, path: Path) -> Facts:
    """The facts of a file that this parser, and no other one here, recognises."""
    content = path.read_bytes()
    assert [other.KIND for other in PARSERS if other.recognise(path.name, content)] == [parser.KIND]
    rows = read_rows(content, parser.QUERIES) if content.startswith(HEADER) else {}
    facts = parser.parse(FileSet(files={"main": content}, rows=rows, profile="system", path=str(path)))
    assert isinstance(facts, Facts)
    return facts


def versions(facts: Facts) -> dict[str, str | None]:
    return {app.identifier: app.version for app in facts.apps}


def test_a_desktops_dpkg_status(corpus: Path) -> None:
    facts = facts_of(dpkg, corpus / "linux/debian12-desktop/dpkg-status")
    assert len(facts.apps) == 484
    assert {app.state for app in facts.apps} == {"installed"}
    assert versions(facts)["telegram-desktop"] == "4.6.5+ds-2+b1"
    assert {"evolution", "evolution-ews", "thunderbird"} <= versions(facts).keys()
    assert facts.coverage == ()


def test_half_of_a_dpkg_status_is_never_observed(corpus: Path) -> None:
    content = (corpus / "linux/debian12-desktop/dpkg-status").read_bytes()
    lines = content.splitlines(keepends=True)
    for part in (content[: len(content) // 2], b"".join(lines[: len(lines) // 2])):
        assert [row.status for row in dpkg.parse(FileSet(files={"main": part})).coverage] == ["failed"]


def test_fragments_of_dpkg(corpus: Path) -> None:
    assert versions(facts_of(dpkg, corpus / "linux/scalibr/dpkg/noversion")) == {
        "foo": "1.0",
        "acl": None,
        "bar": "2.0",
    }
    assert versions(facts_of(dpkg, corpus / "linux/syft/dpkg/single")) == {"apt": "1.8.2"}
    assert versions(facts_of(dpkg, corpus / "linux/trivy/dpkg-third-party.txtar")) == {
        "docker-ce": "5:20.10.7~3-0~debian-buster",
        "apt": "1.6.3ubuntu0.1",
    }


def test_lists(corpus: Path) -> None:
    debian = facts_of(dpkg_list, corpus / "linux/glpi-agent/dpkg")
    assert len(debian.apps) == 17
    assert [app.identifier for app in debian.apps if app.state != "installed"] == ["vlc-nox"]
    mageia = facts_of(rpm_list, corpus / "linux/glpi-agent/rpm")
    assert len(mageia.apps) == 10
    assert versions(mageia)["firebird-devel"] == "2.5.1.26351.0-3.mga2"
    store = facts_of(nix, corpus / "linux/glpi-agent/nix")
    assert {("newt", "0.52.15"), ("newt", "0.52.14")} <= {(app.identifier, app.version) for app in store.apps}
    assert not any("drv" in (app.version or "") for app in store.apps)


def test_rpm_in_three_containers(corpus: Path) -> None:
    fedora = versions(facts_of(rpm_db, corpus / "linux/osquery/rpm-sqlite/rpmdb.sqlite"))
    assert fedora.keys() == {
        "deltarpm", "python3-rpm", "rpm", "rpm-build-libs", "rpm-libs", "rpm-plugin-selinux",
        "rpm-plugin-systemd-inhibit", "rpm-sign-libs", "systemd-rpm-macros",
    }  # fmt: skip
    assert fedora["rpm-sign-libs"] == "4.16.0-1.fc33"
    suse = facts_of(rpm_db, corpus / "linux/osquery/rpm-ndb/Packages.db")
    assert suse.apps
    assert suse.coverage == ()
    (app,) = facts_of(rpm_db, corpus / "linux/scalibr/rpm/Packages_epoch").apps
    assert (app.version or "").startswith("1:")


@pytest.mark.parametrize("file", ["osquery/rpm-ndb/Packages.db", "scalibr/rpm/Packages_epoch"])
def test_a_cut_rpm_database_is_never_observed(corpus: Path, file: str) -> None:
    content = (corpus / "linux" / file).read_bytes()
    for cut in range(0, len(content), len(content) // 40):
        try:
            facts = rpm_db.parse(FileSet(files={"main": content[:cut]}))
        except ParseError:
            continue
        assert facts.coverage, cut


def test_pacman(corpus: Path) -> None:
    assert versions(facts_of(pacman, corpus / "linux/syft/pacman/desc")) == {"emacs": "29.3-3"}
    assert versions(facts_of(pacman, corpus / "linux/scalibr/pacman/valid")) == {"gawk": "5.3.1-1"}


def test_flatpak(corpus: Path) -> None:
    folder = corpus / "linux/glpi-agent"
    assert versions(facts_of(flatpak, folder / "flatpak_com.obsproject.Studio_stable_user")) == {
        "com.obsproject.Studio": "27.2.1"
    }
    assert versions(facts_of(flatpak, folder / "flatpak_com.vscodium.codium_stable_system")) == {
        "com.vscodium.codium": "1.52.1"
    }
    (nameless,) = facts_of(flatpak, corpus / "linux/scalibr/flatpak/noname.xml").apps
    assert (nameless.identifier, nameless.name, nameless.version) == ("org.gimp.GIMP", None, "2.10.38")
    (versionless,) = facts_of(flatpak, corpus / "linux/scalibr/flatpak/noversion.xml").apps
    assert (versionless.name, versionless.version) == ("GNU Image Manipulation Program", None)


def test_snap(corpus: Path) -> None:
    assert versions(facts_of(snap, corpus / "linux/glpi-agent/snap_scrcpy")) == {"scrcpy": "v1.10"}
    assert versions(facts_of(snap, corpus / "linux/scalibr/snap/missing-version.yaml")) == {"core": None}
    assert versions(facts_of(snap, corpus / "linux/syft/snap/manifest.yaml"))["pc"] == "24-0.1"
    base = versions(facts_of(snap, corpus / "linux/syft/snap/real-dpkg.yaml"))
    assert (len(base), base["libc6"]) == (10, "2.31-0ubuntu9.16")


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("chromium.desktop", "desktop:chromium"),
        ("firefox-esr.desktop", "desktop:firefox-esr"),
        ("gcr-prompter.desktop", "desktop:gcr-prompter"),
        ("gcr-viewer.desktop", "desktop:gcr-viewer"),
        ("org.gnome.Evolution.desktop", "desktop:org.gnome.evolution"),
        ("org.gnome.Evolution-alarm-notify.desktop", "desktop:org.gnome.evolution-alarm-notify"),
        ("thunderbird.desktop", "desktop:thunderbird"),
    ],
)
def test_desktop_entries(corpus: Path, file: str, key: str) -> None:
    (app,) = facts_of(desktop_entry, corpus / "linux/debian12-desktop/applications" / file).apps
    assert key in keys_of("linux", app)
    assert app.kind == "native"
