"""Whose profiles count; trees are generated, so the tests need no users of this machine."""

import json
import os
import time
from pathlib import Path

import pytest

from setapart_agent.collectors.base import Denied, Failed, Outcome
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux import users
from setapart_agent.collectors.linux.parse.mounts import mounts_of
from setapart_agent.collectors.linux.users import UNKNOWN_UID, users_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / ".profile").touch()
    return tmp_path


def passwd(root: Path, *lines: str) -> None:
    (root / "etc/passwd").write_text("\n".join(("root:x:0:0:root:/root:/bin/bash", *lines, "")))


def home(root: Path, name: str, uid: int | None = None, *files: str) -> Path:
    folder = root / "home" / name
    folder.mkdir(parents=True)
    for file in files:
        (folder / file).touch()
    if uid is not None and os.geteuid() == 0:
        os.chown(folder, uid, uid)
    return folder


def found(root: Path) -> dict[str, User]:
    return {user.name: user for user in users_of(Tree(str(root)))}


def test_root_and_login_users_count_and_service_users_do_not(root: Path) -> None:
    passwd(
        root,
        "daemon:x:1:1::/usr/sbin:/usr/sbin/nologin",
        "sync:x:4:65534:sync:/bin:/bin/sync",
        "alice:x:1000:1000::/home/alice:/bin/zsh",
        "nixbld1:x:30001:30000::/var/empty:/sbin/nologin",
        "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin",
    )
    (root / "usr/sbin").mkdir(parents=True)
    (root / "usr/sbin/nologin").touch()
    home(root, "alice", 1000, ".bashrc")
    assert [(user.profile, user.unseen) for user in users_of(Tree(str(root)))] == [("0", None), ("1000", None)]


def test_a_locked_out_user_with_files_still_counts(root: Path) -> None:
    passwd(root, "left:x:1007:1007::/home/left:/usr/sbin/nologin", "none:x:1008:1008::/home/none:/bin/false")
    home(root, "left", 1007, "letter.txt")
    assert set(found(root)) == {"root", "left"}


def test_a_service_user_with_a_folder_in_home_counts(root: Path) -> None:
    passwd(root, "git:x:110:110::/home/git:/usr/bin/git-shell")
    home(root, "git", 110, ".gitconfig")
    assert set(found(root)) == {"root", "git"}


def test_uid_min_comes_from_login_defs(root: Path) -> None:
    (root / "etc/login.defs").write_text("# UID_MIN 9\nUID_MIN\t\t 500\n")
    passwd(root, "old:x:500:500::/srv/old:/bin/sh", "svc:x:499:499::/srv/svc:/usr/sbin/nologin")
    assert set(found(root)) == {"root", "old"}


def test_a_missing_home_is_denied_and_not_empty(root: Path) -> None:
    passwd(root, "alice:x:1000:1000::/home/alice:/bin/bash")
    assert found(root)["alice"].unseen == Denied("the home is not there")


@pytest.mark.needs("root")
def test_an_empty_mount_point_is_denied(root: Path) -> None:
    passwd(root, "alice:x:1000:1000::/home/alice:/bin/bash")
    home(root, "alice", 0)
    assert found(root)["alice"].unseen == Denied("the home is not mounted")


@pytest.mark.needs("root")
def test_users_of_a_directory_are_found_by_their_homes(root: Path) -> None:
    passwd(root)
    home(root, "ada@corp.example", 1_200_500_017, ".profile")
    home(root, "CORP", 0)
    home(root, "CORP/grace", 1_200_500_018, ".profile")
    home(root, "lost+found", 0)
    assert {(user.name, user.uid, user.home) for user in users_of(Tree(str(root)))} == {
        ("root", 0, "/root"),
        ("ada@corp.example", 1_200_500_017, "/home/ada@corp.example"),
        ("grace", 1_200_500_018, "/home/CORP/grace"),
    }


@pytest.mark.needs("root")
@pytest.mark.parametrize(
    ("path", "setting"),
    [
        ("etc/sssd/sssd.conf", "[domain/corp.example]\nfallback_homedir = /data/home/%u\n"),
        ("etc/sssd/conf.d/homes.conf", "[domain/corp.example]\noverride_homedir=/data/home/%u@%d\n"),
        ("etc/sssd/sssd.conf", "[nss]\nhomedir_substring = /data/home\noverride_homedir = %H/%u\n"),
        ("etc/samba/smb.conf", "[global]\n\tTemplate HomeDir = /data/home/%D/%U\n"),
    ],
)
def test_homes_that_a_directory_gives_outside_of_home_are_found(root: Path, path: str, setting: str) -> None:
    passwd(root)
    (root / path).parent.mkdir(parents=True)
    (root / path).write_text(setting)
    assert set(found(root)) == {"root"}
    (root / "data/home/kim").mkdir(parents=True)
    os.chown(root / "data/home/kim", 5001, 5001)
    assert (found(root)["kim"].uid, found(root)["kim"].home) == (5001, "/data/home/kim")
    (root / path).write_text(setting.replace("/data/home/", "/").replace("= /data/home\n", "= /\n"))
    assert "data" not in found(root)


