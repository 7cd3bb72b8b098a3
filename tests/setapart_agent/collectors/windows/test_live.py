from pathlib import Path
from typing import Any

import pytest

from fake_winreg import FakeWinreg
from registry_maker import Expand, Qword, Raw, at, hive, merged, walk
from setapart_agent.collectors.base import Absent, Denied, Observed
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import PlainTree, open_tree
from setapart_agent.collectors.windows import collector, hives, live, network, programs
from setapart_agent.collectors.windows.hive import open_hive
from setapart_agent.collectors.windows.live import LiveKey, LiveRegistry
from setapart_agent.collectors.windows.parse.registry_key import AccessDeniedError
from setapart_agent.errors import SourceError
from windows_files import structure, tables
from windows_tree import ADA, BOB, UNINSTALL, WindowsTree

USER = User(name="bob", home="/Users/bob", sid=BOB)


@pytest.fixture
def windows(tmp_path: Path) -> WindowsTree:
    found = WindowsTree(tmp_path)
    found.with_user("bob", BOB)
    found.in_user(rf"Software\{UNINSTALL}", {"x": {"DisplayName": "of ada"}})
    found.in_user(rf"Software\{UNINSTALL}", {"x": {"DisplayName": "of bob"}}, "bob")
    found.in_software(UNINSTALL, {"x": {"DisplayName": "of all"}})
    found.finish()
    return found


def registry(windows: WindowsTree, **more: Any) -> LiveRegistry:
    """Ada is signed in, bob is not."""
    machine = {"SOFTWARE": windows.software, "SYSTEM": {"CurrentControlSet": windows.system["ControlSet001"]}}
    fake = FakeWinreg(machine, {ADA: windows.users["ada"], f"{ADA}_Classes": {}}, **more)
    return LiveRegistry(open_tree(str(windows.root), ignore_case=True), fake)


def test_values_come_in_the_types_that_the_parsers_know() -> None:
    values = {
        "s": "x\0junk",
        "e": Expand("%x%"),
        "n": 7,
        "q": Qword(1 << 40),
        "b": b"\1",
        "m": ("a", "b"),
        "": "d",
        "o": Raw((0, b"")),
    }
    fake = FakeWinreg({"A": {**values, "Key": {"Deep": {}}}}, {})
    key = LiveKey(fake, fake.HKEY_LOCAL_MACHINE, "A")
    assert key.values() == {"s": "x", "e": "%x%", "n": 7, "q": 1 << 40, "b": b"\1", "m": ("a", "b"), "": "d", "o": b""}
    assert [child.name for child in key] == ["Key"]
    deep = key.at(r"key\DEEP")
    assert deep is not None
    assert dict(deep.children()) == dict(deep.values()) == {}
    assert key.at(r"gone\deep") is None


def test_a_key_that_may_not_be_read_is_denied_and_one_that_went_is_empty() -> None:
    fake = FakeWinreg({"A": {"B": {}}}, {}, denied=("a\\b",))
    with pytest.raises(AccessDeniedError):
        LiveKey(fake, fake.HKEY_LOCAL_MACHINE, r"A\B").values()
    with pytest.raises(AccessDeniedError):
        LiveKey(fake, fake.HKEY_LOCAL_MACHINE, "A").at("B")
    assert LiveKey(fake, fake.HKEY_LOCAL_MACHINE, "gone").values() == {}


def test_every_user_is_seen_signed_in_or_not(windows: WindowsTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "firmware_tables", lambda: None)
    monkeypatch.setattr(network, "_asked", lambda: b"AzureAdJoined : NO\nDomainJoined : NO\n")
    monkeypatch.setattr(programs.Processes, "collect", lambda self, host: programs.processes_facts([], host, self.info))
    opened = registry(windows)
    found = collector.collect_from(open_tree(str(windows.root), ignore_case=True), opened)
    programs_of = {(app.identifier, app.profile) for app in found.facts.apps}
    assert programs_of == {("of all", "system"), ("of ada", ADA), ("of bob", BOB)}
    assert {row.status for row in found.facts.coverage} == {"observed"}
    assert {info.maturity for info in found.collectors} == {"untested"}
    assert {"windows.processes", "windows.dsregcmd"} <= {info.name for info in found.collectors}
    assert found.taken_at is None
    assert found.facts.device.boot_time is not None
    assert found.facts.device.serial is None


