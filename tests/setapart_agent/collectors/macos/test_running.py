import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import psutil
import pytest

from macos_tree import TEAM, TREES, MacTree, rows
from setapart_agent.collectors.desktop.host import Host
from setapart_agent.collectors.macos import running as module
from setapart_agent.collectors.macos.running import Process, RunningPrograms, running
from setapart_agent.facts import Facts
from setapart_evidence.identifiers import keys_of


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def mac(request: pytest.FixtureRequest, tmp_path: Path) -> MacTree:
    return MacTree(tmp_path, request.param)


@contextmanager
def live(*processes: Process, euid: int = 0) -> Iterator[None]:
    with (
        mock.patch.object(Host, "live", property(lambda _host: True)),
        mock.patch.object(module, "running", return_value=iter(processes)),
        mock.patch.object(os, "geteuid", return_value=euid),
    ):
        yield


def test_an_app_on_another_volume_is_known_by_its_bundle(mac: MacTree) -> None:
    mac.put("/Volumes/Stick/Telegram.app", "ru.keepcoder.Telegram")
    with live(Process(uid=mac.uid, executable="/Volumes/Stick/Telegram.app/Contents/MacOS/Telegram")):
        facts = mac.collect(RunningPrograms())
    (app,) = facts.apps
    assert (app.profile, app.kind, app.publisher) == (mac.ann, "portable", f"team:{TEAM}")
    assert "macos:ru.keepcoder.telegram" in keys_of("macos", app)
    assert {row[2] for row in rows(facts)} == {"observed"}


def test_an_app_deep_below_a_folder_of_apps_is_seen_while_it_runs(mac: MacTree) -> None:
    mac.put("/Applications/a/b/Deep.app", "org.example.Deep")
    with live(Process(uid=mac.uid, executable="/System/Volumes/Data/Applications/a/b/Deep.app/Contents/MacOS/Deep")):
        assert [app.identifier for app in mac.collect(RunningPrograms()).apps] == ["org.example.Deep"]


def test_a_bare_program_is_known_by_its_name(mac: MacTree) -> None:
    with live(Process(uid=7777, executable="/Users/ann/bin/telegram-cli")):
        facts = mac.collect(RunningPrograms())
    assert [(app.profile, app.identifier, app.source) for app in facts.apps] == [("system", "telegram-cli", "process")]


@pytest.mark.parametrize(
    "path",
    [
        "/System/Applications/Mail.app/Contents/MacOS/Mail",
        "/usr/libexec/secd",
        "/Library/Apple/System/Library/CoreServices/XProtect.app/Contents/MacOS/XProtect",
        "/Library/Developer/CommandLineTools/usr/bin/git",
        "/Applications/Example.app/Contents/Frameworks/H.app/Contents/MacOS/H",
        "/Applications/Vendor/Suite.app/Contents/MacOS/Suite",
        "/Users/ann/Downloads/Own.app/Contents/MacOS/Own",
        "/opt/homebrew/Cellar/x/1/bin/x",
    ],
)
def test_what_is_found_otherwise_or_came_with_the_system_is_no_app_here(mac: MacTree, path: str) -> None:
    with live(Process(uid=mac.uid, executable=path)):
        assert mac.collect(RunningPrograms()).apps == ()


@pytest.mark.parametrize("folder", ["/Library/Application Support/X", "/opt/homebrew/lib", "/opt/local", "/usr/local"])
def test_an_app_in_a_folder_of_installers_is_known_by_its_bundle(mac: MacTree, folder: str) -> None:
    mac.put(f"{folder}/Telegram.app", "ru.keepcoder.Telegram")
    with live(Process(uid=mac.uid, executable=f"{folder}/Telegram.app/Contents/MacOS/Telegram")):
        assert [app.identifier for app in mac.collect(RunningPrograms()).apps] == ["ru.keepcoder.Telegram"]


@pytest.mark.parametrize(
    "path", ["/opt/local/bin/telegram-cli", "/nix/store/x/bin/telegram-cli", "/Library/X/telegram-cli"]
)
def test_a_program_of_no_package_that_is_listed_is_known_by_its_name(mac: MacTree, path: str) -> None:
    with live(Process(uid=mac.uid, executable=path)):
        assert [app.identifier for app in mac.collect(RunningPrograms()).apps] == ["telegram-cli"]


def test_a_running_app_whose_bundle_is_gone_is_known_by_its_name(mac: MacTree) -> None:
    with live(Process(uid=mac.uid, executable="/Volumes/Gone/Telegram.app/Contents/MacOS/Telegram")):
        assert [app.identifier for app in mac.collect(RunningPrograms()).apps] == ["Telegram"]


def test_a_user_sees_the_own_programs_alone(mac: MacTree) -> None:
    with live(Process(uid=1, executable=None), euid=mac.uid + 5):
        facts = mac.collect(RunningPrograms())
    assert rows(facts) == {
        ("apps", profile, "denied", "running: only root sees other users' programs") for profile in ("system", mac.ann)
    }


def test_a_program_that_root_is_not_shown_is_said(mac: MacTree) -> None:
    with live(Process(uid=1, executable=None)):
        assert ("apps", "system", "partial", "a process does not show its program") in rows(
            mac.collect(RunningPrograms())
        )


def test_a_running_bundle_that_is_broken_is_said_without_its_path(mac: MacTree) -> None:
    mac.write("/Volumes/Anns Stick/X.app/Contents/Info.plist", b"bplist00")
    with live(Process(uid=mac.uid, executable="/Volumes/Anns Stick/X.app/Contents/MacOS/X")):
        facts = mac.collect(RunningPrograms())
    (row,) = (row for row in facts.coverage if row.status != "observed")
    assert (row.profile, row.status) == (mac.ann, "failed")
    assert "Stick" not in (row.reason or "")


def test_a_disk_has_no_processes(mac: MacTree) -> None:
    assert mac.collect(RunningPrograms()) == Facts()


def test_the_processes_of_a_machine() -> None:
    def process(pid: int, exe: object) -> SimpleNamespace:
        def path() -> str:
            if isinstance(exe, Exception):
                raise exe
            return str(exe)

        return SimpleNamespace(pid=pid, uids=lambda: SimpleNamespace(real=501), exe=path)

    listed = [
        process(0, psutil.AccessDenied()),
        process(1, "/sbin/launchd"),
        process(2, psutil.AccessDenied()),
        process(3, psutil.ZombieProcess(3)),
        process(4, ""),
    ]
    with mock.patch.object(psutil, "process_iter", return_value=iter(listed)):
        assert list(running()) == [Process(uid=501, executable="/sbin/launchd"), Process(uid=501, executable=None)]
