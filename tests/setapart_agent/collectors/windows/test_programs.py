from pathlib import Path

import pytest

from registry_maker import Expand
from setapart_agent.collectors.windows.programs import PortableFiles, Process, Processes, Shortcuts, processes_facts
from setapart_evidence.identifiers import keys_of
from windows_files import lnk
from windows_tree import ADA, BOB, WindowsTree, rows


@pytest.fixture
def windows(tmp_path: Path) -> WindowsTree:
    return WindowsTree(tmp_path)


def portable(windows: WindowsTree) -> set[tuple[str, str]]:
    return {(app.identifier, app.profile) for app in windows.collect(PortableFiles()).apps}


@pytest.mark.parametrize(
    "path",
    [
        "Telegram.exe",
        "Downloads/Telegram.exe",
        "Downloads/tportable/Telegram/Telegram.exe",
        "Desktop/Telegram.EXE",
        "AppData/Roaming/Telegram Desktop/Telegram.exe",
        "AppData/Local/Telegram/app/Telegram.exe",
        "AppData/Local/Programs/x/y/Telegram.exe",
        "OneDrive/Desktop/Telegram.exe",
        "Own folder/Telegram.exe",
        "$recycle/Telegram.exe",
        "Downloads/Windows/Telegram.exe",
        "AppData/Local/Temp/x/Telegram.exe",
        "Music/Telegram/Telegram.exe",
    ],
)
def test_a_users_executables_are_found_where_people_put_them(windows: WindowsTree, path: str) -> None:
    windows.write(path, "MZ")
    assert portable(windows) == {(path.rpartition("/")[2], ADA)}
    (app,) = windows.collect(PortableFiles()).apps
    assert "process:telegram" in keys_of("windows", app)


@pytest.mark.parametrize(
    "path",
    [
        "/Telegram.exe",
        "/Tools/Telegram.exe",
        "/Program Files/Telegram/Telegram.exe",
        "/Program Files (x86)/Vendor/Telegram/Telegram.exe",
        "/ProgramData/Telegram/Telegram.exe",
        "/Users/Public/Downloads/Telegram/Telegram.exe",
        "/Users/Public/Documents/Portable/Telegram/Telegram.exe",
        "/Tools/Telegram/Telegram.exe",
        "/Users/gone/Downloads/tportable/Telegram/Telegram.exe",
        "/Users/gone/AppData/Roaming/Telegram Desktop/Telegram.exe",
    ],
)
def test_the_machines_executables_are_found(windows: WindowsTree, path: str) -> None:
    windows.write(path, "MZ")
    assert portable(windows) == {("Telegram.exe", "system")}


@pytest.mark.parametrize(
    "path",
    [
        "/Windows/x.exe",
        "/$WinREAgent/x.exe",
        "/Program Files/WindowsApps/x/x.exe",
        "AppData/Local/Packages/x/x.exe",
        "Downloads/x.zip",
        "Downloads/x.exe.txt",
    ],
)
def test_what_nobody_starts_is_left_out(windows: WindowsTree, path: str) -> None:
    windows.write(path, "MZ")
    assert portable(windows) == set()


def test_the_search_tells_of_every_profile(windows: WindowsTree) -> None:
    windows.with_user("bob", BOB)
    expected = {("apps", profile, "observed", None) for profile in ("system", ADA, BOB)}
    assert rows(windows.collect(PortableFiles())) == expected
    assert rows(windows.collect(Shortcuts())) == expected


def test_web_apps_in_start_menus(windows: WindowsTree) -> None:
    menu = "AppData/Roaming/Microsoft/Windows/Start Menu/Programs"
    windows.write(f"{menu}/Chrome Apps/TikTok.lnk", lnk("--app=https://www.tiktok.com"))
    windows.write(f"{menu}/Other.lnk", lnk("/c x"))
    windows.write(f"{menu}/broken.lnk", "no shortcut")
    windows.write("/ProgramData/Microsoft/Windows/Start Menu/Programs/Web.lnk", lnk("--app=https://web.telegram.org"))
    found = windows.collect(Shortcuts())
    assert {(app.identifier, app.profile) for app in found.apps} == {
        ("www.tiktok.com", ADA),
        ("web.telegram.org", "system"),
    }
    assert {row.status for row in found.coverage} == {"observed"}


def test_running_programs_belong_to_the_folder_they_lie_in(windows: WindowsTree) -> None:
    host = windows.host()
    found = processes_facts(
        [
            Process(name="Telegram.exe", executable=r"C:\Users\ada\AppData\Roaming\Telegram Desktop\Telegram.exe"),
            Process(name="x.exe", executable=r"D:\x.exe"),
            Process(name="hidden.exe", executable=None),
            Process(name="Temp.exe", executable=r"C:\Windows\Temp\x\Temp.exe"),
            Process(name="svchost.exe", executable=r"C:\Windows\System32\svchost.exe"),
            Process(name="", executable=None),
        ],
        host,
        Processes.info,
    )
    assert {(app.identifier, app.profile) for app in found.apps} == {
        ("Telegram.exe", ADA),
        ("x.exe", "system"),
        ("hidden.exe", "system"),
        ("Temp.exe", "system"),
    }
    assert {row.status for row in found.coverage} == {"observed"}


def test_a_disk_has_no_running_programs(windows: WindowsTree) -> None:
    assert windows.collect(Processes()).coverage == ()


SHELL = r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (r"%USERPROFILE%\OneDrive - Agency\Desktop", "OneDrive - Agency/Desktop/x/Telegram.exe"),
        (r"C:\Desks\ada", "/Desks/ada/x/Telegram.exe"),
    ],
)
def test_a_desktop_that_was_moved_is_looked_into(windows: WindowsTree, value: str, path: str) -> None:
    windows.in_user(SHELL, {"Desktop": Expand(value)})
    windows.write(path, "MZ")
    assert ("Telegram.exe", ADA) in portable(windows)


@pytest.mark.parametrize(
    ("path", "there"),
    [(r"D:\Own\Telegram.exe", False), (r"C:\a\b\c\d\Telegram.exe", True), (r"C:\gone\Telegram.exe", False)],
)
def test_a_program_that_opens_links_is_found_wherever_it_is(windows: WindowsTree, path: str, *, there: bool) -> None:
    command = {"URL Protocol": "", "shell": {"open": {"command": {"": f'"{path}" -- "%1"'}}}}
    windows.classes["ada"] = {"tg": command}
    if there:
        windows.write(path[2:].replace("\\", "/"), "MZ")
    assert portable(windows) == (set() if path.startswith(r"C:\gone") else {("Telegram.exe", ADA)})


def test_what_windows_starts_by_itself_is_no_program_of_a_user(windows: WindowsTree) -> None:
    windows.write("/Windows/System32/x.exe", "MZ")
    windows.in_user(r"Software\Microsoft\Windows\CurrentVersion\Run", {"x": r"C:\Windows\System32\x.exe"})
    assert portable(windows) == set()