def test_a_user_without_a_hive_that_may_be_read_is_denied(windows: WindowsTree) -> None:
    (windows.root / "Users/bob/NTUSER.DAT").unlink()
    assert isinstance(registry(windows).user(USER), Denied)
    assert registry(windows).classes(USER) == Absent()
    assert isinstance(registry(windows, denied=(BOB.lower(),)).user(USER), Denied)
    assert isinstance(registry(windows, denied=("software",)).software(), Denied)


def test_without_our_reader_windows_loads_a_copy(windows: WindowsTree, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise SourceError("no reader", expected="regipy")

    unloaded: list[str] = []
    monkeypatch.setattr(hives, "open_hive", refuse)
    monkeypatch.setattr(live, "_hold_privileges", lambda: None)
    monkeypatch.setattr(live, "_unload", unloaded.append)
    opened = registry(windows, files={"hive": windows.users["bob"]})
    found = opened.user(USER)
    assert isinstance(found, Observed)
    entry = found.value.key.at(rf"Software\{UNINSTALL}\x")
    assert entry is not None
    assert entry.text("DisplayName") == "of bob"
    opened.close()
    assert unloaded == opened._winreg.loaded != []
    assert isinstance(registry(windows).user(USER), Denied)  # without the privilege


def test_hardware_is_read_from_the_firmware(windows: WindowsTree, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = tables(structure(1, bytes((1, 2, 0, 3)) + bytes(16), "Maker", "Model", "S123"))
    monkeypatch.setattr(live, "firmware_tables", lambda: raw)
    found = collector.device_facts(registry(windows))
    assert (found.manufacturer, found.model, found.serial) == ("Maker", "Model", "S123")
    monkeypatch.setattr(live, "firmware_tables", lambda: raw[:20])
    assert collector.device_facts(registry(windows)).serial is None


def test_a_description_for_both_readers_gives_the_same() -> None:
    tree = merged({"a": 1, "b": "x"}, at(r"K\L", {"m": ("x",), "z": b""}))
    fake = FakeWinreg({"ROOT": tree}, {})
    live_key = LiveKey(fake, fake.HKEY_LOCAL_MACHINE, "ROOT")
    assert sorted(walk(live_key), key=repr) == sorted(walk(open_hive(hive(tree))[0]), key=repr)


def test_the_systems_drive_follows_links_and_patterns_ignore_case(tmp_path: Path) -> None:
    elsewhere = tmp_path / "other drive"
    (tmp_path / "C" / "Users").mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "x.txt").write_bytes(b"x")
    (tmp_path / "C/Users/Ada").symlink_to(elsewhere)
    tree = live.SystemDrive(str(tmp_path / "C"))
    assert tree.read("/Users/Ada/x.txt") == Observed(b"x")
    assert tree.entries("/Users") == Observed(("Ada",))
    assert tree.find("/Users/A*/*.TXT")[0] == ("/Users/Ada/x.txt",)


def test_junctions_that_nobody_may_list_hide_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Junction:
        st_reparse_tag = 0xA0000003

    real = live.os.lstat
    monkeypatch.setattr(PlainTree, "entries", lambda self, path, owner=None: Denied("permission denied"))
    monkeypatch.setattr(
        live.os, "lstat", lambda path: Junction() if str(path).endswith("Application Data") else real(path)
    )
    (tmp_path / "PerfLogs").mkdir()
    tree = live.SystemDrive(str(tmp_path))
    assert tree.entries("/Users/ada/Application Data") == Absent()
    assert tree.entries("/PerfLogs") == tree.entries("/gone") == Denied("permission denied")