@pytest.mark.needs("root")
def test_homes_far_below_home_and_what_two_files_say_of_homes_are_found(root: Path) -> None:
    passwd(root)
    (root / "etc/sssd/conf.d").mkdir(parents=True)
    (root / "etc/sssd/sssd.conf").write_text("[nss]\nhomedir_substring = /data\n")
    (root / "etc/sssd/conf.d/homes.conf").write_text("override_homedir = %H/%u\nfallback_homedir = /home/corp/it/%u\n")
    for place in ("data/kim", "home/corp/it/lee"):
        (root / place).mkdir(parents=True)
        os.chown(root / place, 5001, 5001)
    assert {user.home for user in users_of(Tree(str(root)))} == {"/root", "/data/kim", "/home/corp/it/lee"}


def test_settings_of_a_directory_that_can_not_be_read_are_a_user_that_is_not_seen(root: Path) -> None:
    passwd(root)
    (root / "etc/sssd").mkdir()
    with (root / "etc/sssd/sssd.conf").open("wb") as file:
        file.truncate(2**40)
    assert isinstance(found(root)["?"].unseen, Failed)


@pytest.mark.needs("root")
def test_a_home_whose_owner_is_squashed_is_denied(root: Path) -> None:
    passwd(root)
    home(root, "ada", UNKNOWN_UID, ".profile")
    assert found(root)["ada"].unseen == Denied("a home of an unknown owner")


