"""Which apps of an inventory are restricted, look like it, or keep accounts that nobody can read.

Fleets repeat the same apps, so the parts by which an app can be known (identifier, name, publisher, hint) are looked
up once and remembered as clean for as long as the policy is used. An app whose every part is clean answers to no key
of the policy, whatever its kind; only the others are compared exactly, with `identifiers.keys_of`.
"""

from collections.abc import Collection, Mapping
from typing import Literal

from msgspec import Struct, structs

from setapart_auditor.policy.model import Policy
from setapart_evidence.identifiers import KINDS, desktop_keys, keys_of, origin_keys, process_name, windows_keys
from setapart_evidence.model import App, Inventory, Platform

How = Literal["identity", "signer", "web", "suspicion", "none"]
_REMEMBERED = 32_768
_LONGEST_REMEMBERED = 256
"""Parts kept of each kind, and their length: enough for a fleet, and all that a hostile device can make us hold."""
_LONGEST_IDENTIFIER = 8_192
_LONGEST_NAME = 1_024
"""Beyond these an identifier or a name is cut: no path, URL or label is longer, and folding it could cost seconds."""


class Match(Struct, frozen=True, kw_only=True):
    """What an app is to a policy.

    Attributes:
        app: the restricted app that it is, or is suspected to be.
        how: by its identity or its signer it is that app; `web` is web access that does not count by itself.
        client: the client whose accounts nobody can read, if it is one.
    """

    app: str | None = None
    how: How = "none"
    client: str | None = None


class Sighting(Struct, frozen=True, kw_only=True):
    """An app of an inventory that matters, and its index there."""

    index: int
    item: App
    match: Match


class Scan(Struct, frozen=True, kw_only=True):
    """The apps of one inventory that matter, and the owners of the profiles that are not in `listed`."""

    sightings: tuple[Sighting, ...] = ()
    owners: frozenset[str] = frozenset()


_PUBLISHER = ("signer:", "team:", "hint:")
_BLANK = App(identifier="", profile="", source="bundle")
_NOTHING = Match()
_CLEAN = Scan()


class Matcher:
    """One policy's keys, and the parts of apps that are known to answer to none of them."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._keys = (
            frozenset(policy.restricted) | policy.web.keys() | policy.suspicious.keys() | policy.own_store.keys()
        )
        self._identifiers: set[str] = set()
        self._names: set[str] = set()
        self._publishers: set[str] = set()
        self._hints: set[str] = set()

    def match(self, platform: Platform, app: App) -> Match:
        """What one app is to the policy: strong keys decide before weak ones, an identity before a publisher.

        An unrestricted app of the catalog is known as itself, so its publisher says nothing more about it.
        """
        policy = self._policy
        keys = keys_of(platform, app)
        client = next((policy.own_store[key] for key in keys if key in policy.own_store), None)
        if not policy.unrestricted.isdisjoint(keys):
            keys = tuple(key for key in keys if not key.startswith(_PUBLISHER))
        tables: tuple[tuple[Mapping[str, str], How], ...] = (
            (policy.restricted, "identity"),
            (policy.web, "web"),
            (policy.suspicious, "suspicion"),
        )
        for table, how in tables:
            for key in keys:
                if key in table:
                    by_signer = how == "identity" and key.startswith(_PUBLISHER)
                    return Match(app=table[key], how="signer" if by_signer else how, client=client)
        return Match(client=client) if client is not None else _NOTHING

    def scan(self, inventory: Inventory, listed: Collection[str]) -> Scan:
        """Looks through an inventory's apps.

        Args:
            inventory: of one report.
            listed: profile ids, and the browser profiles below them, that need no second look.
        """
        identifiers, names, publishers, hints = self._identifiers, self._names, self._publishers, self._hints
        unknown = [
            app
            for app in inventory.apps
            if app.identifier not in identifiers
            or ((name := app.name) is not None and name not in names)
            or ((publisher := app.publisher) is not None and publisher not in publishers)
            or ((hint := app.publisher_hint) is not None and hint not in hints)
            or app.profile not in listed
        ]
        if not unknown:
            return _CLEAN
        matches: dict[int, Match] = {}
        for app in unknown:
            cut = _cut(app)
            if not self._is_clean(cut):
                match = self.match(inventory.device.platform, cut)
                if match is not _NOTHING:
                    matches[id(app)] = match
        sightings = (
            Sighting(index=index, item=app, match=matches[id(app)])
            for index, app in enumerate(inventory.apps)
            if id(app) in matches
        )
        owners = {app.profile.partition("/")[0] for app in unknown if app.profile not in listed}
        return Scan(sightings=tuple(sightings) if matches else (), owners=frozenset(owners))

    def _is_clean(self, app: App) -> bool:
        """Whether every part of an app is clean, remembering those that are."""
        for parts, value, keys in (
            (self._identifiers, app.identifier, possible_keys),
            (self._names, app.name, lambda name: keys_of("linux", structs.replace(_BLANK, name=name))),
            (self._publishers, app.publisher, lambda by: keys_of("linux", structs.replace(_BLANK, publisher=by))),
            (self._hints, app.publisher_hint, lambda by: keys_of("linux", structs.replace(_BLANK, publisher_hint=by))),
        ):
            if value is None or value in parts:
                continue
            if not self._keys.isdisjoint(keys(value)):
                return False
            if len(parts) >= _REMEMBERED:
                parts.clear()
            if len(value) <= _LONGEST_REMEMBERED:
                parts.add(value)
        return True


def _cut(app: App) -> App:
    if len(app.identifier) <= _LONGEST_IDENTIFIER and (app.name is None or len(app.name) <= _LONGEST_NAME):
        return app
    name = app.name if app.name is None else app.name[:_LONGEST_NAME]
    return structs.replace(app, identifier=app.identifier[:_LONGEST_IDENTIFIER], name=name)


def possible_keys(identifier: str) -> frozenset[str]:
    """Every identity key that an app with this identifier has on some platform, of some kind, from some source."""
    plain = (identifier, identifier.lower())
    return frozenset(
        {f"{kind}:{value}" for kind in KINDS for value in plain}
        | {f"process:{process_name(identifier)}"}
        | {*origin_keys(identifier), *desktop_keys(identifier), *windows_keys(identifier)}
    )
