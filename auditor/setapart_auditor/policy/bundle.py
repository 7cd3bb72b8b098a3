"""From a policy to the bundle that tells agents what may leave a device; see setapart_evidence.bundle."""

import base64
import datetime as dt
from dataclasses import dataclass
from typing import Literal

from setapart_evidence.bundle import PackRef, PolicyBundle
from setapart_evidence.keys import PublicKey
from setapart_evidence.statement import Level, Subject, named

from .catalog import Catalog, keys_of_entry
from .model import Policy

Addresses = Literal["none", "internal", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What an authority decides for its agents beyond the policy: how much leaves, and for how long."""

    level: Level = "scoped"
    addresses: Addresses = "none"
    days: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """The authority's public key, and its two 32-byte keys for device ids and for address digests."""

    authority: PublicKey
    id_key: bytes
    address_key: bytes


def policy_bundle(
    policy: Policy, catalog: Catalog, secrets: Secrets, choices: Choices, *, version: int, issued_at: dt.datetime
) -> PolicyBundle:
    """The bundle of a policy; its lists are sorted, so that equal policies make equal lists."""
    pack = policy.pack
    return PolicyBundle(
        version=version,
        issued_at=issued_at,
        expires_at=issued_at + dt.timedelta(days=choices.days),
        authority=base64.b64encode(secrets.authority.spki).decode(),
        pack=PackRef(id=pack.id, version=pack.version, digest=policy.pack_digest, overlay=policy.overlay_digest),
        level=choices.level,
        identifiers=tuple(sorted(policy.needed_identifiers)),
        clients=client_keys(catalog),
        own_store=tuple(sorted(policy.own_store)),
        internal=tuple(sorted(policy.internal)),
        addresses=choices.addresses,
        id_key=base64.b64encode(secrets.id_key).decode(),
        address_key=base64.b64encode(secrets.address_key).decode(),
    )


def bundle_subjects(policy: Policy) -> tuple[Subject, ...]:
    """What the bundle was made from: pack, overlay if there is one, catalog."""
    digests = (("pack", policy.pack_digest), ("overlay", policy.overlay_digest), ("catalog", policy.catalog_digest))
    return tuple(named(name, digest) for name, digest in digests if digest is not None)


def client_keys(catalog: Catalog) -> tuple[str, ...]:
    """The keys of all mail, calendar and contacts clients, sorted."""
    return tuple(sorted({key for client in catalog.clients for key in keys_of_entry(client)}))
