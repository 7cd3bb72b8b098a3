"""What every platform declares: its collectors, and the ways into its devices. docs/devices.md is made from it."""

from importlib import import_module

from msgspec import Struct

from setapart_agent.collectors.base import CollectorInfo, WayIn

PLATFORMS = {
    "linux": "Linux",
    "android": "Android",
    "ios": "iOS",
    "macos": "macOS",
    "windows": "Windows",
    "mdm": "Device manager",
}
"""Folder below `collectors` to the name in titles."""


class Declared(Struct, frozen=True, kw_only=True):
    """One platform's declarations."""

    title: str
    collectors: tuple[CollectorInfo, ...]
    ways: tuple[WayIn, ...]


def declared() -> tuple[Declared, ...]:
    """The declarations of every platform, in the order of the document."""
    found: list[Declared] = []
    for folder, title in PLATFORMS.items():
        module = import_module(f"setapart_agent.collectors.{folder}.ways")
        found.append(Declared(title=title, collectors=module.COLLECTORS, ways=module.WAYS))
    return tuple(found)
