from datetime import UTC, datetime
from pathlib import Path

import pytest

from registry_maker import hive
from setapart_agent.collectors.base import Absent, Denied, Failed, Observed
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import open_tree
from setapart_agent.collectors.windows import hive as reader
from setapart_agent.collectors.windows.hives import HiveRegistry
from setapart_agent.errors import SourceError
from windows_tree import ADA, WindowsTree

USER = User(name="ada", home="/Users/ada", sid=ADA)


@pytest.fixture
def windows(tmp_path: Path) -> WindowsTree:
    return WindowsTree(tmp_path)


def registry(windows: WindowsTree) -> HiveRegistry:
    return HiveRegistry(open_tree(str(windows.root), ignore_case=True))


def test_hives_of_machine_and_user_are_opened(windows: WindowsTree) -> None:
    windows.classes["ada"] = {"Local Settings": {}}
    windows.finish()
    found = registry(windows)
    assert all(
        isinstance(one, Observed) for one in (found.software(), found.system(), found.user(USER), found.classes(USER))
    )


def test_names_are_found_in_any_case(windows: WindowsTree) -> None:
    windows.finish()
    (windows.root / "Windows").rename(windows.root / "WINDOWS")
    (windows.root / "Users/ada/NTUSER.DAT").rename(windows.root / "Users/ada/ntuser.dat")
    found = registry(windows)
    assert isinstance(found.software(), Observed)
    assert isinstance(found.user(USER), Observed)


def test_a_hive_that_is_missing_is_denied_and_classes_may_be_absent(windows: WindowsTree) -> None:
    found = registry(windows)
    assert isinstance(found.software(), Denied)
    assert isinstance(found.system(), Denied)
    assert isinstance(found.user(USER), Denied)
    assert found.classes(USER) == Absent()


def test_a_mandatory_profile_has_a_hive_of_another_name(windows: WindowsTree) -> None:
    windows.write("NTUSER.MAN", hive({"Software": {}}))
    assert isinstance(registry(windows).user(USER), Observed)


def test_a_broken_hive_is_failed(windows: WindowsTree) -> None:
    windows.write("NTUSER.DAT", b"regf" + bytes(8000))
    assert isinstance(registry(windows).user(USER), Failed)


def test_logs_beside_a_dirty_hive_are_applied_or_missed(windows: WindowsTree) -> None:
    windows.write("NTUSER.DAT", hive({"Software": {}}, sequence=(3, 2)))
    opened = registry(windows).user(USER)
    assert isinstance(opened, Observed)
    assert opened.value.doubt is not None


def test_the_latest_hive_says_when_the_system_ran(windows: WindowsTree) -> None:
    windows.finish()
    found = registry(windows)
    assert found.written is None
    found.software()
    # 133 000 000 000 000 000 ticks of 100 ns since 1601 (the writer's time)
    assert found.written == datetime(2022, 6, 18, 4, 26, 40, tzinfo=UTC)


def test_without_the_reader_the_source_says_what_to_install(
    windows: WindowsTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    import builtins

    real = builtins.__import__

    def refuse(name: str, *args: object, **more: object) -> object:
        if name.partition(".")[0] == "regipy":
            raise ImportError(name)
        return real(name, *args, **more)  # type: ignore[arg-type]

    windows.finish()
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(SourceError) as error:
        registry(windows).software()
    assert error.value.cure == reader.EXTRA
