"""All of a Windows installation: every collector of the table below, over one tree, its users and its registry."""

from datetime import datetime
from importlib import import_module

from msgspec import structs

from setapart_agent.collectors.base import (
    Absent,
    Collected,
    CollectorInfo,
    Failed,
    Observed,
    Outcome,
    Unseen,
    uncovered,
)
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.windows.hives import HiveRegistry
from setapart_agent.collectors.windows.host import Opened, Registry, WindowsCollector, WindowsHost, key_of
from setapart_agent.collectors.windows.parse.machine import profile_kind, read_device, system_drive
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.users import users_of
from setapart_agent.collectors.worker import note_device
from setapart_agent.errors import ParseError, SourceError
from setapart_agent.facts import DeviceFacts, Facts, unite
from setapart_evidence.model import SYSTEM_PROFILE, Profile

MODULES = ("registered", "programs", "browsers", "mail", "cloud", "network")
_SHARED = (
    "setapart_agent.facts",
    *(f"setapart_agent.collectors.windows.{noun}" for noun in ("collector", "host", "hives", "users", "parse.machine")),
    *(f"setapart_agent.collectors.desktop.{noun}" for noun in ("gathering", "host", "survey", "tree")),
)
"""Modules that decide what every collector sees; they count for the digest of each."""


def collectors() -> tuple[WindowsCollector, ...]:
    """Every Windows collector, in the order in which they run."""
    found: list[WindowsCollector] = []
    for module in MODULES:
        found += import_module(f"setapart_agent.collectors.windows.{module}").COLLECTORS
    return tuple(found)


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
    from setapart_agent.collectors.windows.live import LiveRegistry, SystemDrive

    tree = SystemDrive()
    registry = LiveRegistry(tree)
    try:
        return collect_from(tree, registry)
    finally:
        registry.close()


def collect_from(tree: Tree, registry: Registry) -> Collected:
    """Collects from a drive and the registry that goes with it."""
    software = registry.software()
    drive = system_drive(key_of(software))
    users = users_of(tree, software.value if isinstance(software, Observed) else _unseen(software), drive)
    host = WindowsHost(tree=tree, users=users, registry=registry, drive=drive)
    device = device_facts(registry)
    note_device(device)
    profiles = {SYSTEM_PROFILE: Profile(id=SYSTEM_PROFILE, kind="system")}
    for user in users:
        profiles.setdefault(user.profile, Profile(id=user.profile, kind=profile_kind(user.profile), name=user.name))
    parts = [Facts(device=device, profiles=tuple(profiles.values()))]
    ran: list[CollectorInfo] = []
    for collector in collectors():
        found = _run(collector, host)
        if found != Facts():  # a collector that does not apply here did not run
            parts.append(found)
            info = structs.replace(collector.info, modules=(*collector.info.modules, *_SHARED))
            ran.append(structs.replace(info, maturity="untested") if registry.live else info)
    return Collected(facts=unite(parts), collectors=tuple(ran))


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


def _run(collector: WindowsCollector, host: WindowsHost) -> Facts:
    """A collector's facts; one that breaks has seen nothing, and says so for every profile."""
    try:
        return collector.collect(host)
    except Exception as exc:  # noqa: BLE001 - one broken collector must not silence the others
        why = Failed(f"the collector broke: {type(exc).__name__}")
        return Facts(
            coverage=tuple(
                uncovered(section, profile, collector.info.name, why)
                for section in collector.info.sections
                for profile in (SYSTEM_PROFILE, *(user.profile for user in host.users))
            )
        )
