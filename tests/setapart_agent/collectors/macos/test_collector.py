import os
from pathlib import Path
from unittest import mock

import pytest

from macos_tree import TREES, MacTree, accounts_database, record
from setapart_agent.cli.doctor import cure_of
from setapart_agent.collectors.base import Denied
from setapart_agent.collectors.desktop.host import Host
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.macos import network, profiles, running
from setapart_agent.collectors.macos.collector import NO_FULL_DISK_ACCESS, collect, collectors, explained
from setapart_agent.errors import SourceError
from setapart_agent.sources import collect as collect_source
from setapart_agent.sources import parse_source
from setapart_evidence.model import Coverage


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def mac(request: pytest.FixtureRequest, tmp_path: Path) -> MacTree:
    return MacTree(tmp_path, request.param)


def test_a_healthy_mac_is_seen_completely(mac: MacTree) -> None:
    found = collect(mac.tree)
    assert {row.status for row in found.facts.coverage} == {"observed"}
    sections = {(row.section, row.profile) for row in found.facts.coverage}
    assert {(section, profile) for section in ("apps", "accounts", "links") for profile in ("system", "0")} <= sections
    ran = [info.name for info in found.collectors]
    assert ran == [one.info.name for one in collectors() if one.info.name != "macos.running"], "a disk runs nothing"
    assert found.taken_at is not None


@pytest.mark.needs("root")
def test_profiles_of_every_kind(mac: MacTree) -> None:
    mac.write("/private/var/db/dslocal/nodes/Default/users/ann.plist", record("ann", 501, "/Users/ann"))
    mac.write("/private/var/db/dslocal/nodes/Default/users/Guest.plist", record("Guest", 201, "/Users/Guest"))
    mac.write("/Users/Guest/.zshrc")
    os.chown(mac.root / "Users/ann", 501, -1)
    kinds = {profile.id: profile.kind for profile in collect(mac.tree).facts.profiles}
    assert kinds == {"system": "system", "0": "system", "501": "primary", "201": "guest"}


def test_a_folder_without_macos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        collect(Tree(str(tmp_path)))


def test_a_disk_of_macos_is_read_as_macos_by_its_source(mac: MacTree) -> None:
    found = collect_source(parse_source(f"root:{mac.root}"))
    assert found.facts.device.platform == "macos"


def test_a_volume_of_data_alone_is_read_as_macos_by_its_source(mac: MacTree) -> None:
    (mac.root / "System").rename(mac.root / "elsewhere")
    found = collect_source(parse_source(f"root:{mac.root}"))
    assert found.facts.device.platform == "macos"
    assert ("apps", "system", "partial") in {(row.section, row.profile, row.status) for row in found.facts.coverage}


def test_a_collector_that_breaks_silences_no_other(mac: MacTree) -> None:
    with mock.patch.object(network.Networks, "collect", side_effect=KeyError("secret")):
        found = collect(mac.tree).facts
    broke = {(row.profile, row.status, row.reason) for row in found.coverage if row.collector == "macos.network"}
    assert ("system", "failed", "the collector broke: KeyError") in broke
    assert {row.status for row in found.coverage if row.collector != "macos.network"} == {"observed"}


def row(profile: str, reason: str | None = "outlook: permission denied", status: str = "denied") -> Coverage:
    return Coverage(section="accounts", profile=profile, collector="macos.mail", status=status, reason=reason)  # type: ignore[arg-type]


def test_what_refuses_root_or_the_owner_is_the_protection_of_personal_data() -> None:
    for profile, euid in (("501", 0), ("501", 501), ("system", 0)):
        found = explained(row(profile), euid)
        assert (found.status, found.reason) == ("denied", f"outlook: {NO_FULL_DISK_ACCESS}")
        assert "Full Disk Access" in cure_of(found)


def test_what_refuses_another_user_may_be_the_modes_of_files() -> None:
    for one in (row("502"), row("system")):
        assert explained(one, 501) == one
        assert "root" in cure_of(one)


def test_other_rows_stay_as_they_are() -> None:
    for one in (row("501", None, "observed"), row("501", "vpn: broken", "failed"), row("501", "the home is not there")):
        assert explained(one, 0) == one


def test_without_full_disk_access_the_accounts_of_a_running_mac_are_denied(mac: MacTree, tmp_path: Path) -> None:
    """Root is refused at protected folders, as EPERM, though their modes let it in."""
    protected = ("Library/Accounts", "Library/Mail", "Library/Safari", "Library/Group Containers")
    mac.write("Library/Accounts/Accounts4.sqlite", accounts_database(tmp_path / "db"))
    for folder in protected:
        mac.write(f"{folder}/x", b"x")
    mac.write("/private/var/db/dslocal/nodes/Default/users/ann.plist", record("ann", mac.uid or 501, "/Users/ann"))
    entries, read = mac.kind.entries, mac.kind.read

    def refuses(path: str) -> bool:
        return any(f"/Users/ann/{folder}" in path for folder in protected)

    def listed(tree: Tree, path: str, owner: int | None = None) -> object:
        return Denied("permission denied") if refuses(path) else entries(tree, path, owner)

    def content(tree: Tree, path: str, owner: int | None = None, limit: int = 1 << 26) -> object:
        return Denied("permission denied") if refuses(path) else read(tree, path, owner, limit)

    with (
        mock.patch.object(mac.kind, "entries", listed),
        mock.patch.object(mac.kind, "read", content),
        mock.patch.object(Host, "live", property(lambda _host: True)),
        mock.patch.object(os, "geteuid", return_value=0),
        mock.patch.object(network, "mounted", return_value=()),
        mock.patch.object(running, "running", return_value=()),
        mock.patch.object(profiles, "_printed", return_value=b"There are no configuration profiles installed\n"),
    ):
        found = collect(mac.tree).facts
    denied = {(row.section, row.collector, row.reason) for row in found.coverage if row.status == "denied"}
    assert ("accounts", "macos.accounts", f"internet accounts: {NO_FULL_DISK_ACCESS}") in denied
    assert {reason for _, _, reason in denied if reason} == {
        reason for _, _, reason in denied if reason and "full disk access" in reason
    }
    assert not any("/" in (reason or "") or "ann" in (reason or "") for _, _, reason in denied)
