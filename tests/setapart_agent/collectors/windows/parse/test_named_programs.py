from typing import Any

import pytest

from registry_maker import at, key_of
from setapart_agent.collectors.windows.parse.named_programs import named_programs

TELEGRAM = r"D:\Portable\Telegram\Telegram.exe"
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"


def handler(command: Any) -> dict[str, Any]:
    return {"URL Protocol": "", **at(r"shell\open\command", {"": command})}


def test_what_opens_links() -> None:
    command = rf'"{TELEGRAM}" -workdir "D:\Portable\Telegram\" -- "%1"'
    classes = {"tg": handler(command), "tdesktop.tg": at(r"shell\open\command", {"": command}), ".txt": {"": "x"}}
    assert named_programs(None, key_of(classes)) == (TELEGRAM,)


def test_what_opens_files_alone_is_left_out() -> None:
    assert named_programs(None, key_of({"txtfile": at(r"shell\open\command", {"": r"C:\x.exe"})})) == ()


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (rf'"{TELEGRAM}" -autostart', TELEGRAM),
        (rf"{TELEGRAM} -autostart", TELEGRAM),
        (r"E:\My apps\x.EXE", r"E:\My apps\x.EXE"),
        (r"\\server\share\x.exe,1", r"\\server\share\x.exe"),
        (r"C:\x.executable\y.exe", r"C:\x.executable\y.exe"),
    ],
)
def test_what_starts_at_sign_in(command: str, path: str) -> None:
    assert named_programs(key_of(at(RUN, {"x": command})), None) == (path,)


@pytest.mark.parametrize("command", ["", "rundll32 x.dll", '"', b"\xff", 7, ("a",), '"x', ".exe"])
def test_other_commands_name_nothing(command: Any) -> None:
    assert named_programs(key_of(at(RUN, {"x": command})), key_of({"y": handler(command)})) == ()


def test_paths_that_programs_register() -> None:
    assert named_programs(
        key_of(at(r"Software\Microsoft\Windows\CurrentVersion\App Paths\t.exe", {"": TELEGRAM})), None
    ) == (TELEGRAM,)
