"""Exports of device managers: a file, or a folder or zip of files, with one device or many.

Every file is one of the kinds below, by its content. Apple's responses belong together by the device that they name,
in whatever files they stand; of all other kinds every file is read alone, device after device.
"""

import datetime as dt
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

from setapart_agent.collectors.base import Collected, CollectorInfo
from setapart_agent.collectors.mdm.parse import (
    amapi,
    apple_apps,
    apple_ddm,
    apple_profiles,
    apple_responses,
    document,
    glpi,
    graph,
    osquery,
)
from setapart_agent.collectors.mdm.parse.export import Export
from setapart_agent.collectors.worker import note_device
from setapart_agent.errors import ParseError, SourceError
from setapart_evidence.model import Section
from setapart_evidence.statement import Maturity

FILE_LIMIT = 512 * 1024 * 1024
"""Bytes of one file; a list of devices needs about twice as much memory."""
TOTAL_LIMIT = 1024 * 1024 * 1024
"""Bytes of all files of a folder or zip together."""
MOST_FILES = 20_000

_PARSE = "setapart_agent.collectors.mdm.parse."
_ALL: tuple[Section, ...] = ("apps", "accounts", "links")
_APPLE = ("apple_responses", "apple_apps", "apple_profiles")
_PLIST = tuple(
    f"setapart_agent.collectors.{name}"
    for name in (
        "apple.parse.plist",
        "apple.parse.plist_binary",
        "apple.parse.plist_xml",
        "apple.parse.configuration_profile",
        "apple.parse.enterprise_networks",
        "apple.parse.payloads",
        "apple.parse.server",
        "apple.parse.cms",
        "browser.parse.chromium_preferences",
        "browser.parse.json_file",
    )
)


def _info(
    kind: str, maturity: Maturity, sections: tuple[Section, ...], reads: str, *modules: str, more: tuple[str, ...] = ()
) -> CollectorInfo:
    return CollectorInfo(
        name=kind,
        version=1,
        sections=sections,
        maturity=maturity,
        reads=(reads,),
        modules=(__name__, *(_PARSE + name for name in ("document", "export", *modules)), *more),
    )


INFOS: Mapping[str, CollectorInfo] = {
    info.name: info
    for info in (
        _info(amapi.KIND, amapi.MATURITY, _ALL, "devices of the Android Management API, exported", "amapi"),
        _info(graph.KIND, graph.MATURITY, _ALL, "Intune's managedDevices with detectedApps, exported", "graph",
              "windows_names"),
        _info(osquery.KIND, osquery.MATURITY, _ALL, "Fleet's hosts with software, tables of osquery", "osquery"),
        _info(glpi.KIND, glpi.MATURITY, _ALL, "inventories of GLPI Agent and FusionInventory", "glpi", "xml_tree",
              "windows_names"),
        _info(apple_ddm.KIND, apple_ddm.MATURITY, _ALL, "status reports of declarative device management", "apple_ddm",
              more=("setapart_agent.collectors.apple.parse.account_types",)),
        _info(apple_apps.KIND, apple_apps.MATURITY, ("apps",), "lists of apps out of Apple's MDM protocol", *_APPLE,
              more=_PLIST),
        _info(apple_profiles.KIND, apple_profiles.MATURITY, ("accounts", "links"),
              "profiles and device information out of Apple's MDM protocol", *_APPLE, more=_PLIST),
    )
}  # fmt: skip
"""The collector of every kind of export, by the kind. What a manager answers over the network is read by the same."""
COLLECTORS = tuple(INFOS.values())

_KINDS: tuple[ModuleType, ...] = (amapi, graph, osquery, glpi, apple_ddm)
_EXPECTED = (
    "devices of the Android Management API, Intune's managedDevices, Fleet's hosts, osquery's tables, inventories of "
    "GLPI, or responses and status reports of Apple's device management"
)


def collect_file(path: Path) -> Iterator[Collected]:
    """Every device of an export, one after the other.

    Args:
        path: a file, or a folder or zip of files.

    Raises:
        SourceError: it can't be read, is no export that is known, or holds no device; or, after all devices that could
            be read, some that could not.
    """
    if not path.exists():
        raise SourceError(f"no file {str(path)!r}", expected="an export of a device manager")
    default = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    telling = _Telling()
    for export, kinds in telling.known(_exports(_files(path), telling)):
        note_device(export.facts.device)
        collectors = tuple(INFOS[kind] for kind in kinds)
        yield Collected(facts=export.facts, collectors=collectors, taken_at=export.taken_at or default)
    telling.end(path)


