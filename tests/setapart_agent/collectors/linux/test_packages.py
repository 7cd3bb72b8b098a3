"""Packages of the system, whichever manager brought them."""

import subprocess
from pathlib import Path

import pytest

from linux_tree import host_of, plant, rows, status_of
from rpm_maker import bdb, header, ndb
from setapart_agent.collectors.desktop.host import Host
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux import packages
from setapart_agent.collectors.linux.packages import Packages
from setapart_agent.facts import Facts

OBSERVED = {("apps", "system", "observed", None)}
APK = "C:Q1=\nP:musl\nV:1.2\n\n"


def collected(root: Path, files: dict[str, str | bytes]) -> Facts:
    plant(root, files)
    return Packages().collect(host_of(root))


def names(facts: Facts) -> set[tuple[str, str]]:
    return {(app.source, app.identifier) for app in facts.apps}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"var/lib/dpkg/status": status_of("bash")}, ("dpkg", "bash")),
        ({"var/lib/dpkg/status.d/base": "Package: base-files\nVersion: 1\n"}, ("dpkg", "base-files")),
        ({"var/lib/rpm/Packages": bdb(header("bash"))}, ("rpm", "bash")),
        ({"usr/lib/sysimage/rpm/Packages.db": ndb(header("bash"))}, ("rpm", "bash")),
        ({"lib/apk/db/installed": APK}, ("apk", "musl")),
        ({"usr/lib/apk/db/installed": APK}, ("apk", "musl")),
        ({"var/lib/pacman/local/bash-5.2-1/desc": "", "var/lib/pacman/local/ALPM_DB_VERSION": "9"}, ("pacman", "bash")),
        ({"nix/store/001ciw23lic5m5lx4a08bprvmixr75qy-bash-5.2": ""}, ("package-manager", "bash")),
    ],
)
def test_each_manager(tmp_path: Path, files: dict[str, str | bytes], expected: tuple[str, str]) -> None:
    facts = collected(tmp_path, files)
    assert names(facts) == {expected}
    assert rows(facts) == OBSERVED
    assert {app.profile for app in facts.apps} == {"system"}


def test_no_manager_at_all_is_never_observed(tmp_path: Path) -> None:
    assert rows(collected(tmp_path, {})) == {("apps", "system", "failed", "no package manager that is known")}


FSTAB = "UUID=1 / btrfs x 0 0\n# UUID=2 /opt ext4 x 0 0\nUUID=1 {} btrfs subvol=x 0 0\nUUID=3 /srv xfs x 0 0\n"


@pytest.mark.parametrize("place", ["/var", "/opt", "/usr/local", "/var/lib/flatpak"])
def test_a_file_system_of_the_disk_that_is_not_mounted_is_not_empty(tmp_path: Path, place: str) -> None:
    files: dict[str, str | bytes] = {
        "usr/lib/sysimage/rpm/Packages.db": ndb(header("bash")),
        "etc/fstab": FSTAB.format(place),
    }
    expected = {("apps", "system", "denied", f"fstab: {place} is not mounted")}
    assert rows(collected(tmp_path, files)) == expected
    (tmp_path / place.lstrip("/")).mkdir(parents=True, exist_ok=True)
    assert rows(collected(tmp_path, files)) == expected
    assert rows(collected(tmp_path, {**files, f"{place}/x": ""})) == OBSERVED


def test_a_table_of_file_systems_that_can_not_be_read_leaves_a_disk_unseen(tmp_path: Path) -> None:
    plant(tmp_path, {"var/lib/dpkg/status": status_of("bash"), "etc/fstab": ""})
    with (tmp_path / "etc/fstab").open("wb") as file:
        file.truncate(2**40)
    assert {row[2] for row in rows(collected(tmp_path, {}))} == {"failed"}


def test_on_a_running_system_an_empty_folder_is_empty(tmp_path: Path) -> None:
    class Live(Host, frozen=True):
        @property
        def live(self) -> bool:
            return True

    plant(tmp_path, {"var/lib/dpkg/status": status_of("bash"), "etc/fstab": FSTAB.format("/opt")})
    host = host_of(tmp_path)
    assert rows(Packages().collect(host)) != OBSERVED
    assert rows(Packages().collect(Live(tree=host.tree, users=host.users))) == OBSERVED


@pytest.mark.parametrize(
    ("folder", "manager"),
    [
        ("var/db/pkg/net-im/telegram-desktop-5.1", "portage"),
        ("var/db/xbps/pkgdb-0.38.plist", "xbps"),
        ("var/log/packages/telegram-5.1-x86_64-1", "slackware"),
        ("var/lib/pkgtools/packages/telegram-5.1-x86_64-1", "slackware"),
        ("var/lib/eopkg/package/telegram-5.1-1-1-x86_64", "eopkg"),
        ("usr/share/clear/bundles/os-core", "swupd"),
    ],
)
def test_a_second_manager_whose_packages_nobody_reads_is_told(tmp_path: Path, folder: str, manager: str) -> None:
    store = {"nix/store/001ciw23lic5m5lx4a08bprvmixr75qy-bash-5.2": ""}
    facts = collected(tmp_path, {**store, f"{folder}/x": ""})
    assert rows(facts) == {("apps", "system", "failed", f"{manager}: packages of a manager that is not read")}


