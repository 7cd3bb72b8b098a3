"""`system_profiler`: the apps of a Mac, as text, as XML (also a saved `.spx` report) or as JSON.

Sources: system_profiler(8) and captures of macOS 10.6 to 14. No form holds bundle identifiers. An app is therefore
known by its path, in which the folder of a user becomes `~`, and by the team that its certificate names; which app it
is can then not be told for sure, and coverage says so. Names are localised and repeat; virtual machines put apps of
Windows here.

Text has a heading per kind of data at column 0, the name of an item at 4 blanks, `key: value` at 6, and whatever more
lines a value has at column 0.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from setapart_agent.collectors.apple.parse.plist import (
    Dict,
    dicts_of,
    is_plist,
    read_value,
    text_of,
    texts_of,
)
from setapart_agent.collectors.macos.parse.model_name import form_factor
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts, Facts, FileSet, text
from setapart_evidence.model import App, Coverage
from setapart_evidence.statement import Maturity

KIND = "macos.system-profiler"
MATURITY: Maturity = "captures"
NO_IDENTIFIERS = "system_profiler names no bundle identifiers"

_APPS, _HARDWARE, _SOFTWARE = "SPApplicationsDataType", "SPHardwareDataType", "SPSoftwareDataType"
_HEADINGS = {"Applications": _APPS, "Hardware": _HARDWARE, "Software": _SOFTWARE}
_KEYS = {
    "Version": "version",
    "Location": "path",
    "Signed by": "signed_by",
    "Model Name": "machine_name",
    "Model Identifier": "machine_model",
    "Serial Number (system)": "serial_number",
    "System Version": "os_version",
}
_EXPECTED = "the output of system_profiler SPApplicationsDataType"
_HOME = re.compile(r"(?:/System/Volumes/Data)?/Users/[^/]+(?=/)")
# The owner's part is Apple's to grant; of other certificates the part in parentheses is no team.
_DEVELOPER = re.compile(r"Developer ID Application: [^\n]*?\(([0-9A-Z]{10})\)(?:,|\Z)")
_SYSTEM = re.compile(r"(?:macOS|OS X|Mac OS X(?: Server)?) ([0-9][0-9.]*)")
_HEAD = 64 * 1024
_BLANK = b"\xef\xbb\xbf\r\n\t "


class _Item(Struct, frozen=True):
    """One item of one kind of data."""

    kind: str
    name: str
    values: Dict


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the kind of data that it names, or by the text's first heading and an item's keys."""
    first = content[:_HEAD].lstrip(_BLANK)[:1]
    if first in (b"<", b"{") or is_plist(content):
        head = content[:_HEAD] if first in (b"<", b"{") else content
        return any(kind.encode() in head for kind in (_APPS, _HARDWARE)) and b"_name" in head
    return re.search(rb"(?:\A|\n)Applications:\r?\n", content) is not None and b"\n      Location: /" in content


def parse(files: FileSet) -> Facts:
    """The apps, and what a report says of the machine itself.

    Raises:
        ParseError: neither apps nor hardware.
    """
    content = files.main
    first = content.lstrip(_BLANK)[:1]
    found = _of_tree(content) if first in (b"<", b"{", b"b") else _of_text(text(content))
    items = tuple(found)
    if not items:
        raise ParseError("no item of system_profiler", expected=_EXPECTED)
    apps: list[App] = []
    pathless = False
    for item in items:
        if item.kind == _APPS:
            app = _app(item, files.profile)
            pathless = pathless or app is None
            apps += () if app is None else (app,)
    rows: tuple[Coverage, ...] = ()
    if any(item.kind == _APPS for item in items):
        rows = (_row(files.profile, NO_IDENTIFIERS),)
    if pathless:
        rows += (_row(files.profile, "an app without a path"),)
    return Facts(device=_device(items), apps=tuple(apps), coverage=rows)


def _row(profile: str, reason: str) -> Coverage:
    return Coverage(section="apps", profile=profile, collector=KIND, status="partial", reason=reason)


def _app(item: _Item, profile: str) -> App | None:
    path = text_of(item.values, "path")
    if path is None:
        return None
    # The leaf certificate: the first in an array, the first in a line of text.
    developer = _DEVELOPER.match(next(iter(texts_of(item.values, "signed_by")), ""))
    return App(
        identifier=_HOME.sub("~", path, count=1),
        name=item.name or None,
        version=text_of(item.values, "version"),
        profile=profile,
        source="bundle",
        publisher=f"team:{developer[1]}" if developer else None,
    )


def _device(items: Iterable[_Item]) -> DeviceFacts:
    values: dict[str, str] = {}
    for item in items:
        if item.kind != _APPS:
            for key, value in item.values.items():
                if isinstance(value, str):
                    values.setdefault(key, value)
    system = _SYSTEM.match(values.get("os_version", ""))
    name = values.get("machine_name")
    return DeviceFacts(
        platform="macos",
        os_version=system[1] if system else None,
        manufacturer="Apple",
        model=values.get("machine_model") or name,
        form_factor=form_factor(name or values.get("machine_model")),
        serial=values.get("serial_number"),
    )


def _of_tree(content: bytes) -> Iterator[_Item]:
    """The items of XML, `[{_dataType, _items}, …]`, and of JSON, `{type: [item, …]}`."""
    if content.lstrip(_BLANK).startswith(b"{"):
        from setapart_agent.collectors.browser.parse.json_file import decoded

        found = decoded(content, _EXPECTED)
        parts = [(kind, dicts_of(found, kind)) for kind in found]
    else:
        listed = read_value(content, _EXPECTED)
        parts = [(text_of(one, "_dataType") or "", dicts_of(one, "_items")) for one in dicts_of({"": listed}, "")]
    for kind, items in parts:
        if kind in (_APPS, _HARDWARE, _SOFTWARE):
            yield from (_Item(kind, text_of(one, "_name") or "", one) for one in items)


def _of_text(content: str) -> Iterator[_Item]:
    """The items of the text.

    A heading stands between blank lines; what is no heading, name or key is more of the value before it.
    """
    kind, name = "", ""
    values: dict[str, object] = {}
    lines = content.replace("\r\n", "\n").split("\n")
    for at, line in enumerate(lines):
        if line.startswith("      ") and line[6:7].strip():
            key, colon, value = line.strip().partition(": ")
            if colon and key in _KEYS:
                values.setdefault(_KEYS[key], value)
        elif line.startswith("    ") and line[4:5].strip() and line.endswith(":"):
            yield from _ended(kind, name, values)
            name, values = line[4:-1], {}
        elif line.endswith(":") and line[:1].strip() and _alone(lines, at):
            yield from _ended(kind, name, values)
            kind, name, values = _HEADINGS.get(line[:-1], ""), "", {}
    yield from _ended(kind, name, values)


def _ended(kind: str, name: str, values: Dict) -> Iterator[_Item]:
    """An item of a kind that is wanted.

    Below a heading of another kind, which an app's own text may have faked, what stands at an app's path is an app.
    """
    if name and (kind or str(values.get("path", "")).endswith(".app")):
        yield _Item(kind or _APPS, name, values)


def _alone(lines: list[str], at: int) -> bool:
    """Whether a line stands between blank ones, or at an end."""
    return (at == 0 or not lines[at - 1].strip()) and (at + 1 == len(lines) or not lines[at + 1].strip())
