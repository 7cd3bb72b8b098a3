"""A merged pack and the catalog, resolved into the one value that appraisal and bundles need."""

import hashlib
from collections.abc import Iterable, Mapping

from setapart_evidence.identifiers import WEAK_KINDS

from .catalog import PUBLISHER_KINDS, Catalog, keys_of_entry
from .controls import CONTROLS
from .internal import internal_keys
from .model import Pack, Policy
from .overlay import control_rule
from .restricted import restricted_apps


def resolve(pack: Pack, catalog: Catalog, *, pack_digest: str, overlay_digest: str | None) -> Policy:
    """The policy of a pack that `refusals` has nothing against."""
    apps = restricted_apps(pack.restricted, catalog)
    # The app that was named comes first: where apps share a publisher, the finding then says the best known name.
    order = sorted(apps, key=lambda app: (apps[app] != app, app))
    keys = _first((key, app) for app in order for key in keys_of_entry(catalog.apps[app]))
    origins = {key: app for key, app in keys.items() if _kind(key) == "origin"}
    weak = {key: app for key, app in keys.items() if _kind(key) in WEAK_KINDS}
    strong = {key: app for key, app in keys.items() if key not in origins and key not in weak}
    rules = {spec.id: control_rule(pack, spec.id) for spec in CONTROLS}
    web_counts = pack.covers.web_access
    return Policy(
        pack=pack,
        digest=policy_digest(pack_digest, overlay_digest, catalog.digest),
        pack_digest=pack_digest,
        overlay_digest=overlay_digest,
        catalog_digest=catalog.digest,
        restricted=strong | origins if web_counts else strong,
        web={} if web_counts else origins,
        suspicious=weak,
        unrestricted=_unrestricted(catalog, apps, strong),
        catalog_apps=frozenset(catalog.apps),
        own_store=_first(
            (key, client.id) for client in catalog.clients if client.store == "own" for key in keys_of_entry(client)
        ),
        apps=apps,
        internal=frozenset(key for _, _, key in internal_keys(pack.internal) if key is not None),
        severities={control: rule.severity for control, rule in rules.items()},
        days={control: rule.days for control, rule in rules.items() if rule.days is not None},
    )


def policy_digest(pack: str, overlay: str | None, catalog: str) -> str:
    """`sha256:` over the three digests, one per line; a missing overlay is an empty line."""
    lines = "".join(f"{digest}\n" for digest in (pack, overlay or "", catalog))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def _unrestricted(catalog: Catalog, apps: Mapping[str, str], restricted: Mapping[str, str]) -> frozenset[str]:
    """What tells an unrestricted app from a restricted one of the same publisher: its own strong keys."""
    found: set[str] = set()
    for app in catalog.apps.values():
        keys = keys_of_entry(app)
        if app.id not in apps and any(key in restricted for key in keys):
            found.update(key for key in keys if _kind(key) not in WEAK_KINDS | PUBLISHER_KINDS | {"origin"})
    return frozenset(found.difference(restricted))


def _first(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return found


def _kind(key: str) -> str:
    return key.partition(":")[0]
