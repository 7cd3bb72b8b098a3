"""A stand-in for the module `winreg`, with the behaviour that Python's documentation and Windows give it."""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from registry_maker import Expand, Qword, Raw, encoded


class RefusalError(PermissionError):
    """What Windows says to those who may not: ERROR_ACCESS_DENIED."""

    winerror = 5


class _NoMoreError(OSError):
    """The end of an enumeration: ERROR_NO_MORE_ITEMS."""

    winerror = 259


class _Handle:
    def __init__(self, tree: Mapping[str, Any]) -> None:
        self.tree = tree
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.Close()

    def Close(self) -> None:  # noqa: N802 - the module's own name
        self.closed = True


class FakeWinreg(ModuleType):
    """A registry out of descriptions as in `registry_maker`.

    Args of the constructor: the trees of HKEY_LOCAL_MACHINE and HKEY_USERS; lower-case paths that are refused.
    """

    HKEY_LOCAL_MACHINE, HKEY_USERS = 0x80000002, 0x80000003
    KEY_READ, KEY_WOW64_64KEY = 0x20019, 0x0100

    def __init__(
        self, machine: Mapping[str, Any], users: Mapping[str, Any], denied: tuple[str, ...] = (), files: Any = None
    ) -> None:
        super().__init__("winreg")
        self._trees = {self.HKEY_LOCAL_MACHINE: machine, self.HKEY_USERS: dict(users)}
        self._denied = denied
        self._files = files or {}
        self.loaded: list[str] = []

    def OpenKey(self, root: int, path: str, reserved: int, access: int) -> _Handle:  # noqa: N802
        assert reserved == 0
        assert access == self.KEY_READ | self.KEY_WOW64_64KEY
        if path.lower().startswith(self._denied or ("\0",)):
            raise RefusalError(13, "Access is denied")
        tree: Any = self._trees[root]
        for part in path.split("\\") if path else ():
            found = {name.lower(): child for name, child in tree.items() if isinstance(child, Mapping)}
            if part.lower() not in found:
                raise FileNotFoundError(2, "The system cannot find the file specified")
            tree = found[part.lower()]
        return _Handle(tree)

    def EnumKey(self, handle: _Handle, at: int) -> str:  # noqa: N802
        assert not handle.closed
        names = [name for name, value in handle.tree.items() if isinstance(value, Mapping)]
        if at >= len(names):
            raise _NoMoreError(22, "No more data is available")
        return names[at]

    def EnumValue(self, handle: _Handle, at: int) -> tuple[str, Any, int]:  # noqa: N802
        assert not handle.closed
        values = [(name, value) for name, value in handle.tree.items() if not isinstance(value, Mapping)]
        if at >= len(values):
            raise _NoMoreError(22, "No more data is available")
        name, value = values[at]
        kind, raw = encoded(value)
        if isinstance(value, Raw):
            return name, raw or None, kind
        if isinstance(value, tuple):
            return name, list(value), kind
        if isinstance(value, Qword):
            return name, int(value), kind
        return name, (str(value) if isinstance(value, Expand) else value), kind

    def LoadKey(self, root: int, name: str, path: str) -> None:  # noqa: N802
        tree = self._files.get("hive")
        if tree is None:
            raise RefusalError(13, "A required privilege is not held by the client")
        assert Path(path).read_bytes().startswith(b"regf")
        self._trees[root][name] = tree  # type: ignore[index]
        self.loaded.append(name)
