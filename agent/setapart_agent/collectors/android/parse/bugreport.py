"""The sections of a bug report that matter here, cut out of its text as it streams by.

dumpstate prints `------ TITLE (command) ------` before each of its own sections, and dumpsys a line of 79 dashes and
`DUMP OF SERVICE [CRITICAL|HIGH|NORMAL ]name:` before each service; Android 8 and later end both with a line that says
how long it took. Only these lines at column 0 count; what stands before the first one is never taken. A service that
does not end its last line puts the dashes of the next one into it.

Apps can put text into the report (logs, notifications, account names), line feeds included, so a section of a wanted
name may be forged, or a real one be ended early. A second section that equals the first changes nothing; one that
differs is appended behind a mark. So is a section that does not end with its own last line where sections do, whose
last line comes again, or in which the text ends. The mark makes its parser call the whole doubtful; the facts of all
parts count.
"""

import re

from msgspec import Struct

from setapart_agent.collectors.android.parse.command_output import TOO_LONG, TWICE, UNFINISHED

PROPERTIES = "SYSTEM PROPERTIES"
SERVICES = frozenset(
    {"account", "connectivity", "content", "device_policy", "package", "user", "vpn_management", "wifi"}
)
"""The services whose dumps are kept."""

KEPT_LIMIT = 64 * 1024 * 1024
"""Bytes that are kept of all sections together."""
_MOST_SECTIONS = 16
_LONGEST_LINE = 1024 * 1024
_LONGEST_HEAD = 2 * 1024 * 1024

# Everything that can begin or end a section starts a line with one of these.
_MARK = re.compile(rb"^(?:-{6,}[^\n]*|DUMP OF SERVICE [^\n]*)$", re.MULTILINE)
_DASHES = re.compile(rb"-{60,100}\r*")
_DASHES_AT_END = b"-" * 60
_SERVICE = re.compile(rb"DUMP OF SERVICE (?:CRITICAL |HIGH |NORMAL )?([\w.$/@-]{1,200}):\r*")
_TITLE = re.compile(rb"------ ([^\n]{1,400}?) ------\r*")
_DURATION = re.compile(rb"--------- [\d.]{1,20}s was the duration of dumpsys ([\w.$/@-]{1,200})[,\s][^\n]*")
_TITLE_DURATION = re.compile(rb"------ [\d.]{1,20}s was the duration of [^\n]*")
_HEADER = re.compile(rb"\A(?:[=\s]{0,200})== dumpstate: ")
_STAMP = rb"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)"
_BEGUN = re.compile(rb"\A[=\s]{0,200}== dumpstate: " + _STAMP)
_ENDED = re.compile(rb"was the duration of dumpsys [^\n]{1,200}, ending at: " + _STAMP)


class Section(Struct, frozen=True, kw_only=True):
    """One section: `SYSTEM PROPERTIES` or a service's name, and its bytes without heading and end."""

    name: str
    content: bytes


def is_dumpstate(head: bytes) -> bool:
    """Whether a text begins like the main file of a bug report, or holds the dump of a service."""
    plain = head.replace(b"\r", b"")
    return (
        _HEADER.match(plain) is not None or re.search(rb"^-{60,100}\nDUMP OF SERVICE ", plain, re.MULTILINE) is not None
    )


