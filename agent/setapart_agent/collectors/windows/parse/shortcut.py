r"""Shortcuts (`.lnk`) of web apps, whose program is a browser with an app's id or address, and of Linux programs.

Format: [MS-SHLLINK]: a header of 76 bytes, a list of item ids, link information, and strings of which the arguments
are one. Chromium's web apps start as `chrome_proxy.exe --profile-directory=Default --app-id=<id>`; an older form is
`--app=<url>`. The subsystem for Linux makes shortcuts for programs inside it, `wslg.exe -d Ubuntu --cd "~" --
telegram-desktop` (github.com/microsoft/wslg).
"""

import re
import struct

from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, host_of
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "windows.shortcut"
MATURITY: Maturity = "untested"

_HEADER = struct.Struct("<I16sI")
_SIZE = 0x4C
_CLASS = bytes.fromhex("0114020000000000c000000000000046")
_HAS_ITEMS, _HAS_INFORMATION, _UNICODE = 0x01, 0x02, 0x80
_STRINGS = (0x04, 0x08, 0x10, 0x20)
"""Flags of the strings in order: name, relative path, working folder, arguments."""
_APP = re.compile(r'--app(-id)?=(?:"([^"]*)"|(\S+))')

_LINUX = re.compile(r"-(?:d|-distribution) (.*?) -- (\S+)")
"""A program inside a distribution, after the options of the distribution itself."""


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the size of the header and its class."""
    return len(content) >= _SIZE and _HEADER.unpack_from(content)[:2] == (_SIZE, _CLASS)


def parse(files: FileSet) -> Facts:
    """The web app, or the Linux program, that a shortcut starts, or nothing.

    An app that is known by its id alone is named by the shortcut: its origin stands in the browser's own files.

    Raises:
        ParseError: no shortcut, or one that is cut off before its arguments.
    """
    said = arguments(files.main)
    found = _APP.search(said)
    if found is None:
        return _linux(said, files.profile)
    value = found[2] or found[3] or ""
    name = files.path.replace("\\", "/").rpartition("/")[2]
    name = name[:-4] if name.lower().endswith(".lnk") else name
    origin = None if found[1] else host_of(value)
    identifier = origin or name or value
    app = App(identifier=identifier, name=name or None, profile=files.profile, kind="web-app", source="browser")
    return Facts(apps=(app,)) if identifier else Facts()


def _linux(said: str, profile: str) -> Facts:
    found = _LINUX.match(said.strip())
    program = found[2].strip("\"'").rpartition("/")[2] if found is not None else ""
    app = App(identifier=program, profile=profile, kind="portable", source="process")
    return Facts(apps=(app,)) if program else Facts()


def arguments(content: bytes) -> str:
    """The arguments of a shortcut, empty where it has none.

    Raises:
        ParseError: no shortcut, or one that is cut off before its arguments.
    """
    if not recognise("", content):
        raise ParseError("no header of a shortcut", expected="a shortcut")
    flags = _HEADER.unpack_from(content)[2]
    at = _SIZE
    try:
        if flags & _HAS_ITEMS:
            at += 2 + struct.unpack_from("<H", content, at)[0]
        if flags & _HAS_INFORMATION:
            at += struct.unpack_from("<I", content, at)[0]
        for flag in _STRINGS:
            if flags & flag:
                (count,) = struct.unpack_from("<H", content, at)
                size = count * 2 if flags & _UNICODE else count
                raw = content[at + 2 : at + 2 + size]
                at += 2 + size
                if at > len(content):
                    raise ParseError("a shortcut that is cut off", expected="a whole shortcut")
                if flag == _STRINGS[-1]:
                    return raw.decode("utf-16-le", "replace") if flags & _UNICODE else raw.decode("latin-1")
    except struct.error:
        raise ParseError("a shortcut that is cut off", expected="a whole shortcut") from None
    return ""
