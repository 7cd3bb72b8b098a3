from datetime import UTC, datetime
from pathlib import Path

import pytest

from setapart_agent.collectors.desktop.tree import open_tree
from setapart_agent.collectors.windows import collector, registered
from setapart_agent.collectors.windows.collector import collect, collectors
from setapart_agent.errors import SourceError
from setapart_agent.sources import collect as collect_source
from setapart_agent.sources import parse_source
from windows_tree import ADA, VERSION, WindowsTree


@pytest.fixture
def windows(tmp_path: Path) -> WindowsTree:
    return WindowsTree(tmp_path)


def test_a_healthy_disk_is_seen_completely(windows: WindowsTree) -> None:
    windows.finish()
    found = collect(open_tree(str(windows.root), ignore_case=True))
    assert {row.status for row in found.facts.coverage} == {"observed"}
    sections = {(row.section, row.profile) for row in found.facts.coverage}
    assert sections == {(section, profile) for section in ("apps", "accounts", "links") for profile in ("system", ADA)}
    assert [profile.kind for profile in found.facts.profiles] == ["system", "primary"]
    assert found.facts.device.os_version == "Windows 11 Pro 23H2"
    assert found.taken_at == datetime(2022, 6, 18, 4, 26, 40, tzinfo=UTC)


def test_a_disk_of_windows_is_read_as_windows_by_its_source(windows: WindowsTree) -> None:
    windows.finish()
    assert collect_source(parse_source(f"root:{windows.root}")).facts.device.platform == "windows"


def test_a_folder_without_windows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        collect(open_tree(str(tmp_path), ignore_case=True))


def test_a_broken_hive_of_the_machine_leaves_nothing_green(windows: WindowsTree) -> None:
    windows.finish()
    windows.write("/Windows/System32/config/SOFTWARE", b"regf" + bytes(9000))
    facts = collect(open_tree(str(windows.root), ignore_case=True)).facts
    assert ("apps", "system", "failed") in {(row.section, row.profile, row.status) for row in facts.coverage}
    unlisted = {row.status for row in facts.coverage if row.profile == "unlisted-0"}
    assert unlisted == {"failed"}


def test_a_collector_that_breaks_says_so_for_everybody(windows: WindowsTree, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, host: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(registered.Registered, "collect", broken)
    rows = [row for row in windows.everything().coverage if row.collector == "windows.registry"]
    assert {(row.section, row.profile, row.status) for row in rows} == {
        (section, profile, "failed") for section in ("apps", "accounts", "links") for profile in ("system", ADA)
    }


def test_reasons_hold_no_path_and_no_name(windows: WindowsTree) -> None:
    windows.finish()
    windows.write("NTUSER.DAT", b"regf")
    windows.write("/ProgramData/Microsoft/Wlansvc/Profiles/Interfaces/a/b.xml", "<x")
    facts = collect(open_tree(str(windows.root), ignore_case=True)).facts
    reasons = [row.reason for row in facts.coverage if row.reason]
    assert reasons
    assert not any("ada" in reason or "/" in reason or "\\" in reason for reason in reasons)


def test_every_collector_declares_itself() -> None:
    names = [one.info.name for one in collectors()]
    assert len(set(names)) == len(names)
    for one in collectors():
        assert one.info.name.startswith("windows.")
        assert one.info.reads
        assert one.info.modules
        for module in (*one.info.modules, *collector._SHARED):
            __import__(module)


def test_the_systems_drive_need_not_be_c(windows: WindowsTree) -> None:
    profile = {ADA: {"ProfileImagePath": r"D:\Users\ada"}}
    windows.in_software(VERSION, {"SystemRoot": r"D:\WINDOWS", "ProfileList": profile})
    assert {row.status for row in windows.everything().coverage} == {"observed"}
