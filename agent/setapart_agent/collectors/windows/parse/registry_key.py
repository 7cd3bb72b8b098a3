"""The registry as every reader of ours shows it: keys that hold keys and typed values, names without regard to case.

Value types: Microsoft, "Registry Value Types" (winnt.h). Three readers make such trees: `reg_file` of exported text,
`windows.hive` of hive files, `windows.live` of the running system.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from setapart_agent.errors import ParseError

REG_SZ, REG_EXPAND_SZ, REG_BINARY, REG_DWORD, REG_DWORD_BIG_ENDIAN, REG_LINK, REG_MULTI_SZ, REG_QWORD = (
    1, 2, 3, 4, 5, 6, 7, 11,
)  # fmt: skip
Data = str | int | bytes | tuple[str, ...]
"""A value: text, number, list of texts, or bytes where its type or length is another."""

ABBREVIATED = {
    "HKLM": "HKEY_LOCAL_MACHINE", "HKCU": "HKEY_CURRENT_USER", "HKU": "HKEY_USERS", "HKCR": "HKEY_CLASSES_ROOT",
}  # fmt: skip
_DWORD, _QWORD = 4, 8
_MAX_KEYS = 500_000
_MAX_DEPTH = 512  # Windows' own limit: "Registry element size limits"


class AccessDeniedError(ParseError):
    """A key of the running system that we may not read."""


class Key(Protocol):
    """One key. Looking into it may raise `ParseError`: a hive may be broken anywhere, and a live key may be denied.

    What is whole beside something broken is still given: who goes through the keys gets the whole ones first and the
    error then; who asks for one by its name gets the error only where that one is not among the whole ones.

    Attributes:
        name: as it is spelt.
        broken_keys: what is wrong with keys below that could not be read.
        broken_values: what is wrong with values that could not be read.
    """

    name: str
    broken_keys: ParseError | None = None
    broken_values: ParseError | None = None

    def children(self) -> Mapping[str, "Key"]:
        """The whole keys below, by lower-case name."""

    def values(self) -> Mapping[str, Data]:
        """The whole values, by lower-case name; the default value has the name ``""``."""

    def __iter__(self) -> Iterator["Key"]:
        yield from self.children().values()
        if self.broken_keys is not None:
            raise self.broken_keys

    def at(self, path: str) -> "Key | None":
        r"""The key at a path such as `Microsoft\Windows`, or `None`."""
        found: Key | None = self
        for part in path.split("\\"):
            if found is not None:
                found = found.child(part)
        return found

    def child(self, name: str) -> "Key | None":
        """The key of this name below, or `None`."""
        found = self.children().get(name.lower())
        if found is None and self.broken_keys is not None:
            raise self.broken_keys
        return found

    def value(self, name: str) -> Data | None:
        """The value of this name, or `None`."""
        found = self.values().get(name.lower())
        if found is None and self.broken_values is not None:
            raise self.broken_values
        return found

    def below(self, path: str) -> Iterator["Key"]:
        """The keys below a path; none where it is not there."""
        found = self.at(path)
        return iter(()) if found is None else iter(found)

    def text(self, name: str) -> str | None:
        """A value that is text, without blanks around it; `None` where it is empty or something else.

        Outlook keeps text as bytes: UTF-16, as the registry itself does.
        """
        found = self.value(name)
        if isinstance(found, bytes):
            found = utf16(found)
        return (found.strip() or None) if isinstance(found, str) else None

    def known(self, name: str) -> str | None:
        """As `text`; `None` also where it could be among the values that are broken."""
        return self.text(name) if name.lower() in self.values() else None

    def number(self, name: str) -> int | None:
        """A value that is a number, also one written as digits."""
        found = self.value(name)
        if isinstance(found, str) and found.strip().isascii() and found.strip().isdecimal() and len(found) < 20:  # noqa: PLR2004 - digits of 2^64
            return int(found)
        return found if isinstance(found, int) else None


class TreeKey(Key):
    """A key that is held in memory; that of an export counts the keys that were made below it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.made = 0
        self.held: dict[str, TreeKey] = {}
        self.kept: dict[str, Data] = {}

    def children(self) -> Mapping[str, Key]:
        """See `Key.children`."""
        return self.held

    def values(self) -> Mapping[str, Data]:
        """See `Key.values`."""
        return self.kept


def key_at(root: TreeKey, path: str, expected: str) -> TreeKey:
    r"""The key at a path of an export, made where it is not there; its first part may be abbreviated.

    Args:
        root: the key without a name.
        path: such as `HKCU\Software`.
        expected: what the export should be, for errors.

    Raises:
        ParseError: a path deeper than the registry has, or more keys than are looked at.
    """
    parts = path.split("\\")
    parts[0] = ABBREVIATED.get(parts[0].upper(), parts[0])
    if len(parts) > _MAX_DEPTH:
        raise ParseError(f"a key deeper than {_MAX_DEPTH}", expected=expected)
    key = root
    for part in parts:
        below = key.held.get(part.lower())
        if below is None:
            root.made += 1
            if root.made > _MAX_KEYS:
                raise ParseError(f"more than {_MAX_KEYS} keys", expected="fewer")
            below = key.held[part.lower()] = TreeKey(part)
        key = below
    return key


def data_of(kind: int, raw: bytes) -> Data:
    """A value as its type says, or its bytes where the length does not fit the type."""
    if kind in (REG_SZ, REG_EXPAND_SZ, REG_LINK):
        return utf16(raw)
    if kind == REG_MULTI_SZ:
        return tuple(filter(None, _decoded(raw).split("\0")))
    if kind in (REG_DWORD, REG_DWORD_BIG_ENDIAN) and len(raw) == _DWORD:
        return int.from_bytes(raw, "little" if kind == REG_DWORD else "big")
    if kind == REG_QWORD and len(raw) == _QWORD:
        return int.from_bytes(raw, "little")
    return raw


def utf16(raw: bytes) -> str:
    """Text as the registry keeps it: UTF-16 up to the first NUL, as programs read it; half a pair becomes U+FFFD."""
    return _decoded(raw).partition("\0")[0]


def _decoded(raw: bytes) -> str:
    return raw[: len(raw) & ~1].decode("utf-16-le", "replace")
