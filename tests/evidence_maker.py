"""Evidence for tests: fixed keys, one statement and one inventory, and a register that knows the keys.

The makers here write JSON, DSSE and signatures out by themselves, from docs/evidence.md and not with the package under
test, so that a mistake in the package can't hide in its own tests.
"""

import base64
import copy
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from setapart_evidence.keys import EcdsaP256Signer, Ed25519Signer, PublicKey, Signer, low_s
from setapart_evidence.open import KeyBinding

PAYLOAD_TYPE = "application/vnd.in-toto+json"
EVIDENCE = "urn:setapart:evidence:v1"


class FixedP256Signer:
    """An ECDSA P-256 key whose signatures are the same each time (RFC 6979)."""

    def __init__(self, scalar: int) -> None:
        self.key = ec.derive_private_key(scalar, ec.SECP256R1())
        self.public = EcdsaP256Signer(self.key).public

    def sign(self, message: bytes) -> bytes:
        return low_s(self.key.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True)))


DEVICE = Ed25519Signer(b"device".ljust(32, b"."))
OTHER_DEVICE = Ed25519Signer(b"other device".ljust(32, b"."))
STRANGER = Ed25519Signer(b"stranger".ljust(32, b"."))
STATION = Ed25519Signer(b"station".ljust(32, b"."))
OTHER_STATION = Ed25519Signer(b"other station".ljust(32, b"."))
AUTHORITY = Ed25519Signer(b"authority".ljust(32, b"."))
HARDWARE_DEVICE = FixedP256Signer(0x5E7A9A27)
PHONE_ID = "hw-" + hashlib.sha256(b"phone").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Which keys may speak for which device, as an auditor's register answers."""

    devices: dict[str, KeyBinding] = field(default_factory=dict)
    stations: dict[str, KeyBinding] = field(default_factory=dict)

    def keys_for(self, device: str, station: str | None) -> tuple[KeyBinding, ...]:
        found = (self.devices.get(device), self.stations.get(station or ""))
        return tuple(binding for binding in found if binding is not None)


def device_binding(key: PublicKey) -> KeyBinding:
    return KeyBinding(key=key, role="device", grade="hardware-key" if key.algorithm == "ecdsa-p256" else "agent-key")


def station_binding(key: PublicKey) -> KeyBinding:
    return KeyBinding(key=key, role="station", grade="station")


REGISTER = Register(
    devices={signer.public.keyid: device_binding(signer.public) for signer in (DEVICE, OTHER_DEVICE, HARDWARE_DEVICE)},
    stations={signer.public.keyid: station_binding(signer.public) for signer in (STATION, OTHER_STATION)},
)

INVENTORY: dict[str, object] = {
    "device": {
        "platform": "linux", "os_version": "12", "os_api_level": None, "patch_level": None, "manufacturer": None,
        "model": None, "form_factor": "laptop", "serial_digest": None, "boot_time": None,
    },
    "profiles": [{"id": "1000", "kind": "primary", "name": None, "running": None}],
    "apps": [
        {
            "identifier": "org.telegram.desktop", "name": "Telegram", "version": "4.14", "profile": "1000",
            "kind": "native", "source": "flatpak", "state": "installed", "publisher": None, "publisher_hint": None,
            "permissions": [],
        }
    ],
    "accounts": [
        {
            "profile": "1000", "type": "imap", "client": "thunderbird", "services": ["mail"],
            "domain": "agency.example", "host": "mail.agency.example", "tenant": None, "address_digest": None,
            "enabled": True, "withheld": [],
        }
    ],
    "links": [{"kind": "vpn", "target": "vpn.agency.example", "profile": "system"}],
    "enforcement": [],
    "coverage": [
        {
            "section": "apps", "profile": "1000", "collector": "linux.flatpak", "status": "observed", "reason": None,
        }
    ],
    "withheld": {"apps": 311, "accounts": 2},
}  # fmt: skip


def inventory() -> dict[str, object]:
    """A fresh copy of the inventory, to be changed."""
    return copy.deepcopy(INVENTORY)


def dumps(value: object) -> bytes:
    """Compact JSON, as msgspec writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


INVENTORY_BYTES = dumps(INVENTORY)


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def statement(
    inventory_bytes: bytes = INVENTORY_BYTES, *, device: str = DEVICE.public.keyid, **origin: object
) -> dict[str, object]:
    """A statement over these bytes; keyword arguments replace fields of its origin."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "inventory", "digest": {"sha256": sha256(inventory_bytes)}}],
        "predicateType": EVIDENCE,
        "predicate": {
            "device": {"id": device},
            "observation": {
                "collected_at": "2026-11-22T22:00:00Z", "sequence": 7, "previous": "sha256:" + "0" * 64,
                "nonce": None, "epoch": None,
            },
            "disclosure": {"level": "scoped", "bundle": None, "identifiers": None, "domains": None},
            "origin": {
                "agent": "0.1.0", "grade": "agent-key", "station": None, "source": "local",
                "collectors": [
                    {"name": "linux.flatpak", "version": 1, "digest": "sha256:" + "1" * 64, "maturity": "captures"}
                ],
            } | origin,
        },
    }  # fmt: skip


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    return b" ".join(
        (b"DSSEv1", str(len(payload_type)).encode(), payload_type.encode(), str(len(payload)).encode(), payload)
    )


def signature(payload: bytes, signer: Signer) -> dict[str, str]:
    return {
        "keyid": sha256(signer.public.spki),
        "sig": base64.b64encode(signer.sign(pae(payload))).decode(),
    }


def envelope(payload: bytes, signatures: Sequence[dict[str, str]]) -> dict[str, object]:
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": list(signatures),
    }


def sealed(payload: bytes, *signers: Signer) -> bytes:
    """The envelope of a payload, on one line."""
    return dumps(envelope(payload, [signature(payload, signer) for signer in signers or (DEVICE,)]))


def evidence(inventory_bytes: bytes = INVENTORY_BYTES, payload: bytes | None = None, signer: Signer = DEVICE) -> bytes:
    """An evidence file; without a payload, that of `statement` for the signer's own device."""
    if payload is None:
        payload = dumps(statement(inventory_bytes, device=signer.public.keyid))
    return sealed(payload, signer) + b"\n" + inventory_bytes
