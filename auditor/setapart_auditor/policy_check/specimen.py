"""For every kind of identifier, an app that answers to it: what an agent would report of it."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import structs

from setapart_evidence.identifiers import keys_of
from setapart_evidence.model import App, AppKind, AppSource, Platform

_NEUTRAL = "org.example.specimen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """An app, the platform that it is found on, and the restricted app that it stands for."""

    platform: Platform
    item: App
    app: str


def _native(platform: Platform, source: AppSource, kind: AppKind = "native") -> Callable[[str], tuple[Platform, App]]:
    return lambda value: (platform, App(identifier=value, profile="0", source=source, kind=kind))


_MAKERS: dict[str, Callable[[str], tuple[Platform, App]]] = {
    "android": _native("android", "package-manager"),
    "ios": _native("ios", "backup"),
    "macos": _native("macos", "bundle"),
    "linux": _native("linux", "dpkg"),
    "flatpak": _native("linux", "flatpak"),
    "snap": _native("linux", "snap"),
    "desktop": lambda value: _native("linux", "desktop-entry")(f"{value}.desktop"),
    "process": _native("linux", "process", "portable"),
    "appx": _native("windows", "appx"),
    "uninstall": _native("windows", "uninstall-key"),
    "uninstall-prefix": _native("windows", "uninstall-key"),
    "extension": _native("linux", "browser", "browser-extension"),
    "origin": _native("linux", "browser", "web-app"),
    "signer": lambda value: ("android", _signed(f"sha256:{value}")),
    "team": lambda value: ("ios", _signed(f"team:{value}")),
    "hint": lambda value: ("android", structs.replace(_signed(None), publisher_hint=value)),
    "label": lambda value: ("android", structs.replace(_signed(None), name=value)),
}


def _signed(publisher: str | None) -> App:
    return App(identifier=_NEUTRAL, profile="0", source="package-manager", publisher=publisher)


def specimen_of(key: str, app: str) -> Specimen | None:
    """An app that answers to the key; None if no app ever could."""
    kind, _, value = key.partition(":")
    maker = _MAKERS.get(kind)
    if maker is None:
        return None
    platform, item = maker(value)
    return Specimen(platform=platform, item=item, app=app) if key in keys_of(platform, item) else None
