r"""Registry exports as text: `reg export` and regedit, "Windows Registry Editor Version 5.00" and the older REGEDIT4.

Format: Microsoft, "Importing registration entries (.reg) files": UTF-16 with a byte-order mark, or 8-bit text; keys
in brackets, `"name"="text"` with backslashes and quotes escaped, `dword:`, `hex:` and `hex(type):` continued by a
backslash at the end of a line; `[-key]` and `"name"=-` delete. In REGEDIT4 the text types of `hex(…)` are 8-bit too.
"""

import re

from setapart_agent.collectors.windows.parse.registry_key import (
    ABBREVIATED,
    REG_BINARY,
    REG_EXPAND_SZ,
    REG_MULTI_SZ,
    REG_SZ,
    Data,
    TreeKey,
    data_of,
    key_at,
)
from setapart_agent.errors import ParseError
from setapart_agent.facts import text

HEADERS = ("Windows Registry Editor Version 5.00", "REGEDIT4")
_HEAD = 256
_NARROW = "cp1252"
"""The code page of most files that are 8-bit; which it was is not said."""
_ASSIGNED = re.compile(r'\s*(?:@|"((?:[^"\\]|\\.)*)")\s*=\s*(.*)', re.DOTALL)
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_CLOSES = re.compile(r'(?:[^"\\]|\\.)*"\s*', re.DOTALL)
_TYPED = re.compile(r"hex(?:\(([0-9a-f]{1,8})\))?:", re.IGNORECASE)
_NUMBER = re.compile(r"dword:\s*([0-9a-f]{1,8})", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SINGLE = {REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ}


def is_reg_file(content: bytes) -> bool:
    """Whether this is such a file, by its first line."""
    return head_of(content[:_HEAD]).startswith(HEADERS)


def head_of(content: bytes) -> str:
    """The beginning of a file as text, without blanks before it; what is neither UTF-16 nor UTF-8 is Windows' own."""
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    decoded = text(content[: len(content) & ~1] if wide else content)
    if not wide and "\ufffd" in decoded:
        decoded = content.decode(_NARROW, "replace")
    return decoded.lstrip("\ufeff\r\n\t ")


def key_names(content: bytes, most: int = 512 * 1024) -> tuple[str, ...]:
    """The names of the keys in the first part of a file, in order."""
    lines = head_of(content[:most]).split("\n")
    return tuple(line.strip()[1:-1] for line in lines if line.startswith("[") and line.rstrip().endswith("]"))


def read(content: bytes) -> TreeKey:
    """The exported keys, below a key without a name.

    Raises:
        ParseError: no export, one that is cut off inside a value, or a line that is none of its kinds.
    """
    lines = head_of(content).split("\n")
    if not lines[0].startswith(HEADERS):
        raise ParseError("no header of a registry export", expected=f"{HEADERS[0]!r} in the first line")
    reader = _Reader(narrow=lines[0].startswith(HEADERS[1]))
    pending: list[str] = []
    for raw in lines[1:]:
        line = raw.rstrip("\r")
        if pending or _continues(line):
            pending.append(line)
            if _continues(line):
                continue
            line = "\n".join(pending)
            pending = []
        reader.take(line)
    if pending or reader.open:
        raise ParseError("the export is cut off inside a value", expected="a whole registry export")
    return reader.root


def _continues(line: str) -> bool:
    return line.rstrip().endswith("\\") and not line.lstrip().startswith("[")


class _Reader:
    def __init__(self, *, narrow: bool) -> None:
        self.root = TreeKey("")
        self._narrow = narrow
        self._key: TreeKey | None = None
        self.open: list[str] = []

    def take(self, line: str) -> None:
        """Takes one logical line. A text value may hold line feeds of its own; it ends with its quote."""
        if self.open:
            self.open.append(line)
            if _CLOSES.fullmatch(line) is None:
                return
            line = "\n".join(self.open)
            self.open = []
        stripped = line.strip()
        if not stripped or stripped.startswith(";"):
            return
        if stripped.startswith("[") and stripped.endswith("]"):
            self._enter(stripped[1:-1])
            return
        found = _ASSIGNED.fullmatch(line)
        if found is None:
            raise ParseError("a line that is no value", expected="a registry export")
        if self._key is None:
            return  # a value of a key that is being deleted
        name = _plain(found[1] or "").lower()
        value = found[2].strip()
        if value.startswith('"') and _TEXT.fullmatch(value) is None and "\n" not in line:
            self.open.append(line)
            return
        if value.startswith("-"):
            self._key.kept.pop(name, None)
        else:
            self._key.kept[name] = self._data(value)

    def _enter(self, path: str) -> None:
        if path.startswith("-"):
            self._delete(path[1:])
            self._key = None
            return
        self._key = key_at(self.root, path, "a registry export")

    def _delete(self, path: str) -> None:
        parts = path.split("\\")
        parts[0] = ABBREVIATED.get(parts[0].upper(), parts[0])
        key: TreeKey | None = self.root
        for part in parts[:-1]:
            key = key.held.get(part.lower()) if key is not None else None
        if key is not None:
            key.held.pop(parts[-1].lower(), None)

    def _data(self, value: str) -> Data:
        if (whole := _TEXT.fullmatch(value)) is not None:
            return _plain(whole[1])
        if (number := _NUMBER.fullmatch(value)) is not None:
            return int(number[1], 16)
        if (typed := _TYPED.match(value)) is not None:
            kind = int(typed[1], 16) if typed[1] else REG_BINARY
            if value.endswith("\\"):
                raise ParseError("the export is cut off inside a value", expected="a whole registry export")
            try:
                raw = bytes.fromhex(value[typed.end() :].replace(",", " ").replace("\\", " "))
            except ValueError:
                raise ParseError("a value that is not hexadecimal", expected="a registry export") from None
            if self._narrow and kind in _SINGLE:
                raw = raw.decode(_NARROW, "replace").encode("utf-16-le")
            return data_of(kind, raw)
        raise ParseError("a value of no known form", expected="a registry export")


def _plain(escaped: str) -> str:
    return _ESCAPED.sub(r"\1", escaped) if "\\" in escaped else escaped