def test_a_home_that_may_not_be_listed_is_denied(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passwd(root, "alice:x:1000:1000::/home/alice:/bin/bash", "eve:x:1001:1001::/home/eve:/usr/sbin/nologin")
    home(root, "alice", 1000, ".bashrc")
    home(root, "eve", 1001, ".bashrc")
    entries = Tree.entries

    def refuse(self: Tree, path: str, owner: int | None = None) -> Outcome[tuple[str, ...]]:
        return Denied("permission denied") if path.startswith("/home/") else entries(self, path, owner)

    monkeypatch.setattr(Tree, "entries", refuse)
    seen = found(root)
    assert seen["alice"].unseen == seen["eve"].unseen == Denied("permission denied")


@pytest.mark.parametrize(
    "names",
    [("Access-Your-Private-Data.desktop", "README.txt"), ("3eG9x0Kd8Tn+Yq2LwZ7a,B", "AAAAAAAAAAAAAAAAAAAAAAAAAA_")],
)
def test_an_encrypted_home_that_is_shut_is_denied(root: Path, names: tuple[str, ...]) -> None:
    passwd(root, "alice:x:1000:1000::/home/alice:/bin/bash")
    home(root, "alice", 1000, *names)
    assert found(root)["alice"].unseen == Denied("the encrypted home is not open")


def test_a_homed_image_is_a_user_who_is_not_seen(root: Path) -> None:
    passwd(root)
    (root / "home/ada.home").write_bytes(b"LUKS")
    identities = root / "var/lib/systemd/home"
    identities.mkdir(parents=True)
    (identities / "ada.identity").write_text(json.dumps({"userName": "ada", "binding": {"f00": {"uid": 60231}}}))
    ada = found(root)["ada"]
    assert (ada.uid, ada.unseen) == (60231, Denied("the encrypted home is not open"))


@pytest.mark.parametrize(
    "identity", ["", "[" * 20_000, '{"binding": []}', '{"binding": {"a": {"uid": "x"}}}', "[]", '"x"']
)
def test_a_broken_identity_of_a_homed_user_does_not_hide_the_user(root: Path, identity: str) -> None:
    passwd(root)
    (root / "home/ada.homedir").mkdir()
    (root / "var/lib/systemd/home").mkdir(parents=True)
    (root / "var/lib/systemd/home/ada.identity").write_text(identity)
    assert found(root)["ada"].unseen == Denied("the encrypted home is not open")


@pytest.mark.needs("root")
def test_an_open_homed_home_is_read(root: Path) -> None:
    passwd(root)
    (root / "home/ada.home").write_bytes(b"LUKS")
    home(root, "ada", 60231, ".bashrc")
    assert [(user.uid, user.unseen) for user in users_of(Tree(str(root)))] == [(0, None), (60231, None)]


def test_bad_lines_of_passwd_survive_and_a_home_counts_once(root: Path) -> None:
    passwd(
        root, ":::::::", "short:x:1", "+::::::", "", "a:x:99999999999999999999::/:/bin/sh", "b:x:-1:1::/home/b:/bin/sh"
    )
    with (root / "etc/passwd").open("ab") as file:
        file.write(
            b"\xff\xfe:x:\xb2:1::/h\xff:/bin/sh\nzo\xe9:x:1000:1000::/home/zoe:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n"
        )
        file.write(b"twin:x:1000:1000::/home/twin:/bin/sh\nrel:x:1001:1001::home/rel:/bin/sh\n")
    home(root, "zoe", 1000, ".profile")
    assert [(user.uid, user.home) for user in users_of(Tree(str(root)))] == [
        (0, "/root"),
        (1000, "/home/zoe"),
        (1000, "/home/twin"),
        (1001, "/nonexistent"),
    ]


@pytest.mark.needs("root")
def test_a_second_home_of_one_uid_is_not_passed_over(root: Path) -> None:
    passwd(root, "ann:x:1000:1000::/home/ann:/bin/sh", "toor:x:0:0::/home/toor:/bin/sh")
    for name, uid in (("ann", 1000), ("ann.old", 1000), ("toor", 0)):
        home(root, name, uid, ".profile")
    assert [(user.uid, user.home, user.unseen) for user in users_of(Tree(str(root)))] == [
        (0, "/root", None),
        (1000, "/home/ann", None),
        (0, "/home/toor", None),
        (1000, "/home/ann.old", None),
    ]


def test_no_list_of_users_is_said(tmp_path: Path) -> None:
    assert {user.uid: user.unseen for user in users_of(Tree(str(tmp_path)))} == {
        UNKNOWN_UID: Failed("no list of users"),
        0: Denied("the home is not there"),
    }


def test_loops_and_fifos_in_homes_do_not_hang(root: Path) -> None:
    passwd(root, "alice:x:1000:1000::/home/alice:/bin/bash", "bob:x:1001:1001::/home/bob:/bin/bash")
    folder = home(root, "alice", 1000, ".bashrc")
    os.mkfifo(folder / ".config")
    (root / "home/bob").symlink_to("bob")
    (root / "home/loop").symlink_to("loop2")
    (root / "home/loop2").symlink_to("loop")
    os.mkfifo(root / "home/pipe")
    seen = found(root)
    assert seen["alice"].unseen is None
    assert seen["bob"].unseen == Failed("a loop of links")


@pytest.mark.needs("root")
def test_a_link_in_home_to_outside_of_the_tree_is_not_followed(root: Path) -> None:
    passwd(root, "alice:x:1000:1000::/home/alice:/bin/bash")
    (root / "home/alice").symlink_to("/usr/share")
    assert found(root)["alice"].unseen == Denied("the home is not there")


MOUNTS = rb"""22 1 8:1 / / rw - ext4 /dev/sda1 rw
31 22 0:40 / /home/ada rw,nosuid shared:20 - nfs4 files.corp.example:/export/ada rw,vers=4.2
32 22 0:41 / /home/with\040blank rw shared:9 - fuse.sshfs me@host:/ rw
"""


def test_a_dead_mount_is_denied_and_probed_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    homes = users._Homes(Tree(str(root)))
    homes._all = mounts_of(MOUNTS)
    homes._remote = tuple(mount for mount in homes._all if mount.remote)
    probes: list[str] = []
    monkeypatch.setattr(users, "_answers", lambda path: bool(probes.append(path)))
    assert homes.unseen("/home/ada", 1000) == Denied("the mount does not answer")
    assert homes.unseen("/home/ada", 1000) == Denied("the mount does not answer")
    assert homes.unseen("/home/with blank", 1001) == Denied("the mount does not answer")
    assert homes.unseen("/home/adam", 1002) == Denied("the home is not there")
    assert probes == ["/home/ada", "/home/with blank"]


def test_the_probe_gives_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "_PATIENCE", 0.1)
    monkeypatch.setattr(users.os, "listdir", lambda _path: time.sleep(30))
    start = time.monotonic()
    assert not users._answers("/")
    assert time.monotonic() - start < 5


def test_the_probe_takes_a_refusal_for_an_answer() -> None:
    assert users._answers("/no/such/folder")
    assert users._answers("/")


def test_this_machine_has_root() -> None:
    assert 0 in {user.uid for user in users_of(Tree())}
