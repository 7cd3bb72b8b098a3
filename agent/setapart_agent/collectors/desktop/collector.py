"""Running the collectors of one platform over one host, so that none of them silences the others."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, Protocol, TypeVar

from msgspec import structs

from setapart_agent.collectors.base import Collected, CollectorInfo, Failed, uncovered
from setapart_agent.collectors.desktop.host import Host
from setapart_agent.collectors.worker import note_device
from setapart_agent.facts import DeviceFacts, Facts, unite
from setapart_evidence.model import SYSTEM_PROFILE, Profile

H = TypeVar("H", bound=Host)
H_contra = TypeVar("H_contra", bound=Host, contravariant=True)
SHARED = tuple(
    f"setapart_agent.{name}"
    for name in (
        "facts",
        *(f"collectors.desktop.{noun}" for noun in ("collector", "gathering", "host", "survey", "tree")),
    )
)
"""Modules that decide what every collector of every desktop system sees."""


class Runnable(Protocol[H_contra]):
    """A collector of a platform's host."""

    @property
    def info(self) -> CollectorInfo:
        """Its declaration."""

    def collect(self, host: H_contra) -> Facts:
        """Never raises for what it finds."""


def collectors_of(package: str, modules: Iterable[str]) -> tuple[Any, ...]:
    """The collectors of modules of a package, in order: what each calls `COLLECTORS`."""
    return tuple(one for module in modules for one in import_module(f"{package}.{module}").COLLECTORS)


def run_collectors(
    host: H,
    collectors: Iterable[Runnable[H]],
    *,
    device: DeviceFacts,
    profiles: Mapping[str, Profile],
    shared: tuple[str, ...],
) -> Collected:
    """What all collectors see of a host.

    Args:
        host: the installation.
        collectors: those of its platform; one that gives nothing does not apply here, and did not run.
        device: the machine, noted before anything else is read.
        profiles: of the users, by id; that of the system is added.
        shared: modules of the platform that count for the digest of each collector.
    """
    note_device(device)
    listed = {SYSTEM_PROFILE: Profile(id=SYSTEM_PROFILE, kind="system"), **profiles}
    parts = [Facts(device=device, profiles=tuple(listed.values()))]
    ran: list[CollectorInfo] = []
    for collector in collectors:
        found = _run(collector, host)
        if found != Facts():
            parts.append(found)
            ran.append(structs.replace(collector.info, modules=(*collector.info.modules, *shared)))
    return Collected(facts=unite(parts), collectors=tuple(ran))


def _run(collector: Runnable[H], host: H) -> Facts:
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
