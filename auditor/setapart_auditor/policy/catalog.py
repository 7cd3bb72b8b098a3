"""The catalog: apps and their identifiers, clients and account types, read from config/catalog.

`apps/*.toml` has one file per vendor or family, `clients.toml` the mail, calendar and contacts clients, and
`accounts/*.toml` one file per platform. The digest covers all of them: a verdict says which catalog it was made with.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from setapart_auditor.errors import PolicyError
from setapart_auditor.toml_file import TomlFile, read_toml
from setapart_evidence.identifiers import KINDS, look_alike, process_name

from .model import AccountTypes, CatalogApp, CatalogClient, CatalogClients, CatalogVendor, Identifier

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

PUBLISHER_KINDS = frozenset({"signer", "team"})
"""Kinds that name a publisher: several apps may share one."""

_LOWER = frozenset({"ios", "macos", "appx", "uninstall", "uninstall-prefix", "desktop", "extension", "origin"})
_SPELLING: Mapping[str, re.Pattern[str]] = {
    "android": re.compile(r"[A-Za-z]\w*(\.\w+)+", re.ASCII),
    "ios": re.compile(r"[a-z0-9._-]+"),
    "macos": re.compile(r"[a-z0-9._-]+"),
    "appx": re.compile(r"[a-z0-9.-]+_[a-z0-9]{13}"),
    "uninstall": re.compile(r"\S+( \S+)*"),
    "uninstall-prefix": re.compile(r"\S+( \S+){0,3}"),
    "linux": re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]*"),
    "flatpak": re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+)+", re.ASCII),
    "snap": re.compile(r"[a-z0-9-]+"),
    "desktop": re.compile(r"\S(.*\S)?"),
    "extension": re.compile(r"\S+"),
    "origin": re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+"),
    "signer": re.compile(r"[0-9a-f]{64}"),
    "team": re.compile(r"[A-Z0-9]{10}"),
    "hint": re.compile(r"[0-9a-f]{1,8}"),
}
_NORMAL: Mapping[str, Callable[[str], str]] = {"process": process_name, "label": look_alike}


@dataclass(frozen=True, slots=False, kw_only=True)
class Catalog:
    """Everything that packs can name, and everything that an app or a client can be known by."""

    vendors: tuple[CatalogVendor, ...]
    clients: tuple[CatalogClient, ...]
    accounts: tuple[AccountTypes, ...]
    digest: str

    @cached_property
    def apps(self) -> Mapping[str, CatalogApp]:
        """By id."""
        return {app.id: app for vendor in self.vendors for app in vendor.app}

    @cached_property
    def vendor_of(self) -> Mapping[str, CatalogVendor]:
        """By app id."""
        return {app.id: vendor for vendor in self.vendors for app in vendor.app}

    def lineage(self, app: str) -> tuple[str, ...]:
        """The app, the app that it is a variant of, and so on."""
        found = [app]
        while (parent := self.apps[found[-1]].variant_of) is not None:
            found.append(parent)
        return tuple(found)


def keys_of_entry(entry: CatalogApp | CatalogClient) -> tuple[str, ...]:
    """The identifier keys of an app or a client, labels included, each once."""
    labels = entry.labels if isinstance(entry, CatalogApp) else ()
    keys = [f"{one.kind}:{one.value}" for one in entry.identifier]
    keys += [f"label:{form}" for label in labels if (form := look_alike(label))]
    return tuple(dict.fromkeys(keys))


def load_catalog(root: "Traversable") -> Catalog:
    """Reads and checks the catalog below a configuration root.

    Raises:
        PolicyError: a file is not what it should be, an id or identifier stands twice, a variant's app is missing.
    """
    files = tuple(_read_all(root / "catalog"))
    vendors = tuple((file, file.convert(CatalogVendor)) for kind, file in files if kind == "apps")
    clients = tuple((file, file.convert(CatalogClients)) for kind, file in files if kind == "clients")
    accounts = tuple(file.convert(AccountTypes) for kind, file in files if kind == "accounts")
    _check_apps(vendors)
    _check_clients(clients)
    lines = "".join(f"{file.name} {hashlib.sha256(file.raw).hexdigest()}\n" for _, file in files)
    return Catalog(
        vendors=tuple(vendor for _, vendor in vendors),
        clients=tuple(client for _, part in clients for client in part.client),
        accounts=accounts,
        digest=f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}",
    )


def _read_all(folder: "Traversable") -> Iterator[tuple[str, TomlFile]]:
    """Every file with its kind, in the order of their names: the digest must not depend on a file system."""
    for kind in ("accounts", "apps"):
        part = folder / kind
        for file in sorted(part.iterdir(), key=lambda one: one.name) if part.is_dir() else ():
            if file.name.endswith(".toml"):
                yield kind, read_toml(file.read_bytes(), f"catalog/{kind}/{file.name}", PolicyError)
    clients = folder / "clients.toml"
    if clients.is_file():
        yield "clients", read_toml(clients.read_bytes(), "catalog/clients.toml", PolicyError)


def _check_apps(vendors: tuple[tuple[TomlFile, CatalogVendor], ...]) -> None:
    ids: dict[str, str] = {}
    keys: dict[str, str] = {}
    for file, vendor in vendors:
        for at, app in enumerate(vendor.app):
            if app.id in ids:
                raise file.refuse(("app", at, "id"), f"a second app `{app.id}`", expected=f"one, as in {ids[app.id]}")
            ids[app.id] = file.name
            _check_identifiers(file, ("app", at), app.id, app.identifier, keys)
    parents = {app.id: app.variant_of for _, vendor in vendors for app in vendor.app}
    for file, vendor in vendors:
        for at, app in enumerate(vendor.app):
            _check_variant(file, at, app, parents)


def _check_variant(file: TomlFile, at: int, app: CatalogApp, parents: Mapping[str, str | None]) -> None:
    seen = {app.id}
    parent = app.variant_of
    while parent is not None:
        if parent not in parents:
            raise file.refuse(("app", at, "variant_of"), f"no app `{parent}` in the catalog")
        if parent in seen:
            raise file.refuse(("app", at, "variant_of"), f"`{app.id}` is a variant of itself")
        seen.add(parent)
        parent = parents[parent]


def _check_clients(files: tuple[tuple[TomlFile, CatalogClients], ...]) -> None:
    for file, part in files:
        ids: set[str] = set()
        keys: dict[str, str] = {}
        for at, client in enumerate(part.client):
            if client.id in ids:
                raise file.refuse(("client", at, "id"), f"a second client `{client.id}`")
            ids.add(client.id)
            _check_identifiers(file, ("client", at), client.id, client.identifier, keys)


def _check_identifiers(
    file: TomlFile,
    entry: tuple[str, int],
    owner: str,
    identifiers: tuple[Identifier, ...],
    keys: dict[str, str],
) -> None:
    """Every identifier is spelled as agents spell it, and says one app; publishers may say several."""
    for at, one in enumerate(identifiers):
        where = (*entry, "identifier", at)
        if one.kind not in KINDS:
            raise file.refuse((*where, "kind"), f"kind `{one.kind}`", expected=f"one of {', '.join(sorted(KINDS))}")
        if (fault := _misspelt(one)) is not None:
            raise file.refuse((*where, "value"), f"{one.kind} `{one.value}`", expected=fault)
        key = f"{one.kind}:{one.value}"
        if one.kind not in PUBLISHER_KINDS and keys.setdefault(key, owner) != owner:
            raise file.refuse((*where, "value"), f"`{key}` is already an identifier of `{keys[key]}`")


def _misspelt(one: Identifier) -> str | None:
    """What the value should be, where no app could ever answer to it as written."""
    if one.kind in _LOWER and one.value != one.value.lower():
        return one.value.lower()
    if (normal := _NORMAL.get(one.kind)) is not None and one.value != normal(one.value):
        return normal(one.value) or "a name"
    pattern = _SPELLING.get(one.kind)
    if pattern is not None and pattern.fullmatch(one.value) is None:
        return f"the spelling {pattern.pattern}"
    return None
