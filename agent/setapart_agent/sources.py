"""Sources: where the facts come from, as typed on the command line (`local`, `adb:SERIAL`, `bugreport:FILE`, …)."""

from pathlib import Path
from typing import Literal

from msgspec import Struct, structs

from setapart_agent.collectors.base import Collected
from setapart_agent.errors import SourceError
from setapart_evidence.statement import Grade

SourceKind = Literal["local", "root", "adb", "bugreport", "androidqf"]


class SourceKindInfo(Struct, frozen=True, kw_only=True):
    """What a way in needs and what it is worth: whether an argument follows the colon, and the grade it gives."""

    argument: Literal["none", "optional", "required"]
    grade: Grade
    summary: str


SOURCES: dict[SourceKind, SourceKindInfo] = {
    "local": SourceKindInfo(argument="none", grade="agent-key", summary="this machine"),
    "root": SourceKindInfo(argument="required", grade="station", summary="a Linux tree mounted at DIR"),
    "adb": SourceKindInfo(
        argument="optional", grade="station", summary="an Android device by adb; SERIAL or HOST:PORT"
    ),
    "bugreport": SourceKindInfo(argument="required", grade="imported", summary="an Android bug report, zip or txt"),
    "androidqf": SourceKindInfo(argument="required", grade="imported", summary="a folder written by androidqf"),
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


def collect(spec: SourceSpec) -> Collected:
    """Reads everything that a source can show.

    Raises:
        SourceError: it can't be read at all.
    """
    if spec.kind in ("local", "root"):
        from setapart_agent.collectors.linux import collector as linux

        if spec.kind == "root" and not Path(spec.argument or "").is_dir():
            raise SourceError(f"no folder {spec.argument!r}", expected="a mounted tree")
        return linux.collect(spec.argument or "/")
    from setapart_agent.collectors.android import collector as android

    if spec.kind == "adb":
        from setapart_agent.collectors.android.adb import open_adb

        with open_adb(spec.argument) as device:
            return android.collect(device)
    if spec.kind == "bugreport":
        from setapart_agent.collectors.android.bugreport import open_bugreport

        held = open_bugreport(Path(spec.argument or ""))
    else:
        from setapart_agent.collectors.android.androidqf import open_androidqf

        held = open_androidqf(Path(spec.argument or ""))
    return structs.replace(android.collect(held), taken_at=held.taken_at)
