"""All of a Windows installation: every collector of the table below, over one tree, its users and its registry."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from msgspec import structs

from setapart_agent.collectors.base import (
    Absent,
    Collected,
    Failed,
    Observed,
    Outcome,
    Unseen,
)
from setapart_agent.collectors.desktop.collector import SHARED, collectors_of, run_collectors
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.windows.hives import HiveRegistry
from setapart_agent.collectors.windows.host import Opened, Registry, WindowsCollector, WindowsHost, key_of
from setapart_agent.collectors.windows.parse.machine import profile_kind, read_device, system_drive
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.users import users_of
from setapart_agent.errors import ParseError, SourceError
from setapart_agent.facts import DeviceFacts
from setapart_evidence.model import SYSTEM_PROFILE, Profile

MODULES = ("registered", "programs", "browsers", "mail", "cloud", "network")
_HERE = "setapart_agent.collectors.windows"
_SHARED = (*SHARED, *(f"{_HERE}.{noun}" for noun in ("collector", "host", "hives", "users", "parse.machine")))
"""Modules that decide what every collector sees; they count for the digest of each."""


def collectors() -> tuple[WindowsCollector, ...]:
    """Every Windows collector, in the order in which they run."""
    return collectors_of(_HERE, MODULES)


def collect(tree: Tree) -> Collected:
    """Collects from a mounted drive with Windows on it.

    Raises:
        SourceError: the tree holds no Windows, or the reader of hives is not installed.
    """
    registry = HiveRegistry(tree)
    if not tree.find("/Windows/System32/config/SOFTWARE")[0] and isinstance(registry.software(), Absent | Unseen):
        raise SourceError(
            "no Windows at the given folder",
            expected="a folder with Windows/ and Users/ in it",
            cure="mount the system's drive and name the folder where its C: is",
        )
    return structs.replace(collect_from(tree, registry), taken_at=registry.written)


def collect_live() -> Collected:
    """Collects from the running system. None of this was run on a real Windows yet, and every collector says so."""
    with _running() as (tree, registry):
        return collect_from(tree, registry)


def live_device() -> DeviceFacts:
    """The running machine's facts, and nothing of its users."""
    with _running() as (_, registry):
        return device_facts(registry)


@contextmanager
def _running() -> Iterator[tuple[Tree, Registry]]:
    from setapart_agent.collectors.windows.live import LiveRegistry, SystemDrive

    tree = SystemDrive()
    registry = LiveRegistry(tree)
    try:
        yield tree, registry
    finally:
        registry.close()


def collect_from(tree: Tree, registry: Registry) -> Collected:
    """Collects from a drive and the registry that goes with it."""
    software = registry.software()
    drive = system_drive(key_of(software))
    users = users_of(tree, software.value if isinstance(software, Observed) else _unseen(software), drive)
    host = WindowsHost(tree=tree, users=users, registry=registry, drive=drive)
    profiles: dict[str, Profile] = {}
    for user in users:
        profiles.setdefault(user.profile, Profile(id=user.profile, kind=profile_kind(user.profile), name=user.name))
    found = run_collectors(host, collectors(), device=device_facts(registry), profiles=profiles, shared=_SHARED)
    if not registry.live:
        return found
    return structs.replace(
        found, collectors=tuple(structs.replace(info, maturity="untested") for info in found.collectors)
    )


def device_facts(registry: Registry) -> DeviceFacts:
    """The machine's facts; what can't be read stays `None`."""
    reading = Reading(SYSTEM_PROFILE)
    read_device(reading, key_of(registry.software()), key_of(registry.system()), live=registry.live)
    if not registry.live:
        return reading.device
    firmware = _firmware()
    return structs.replace(
        reading.device,
        manufacturer=firmware.manufacturer or reading.device.manufacturer,
        model=firmware.model or reading.device.model,
        form_factor=firmware.form_factor or reading.device.form_factor,
        serial=firmware.serial,
        boot_time=_boot_time(),
    )


def _firmware() -> DeviceFacts:
    from setapart_agent.collectors.windows.live import firmware_tables
    from setapart_agent.collectors.windows.parse import smbios

    tables = firmware_tables()
    try:
        return smbios.device_facts(tables) if tables is not None else DeviceFacts()
    except ParseError:
        return DeviceFacts()


def _boot_time() -> str:
    from datetime import UTC

    import psutil

    return datetime.fromtimestamp(psutil.boot_time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _unseen(outcome: Outcome[Opened]) -> Unseen:
    return Failed("the hive SOFTWARE is not there") if isinstance(outcome, Observed | Absent) else outcome
