"""Sources: where the facts come from, as typed on the command line (`local`, `adb:SERIAL`, `bugreport:FILE`, …)."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, structs

from setapart_agent.collectors.base import Collected
from setapart_agent.errors import SourceError
from setapart_evidence.statement import Grade

if TYPE_CHECKING:
    from setapart_agent.collectors.desktop.tree import Tree
    from setapart_agent.facts import DeviceFacts

SourceKind = Literal["local", "root", "adb", "bugreport", "androidqf", "ios-backup", "ios-usb", "mdm"]
Ask = Callable[[], str | None]
"""Asks for the password of an encrypted backup, when it turns out to be one; `None` where there is nobody to ask."""


class SourceKindInfo(Struct, frozen=True, kw_only=True):
    """What a way in needs and what it is worth: whether an argument follows the colon, and the grade it gives."""

    argument: Literal["none", "optional", "required"]
    grade: Grade
    summary: str


SOURCES: dict[SourceKind, SourceKindInfo] = {
    "local": SourceKindInfo(argument="none", grade="agent-key", summary="this machine"),
    "root": SourceKindInfo(
        argument="required", grade="station", summary="a disk of Linux, macOS or Windows, mounted at DIR"
    ),
    "adb": SourceKindInfo(
        argument="optional", grade="station", summary="an Android device by adb; SERIAL or HOST:PORT"
    ),
    "bugreport": SourceKindInfo(argument="required", grade="imported", summary="an Android bug report, zip or txt"),
    "androidqf": SourceKindInfo(
        argument="required", grade="imported", summary="a folder written by androidqf, or a zip of one"
    ),
    "ios-backup": SourceKindInfo(
        argument="required", grade="imported", summary="a backup of an iPhone or iPad, encrypted or not"
    ),
    "ios-usb": SourceKindInfo(argument="optional", grade="station", summary="an iPhone or iPad by cable; UDID"),
    "mdm": SourceKindInfo(
        argument="required", grade="imported", summary="an export of a device manager, or graph, amapi, fleet"
    ),
}


class SourceSpec(Struct, frozen=True, kw_only=True):
    """A source as chosen: its kind and what follows the colon."""

    kind: SourceKind
    argument: str | None = None

    @property
    def grade(self) -> Grade:
        """The best grade that evidence from this source can have."""
        return SOURCES[self.kind].grade

    @property
    def own(self) -> bool:
        """Whether the device that is read is the one that signs."""
        return self.kind == "local"


def parse_source(spelling: str) -> SourceSpec:
    """Reads a source as typed.

    Raises:
        SourceError: an unknown kind, or a missing or superfluous argument.
    """
    name, colon, argument = spelling.partition(":")
    for kind, info in SOURCES.items():
        if kind != name:
            continue
        if info.argument == "required" and not argument:
            raise SourceError(f"source {name!r} without what to read", expected=f"{name}:PATH")
        if info.argument == "none" and colon:
            raise SourceError(f"source {spelling!r}", expected=name)
        return SourceSpec(kind=kind, argument=argument or None)
    raise SourceError(f"unknown source {spelling!r}", expected=", ".join(SOURCES))


def collect(spec: SourceSpec, ask: Ask = lambda: None) -> Collected:
    """Reads everything that a source of one device can show.

    Args:
        spec: the source.
        ask: asks for a password where one is needed.

    Raises:
        SourceError: it can't be read at all, or holds other than one device.
    """
    with closing(collect_all(spec, ask)) as devices:
        first = next(devices, None)
        if first is None:
            raise SourceError("no device in this source", expected="one")
        if next(devices, None) is not None:
            raise SourceError(
                "several devices in this source", expected="one", cure="give a folder: `report --output DIR`"
            )
    return first


def collect_all(spec: SourceSpec, ask: Ask = lambda: None, *, resume: bool = False) -> Generator[Collected, None, None]:
    """Reads everything that a source can show, device by device.

    Files of other devices are read in a forked worker (`collectors.worker`); a phone that breaks a parser over adb has
    all its sections `failed`.

    Args:
        spec: the source.
        ask: asks for a password where one is needed.
        resume: whether a manager that is asked over the network is asked from where an interrupted run stopped. Say so
            only if each device is written down before the next is asked for.

    Raises:
        SourceError: it can't be read at all.
    """
    if spec.kind == "local":
        yield _local()
    elif spec.kind == "adb":
        from setapart_agent.collectors.android import collector as android
        from setapart_agent.collectors.android.adb import open_adb
        from setapart_agent.collectors.worker import in_worker

        with open_adb(spec.argument) as device:
            yield from in_worker(lambda _ask: (android.collect(device),), forked=False)
    elif spec.kind == "ios-usb":
        from setapart_agent.collectors.ios.usb import collect_usb

        yield collect_usb(spec.argument)
    elif spec.kind == "mdm" and (live := _live(spec.argument or "", resume=resume)) is not None:
        yield from live
    else:
        from setapart_agent.collectors.worker import in_worker

        yield from in_worker(lambda ask: _files(spec, ask), ask, many=spec.kind == "mdm")


def local_device() -> "DeviceFacts":
    """What this machine says of itself, without looking at anything else."""
    import sys

    from setapart_agent.collectors.desktop.tree import open_tree

    if sys.platform == "darwin":
        from setapart_agent.collectors.macos.device import device_facts as of_macos

        return of_macos(open_tree())
    if sys.platform == "win32":
        from setapart_agent.collectors.windows.collector import live_device

        return live_device()
    from setapart_agent.collectors.linux.device import device_facts

    return device_facts(open_tree())


def _local() -> Collected:
    import sys

    from setapart_agent.collectors.desktop.tree import open_tree

    if sys.platform == "darwin":
        from setapart_agent.collectors.macos import collector as macos

        return macos.collect(open_tree())
    if sys.platform == "win32":
        from setapart_agent.collectors.windows import collector as windows

        return windows.collect_live()
    from setapart_agent.collectors.linux import collector as linux

    return linux.collect(open_tree())


def _files(spec: SourceSpec, ask: Ask) -> Iterable[Collected]:
    """The devices of a source that is files, read in this process."""
    path = Path(spec.argument or "")
    if spec.kind == "root":
        return (_mounted(path),)
    if spec.kind == "ios-backup":
        from setapart_agent.collectors.ios.backup import collect_backup

        return (collect_backup(path, ask),)
    if spec.kind == "mdm":
        from setapart_agent.collectors.mdm.collector import collect_file

        return collect_file(path)
    from setapart_agent.collectors.android import collector as android

    if spec.kind == "bugreport":
        from setapart_agent.collectors.android.bugreport import open_bugreport

        held = open_bugreport(path)
    else:
        from setapart_agent.collectors.android.androidqf import open_androidqf

        held = open_androidqf(path)
    return (structs.replace(android.collect(held), taken_at=held.taken_at),)


def _mounted(path: Path) -> Collected:
    """A disk, by the system that is on it."""
    from setapart_agent.collectors.desktop.tree import open_tree

    if not path.is_dir():
        raise SourceError(f"no folder {str(path)!r}", expected="a mounted tree")
    lenient = open_tree(str(path), ignore_case=True)
    if _has(lenient, "/Windows/System32/config/SOFTWARE"):
        from setapart_agent.collectors.windows import collector as windows

        return windows.collect(lenient)
    # A Mac's data is a volume of its own, which has its users and not its system.
    if any(_has(lenient, path) for path in (_MACOS_SYSTEM, _MACOS_USERS)):
        from setapart_agent.collectors.macos import collector as macos

        return macos.collect(lenient)
    from setapart_agent.collectors.linux import collector as linux

    return linux.collect(open_tree(str(path)))


_MACOS_SYSTEM = "/System/Library/CoreServices/SystemVersion.plist"
_MACOS_USERS = "/private/var/db/dslocal"


def _has(tree: "Tree", path: str) -> bool:
    from setapart_agent.collectors.base import Absent

    return not isinstance(tree.status(path), Absent)


def _live(argument: str, *, resume: bool) -> Iterator[Collected] | None:
    """The devices of a manager that is asked over the network; `None` where the argument names a file."""
    name, _, settings = argument.partition(":")
    if name not in ("graph", "amapi", "fleet"):
        return None
    from setapart_agent.collectors.mdm.live import collect_live

    return collect_live(name, Path(settings) if settings else None, resume=resume)
