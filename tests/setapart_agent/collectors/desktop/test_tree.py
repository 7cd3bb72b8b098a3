"""The tree: inside the root, never held up, and never fooled into reading somebody else's file.

What it promises holds with and without `O_PATH`, on the running system and on one that is mounted.
"""

import errno
import os
from pathlib import Path

import pytest

from setapart_agent.collectors.base import Absent, Denied, Failed, Observed
from setapart_agent.collectors.desktop.tree import PlainTree, Tree, open_tree


@pytest.fixture(params=[Tree, PlainTree])
def kind(request: pytest.FixtureRequest) -> type[Tree]:
    """The tree of Linux, and that of systems without `O_PATH`."""
    made: type[Tree] = request.param
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "etc").mkdir(parents=True)
    (folder / "etc" / "a.conf").write_bytes(b"a")
    (tmp_path / "outside").write_bytes(b"secret")
    return folder


def test_a_file_is_read(root: Path, kind: type[Tree]) -> None:
    assert kind(str(root)).read("/etc/a.conf") == Observed(b"a")


def test_what_is_not_there_is_absent_and_hides_nothing(root: Path, kind: type[Tree]) -> None:
    tree = kind(str(root))
    assert tree.read("/etc/none") == Absent()
    assert tree.read("/etc/a.conf/below") == Absent()
    assert tree.entries("/none") == Absent()


@pytest.mark.parametrize("target", ["/../outside", "../../outside", "../../../../outside"])
def test_a_link_never_leads_out_of_the_tree(root: Path, target: str, kind: type[Tree]) -> None:
    (root / "etc" / "link").symlink_to(target)
    assert kind(str(root)).read("/etc/link") == Absent()


def test_dot_dot_in_a_path_stops_at_the_root(root: Path, kind: type[Tree]) -> None:
    assert kind(str(root)).read("/../../etc/a.conf") == Observed(b"a")


def test_an_absolute_link_starts_at_the_tree_and_not_at_the_machine(root: Path, kind: type[Tree]) -> None:
    (root / "link").symlink_to("/etc/a.conf")
    assert kind(str(root)).read("/link") == Observed(b"a")


def test_a_loop_of_links_ends(root: Path, kind: type[Tree]) -> None:
    (root / "one").symlink_to("/two")
    (root / "two").symlink_to("/one")
    assert kind(str(root)).read("/one") == Failed("a loop of links")
    assert kind(str(root)).entries("/one/x") == Failed("a loop of links")


def test_a_fifo_holds_nobody_up(root: Path, kind: type[Tree]) -> None:
    os.mkfifo(root / "pipe")
    assert kind(str(root)).read("/pipe") == Failed("not a file")
    live = kind("/")
    assert live.read(str(root / "pipe")) == Failed("not a file")


def test_a_file_over_the_limit_is_not_read(root: Path, kind: type[Tree]) -> None:
    (root / "big").write_bytes(b"x" * 11)
    assert isinstance(kind(str(root)).read("/big", limit=10), Failed)
    assert kind(str(root)).read("/big", limit=11) == Observed(b"x" * 11)


def test_a_name_that_no_file_can_have_is_no_traceback(root: Path, kind: type[Tree]) -> None:
    for tree in (kind(str(root)), kind("/")):
        assert isinstance(tree.read("/etc/\0"), Failed)


@pytest.mark.needs("root")
def test_a_users_link_to_a_file_of_another_owner_is_refused(root: Path, kind: type[Tree]) -> None:
    home = root / "home" / "u"
    home.mkdir(parents=True)
    (root / "etc" / "shadow").write_bytes(b"root:x")
    (home / "prefs.js").symlink_to(root / "etc" / "shadow")
    os.chown(home, 4242, 4242)
    live = kind("/")
    assert live.read(str(home / "prefs.js"), owner=4242) == Denied("a link to another owner's file")
    (home / "own").write_bytes(b"mine")
    os.chown(home / "own", 4242, 4242)
    (home / "link").symlink_to(home / "own")
    assert live.read(str(home / "link"), owner=4242) == Observed(b"mine")


@pytest.mark.needs("root")
def test_a_folder_link_planted_by_a_user_does_not_lead_to_anothers_files(root: Path, kind: type[Tree]) -> None:
    home = root / "home" / "u"
    home.mkdir(parents=True)
    (home / "conf").symlink_to(root / "etc")
    assert kind("/").read(str(home / "conf" / "a.conf"), owner=4242) == Denied("a link to another owner's file")


def test_find_matches_components_and_skips_hidden_names(root: Path, kind: type[Tree]) -> None:
    (root / "etc" / ".hidden.conf").write_bytes(b"")
    (root / "etc" / "b.conf").write_bytes(b"")
    (root / "etc" / "sub").mkdir()
    (root / "etc" / "sub" / "c.conf").write_bytes(b"")
    tree = kind(str(root))
    assert tree.find("/etc/*.conf") == (("/etc/a.conf", "/etc/b.conf"), ())
    assert tree.find("/*/sub/c.conf") == (("/etc/sub/c.conf",), ())
    assert tree.find("/etc/.*.conf") == (("/etc/.hidden.conf",), ())
    assert tree.find("/none/*/x") == ((), ())


