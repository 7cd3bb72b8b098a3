"""Windows workstations for every row of docs/devices.md."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from unittest import mock

from fake_winreg import FakeWinreg
from green.device import Build, Device
from registry_maker import at, hive
from setapart_agent import sources
from setapart_agent.collectors.base import Collected, Denied
from setapart_agent.collectors.windows import collector, live, network, programs
from setapart_agent.collectors.windows.live import LiveRegistry, SystemDrive
from windows_tree import ADA, BOB, UNINSTALL, WindowsTree

MACHINE_GUID = "01234567-89ab-cdef-0123-456789abcdef"
UNIX_EPOCH = 11_644_473_600
"""Seconds from 1601, where Windows' time begins, to 1970."""
STATE = b"AzureAdJoined : NO\r\nDomainJoined : NO\r\nWorkplaceJoined : NO\r\n"
SHELL = programs.Process(name="explorer.exe", executable=r"C:\Windows\explorer.exe")
Change = Callable[[WindowsTree], None]


def installation(folder: Path, *changes: Change) -> WindowsTree:
    """Windows with the user ada, who has a private mailbox; then what else a row wants."""
    windows = WindowsTree(folder, written=int((time.time() + UNIX_EPOCH) * 10_000_000))
    windows.write("/ProgramData/Microsoft/Wlansvc/Profiles/Interfaces/{1}/x")
    windows.in_software(r"Microsoft\Cryptography", {"MachineGuid": MACHINE_GUID})
    windows.in_software(UNINSTALL, {"7-Zip": {"DisplayName": "7-Zip", "DisplayVersion": "24.09"}})
    mailbox = {"00000001": {"IMAP Server": "imap.social.example", "Email": "patrol@social.example"}}
    windows.in_user(r"Software\Microsoft\Office\16.0\Outlook\Profiles\x\9375CFF0413111d3B88A00104B2A6676", mailbox)
    for change in changes:
        change(windows)
    windows.finish()
    return windows


@contextmanager
def disk(folder: Path, *changes: Change, broken: bytes | None = None) -> Iterator[Device]:
    """A disk; ada's hive may be another."""
    windows = installation(folder, *changes)
    if broken is not None:
        windows.write("NTUSER.DAT", broken)
    yield Device(source=f"root:{folder}", platform="windows", serial=MACHINE_GUID)


@contextmanager
def running(folder: Path, *refused: str, changes: tuple[Change, ...] = ()) -> Iterator[Device]:
    """A disk and a registry that stand for the running system, ada signed in; some folders are refused."""
    windows = installation(folder, *changes)
    machine = {"SOFTWARE": windows.software, "SYSTEM": {"CurrentControlSet": windows.system["ControlSet001"]}}

    class Drive(SystemDrive):
        def _look(self, path, owner, accepts, expected):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            if path.startswith(refused or ("\0",)):
                return Denied("permission denied")
            return super()._look(path, owner, accepts, expected)

    def local() -> Collected:
        tree = Drive(str(folder))
        return collector.collect_from(tree, LiveRegistry(tree, FakeWinreg(machine, {ADA: windows.users["ada"]})))

    def processes(self: programs.Processes, host: object) -> object:
        return programs.processes_facts([SHELL], host, self.info)  # type: ignore[arg-type]

    with (
        mock.patch.object(sources, "_local", local),
        mock.patch.object(live, "firmware_tables", return_value=None),
        mock.patch.object(network, "_asked", return_value=STATE),
        mock.patch.object(programs.Processes, "collect", processes),
    ):
        yield Device(source="local")


def with_bob(windows: WindowsTree) -> None:
    """A second user, who is not signed in."""
    windows.with_user("bob", BOB)


ROWS: dict[tuple[str, str], Build] = {
    ("Windows 10 or 11", "`local`, as administrator"): lambda folder: running(folder, changes=(with_bob,)),
    ("Windows 10 or 11 with one user", "`local`, as that user"): lambda folder: running(
        folder, "/ProgramData/Microsoft/Wlansvc"
    ),
    ("Windows 10 or 11 with several users", "`local`, as one of them"): lambda folder: running(
        folder, "/ProgramData/Microsoft/Wlansvc", "/Users/bob", changes=(with_bob,)
    ),
    ("Windows 7 to 11, a disk or image", "`root:DIR`"): lambda folder: disk(folder, with_bob),
    (
        "Windows, a disk with a hive that is broken, or was being written and whose log is gone",
        "`root:DIR`",
    ): lambda folder: disk(folder, broken=hive({"Software": {}}, sequence=(3, 2))),
}


def changed(change: Change) -> Build:
    """The green disk with something more."""

    def build(folder: Path) -> AbstractContextManager[Device]:
        return disk(folder, change)

    return build


def _tunnel(windows: WindowsTree) -> None:
    windows.write("/Program Files/WireGuard/Data/Configurations/x.conf.dpapi", b"x")


def _moved(windows: WindowsTree) -> None:
    shell = r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"
    windows.in_user(shell, {"AppData": r"\\server\profiles\ada"})


def _used_mail(windows: WindowsTree) -> None:
    windows.write("AppData/Local/Comms/Unistore/data/3/a/1.dat", b"x")


def _gone(windows: WindowsTree) -> None:
    profile = at(r"Microsoft\Windows NT\CurrentVersion\ProfileList", {BOB: {"ProfileImagePath": r"C:\Users\bob"}})
    windows.in_software("Microsoft", profile["Microsoft"])


SPOILERS: dict[str, Build] = {
    "a WireGuard tunnel on Windows": changed(_tunnel),
    "a Windows user whose AppData is kept elsewhere": changed(_moved),
    "Windows Mail that was used, without an account": changed(_used_mail),
    "a Windows user whose folder is not there": changed(_gone),
}