def test_packages_of_homebrew_are_seen_and_hide_no_manager_that_is_not_known(tmp_path: Path) -> None:
    brew = "home/linuxbrew/.linuxbrew"
    facts = collected(tmp_path, {f"{brew}/Cellar/tdl/0.17/x": "", f"{brew}/Caskroom/telegram/5.1/x": ""})
    assert names(facts) == {("package-manager", "tdl"), ("package-manager", "telegram")}
    assert rows(facts) == {("apps", "system", "failed", "no package manager that is known")}
    assert rows(collected(tmp_path, {"var/lib/dpkg/status": status_of("bash")})) == OBSERVED


def test_an_empty_database_is_no_manager(tmp_path: Path) -> None:
    facts = collected(tmp_path, {"var/lib/dpkg/status": "", "var/lib/rpm/Packages.db": ndb()})
    assert {row[2] for row in rows(facts)} == {"failed"}


def test_a_database_that_is_cut_keeps_its_packages_and_is_told(tmp_path: Path) -> None:
    whole = status_of("bash") + status_of("telegram-desktop")
    facts = collected(tmp_path, {"var/lib/dpkg/status": whole[:-40]})
    assert ("dpkg", "bash") in names(facts)
    assert rows(facts) == {("apps", "system", "failed", "dpkg: the file ends inside a stanza")}


def test_a_package_with_files_and_no_status_is_told(tmp_path: Path) -> None:
    facts = collected(
        tmp_path,
        {
            "var/lib/dpkg/status": status_of("bash") + status_of("old", "1", "deinstall ok config-files"),
            "var/lib/dpkg/info/bash.list": "/bin/bash\n",
            "var/lib/dpkg/info/old.list": "/etc/old\n",
            "var/lib/dpkg/info/telegram-desktop:amd64.list": "/usr/bin/telegram-desktop\n",
            "var/lib/dpkg/info/format": "1\n",
        },
    )
    assert rows(facts) == {("apps", "system", "failed", "dpkg: 1 packages have files and no status")}


def test_two_managers_are_one_row_and_one_that_breaks_spoils_it(tmp_path: Path) -> None:
    both: dict[str, str | bytes] = {"var/lib/dpkg/status": status_of("bash"), "var/lib/rpm/Packages": bdb(header("x"))}
    assert rows(collected(tmp_path, both)) == OBSERVED
    facts = collected(tmp_path, {"var/lib/rpm/Packages": bdb(header("x"))[:-1]})
    assert ("dpkg", "bash") in names(facts)
    assert {row[2] for row in rows(facts)} == {"failed"}


def test_one_database_under_two_paths_is_read_once(tmp_path: Path) -> None:
    plant(tmp_path, {"usr/lib/sysimage/rpm/Packages": bdb(header("bash"))[:-1], "usr/lib/apk/db/installed": APK})
    (tmp_path / "var/lib").mkdir(parents=True)
    (tmp_path / "var/lib/rpm").symlink_to("../../usr/lib/sysimage/rpm")
    (tmp_path / "lib").symlink_to("usr/lib")
    facts = Packages().collect(host_of(tmp_path))
    assert [app.identifier for app in facts.apps] == ["musl"]
    assert len(facts.coverage) == 1


def asked(monkeypatch: pytest.MonkeyPatch, output: bytes | Exception) -> list[tuple[str, ...]]:
    commands: list[tuple[str, ...]] = []

    def run(command: tuple[str, ...], **_: object) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        if isinstance(output, Exception):
            raise output
        return subprocess.CompletedProcess(command, 0, stdout=output)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


class Running:
    live = True


class Mounted:
    live = False


def test_rpm_is_asked_only_on_a_running_system_and_only_where_its_database_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = asked(monkeypatch, b"bash\tx86_64\t5.2-1\n")
    gathering = packages.Gathering(tree=Tree(str(tmp_path)))
    plant(tmp_path, {"good": ndb(header("zsh")), "bad": ndb(header("zsh"))[:-1]})

    packages._rpm_database(gathering, Mounted(), "/bad")  # type: ignore[arg-type]
    assert (len(gathering.failures), len(commands)) == (1, 0)
    packages._rpm_database(gathering, Running(), "/good")  # type: ignore[arg-type]
    assert (len(gathering.failures), len(commands)) == (1, 0)
    packages._rpm_database(gathering, Running(), "/bad")  # type: ignore[arg-type]
    assert (len(gathering.failures), len(commands)) == (1, 1)
    assert commands[0][:2] == ("rpm", "-qa")
    assert [app.identifier for part in gathering.parts for app in part.apps] == ["zsh", "bash"]


@pytest.mark.parametrize("answer", [b"", FileNotFoundError(), subprocess.TimeoutExpired("rpm", 1)])
def test_an_rpm_that_does_not_answer_leaves_the_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes | Exception
) -> None:
    asked(monkeypatch, answer)
    gathering = packages.Gathering(tree=Tree(str(tmp_path)))
    plant(tmp_path, {"bad": b"\x00" * 8192})

    packages._rpm_database(gathering, Running(), "/bad")  # type: ignore[arg-type]
    assert len(gathering.failures) == 1
