r"""The registry of a Windows that does not run, out of its hive files and their transaction logs.

Places: Microsoft, "Registry hives": `Windows\System32\config` for the machine, `NTUSER.DAT` (`NTUSER.MAN` of a
mandatory profile) in a user's folder, `AppData\Local\Microsoft\Windows\UsrClass.dat` for the user's classes (under
`Local Settings\Application Data` before Vista).
"""

import struct
from datetime import UTC, datetime, timedelta

from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Outcome
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.windows.hive import open_hive
from setapart_agent.collectors.windows.host import Opened
from setapart_agent.errors import ParseError

CONFIG = "/Windows/System32/config"
_USER = ("NTUSER.DAT", "NTUSER.MAN")
_CLASSES = (
    "AppData/Local/Microsoft/Windows/UsrClass.dat",
    "Local Settings/Application Data/Microsoft/Windows/UsrClass.dat",
)
_LOGS = (".LOG1", ".LOG2", ".LOG")
_LIMIT = 384 * 1024 * 1024
"""Bytes of one hive; that of an old machine's SOFTWARE may have more than a hundred millions."""
_WRITTEN_AT = 12
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime(1993, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class HiveRegistry:
    """Opens each hive once."""

    live = False

    def __init__(self, tree: Tree) -> None:
        self.written: datetime | None = None
        self._tree = tree
        self._opened: dict[str, Outcome[Opened]] = {}

    def software(self) -> Outcome[Opened]:
        """See `Registry.software`."""
        return self._required(f"{CONFIG}/SOFTWARE", "the hive SOFTWARE is not there")

    def system(self) -> Outcome[Opened]:
        """See `Registry.system`."""
        return self._required(f"{CONFIG}/SYSTEM", "the hive SYSTEM is not there")

    def user(self, user: User) -> Outcome[Opened]:
        """See `Registry.user`."""
        for name in _USER:
            found = self._open(f"{user.home}/{name}")
            if not isinstance(found, Absent):
                return found
        return Denied("the user's hive is not there")

    def classes(self, user: User) -> Outcome[Opened]:
        """See `Registry.classes`."""
        for name in _CLASSES:
            found = self._open(f"{user.home}/{name}")
            if not isinstance(found, Absent):
                return found
        return Absent()

    def _required(self, path: str, missing: str) -> Outcome[Opened]:
        found = self._open(path)
        return Denied(missing) if isinstance(found, Absent) else found

    def _open(self, path: str) -> Outcome[Opened]:
        if path not in self._opened:
            self._opened[path] = self._read(path)
        return self._opened[path]

    def _read(self, path: str) -> Outcome[Opened]:
        content = self._tree.read(path, limit=_LIMIT)
        if not isinstance(content, Observed):
            return content
        logs = (self._tree.read(f"{path}{end}", limit=_LIMIT) for end in _LOGS)
        try:
            opened = open_hive(content.value, tuple(log.value for log in logs if isinstance(log, Observed)))
        except ParseError as exc:
            return Failed(exc.got)
        self._note(content.value)
        return Observed(Opened(*opened))

    def _note(self, content: bytes) -> None:
        """Keeps when a hive was written last, the latest of all: the system ran then."""
        (ticks,) = struct.unpack_from("<Q", content, _WRITTEN_AT)
        try:
            written = _EPOCH + timedelta(microseconds=ticks // 10)
        except OverflowError:
            return
        if _FIRST < written < _LAST:
            self.written = written if self.written is None else max(self.written, written)