class _Telling:
    """What there is to say at the end: what was left out, and what could not be read."""

    def __init__(self) -> None:
        self.given = 0
        self.foreign = 0
        self.unknown: list[str] = []
        self.broken: list[ParseError] = []
        self.pages: dict[str, bool] = {}

    def page(self, kind: str, content: bytes) -> None:
        """Notes whether a list of this kind has come to its end."""
        self.pages[kind] = self.pages.get(kind, True) and document.goes_on(content)

    def known(self, exports: Iterable[tuple[Export, tuple[str, ...]]]) -> Iterator[tuple[Export, tuple[str, ...]]]:
        """The devices whose system has rules; others are counted."""
        for export, kinds in exports:
            if export.facts.device.platform is None:
                self.foreign += 1
                continue
            self.given += 1
            yield export, kinds

    def end(self, path: Path) -> None:
        """Says what was left out.

        Raises:
            SourceError: no device was given, or some could not be read.
        """
        if self.broken:
            first = self.broken[0]
            raise SourceError(first.got, expected=first.expected, cure=first.cure or "export it again")
        if not self.given and self.foreign:
            raise SourceError("no device of a known system", expected="Android, iOS, macOS, Windows or Linux")
        if not self.given and self.unknown:
            raise SourceError(f"{path.name!r} is no export that is known", expected=_EXPECTED)
        if not self.given:
            raise SourceError("no device in this export", expected="one at least")
        if any(self.pages.values()):
            raise SourceError(
                "a list goes on on a page that is not here",
                expected="all pages of a list, in one file, folder or zip",
                cure="export the further pages too; the devices of this one were read",
            )
        if self.foreign:
            _say(f"devices of other systems than Android, iOS, macOS, Windows and Linux, left out: {self.foreign}")
        if self.unknown:
            _say(f"files that are no known export, left out: {len(self.unknown)}")


def _exports(files: Iterable[tuple[str, bytes]], telling: _Telling) -> Iterator[tuple[Export, tuple[str, ...]]]:
    """The devices of all files, with the kinds that read them; Apple's responses come last, all together."""
    responses: list[bytes] = []
    for name, content in files:
        kind = next((one for one in _KINDS if one.recognise(name, content)), None)
        if kind is not None:
            telling.page(kind.KIND, content)
            yield from _told(kind.devices(content), (kind.KIND,), telling)
        elif apple_responses.is_response(content):
            responses.append(content)
        else:
            telling.unknown.append(name)
    if responses:
        yield from _told(apple_responses.devices(*responses), (apple_apps.KIND, apple_profiles.KIND), telling)


def _told(
    exports: Iterator[Export], kinds: tuple[str, ...], telling: _Telling
) -> Iterator[tuple[Export, tuple[str, ...]]]:
    try:
        for export in exports:
            yield export, kinds
    except ParseError as exc:
        telling.broken.append(exc)


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """The name and content of every file."""
    left = _Allowance()
    if path.is_dir():
        found = sorted(one for one in path.rglob("*") if one.is_file() and not one.is_symlink())
        if len(found) > MOST_FILES:
            raise SourceError(f"more than {MOST_FILES} files", expected="a folder of exports")
        for one in found:
            yield one.name, left.take(_content(one))
        return
    if not path.is_file():
        raise SourceError(f"{path.name!r} is not a regular file", expected="an export of a device manager")
    with path.open("rb") as file:
        begin = file.read(4)
    if begin in (b"PK\x03\x04", b"PK\x05\x06"):  # with members, or empty
        yield from _members(path, left)
    else:
        yield path.name, _content(path)


def _members(path: Path, left: "_Allowance") -> Iterator[tuple[str, bytes]]:
    """The files of a zip, one after the other and never as files on a disk."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as archive:
            listed = [info for info in archive.infolist() if not info.is_dir()]
            if len(listed) > MOST_FILES:
                raise SourceError(f"more than {MOST_FILES} files", expected="a zip of exports")
            for info in listed:
                with archive.open(info) as member:
                    content = member.read(min(left.bytes, FILE_LIMIT) + 1)
                yield info.filename, left.take(_bounded(content, info.filename))
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error):
        raise SourceError(f"{path.name!r} is a zip that can't be read", expected="a zip without a password") from None


class _Allowance:
    """How many bytes may still be read."""

    def __init__(self) -> None:
        self.bytes = TOTAL_LIMIT

    def take(self, content: bytes) -> bytes:
        """Counts what was read.

        Raises:
            SourceError: it is too much altogether.
        """
        self.bytes -= len(content)
        if self.bytes < 0:
            raise SourceError(f"more than {TOTAL_LIMIT} bytes of exports", expected="less", cure="split it")
        return content


def _content(path: Path) -> bytes:
    if path.stat().st_size > FILE_LIMIT:  # before memory for as much is taken
        raise _too_large(path.name)
    return _bounded(path.read_bytes(), path.name)


def _bounded(content: bytes, name: str) -> bytes:
    if len(content) > FILE_LIMIT:
        raise _too_large(name)
    return content


def _too_large(name: str) -> SourceError:
    return SourceError(f"{name!r} is larger than {FILE_LIMIT} bytes", expected="less", cure="split the list")


def _say(text: str) -> None:
    sys.stderr.write(f"setapart-agent: {text}\n")
