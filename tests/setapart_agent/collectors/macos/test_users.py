import os
import pwd
from pathlib import Path
from unittest import mock

import pytest

from macos_tree import RECORDS, TREES, MacTree, record
from setapart_agent.collectors.base import Denied, Failed, Unseen
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.macos.users import UNKNOWN_UID, users_of


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def mac(request: pytest.FixtureRequest, tmp_path: Path) -> MacTree:
    return MacTree(tmp_path, request.param)


def by_name(mac: MacTree) -> dict[str, User]:
    return {user.name: user for user in users_of(mac.tree)}


def unseen(mac: MacTree) -> dict[str, Unseen | None]:
    return {name: user.unseen for name, user in by_name(mac).items()}


def owned(mac: MacTree, path: str, uid: int) -> None:
    os.chown(mac.root / path.lstrip("/"), uid, -1)


@pytest.mark.needs("root")
def test_people_and_root_count_and_services_do_not(mac: MacTree) -> None:
    mac.write(f"{RECORDS}/ann.plist", record("ann", 501, "/Users/ann"))
    owned(mac, "/Users/ann", 501)
    found = by_name(mac)
    assert {name: (user.profile, user.home) for name, user in found.items()} == {
        "root": ("0", "/private/var/root"),
        "ann": ("501", "/Users/ann"),
    }
    assert unseen(mac) == {"root": None, "ann": None}


def test_accounts_that_nobody_can_log_in_to_do_not_count(mac: MacTree) -> None:
    mac.write(f"{RECORDS}/_nixbld1.plist", record("_nixbld1", 30001, "/var/empty", "/sbin/nologin"))
    assert "_nixbld1" not in by_name(mac)


def test_a_hidden_administrator_below_501_counts_if_the_home_is_there(mac: MacTree) -> None:
    mac.write(f"{RECORDS}/adm.plist", record("adm", 401, "/Users/adm"))
    assert "adm" not in by_name(mac)
    mac.write("/Users/adm/.zshrc")
    assert by_name(mac)["adm"].profile == "401"


def test_a_hidden_administrator_with_a_home_outside_of_users_counts(mac: MacTree) -> None:
    mac.write(f"{RECORDS}/adm.plist", record("adm", 499, "/var/hidden"))
    mac.write("/private/var/hidden/.zshrc")
    assert by_name(mac)["adm"].profile == "499"


def test_the_service_with_a_shell_that_sets_up_a_new_mac_is_nobody(mac: MacTree) -> None:
    mac.write(f"{RECORDS}/_mbsetupuser.plist", record("_mbsetupuser", 248, "/var/setup", "/bin/bash"))
    mac.write("/private/var/setup/Library/Accounts/x")
    assert "_mbsetupuser" not in by_name(mac)


def test_a_user_with_a_shell_and_no_home_at_all_has_nothing_to_be_seen(mac: MacTree) -> None:
    mac.write(f"{RECORDS}/svc.plist", record("svc", 610, "/var/empty", "/bin/sh"))
    (mac.root / "private/var/empty").mkdir()
    assert "svc" not in by_name(mac)


def test_a_link_to_a_home_of_nobody_on_record_is_said(mac: MacTree) -> None:
    (mac.root / "Users/network").symlink_to("/Volumes/External/network")
    found = by_name(mac)["network"]
    assert (found.uid, found.unseen) == (UNKNOWN_UID, Denied("a link to a home that is not there"))


def test_a_home_outside_of_users_counts(mac: MacTree) -> None:
    mac.write(f"{RECORDS}/bob.plist", record("bob", 502, "/var/bob/"))
    mac.write("/private/var/bob/.zshrc")
    found = by_name(mac)["bob"]
    assert (found.home, found.unseen) == ("/private/var/bob", None)


