from pathlib import Path

import pytest

from linux_tree import plant
from macos_tree import ROOT_HOME, SYSTEM, TREES, MacTree, info, record
from setapart_agent.collectors.base import Absent, Observed
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.macos.collector import collect
from setapart_agent.collectors.macos.volumes import DATA, joined
from setapart_agent.sources import collect as collect_source
from setapart_agent.sources import parse_source


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    """The system's volume, with the data's where macOS mounts it."""
    for path, content in SYSTEM.items():
        plant(tmp_path, {path if path.startswith("/System/") else f"{DATA}{path}": content})
    for folder in ("Users", "Applications", "Library", "private/var"):
        (tmp_path / folder).mkdir(parents=True)
    kind: type[Tree] = request.param
    return kind(str(tmp_path), ignore_case=True)


def test_both_volumes_are_one_tree(disk: Tree) -> None:
    tree = joined(disk)
    assert isinstance(tree.read("/System/Library/CoreServices/SystemVersion.plist"), Observed)
    assert tree.entries("/Users") == Observed((".localized", "Shared"))
    assert tree.head(f"{ROOT_HOME}/.CFUserTextEncoding", 3) == Observed(b"0x0")
    assert tree.part(f"{ROOT_HOME}/.CFUserTextEncoding", 4, 9) == Observed(b"0x0")
    assert isinstance(tree.status("/Applications/Example.app"), Observed)
    assert tree.status("/Applications/None.app") == Absent()
    assert tree.find("/Applications/*.app")[0] == ("/Applications/Example.app",)


def test_a_disk_of_two_volumes_is_seen_completely(disk: Tree) -> None:
    found = collect(disk).facts
    assert {app.identifier for app in found.apps} == {"com.apple.mail", "org.example.Example"}
    assert {row.status for row in found.coverage} == {"observed"}
    assert collect_source(parse_source(f"root:{disk.root}")).facts.apps == found.apps


def test_users_and_apps_of_the_data_are_found(disk: Tree) -> None:
    base = Path(disk.root + DATA)
    records = "/private/var/db/dslocal/nodes/Default/users"
    plant(base, {f"{records}/bob.plist": record("bob", 777, "/Users/bob"), "/Users/bob/.zshrc": b""})
    plant(base, {"/Users/bob/Applications/X.app/Contents/Info.plist": info("org.example.X")})
    found = collect(disk).facts
    assert ("777", "org.example.X") in {(app.profile, app.identifier) for app in found.apps}


def test_a_link_in_the_data_stays_in_the_data(disk: Tree) -> None:
    base = Path(disk.root + DATA)
    (base / "Applications/Link.app").symlink_to("/Applications/Example.app")
    assert isinstance(joined(disk).status("/Applications/Link.app/Contents/Info.plist"), Observed)


def test_names_of_the_data_are_compared_without_regard_to_case(disk: Tree) -> None:
    plant(Path(disk.root + DATA), {"/Users/Shared/Photos.APP/x": b""})
    tree = joined(disk)
    assert tree.ignore_case
    assert tree.find("/users/shared/*.app")[0] == ("/users/shared/Photos.APP",)


@pytest.mark.parametrize("kind", TREES)
def test_one_volume_stays_as_it_is(tmp_path: Path, kind: type[Tree]) -> None:
    tree = MacTree(tmp_path, kind).tree
    assert joined(tree) is tree
