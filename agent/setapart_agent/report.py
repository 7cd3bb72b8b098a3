"""One report: collect, filter, sign, write the chain, then release."""

import hashlib
import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import cache

from msgspec import Struct

from setapart_agent.chain import Chain
from setapart_agent.collectors.base import Collected, CollectorInfo
from setapart_agent.disclosure import DisclosureFilter
from setapart_agent.inventory import build_inventory
from setapart_agent.sources import SourceSpec
from setapart_evidence import __version__
from setapart_evidence.identity import hardware_id
from setapart_evidence.keys import Signer
from setapart_evidence.keystore import is_hardware
from setapart_evidence.model import Inventory
from setapart_evidence.report import encode_inventory, make_report
from setapart_evidence.statement import CollectorRef, DeviceRef, Observation, Origin, Predicate

_LOCAL_ID_BYTES = 16


Stage = Callable[[bytes, str, int], None]
"""Keeps a report, given its bytes, its statement's digest and its sequence, before the chain goes on."""


class SignedReport(Struct, frozen=True, kw_only=True):
    """A report that is on the chain: the file's bytes, and what the person who made it wants to know."""

    raw: bytes
    device: str
    sequence: int
    digest: str
    inventory: Inventory


def make_signed_report(
    collected: Collected,
    source: SourceSpec,
    disclosure: DisclosureFilter,
    *,
    device: str,
    signer: Signer,
    chain: Chain,
    now: datetime,
    epoch: str | None = None,
    nonce: str | None = None,
    coming: Signer | None = None,
    stage: Stage | None = None,
) -> SignedReport:
    """Signs what was collected and puts it on the chain.

    Args:
        collected: the facts of one device.
        source: how they were read; decides the grade, and whether the signer is the device itself.
        disclosure: the filter to apply.
        device: its id, `device_id`.
        signer: the device's key, or the station's.
        chain: locked.
        now: informative only; what was captured before says when.
        epoch: the value of a signed epoch, if one was given.
        nonce: the auditor's, issued to this device, if there is one.
        coming: the key that is about to take the signer's place.
        stage: called with the signed report before the chain goes on; what it raises stops the report.

    Raises:
        ChainError: the chain could not be written; nothing may be released.
    """
    inventory = build_inventory(collected.facts, disclosure)
    sequence, previous = chain.end(device)
    predicate = Predicate(
        device=DeviceRef(id=device),
        observation=Observation(
            collected_at=min(now, collected.taken_at or now).replace(microsecond=0),
            sequence=sequence,
            previous=previous,
            nonce=nonce,
            epoch=epoch,
        ),
        disclosure=disclosure.statement,
        origin=Origin(
            agent=__version__,
            grade="hardware-key" if source.own and is_hardware(signer) else source.grade,
            station=None if source.own else signer.public.keyid,
            source=source.kind,
            collectors=tuple(map(_reference, collected.collectors)),
        ),
    )
    raw, digest = make_report(predicate, encode_inventory(inventory), signer, coming=coming)
    if stage is not None:
        stage(raw, digest, sequence)
    chain.advance(device, sequence, digest)
    return SignedReport(raw=raw, device=device, sequence=sequence, digest=digest, inventory=inventory)


def code_digest(modules: tuple[str, ...]) -> str:
    """`sha256:` over the digests of the sources of modules of ours, in the order given, whether imported or not.

    The same agent gives the same digest on every device; works from a folder and from a zip.
    """
    return f"sha256:{hashlib.sha256(b''.join(map(_source_digest, modules))).hexdigest()}"


@cache
def _source_digest(module: str) -> bytes:
    """The SHA-256 of a module's source, empty where an installation has none."""
    package, _, rest = module.partition(".")
    spec = sys.modules[package].__spec__
    get_data = getattr(spec.loader, "get_data", None) if spec is not None else None
    if spec is None or spec.origin is None or get_data is None:
        return b""
    path = os.path.join(os.path.dirname(spec.origin), *rest.split(".")) + ".py"  # noqa: PTH118, PTH120
    return hashlib.sha256(get_data(path)).digest()


def _reference(info: CollectorInfo) -> CollectorRef:
    return CollectorRef(name=info.name, version=info.version, digest=code_digest(info.modules), maturity=info.maturity)


def device_id(
    collected: Collected,
    source: SourceSpec,
    disclosure: DisclosureFilter,
    *,
    signer: Signer,
    chain: Chain,
    own: str | None = None,
) -> str:
    """The id of a device: its own, or the one by which a station knows it.

    A device's own id is the one that it got when it was enrolled (`own`), which outlives its first key; else its key's.

    With the authority's id key, one phone has one id by whatever way it was read. Without, the station's own salt
    stands in: the phone keeps its id at this station and has another one elsewhere. Without a serial it has a new one
    every time.
    """
    if source.own:
        return own or signer.public.keyid
    device = collected.facts.device
    if not device.serial or device.platform is None:
        return f"local-{os.urandom(_LOCAL_ID_BYTES).hex()}"
    if disclosure.id_key is not None:
        return hardware_id(disclosure.id_key, device.platform, device.serial)
    salted = hardware_id(bytes.fromhex(chain.state.salt), device.platform, device.serial)
    return f"local-{salted.removeprefix('hw-')[: 2 * _LOCAL_ID_BYTES]}"
