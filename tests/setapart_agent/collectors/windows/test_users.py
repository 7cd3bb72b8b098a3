from pathlib import Path

import pytest

from registry_maker import at, key_of
from setapart_agent.collectors.base import Denied, Failed
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import Tree, open_tree
from setapart_agent.collectors.windows.host import Opened
from setapart_agent.collectors.windows.parse.machine import PROFILE_LIST
from setapart_agent.collectors.windows.users import tree_path, users_of
from windows_tree import ADA, BOB, WindowsTree


@pytest.fixture
def windows(tmp_path: Path) -> WindowsTree:
    return WindowsTree(tmp_path)


def users(windows: WindowsTree, **profiles: str) -> dict[str, User]:
    listed = {sid.replace("_", "-"): {"ProfileImagePath": path} for sid, path in profiles.items()}
    software = Opened(key_of(at(PROFILE_LIST, listed)))
    return {user.profile: user for user in users_of(open_tree(str(windows.root), ignore_case=True), software)}


def listed(sid: str) -> str:
    return sid.replace("-", "_")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (r"C:\Users\ada", "/Users/ada"),
        (r"c:\users\ada\\", "/users/ada"),
        (r"%SystemDrive%\Documents and Settings\ada", "/Documents and Settings/ada"),
        (r'"C:\x"', "/x"),
        (r"D:\Users\ada", None),
        (r"\\server\profiles\ada", None),
        ("", None),
        ("C:", None),
    ],
)
def test_paths_of_windows_lead_into_the_tree_of_its_drive(path: str, expected: str | None) -> None:
    assert tree_path(path) == expected


def test_local_and_entra_users_are_listed(windows: WindowsTree) -> None:
    windows.write("/Users/bob/x")
    found = users(windows, **{listed(ADA): r"C:\Users\ada", listed(BOB): r"C:\Users\bob"})
    assert {sid: (user.name, user.home, user.unseen) for sid, user in found.items()} == {
        ADA: ("ada", "/Users/ada", None),
        BOB: ("bob", "/Users/bob", None),
    }


def test_a_profile_that_is_not_here_is_denied(windows: WindowsTree) -> None:
    found = users(windows, **{listed(ADA): r"D:\Users\ada", listed(BOB): r"C:\Users\gone"})
    assert isinstance(found[ADA].unseen, Denied)
    assert isinstance(found[BOB].unseen, Denied)


def test_a_folder_with_a_hive_that_no_list_knows_is_a_user(windows: WindowsTree) -> None:
    for name in ("eve", "Default", "Public"):
        windows.write(f"/Users/{name}/NTUSER.DAT", "x")
    windows.write("/Users/empty/x")
    found = users(windows, **{listed(ADA): r"C:\Users\ADA"})
    assert found.keys() == {ADA, "unlisted-1"}
    assert found["unlisted-1"].home == "/Users/eve"
    assert "eve" not in found["unlisted-1"].profile


def test_a_service_is_no_user(windows: WindowsTree) -> None:
    windows.write("/Users/MSSQL$SQLEXPRESS/NTUSER.DAT", "x")
    found = users(windows, **{listed(ADA): r"C:\Users\ada", "S_1_5_80_1_2_3_4": r"C:\Users\MSSQL$SQLEXPRESS"})
    assert found.keys() == {ADA}


def test_without_a_list_somebody_is_missing(windows: WindowsTree) -> None:
    tree = open_tree(str(windows.root), ignore_case=True)
    for software in (Failed("broken"), Opened(key_of({}))):
        (missing,) = users_of(tree, software)
        assert isinstance(missing.unseen, Failed)


def test_a_folder_that_may_not_be_listed_is_denied(windows: WindowsTree, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Tree.entries
    refused = Denied("permission denied")
    monkeypatch.setattr(
        Tree, "entries", lambda self, path, owner=None: refused if path == "/Users/ada" else real(self, path, owner)
    )
    assert users(windows, **{listed(ADA): r"C:\Users\ada"})[ADA].unseen == refused
