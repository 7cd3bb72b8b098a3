r"""The registry of the running Windows, through `winreg`; hives of users who are not signed in out of their files.

A hive that is not loaded is read from a private copy: by our own reader where that is installed (`offline-windows`),
else by Windows itself, which loads the copy under `HKEY_USERS` and needs two privileges that administrators hold
(Microsoft, "RegLoadKeyW"). Nothing is ever written to a user's hive. The 64-bit view is asked for, whatever we are.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Outcome
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import PlainTree, Tree
from setapart_agent.collectors.windows.hives import HiveRegistry
from setapart_agent.collectors.windows.host import Opened
from setapart_agent.collectors.windows.parse.registry_key import AccessDeniedError, Data, Key
from setapart_agent.errors import ParseError, SourceError

_NO_MORE = 259  # ERROR_NO_MORE_ITEMS
_REFUSED = (5, 1314)  # ERROR_ACCESS_DENIED, ERROR_PRIVILEGE_NOT_HELD
_MOUNT_POINT = 0xA0000003
_MAX_ENTRIES = 100_000
_NOT_LOADED = "the user is not signed in, and only an administrator may read the hive"
_PRIVILEGES = ("SeBackupPrivilege", "SeRestorePrivilege")
_LIMIT = 384 * 1024 * 1024


class SystemDrive(PlainTree):
    """The drive that the running Windows is on; Windows itself follows what leads elsewhere, junctions and links."""

    def __init__(self, drive: str | None = None) -> None:
        super().__init__((drive or os.environ.get("SYSTEMDRIVE", "C:")) + os.sep, ignore_case=True)

    def entries(self, path: str, owner: int | None = None) -> Outcome[tuple[str, ...]]:
        """See `Tree.entries`.

        Windows leaves junctions from the names that folders had before Vista, and lets nobody list them: what they
        lead to stands elsewhere, and is looked into there.
        """
        found = super().entries(path, owner)
        return Absent() if isinstance(found, Denied) and _is_junction(self._resolve(path)) else found

    def _resolve(self, path: str) -> str:
        return self.root.rstrip("\\/") + path


class LiveKey(Key):
    """A key of the running system; every look at it is a look at the moment."""

    def __init__(self, winreg: ModuleType, root: int, path: str) -> None:
        self.name = path.rpartition("\\")[2]
        self._winreg = winreg
        self._root = root
        self._path = path

    def children(self) -> Mapping[str, Key]:
        """See `Key.children`."""
        return {
            name.lower(): LiveKey(self._winreg, self._root, f"{self._path}\\{name}" if self._path else name)
            for name in self._each("EnumKey")
        }

    def child(self, name: str) -> Key | None:
        """The key of this name, asked for by name: Windows finds it without a list."""
        path = f"{self._path}\\{name}" if self._path else name
        return LiveKey(self._winreg, self._root, path) if exists(self._winreg, self._root, path) else None

    def values(self) -> Mapping[str, Data]:
        """See `Key.values`."""
        return {str(name).lower(): _data(value) for name, value, _ in self._each("EnumValue")}

    def _each(self, enumerate_by: str) -> Iterator[Any]:
        winreg = self._winreg
        try:
            with winreg.OpenKey(self._root, self._path, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as handle:
                for at in range(_MAX_ENTRIES):
                    try:
                        yield getattr(winreg, enumerate_by)(handle, at)
                    except OSError as exc:
                        if getattr(exc, "winerror", None) == _NO_MORE:
                            return
                        raise
        except FileNotFoundError:
            return  # gone meanwhile
        except OSError as exc:
            raise _error(exc) from None
        raise ParseError(f"more than {_MAX_ENTRIES} entries of a key", expected="fewer")


class LiveRegistry:
    """The registry of the running system."""

    live = True

    def __init__(self, tree: Tree, winreg: ModuleType | None = None) -> None:
        """Takes the tree of the system's drive, for hives that are not loaded, and a stand-in for `winreg`."""
        self._winreg = winreg or import_module("winreg")
        self._hives = HiveRegistry(tree)
        self._tree = tree
        self._loaded: list[str] = []
        self._copies: list[tempfile.TemporaryDirectory[str]] = []

    def hardware(self) -> Key:
        r"""`HKLM\HARDWARE`, which exists while the system runs."""
        return LiveKey(self._winreg, self._winreg.HKEY_LOCAL_MACHINE, "HARDWARE")

    def software(self) -> Outcome[Opened]:
        """See `Registry.software`."""
        return self._open(self._winreg.HKEY_LOCAL_MACHINE, "SOFTWARE")

    def system(self) -> Outcome[Opened]:
        """See `Registry.system`."""
        return self._open(self._winreg.HKEY_LOCAL_MACHINE, "SYSTEM")

    def user(self, user: User) -> Outcome[Opened]:
        """See `Registry.user`."""
        found = self._open(self._winreg.HKEY_USERS, user.profile)
        if not isinstance(found, Absent):
            return found
        try:
            found = self._hives.user(user)
        except SourceError:
            found = self._load(f"{user.home}/NTUSER.DAT", user.profile)
        return Denied(_NOT_LOADED) if isinstance(found, Absent | Denied) else found

    def classes(self, user: User) -> Outcome[Opened]:
        """See `Registry.classes`."""
        found = self._open(self._winreg.HKEY_USERS, f"{user.profile}_Classes")
        if not isinstance(found, Absent):
            return found
        try:
            return self._hives.classes(user)
        except SourceError:
            path = f"{user.home}/AppData/Local/Microsoft/Windows/UsrClass.dat"
            return self._load(path, f"{user.profile}_Classes")

    def close(self) -> None:
        """Unloads what was loaded, and deletes the copies."""
        for name in self._loaded:
            with suppress(OSError):
                _unload(name)
        for copy in self._copies:
            with suppress(OSError):
                copy.cleanup()
        self._loaded, self._copies = [], []

    def _open(self, root: int, path: str) -> Outcome[Opened]:
        try:
            if not exists(self._winreg, root, path):
                return Absent()
        except AccessDeniedError as exc:
            return Denied(exc.got)
        except ParseError as exc:
            return Failed(exc.got)
        return Observed(Opened(LiveKey(self._winreg, root, path)))

    def _load(self, path: str, name: str) -> Outcome[Opened]:
        """Has Windows load a copy of a hive; its logs come along, so that Windows completes the copy by itself."""
        content = self._tree.read(path, limit=_LIMIT)
        if not isinstance(content, Observed):
            return content
        folder = tempfile.TemporaryDirectory(prefix="setapart-", ignore_cleanup_errors=True)
        copy = Path(folder.name, "hive")
        copy.write_bytes(content.value)
        for end in (".LOG1", ".LOG2"):
            log = self._tree.read(f"{path}{end}", limit=_LIMIT)
            if isinstance(log, Observed):
                Path(folder.name, f"hive{end}").write_bytes(log.value)
        loaded = f"setapart-{os.getpid()}-{name}"
        try:
            _hold_privileges()
            self._winreg.LoadKey(self._winreg.HKEY_USERS, loaded, str(copy))
        except OSError as exc:
            folder.cleanup()
            return _outcome(exc)
        self._copies.append(folder)
        self._loaded.append(loaded)
        return Observed(Opened(LiveKey(self._winreg, self._winreg.HKEY_USERS, loaded)))