def test_homes_that_can_not_be_looked_into_are_said(mac: MacTree) -> None:
    mac.write(f"{RECORDS}/gone.plist", record("gone", 502, "/Users/gone"))
    mac.write(f"{RECORDS}/vault.plist", record("vault", 503, "/Users/vault"))
    mac.write("/Users/vault/vault.sparsebundle/token")
    mac.write(f"{RECORDS}/network.plist", record("network", 504, "/Network/Servers/x/network"))
    mac.write(f"{RECORDS}/other.plist", record("other", 505, "/Users/other"))
    (mac.root / "Users/other").mkdir()
    assert unseen(mac) == {
        "root": None,
        "gone": Denied("the home is not there"),
        "vault": Denied("the encrypted home is not open"),
        "network": Denied("the home is not there"),
        "other": Denied("the home is not mounted"),
    }


@pytest.mark.needs("root")
def test_a_folder_of_nobody_on_record_is_its_owners(mac: MacTree) -> None:
    mac.write("/Users/left/.zshrc")
    owned(mac, "/Users/left", 507)
    assert by_name(mac)["left"].profile == "507"


def test_a_home_whose_owner_can_not_be_named_is_said(mac: MacTree) -> None:
    mac.write("/Users/copied/Library/x")
    owner = (mac.root / "Users/copied").stat().st_uid
    if owner < 501:
        found = by_name(mac)["copied"]
        assert (found.uid, found.unseen) == (UNKNOWN_UID, Denied("a home of an unknown owner"))


def test_shared_and_plain_files_are_no_homes(mac: MacTree) -> None:
    mac.write("/Users/Shared/Library/x")
    mac.write("/Users/note.txt")
    assert set(by_name(mac)) == {"root"} | ({"ann"} if mac.uid >= 501 else set())


def test_a_guest_is_a_profile_while_the_home_is_there(mac: MacTree) -> None:
    mac.write(f"{RECORDS}/Guest.plist", record("Guest", 201, "/Users/Guest", "/bin/bash"))
    assert "Guest" not in by_name(mac)
    mac.write("/Users/Guest/.zshrc")
    assert by_name(mac)["Guest"].profile == "201"


@pytest.mark.parametrize("content", [b"", b"bplist00", record("x", 501, "nowhere")])
def test_a_broken_record_is_a_user_that_is_missing(mac: MacTree, content: bytes) -> None:
    mac.write(f"{RECORDS}/x.plist", content)
    missing = by_name(mac)["?"]
    assert missing.uid == UNKNOWN_UID
    assert isinstance(missing.unseen, Failed)
    assert "x.plist" not in missing.unseen.reason


def test_without_records_a_user_is_missing_and_root_is_not(mac: MacTree) -> None:
    (mac.root / RECORDS.lstrip("/")).rename(mac.root / "elsewhere")
    assert unseen(mac)["?"] == Failed("no list of users")
    assert by_name(mac)["root"].profile == "0"


def test_without_the_folder_of_homes_a_user_is_missing(mac: MacTree) -> None:
    (mac.root / "Users").rename(mac.root / "elsewhere")
    assert unseen(mac)["?"] == Failed("the folder of homes is not there")


def test_the_running_system_names_its_users_to_those_who_may_not_read_the_records(mac: MacTree) -> None:
    entries = [
        pwd.struct_passwd(("root", "*", 0, 0, "", "/var/root", "/bin/sh")),
        pwd.struct_passwd(("nobody", "*", -2, -2, "", "/var/empty", "/usr/bin/false")),
        pwd.struct_passwd(("ann", "*", 501, 20, "", "/Users/ann", "/bin/zsh")),
    ]
    tree = mac.tree
    refused = {RECORDS: Denied("permission denied")}
    entries_of = tree.entries
    tree.live = True
    with (
        mock.patch.object(tree, "entries", lambda path, owner=None: refused.get(path) or _below(mac, path, owner)),
        mock.patch.object(tree, "status", lambda path, owner=None: mac.tree.status(path, owner)),
        mock.patch.object(pwd, "getpwall", return_value=entries),
    ):
        found = {user.name: user.profile for user in users_of(tree)}
    assert entries_of is not None
    assert {"root": "0", "ann": "501"}.items() <= found.items()
    assert "nobody" not in found
    assert "?" not in found


def _below(mac: MacTree, path: str, owner: int | None) -> object:
    return mac.tree.entries(path, owner)
