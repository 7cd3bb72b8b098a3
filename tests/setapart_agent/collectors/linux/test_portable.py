"""Programs that no package brought."""

import os
from pathlib import Path

import pytest

from linux_tree import found, host_of, plant, rows
from setapart_agent.collectors.base import Denied
from setapart_agent.collectors.desktop.gathering import Gathering
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux import portable
from setapart_agent.collectors.linux.portable import PortableFiles, Processes, portable_name, processes_facts
from setapart_agent.collectors.linux.processes import Process

ME = str(os.geteuid())
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + bytes(40)
APPIMAGE = ELF[:8] + b"AI\x02" + ELF[11:]
OBJECT = ELF[:16] + b"\x01\x00" + ELF[18:]
ANN, BEN = User(uid=1000, name="ann", home="/home/ann"), User(uid=1001, name="ben", home="/home/ben")


@pytest.mark.parametrize(
    ("process", "name"),
    [
        (Process(uid=1, executable="/home/ann/Telegram/Telegram"), "Telegram"),
        (Process(uid=1, executable="/home/ann/Telegram/Telegram (deleted)"), "Telegram"),
        (Process(uid=1, executable="/tmp/.mount_TelegrX/usr/bin/telegram-desktop"), "telegram-desktop"),
        (Process(uid=1, executable="/opt/Telegram/Telegram"), "Telegram"),
        (Process(uid=1, executable="/usr/local/bin/tool"), "tool"),
        (Process(uid=1, executable="/memfd:Telegram (deleted)"), "Telegram"),
        (Process(uid=1, executable="/app/bin/telegram-desktop"), "telegram-desktop"),
        (Process(uid=1, executable="/usr/bin/telegram-desktop", foreign=True), "telegram-desktop"),
        (Process(uid=1, executable="/usr/lib/wine/wine64-preloader", name="Telegram.exe"), "Telegram.exe"),
        (Process(uid=1, executable=None, name="Telegram"), "Telegram"),
        (Process(uid=1, executable="/usr/bin/bash"), None),
        (Process(uid=1, executable="/usr/bin/bash (deleted)"), None),
        (Process(uid=1, executable="/snap/firefox/1/usr/lib/firefox/firefox"), None),
        (Process(uid=1, executable="/usr/lib/wine/wine64-preloader", name="services"), None),
        (Process(uid=1, executable=None), None),
    ],
)
def test_which_programs_are_portable(process: Process, name: str | None) -> None:
    assert portable_name(process) == name


def test_processes_belong_to_their_owner_and_strangers_to_the_system(tmp_path: Path) -> None:
    processes = (
        Process(uid=1000, executable="/home/ann/Telegram"),
        Process(uid=999, executable="/srv/tool"),
        Process(uid=1001, executable=None),
    )
    facts = processes_facts(processes, host_of(tmp_path, ANN, BEN), Processes.info, only=None)
    assert found(facts) == {("1000", "portable", "Telegram"), ("system", "portable", "tool")}
    assert rows(facts) == {
        ("apps", "system", "observed", None),
        ("apps", "1000", "observed", None),
        ("apps", "1001", "partial", "a process shows neither program nor name"),
    }


def test_who_is_not_root_sees_only_their_own(tmp_path: Path) -> None:
    processes = (Process(uid=1000, executable="/home/ann/Telegram"), Process(uid=1001, executable=None))
    facts = processes_facts(processes, host_of(tmp_path, ANN, BEN), Processes.info, only=1000)
    assert rows(facts) == {
        ("apps", "1000", "observed", None),
        ("apps", "1001", "denied", "only root sees other users' programs"),
        ("apps", "system", "denied", "only root sees other users' programs"),
    }


def test_a_system_that_does_not_run_has_no_processes(tmp_path: Path) -> None:
    assert Processes().collect(host_of(tmp_path)).coverage == ()


def test_programs_in_the_usual_folders_by_name_alone(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "home/ann/Telegram/Telegram": ELF,
            "home/ann/Ladungen/deep/tsetup.4.8/Telegram2": ELF,
            "home/ann/.config/user-dirs.dirs": 'XDG_DOWNLOAD_DIR="$HOME/Ladungen"\n',
            "home/ann/Applications/signal-6.2.AppImage": APPIMAGE,
            "home/ann/.local/bin/tool": ELF,
            "home/ann/.local/share/x/runner": ELF,
            "opt/vendor/bin/opted": ELF,
            "usr/local/bin/placed": ELF,
            "home/ann/Ladungen/photo.jpg": ELF,
            "home/ann/.local/bin/script": "#!/bin/sh\n",
            "home/ann/.local/bin/libx.so.1": ELF,
            "home/ann/.local/bin/object": OBJECT,
            "home/ann/.local/bin/short": ELF[:10],
            "home/ann/.cache/x/hidden": ELF,
            "usr/bin/packaged": ELF,
        },
    )
    facts = PortableFiles().collect(host_of(tmp_path))
    assert {(profile, name) for profile, kind, name in found(facts) if kind == "portable"} == {
        (ME, "Telegram"),
        (ME, "Telegram2"),
        (ME, "signal-6.2.AppImage"),
        (ME, "tool"),
        (ME, "runner"),
        ("system", "opted"),
        ("system", "placed"),
    }
    assert rows(facts) == {("apps", "system", "observed", None), ("apps", ME, "observed", None)}


def test_links_to_other_owners_programs_and_pipes_are_passed_over(tmp_path: Path) -> None:
    plant(tmp_path, {"bin/own": ELF})
    (tmp_path / "bin/tool").symlink_to("/etc/passwd")
    (tmp_path / "bin/gone").symlink_to("/nowhere")
    os.mkfifo(tmp_path / "bin/pipe")
    user = User(uid=os.geteuid() + 1, name="ann", home=str(tmp_path))
    gathering = Gathering(tree=Tree("/"), profile=user.profile, owner=user.uid)
    portable._of_user(gathering, user)
    assert found(gathering.facts(PortableFiles.info)) == {(user.profile, "portable", "own")}
    assert gathering.failures == []


def test_more_files_than_are_looked_at_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portable, "_MAX_FILES", 5)
    plant(tmp_path, {f"home/ann/bin/f{n}": "" for n in range(9)})
    assert ("apps", ME, "partial", "more files than are looked at") in rows(PortableFiles().collect(host_of(tmp_path)))


def test_a_home_that_is_not_seen(tmp_path: Path) -> None:
    facts = PortableFiles().collect(host_of(tmp_path, User(uid=5, name="x", home="/x", unseen=Denied("locked"))))
    assert ("apps", "5", "denied", "locked") in rows(facts)
