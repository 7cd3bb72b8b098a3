r"""What `reg query KEY /s` prints: a line per key, and below it lines of `    name    REG_TYPE    data`.

Format: Microsoft, "reg query". Numbers are hexadecimal after `0x`, bytes are hexadecimal digits, texts of a list stand
apart by `\0`. The default value is a word in brackets, in Windows' language. Text comes in the console's code page.
"""

import re

from setapart_agent.collectors.windows.parse.registry_key import Data, TreeKey, key_at
from setapart_agent.errors import ParseError
from setapart_agent.facts import text

_VALUE = re.compile(r"(?: {4}|\t)(.*?)(?: {4}|\t)(REG_[A-Z_]+)(?:(?: {4}|\t)(.*))?")
_HEAD = 64 * 1024
_EXPECTED = "the output of reg query"
_CONSOLE = "cp850"
"""The code page of most consoles in Western Europe; names in ASCII are the same in all."""


def is_output(content: bytes) -> bool:
    """Whether this is such an output: a key in a line of its own, and values below it; never raises."""
    lines = _lines(content[:_HEAD])
    keys = [at for at, line in enumerate(lines) if line.startswith("HKEY_")]
    first = next((line for line in lines if line.strip() and not line.startswith("!")), "")
    return bool(keys) and first.startswith("HKEY_") and any(_VALUE.fullmatch(line) for line in lines)


def key_names(content: bytes) -> tuple[str, ...]:
    """The names of the keys in the first part of an output, in order."""
    return tuple(line.strip() for line in _lines(content[:_HEAD]) if line.startswith("HKEY_"))


def read(content: bytes) -> TreeKey:
    """The keys, below a key without a name.

    Raises:
        ParseError: no such output.
    """
    root = TreeKey("")
    key: TreeKey | None = None
    for line in _lines(content):
        if line.startswith("HKEY_"):
            key = key_at(root, line.strip(), _EXPECTED)
        elif key is not None and (found := _VALUE.fullmatch(line)) is not None:
            name = "" if found[1].startswith("(") and found[1].endswith(")") else found[1]
            key.kept[name.lower()] = _data(found[2], found[3] or "")
    if key is None:
        raise ParseError("no key", expected=_EXPECTED)
    return root


def _lines(content: bytes) -> list[str]:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return text(content[: len(content) & ~1]).replace("\r", "").split("\n")
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        decoded = content.decode(_CONSOLE)
    return decoded.replace("\r", "").split("\n")


def _data(kind: str, raw: str) -> Data:
    """A value by its type; text where it is not what its type says."""
    try:
        if kind.startswith(("REG_DWORD", "REG_QWORD")):
            return int(raw, 16)
        if kind == "REG_BINARY":
            return bytes.fromhex(raw)
    except ValueError:
        return raw
    return tuple(raw.split("\\0")) if kind == "REG_MULTI_SZ" else raw