def test_find_says_what_it_could_not_look_into(root: Path, kind: type[Tree]) -> None:
    (root / "one").symlink_to("/one")
    found, unseen = kind(str(root)).find("/one/*")
    assert (found, unseen) == ((), (Failed("a loop of links"),))


def test_the_first_bytes_of_a_file_however_large(root: Path, kind: type[Tree]) -> None:
    (root / "etc" / "large").write_bytes(b"\x7fELF" + bytes(1000))
    tree = kind(str(root))
    assert tree.head("/etc/large", 4) == Observed(b"\x7fELF")
    assert tree.head("/etc/none", 4) == Absent()
    assert tree.head("/etc", 4) == Failed("not a file")


def test_a_part_of_a_file_is_read_from_where_it_starts(root: Path, kind: type[Tree]) -> None:
    (root / "etc" / "large").write_bytes(b"\x7fELF and more")
    tree = kind(str(root))
    assert tree.part("/etc/large", 5, 3) == Observed(b"and")
    assert tree.part("/etc/large", 9, 99) == Observed(b"more")
    assert tree.part("/etc/large", 99, 1) == Observed(b"")
    assert tree.part("/etc/none", 0, 1) == Absent()
    assert tree.part("/etc", 0, 1) == Failed("not a file")


def test_a_users_link_to_a_public_file_of_the_system_is_followed(tmp_path: Path, kind: type[Tree]) -> None:
    (tmp_path / "link").symlink_to("/usr/share")
    (tmp_path / "passwd").symlink_to("/etc/passwd")
    tree = kind("/")
    assert isinstance(tree.entries(str(tmp_path / "link"), owner=4242), Observed)
    assert tree.read(str(tmp_path / "passwd"), owner=4242) == Denied("a link to another owner's file")


def test_case_counts_unless_the_tree_ignores_it(root: Path, kind: type[Tree]) -> None:
    (root / "Users" / "Ann").mkdir(parents=True)
    (root / "Users" / "Ann" / "Key.PLIST").write_bytes(b"k")
    assert kind(str(root)).read("/users/ann/key.plist") == Absent()
    assert kind(str(root)).find("/Users/*/*.plist") == ((), ())
    lenient = kind(str(root), ignore_case=True)
    assert lenient.read("/users/ann/key.plist") == Observed(b"k")
    assert lenient.entries("/USERS") == Observed(("Ann",))
    assert lenient.find("/users/a*/*.plist") == (("/users/Ann/Key.PLIST",), ())
    assert lenient.read("/users/ann/none") == Absent()


def test_of_two_spellings_the_exact_one_counts(root: Path, kind: type[Tree]) -> None:
    (root / "etc" / "A.CONF").write_bytes(b"upper")
    lenient = kind(str(root), ignore_case=True)
    assert lenient.read("/etc/a.conf") == Observed(b"a")
    assert lenient.read("/etc/A.CONF") == Observed(b"upper")


def test_another_spelling_leads_neither_out_of_the_tree_nor_through_a_loop(root: Path, kind: type[Tree]) -> None:
    (root / "Out").symlink_to("../outside")
    (root / "One").symlink_to("/ONE")
    lenient = kind(str(root), ignore_case=True)
    assert lenient.read("/OUT") == Absent()
    assert lenient.read("/one") == Failed("a loop of links")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (PermissionError(errno.EACCES, "sharing violation"), Denied("permission denied")),
        (OSError(errno.EBUSY, "busy"), Failed("EBUSY")),
        (OSError(errno.EIO, "input/output error"), Failed("EIO")),
    ],
)
def test_a_file_that_another_program_keeps_shut_is_there(
    root: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, outcome: Denied | Failed
) -> None:
    # Windows refuses a file that is open without sharing: ERROR_SHARING_VIOLATION, which C's runtime makes EACCES.
    def refused(path: str, *_flags: int) -> int:
        raise error

    monkeypatch.setattr("setapart_agent.collectors.desktop.tree.os.open", refused)
    tree = PlainTree(str(root))
    assert tree.read("/etc/a.conf") == outcome
    assert tree.head("/etc/a.conf", 1) == outcome


def test_a_file_that_is_swapped_between_two_looks_is_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def swapping(path: str, flags: int) -> int:
        (root / "etc" / "other").write_bytes(b"other")
        (root / "etc" / "other").replace(root / "etc" / "a.conf")
        return real(path, flags)

    monkeypatch.setattr("setapart_agent.collectors.desktop.tree.os.open", swapping)
    assert PlainTree(str(root)).read("/etc/a.conf") == Failed("another file than a moment ago")


def test_the_way_that_a_system_offers(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linux = open_tree(str(root))
    assert (type(linux), linux.ignore_case) == (Tree, False)
    assert open_tree(str(root), ignore_case=True).ignore_case
    monkeypatch.delattr(os, "O_PATH")
    other = open_tree(str(root))
    assert (type(other), other.ignore_case) == (PlainTree, True)
