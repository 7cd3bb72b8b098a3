"""A small Windows installation in a folder: hives by our own writer, files one by one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry_maker import FILETIME, at, hive, merged
from setapart_agent.collectors.desktop.tree import open_tree
from setapart_agent.collectors.windows.collector import collect
from setapart_agent.collectors.windows.hives import HiveRegistry
from setapart_agent.collectors.windows.host import Opened, WindowsCollector, WindowsHost
from setapart_agent.collectors.windows.users import users_of
from setapart_agent.facts import Facts

ADA = "S-1-5-21-1000000001-1000000002-1000000003-1001"
BOB = "S-1-12-1-1111111111-2222222222-3333333333-4444444444"
VERSION = r"Microsoft\Windows NT\CurrentVersion"
UNINSTALL = r"Microsoft\Windows\CurrentVersion\Uninstall"
CONTROL = "ControlSet001"


class WindowsTree:
    """An installation with the user ada; `with_user` adds others. Hives are written by `finish`."""

    def __init__(self, root: Path, written: int = FILETIME) -> None:
        self.root = root
        self.written = written
        self.software: dict[str, Any] = at(
            VERSION,
            {
                "ProductName": "Windows 10 Pro",
                "CurrentBuild": "22631",
                "UBR": 4169,
                "DisplayVersion": "23H2",
                "InstallationType": "Client",
                "ProfileList": {
                    "S-1-5-18": {"ProfileImagePath": r"%systemroot%\system32\config\systemprofile"},
                    ADA: {"ProfileImagePath": r"C:\Users\ada"},
                },
            },
        )
        self.system: dict[str, Any] = {"Select": {"Current": 1}, CONTROL: {"Control": {}, "Services": {}}}
        self.users: dict[str, dict[str, Any]] = {"ada": {"Software": {}}}
        self.classes: dict[str, dict[str, Any]] = {}
        self.write("/Users/ada/Desktop/desktop.ini")

    def with_user(self, name: str, sid: str) -> None:
        """Adds a user."""
        profile = {sid: {"ProfileImagePath": rf"C:\Users\{name}"}}
        self.software = merged(self.software, at(rf"{VERSION}\ProfileList", profile))
        self.users[name] = {"Software": {}}
        self.write(f"/Users/{name}/Desktop/desktop.ini")

    def in_software(self, path: str, tree: Mapping[str, Any]) -> None:
        r"""Adds to the machine's SOFTWARE."""
        self.software = merged(self.software, at(path, tree))

    def in_system(self, path: str, tree: Mapping[str, Any]) -> None:
        """Adds to the control set in use."""
        self.system = merged(self.system, at(rf"{CONTROL}\{path}", tree))

    def in_user(self, path: str, tree: Mapping[str, Any], name: str = "ada") -> None:
        """Adds to a user's hive."""
        self.users[name] = merged(self.users[name], at(path, tree))

    def write(self, path: str, content: str | bytes = "") -> Path:
        """Makes a file; a path that does not start with `/` is below ada's folder."""
        target = self.root / path.lstrip("/") if path.startswith("/") else self.root / "Users/ada" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def finish(self) -> None:
        """Writes the hives."""
        self.write("/Windows/System32/config/SOFTWARE", self._hive(self.software, r"emRoot\System32\Config\SOFTWARE"))
        self.write("/Windows/System32/config/SYSTEM", self._hive(self.system, "SYSTEM"))
        for name, tree in self.users.items():
            self.write(f"/Users/{name}/NTUSER.DAT", self._hive(tree, rf"\??\C:\Users\{name}\ntuser.dat"))
        for name, tree in self.classes.items():
            self.write(f"/Users/{name}/AppData/Local/Microsoft/Windows/UsrClass.dat", self._hive(tree, "UsrClass.dat"))

    def _hive(self, tree: Mapping[str, Any], name: str) -> bytes:
        return hive(tree, name=name, written=self.written)

    def host(self) -> WindowsHost:
        """The host, with hives written."""
        self.finish()
        tree = open_tree(str(self.root), ignore_case=True)
        registry = HiveRegistry(tree)
        software = registry.software()
        opened = getattr(software, "value", software)
        assert isinstance(opened, Opened)
        return WindowsHost(tree=tree, users=users_of(tree, opened), registry=registry)

    def collect(self, collector: WindowsCollector) -> Facts:
        """What one collector finds here."""
        return collector.collect(self.host())

    def everything(self) -> Facts:
        """What all collectors find here."""
        self.finish()
        return collect(open_tree(str(self.root), ignore_case=True)).facts


def rows(facts: Facts) -> set[tuple[str, str, str, str | None]]:
    """Section, profile, status and reason of every row of coverage."""
    return {(row.section, row.profile, row.status, row.reason) for row in facts.coverage}