class Splitter:
    """Takes a text piece by piece and keeps the wanted sections."""

    def __init__(self) -> None:
        self._kept: dict[str, list[bytes]] = {}
        self._doubted: set[str] = set()
        self._unfinished: set[str] = set()
        self._timed = False
        self._left = KEPT_LIMIT
        self._name: str | None = None
        self._parts: list[bytes] = []
        self._rest = b""
        self._inside = False
        self._dashes: bytes | None = None
        self._dashed = False
        self._stamps: list[bytes] = []
        self._fresh = True

    @property
    def taken_at(self) -> str | None:
        """When the report was taken, by the device's own clock and in its own time zone: `YYYY-MM-DD HH:MM:SS`.

        The earliest of what its beginning and the ends of the wanted dumps say; None where nothing is said.
        """
        return min(self._stamps).decode("ascii") if self._stamps else None

    def feed(self, chunk: bytes) -> None:
        """Takes the next piece."""
        data = self._rest + chunk
        if self._fresh and (begun := _BEGUN.match(data.replace(b"\r", b"") if len(data) < _LONGEST_HEAD else data)):
            self._stamps.append(begun[1])
        self._fresh = False
        end = data.rfind(b"\n") + 1
        if end == 0 and len(data) > _LONGEST_LINE:
            # No heading is that long: pass it on in the middle of its line.
            self._keep(data)
            self._rest, self._inside = b"", True
            return
        self._rest = data[end:]
        if end:
            self._lines(data[:end])

    def end_of_text(self) -> None:
        """Says that the next piece belongs to another text."""
        if self._rest:
            self._lines(self._rest)
        self._rest, self._inside, self._fresh = b"", False, True
        self._between(b"")
        if self._name in SERVICES:
            self._doubted.add(self._name)
        self._close()

    def end(self) -> tuple[Section, ...]:
        """Takes what is left, and gives every section that was found."""
        self.end_of_text()
        doubted = self._doubted | (self._unfinished if self._timed else set())
        return tuple(
            Section(name=name, content=TWICE.join(parts) + (UNFINISHED if name in doubted else b""))
            for name, parts in self._kept.items()
        )

    def _lines(self, data: bytes) -> None:
        start = 0
        if self._inside:
            start = data.find(b"\n") + 1
            self._keep(data[:start])
            self._inside = False
        for mark in _MARK.finditer(data, start):
            if mark.start() > start:
                self._between(data[start : mark.start()])
            start = min(mark.end() + 1, len(data))
            self._mark(data[mark.start() : mark.end()], data[mark.start() : start])
        if start < len(data):
            self._between(data[start:])

    def _between(self, lines: bytes) -> None:
        """Lines that are no marks; dashes before them belonged to the section."""
        if self._dashes is not None:
            self._keep(self._dashes)
            self._dashes = None
        self._dashed = lines[-128:].rstrip().endswith(_DASHES_AT_END)
        self._keep(lines)

    def _mark(self, line: bytes, whole: bytes) -> None:
        service = _SERVICE.fullmatch(line)
        if service is not None and (self._dashes is not None or self._dashed):
            self._dashes, self._dashed = None, False
            self._open(service[1].decode("ascii", "replace"))
            return
        if _DASHES.fullmatch(line):
            self._between(b"")
            self._dashes = whole
            return
        self._between(b"")
        if (duration := _DURATION.fullmatch(line)) is not None:
            self._end_of(duration[1].decode("ascii", "replace"), whole)
        elif _TITLE_DURATION.fullmatch(line):
            self._close()
        elif (title := _TITLE.fullmatch(line)) is not None:
            name = title[1].partition(b" (")[0].strip().decode("utf-8", "replace")
            self._open(name if name == PROPERTIES else "")
        else:
            self._keep(whole)

    def _end_of(self, service: str, whole: bytes) -> None:
        self._timed = True
        if service in SERVICES and (ended := _ENDED.search(whole)) is not None:
            self._stamps.append(ended[1])
        if service == self._name:
            self._close(finished=True)
            return
        self._doubted.add(service)
        self._keep(whole)

    def _open(self, name: str) -> None:
        self._close()
        self._name = name if name == PROPERTIES or name in SERVICES else None

    def _keep(self, data: bytes) -> None:
        if self._name is None or not data or self._left <= 0:
            return
        self._parts.append(data[: self._left])
        self._left -= len(data)
        if self._left <= 0:
            self._parts.append(TOO_LONG)

    def _close(self, *, finished: bool = False) -> None:
        name, content = self._name, b"".join(self._parts)
        self._name, self._parts, self._dashes = None, [], None
        if name is None:
            return
        if not finished and name != PROPERTIES:
            self._unfinished.add(name)
        kept = self._kept.setdefault(name, [])
        if content in kept:
            self._left += len(content)
        elif len(kept) < _MOST_SECTIONS:
            kept.append(content)
        else:
            self._doubted.add(name)