def _is_junction(path: str) -> bool:
    """Whether a path is a mount point, as Windows calls junctions (IO_REPARSE_TAG_MOUNT_POINT)."""
    try:
        return getattr(os.lstat(path), "st_reparse_tag", 0) == _MOUNT_POINT
    except OSError:
        return False


def exists(winreg: ModuleType, root: int, path: str) -> bool:
    """Whether a key is there.

    Raises:
        AccessDeniedError: it may be, and we are not let in.
        ParseError: the system answers with another error.
    """
    try:
        winreg.OpenKey(root, path, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY).Close()
    except FileNotFoundError:
        return False
    except OSError as exc:
        raise _error(exc) from None
    return True


def firmware_tables() -> bytes | None:
    """The SMBIOS tables as Windows keeps them, or `None` (Microsoft, "GetSystemFirmwareTable")."""
    import ctypes

    kernel = vars(ctypes)["windll"].kernel32  # which only Windows has
    provider = int.from_bytes(b"RSMB", "big")
    size = kernel.GetSystemFirmwareTable(provider, 0, None, 0)
    if not 0 < size < 1 << 20:
        return None
    buffer = ctypes.create_string_buffer(size)
    return buffer.raw if kernel.GetSystemFirmwareTable(provider, 0, buffer, size) == size else None


def _data(value: object) -> Data:
    """A value as `winreg` gives it."""
    if isinstance(value, str):
        return value.partition("\0")[0]
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    return value if isinstance(value, int | bytes) else b""


def _error(exc: OSError) -> ParseError:
    if isinstance(exc, PermissionError) or getattr(exc, "winerror", None) in _REFUSED:
        return AccessDeniedError("permission denied", expected="a key that may be read")
    return ParseError(f"Windows error {getattr(exc, 'winerror', None) or exc.errno}", expected="a key that can be read")


def _outcome(exc: OSError) -> Denied | Failed:
    error = _error(exc)
    return Denied(error.got) if isinstance(error, AccessDeniedError) else Failed(error.got)


def _hold_privileges() -> None:
    """Switches on the privileges that loading a hive needs; an administrator holds them switched off.

    Source: Microsoft, "Enabling and Disabling Privileges in C++".
    """
    import ctypes

    class Privilege(ctypes.Structure):
        _fields_ = (("count", ctypes.c_uint32), ("luid", ctypes.c_int64), ("attributes", ctypes.c_uint32))
        _pack_ = 4

    libraries = vars(ctypes)["windll"]
    advapi, kernel = libraries.advapi32, libraries.kernel32
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    token = ctypes.c_void_p()
    adjust_and_query, enabled = 0x0020 | 0x0008, 0x0002
    if not advapi.OpenProcessToken(ctypes.c_void_p(kernel.GetCurrentProcess()), adjust_and_query, ctypes.byref(token)):
        return
    for name in _PRIVILEGES:
        luid = ctypes.c_int64()
        if advapi.LookupPrivilegeValueW(None, name, ctypes.byref(luid)):
            wanted = Privilege(1, luid.value, enabled)
            advapi.AdjustTokenPrivileges(token, False, ctypes.byref(wanted), 0, None, None)  # noqa: FBT003 - Windows' API
    kernel.CloseHandle(token)


def _unload(name: str) -> None:
    """`winreg` can load a hive and not unload it."""
    import ctypes

    users = ctypes.c_void_p(0x80000003)  # HKEY_USERS
    vars(ctypes)["windll"].advapi32.RegUnLoadKeyW(users, ctypes.c_wchar_p(name))
