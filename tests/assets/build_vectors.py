"""Builds tests/vectors: evidence files that a verifier must accept, and one for each defect that it must refuse.

Run `python tests/assets/build_vectors.py [FOLDER]` with `tests` on PYTHONPATH. Keys and times are fixed, and ECDSA is
the deterministic one of RFC 6979, so that the same bytes come out each time. Each file is named by its defect;
`manifest.json` says what is expected of it, and `keys/` holds the public keys of the register.
"""

import base64
import copy
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from evidence_maker import (
    DEVICE,
    HARDWARE_DEVICE,
    INVENTORY,
    INVENTORY_BYTES,
    OTHER_DEVICE,
    OTHER_STATION,
    PAYLOAD_TYPE,
    PHONE_ID,
    STATION,
    STRANGER,
    dumps,
    envelope,
    evidence,
    inventory,
    pae,
    sealed,
    sha256,
    signature,
    statement,
)

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PAYLOAD = dumps(statement())
SEALED = sealed(PAYLOAD)
VALID = SEALED + b"\n" + INVENTORY_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One file; `reason` is the refusal expected (an EvidenceError's `reason`), or None where it is accepted."""

    name: str
    raw: bytes
    reason: str | None
    what: str
    device: str = DEVICE.public.keyid
    grade: str = "agent-key"


def _accept(name: str, raw: bytes, what: str, **expected: str) -> Vector:
    return Vector(name=name, raw=raw, reason=None, what=what, **expected)


def _refuse(name: str, reason: str, raw: bytes, what: str) -> Vector:
    return Vector(name=name, raw=raw, reason=reason, what=what)


def _with(value: dict[str, object], path: str, new: object) -> dict[str, object]:
    """A copy in which the member at `a/b/0/c` has another value; `...` takes it away."""
    found = copy.deepcopy(value)
    *way, last = path.split("/")
    at: object = found
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]  # type: ignore[index]
    if new is ...:
        del at[last]  # type: ignore[attr-defined]
    else:
        at[int(last) if isinstance(at, list) else last] = new  # type: ignore[index]
    return found


def _stated(path: str, new: object) -> bytes:
    return evidence(payload=dumps(_with(statement(), path, new)))


def _inventoried(path: str, new: object) -> bytes:
    return evidence(dumps(_with(INVENTORY, path, new)))


def _raw_statement(text: bytes) -> bytes:
    """A signed statement that starts with a member written by hand."""
    return evidence(payload=b"{" + text + b"," + PAYLOAD[1:])


def _raw_inventory(text: bytes) -> bytes:
    return evidence(b"{" + text + b"," + INVENTORY_BYTES[1:])


def _enveloped(path: str, new: object) -> bytes:
    found = _with(envelope(PAYLOAD, [signature(PAYLOAD, DEVICE)]), path, new)
    return dumps(found) + b"\n" + INVENTORY_BYTES


def _nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def valid() -> Iterator[Vector]:
    """What every verifier must accept."""
    hardware = HARDWARE_DEVICE.public.keyid
    hardware_payload = dumps(statement(device=hardware, grade="hardware-key"))
    r, s = decode_dss_signature(HARDWARE_DEVICE.sign(pae(hardware_payload)))
    high = {"keyid": hardware, "sig": base64.b64encode(encode_dss_signature(r, P256_ORDER - s)).decode()}
    hardware_key = {"device": hardware, "grade": "hardware-key"}
    yield _accept("valid-ed25519", VALID, "signed by the device's Ed25519 key")
    yield _accept(
        "valid-ecdsa-p256",
        evidence(payload=hardware_payload, signer=HARDWARE_DEVICE),
        "ECDSA P-256 with SHA-256 in DER, low s",
        **hardware_key,
    )
    yield _accept(
        "valid-high-s",
        dumps(envelope(hardware_payload, [high])) + b"\n" + INVENTORY_BYTES,
        "the same signature with the higher of its two valid values of s",
        **hardware_key,
    )
    by_station = {"grade": "station", "station": STATION.public.keyid, "source": "adb"}
    yield _accept(
        "valid-station",
        evidence(payload=dumps(statement(device=PHONE_ID, **by_station)), signer=STATION),
        "a phone without a key of its own, read and signed for by a station",
        device=PHONE_ID,
        grade="station",
    )
    yield _accept(
        "valid-imported",
        evidence(payload=dumps(statement(device=PHONE_ID, **by_station | {"grade": "imported"})), signer=STATION),
        "a phone as an MDM export shows it, signed for by a station",
        device=PHONE_ID,
        grade="imported",
    )
    yield _accept(
        "valid-grade-not-earned",
        _stated("predicate/origin/grade", "hardware-key"),
        "claims hardware-key; the register knows the key as agent-key, and the weaker grade counts",
    )
    more = _with(_with(INVENTORY, "apps/0/size", 3.5), "batteries", [{"name": "BAT0", "cells": [4, None, True]}])
    payload = dumps(_with(_with(statement(dumps(more)), "predicate/weather", "fair"), "note", {"a": [1, 2]}))
    yield _accept("valid-unknown-fields", evidence(dumps(more), payload), "a later agent's fields in both parts")
    yield _accept("valid-no-keyid", _enveloped("signatures/0/keyid", ...), "DSSE's key id is optional")
    yield _accept(
        "valid-forged-keyid",
        _enveloped("signatures/0/keyid", OTHER_DEVICE.public.keyid),
        "the key id is a hint that decides nothing",
    )
    yield _accept(
        "valid-second-signature",
        sealed(PAYLOAD, STRANGER, DEVICE) + b"\n" + INVENTORY_BYTES,
        "a stranger signed as well",
    )
    yield _accept(
        "valid-spaced-envelope",
        json.dumps(envelope(PAYLOAD, [signature(PAYLOAD, DEVICE)])).encode() + b"\n" + INVENTORY_BYTES,
        "an envelope as other DSSE libraries write it",
    )
    yield _accept(
        "valid-pretty-printed-inventory",
        evidence(json.dumps(INVENTORY, indent=2).encode() + b"\n"),
        "line feeds in the inventory: only the first one of the file cuts it",
    )
    names = _with(INVENTORY, "apps/0/name", "Télégram 📱 \\u202e")
    yield _accept("valid-non-ascii", evidence(dumps(names)), "names in UTF-8")
    yield _accept("valid-escaped", evidence(json.dumps(names).encode()), "the same names as JSON escapes, with a pair")
    yield _accept("valid-nested-32", _raw_inventory(b'"x":' + _nested(31)), "the deepest nesting that is read")
    yield _accept("valid-largest-sequence", _stated("predicate/observation/sequence", 2**53 - 1), "2^53 - 1")


def bad_envelopes() -> Iterator[Vector]:
    """What is refused before a key is looked for."""
    bad = "bad-envelope"
    line = SEALED.decode()
    yield _refuse("empty-file", bad, b"", "nothing")
    yield _refuse("line-feed-only", bad, b"\n", "two empty parts")
    yield _refuse("one-part-only", bad, SEALED, "an envelope and no line feed")
    yield _refuse("file-cut-in-envelope", bad, SEALED[:200], "the file ends within its first line")
    yield _refuse("envelope-cut-short", bad, SEALED[:200] + b"\n" + INVENTORY_BYTES, "half an envelope")
    yield _refuse("envelope-crlf", bad, SEALED + b"\r\n" + INVENTORY_BYTES, "copied in text mode")
    yield _refuse("envelope-bom", bad, b"\xef\xbb\xbf" + VALID, "a byte order mark before the envelope")
    yield _refuse("envelope-trailing-text", bad, SEALED + b"{}\n" + INVENTORY_BYTES, "two JSON values on line 1")
    yield _refuse("envelope-is-a-list", bad, b"[" + SEALED + b"]\n" + INVENTORY_BYTES, "a list of envelopes")
    yield _refuse("envelope-unknown-key", bad, _enveloped("comment", "x"), "a key that DSSE does not know")
    yield _refuse("signature-unknown-key", bad, _enveloped("signatures/0/cert", "x"), "the same, in a signature")
    yield _refuse("envelope-missing-key", bad, _enveloped("payloadType", ...), "no payloadType")
    twice = line.replace('{"payload":', '{"payload":"e30=","payload":', 1).encode()
    yield _refuse("envelope-duplicate-key", bad, twice + b"\n" + INVENTORY_BYTES, "two payloads")
    twice = line.replace('"sig":', '"sig":"AA==","sig":', 1).encode()
    yield _refuse("signature-duplicate-key", bad, twice + b"\n" + INVENTORY_BYTES, "two values of one signature")
    yield _refuse("envelope-nan", bad, line.replace(f'"{PAYLOAD_TYPE}"', "NaN").encode() + b"\n", "NaN as a value")
    yield _refuse("envelope-nested-33", bad, b'{"payload":' + _nested(32) + b"}\n" + INVENTORY_BYTES, "33 levels")
    yield _refuse("envelope-nested-30000", bad, b"[" * 30_000 + b"\n" + INVENTORY_BYTES, "30 000 levels")
    yield _refuse("envelope-invalid-utf8", bad, VALID.replace(b'"keyid":"', b'"keyid":"\xff', 1), "byte FF in a text")
    escape = VALID.replace(b'"keyid":"', b'"keyid":"\\udc00', 1)
    yield _refuse("envelope-lone-surrogate", bad, escape, "half of a surrogate pair in the key id")
    yield _refuse("payload-type-other", bad, _enveloped("payloadType", "application/json"), "not in-toto's type")
    yield _refuse("signatures-none", bad, _enveloped("signatures", []), "nobody signed")
    yield _refuse("signatures-nine", bad, _enveloped("signatures", [signature(PAYLOAD, DEVICE)] * 9), "at most 8")
    yield _refuse("keyid-null", bad, _enveloped("signatures/0/keyid", None), "the key id is left out, or a text")


def bad_base64() -> Iterator[Vector]:
    """Base64 that some readers take and others don't."""
    bad = "bad-envelope"
    # ">>>" is "Pj4+" in base64 and "???" is "Pz8/"; a length of 3n + 1 gives two signs of padding.
    filled = next(
        payload
        for count in range(3)
        if len(payload := dumps(_with(statement(), "predicate/observation/nonce", ">>>>>?????" + "~" * count))) % 3 == 1
    )
    good = envelope(filled, [signature(filled, DEVICE)])
    text = str(good["payload"])
    urlsafe = text.replace("+", "-").replace("/", "_")
    last = text[-3]  # the character before "==": its low four bits stand for nothing
    noncanonical = text[:-3] + chr(ord(last) + 1) + "=="
    for name, payload, what in (
        ("payload-urlsafe-base64", urlsafe, "- and _ instead of + and /"),
        ("payload-base64-unpadded", text.rstrip("="), "no padding"),
        ("payload-base64-newline", text[:76] + "\n" + text[76:], "a line feed, as MIME breaks lines"),
        ("payload-base64-space", text[:76] + " " + text[76:], "a space"),
        ("payload-base64-spare-bits", noncanonical, "other text, same bytes: unused bits that are not zero"),
        ("payload-base64-overlong", text + "====", "padding after the padding"),
        ("payload-base64-non-ascii", text[:8] + "é" + text[9:], "a letter that base64 does not have"),
    ):
        yield _refuse(name, bad, dumps(good | {"payload": payload}) + b"\n" + INVENTORY_BYTES, what)
    sig = signature(PAYLOAD, DEVICE)["sig"]
    yield _refuse("signature-base64-unpadded", bad, _enveloped("signatures/0/sig", sig.rstrip("=")), "no padding")
    yield _refuse("signature-base64-newline", bad, _enveloped("signatures/0/sig", sig + "\n"), "a line feed")


def bad_signatures() -> Iterator[Vector]:
    """What a key is found for, or should be, and no signature holds."""
    bad = "bad-signature"

    def signed(sig: bytes, payload: bytes = PAYLOAD, keyid: str = DEVICE.public.keyid) -> bytes:
        found = {"keyid": keyid, "sig": base64.b64encode(sig).decode()}
        return dumps(envelope(payload, [found])) + b"\n" + INVENTORY_BYTES

    yield _refuse("wrong-key", bad, evidence(payload=PAYLOAD, signer=STRANGER), "signed by a key of nobody")
    yield _refuse("wrong-device", bad, evidence(payload=PAYLOAD, signer=OTHER_DEVICE), "signed by another device's key")
    yield _refuse("wrong-key-forged-keyid", bad, signed(STRANGER.sign(pae(PAYLOAD))), "a stranger's, named ours")
    yield _refuse("signature-empty", bad, signed(b""), "no bytes")
    yield _refuse("signature-cut-short", bad, signed(DEVICE.sign(pae(PAYLOAD))[:63]), "63 bytes")
    yield _refuse("signature-zero", bad, signed(bytes(64)), "64 zeros")
    yield _refuse("signature-without-pae", bad, signed(DEVICE.sign(PAYLOAD)), "over the payload alone")
    wrong_type = DEVICE.sign(pae(PAYLOAD, "application/json"))
    yield _refuse("signature-over-other-type", bad, signed(wrong_type), "PAE of another payloadType")
    changed = PAYLOAD.replace(b'"sequence":7', b'"sequence":8')
    yield _refuse("statement-changed", bad, signed(DEVICE.sign(pae(PAYLOAD)), changed), "the payload was changed")
    unsigned_inventory = DEVICE.sign(INVENTORY_BYTES)
    yield _refuse("signature-over-inventory", bad, signed(unsigned_inventory), "over the second part")

    payload = dumps(statement(device=HARDWARE_DEVICE.public.keyid))
    r, s = decode_dss_signature(HARDWARE_DEVICE.sign(pae(payload)))
    sha384 = HARDWARE_DEVICE.key.sign(pae(payload), ec.ECDSA(SHA384(), deterministic_signing=True))
    bare = HARDWARE_DEVICE.key.sign(payload, ec.ECDSA(SHA256(), deterministic_signing=True))
    for name, sig, what in (
        ("ecdsa-not-der", r.to_bytes(32) + s.to_bytes(32), "r and s side by side, as JOSE writes them"),
        ("ecdsa-der-trailing-byte", encode_dss_signature(r, s) + b"\0", "a byte after the DER"),
        ("ecdsa-zero", encode_dss_signature(0, 0), "r and s zero"),
        ("ecdsa-s-plus-order", encode_dss_signature(r, s + P256_ORDER), "s beyond the order"),
        ("ecdsa-sha384", sha384, "another hash: the key decides, never the message"),
        ("ecdsa-without-pae", bare, "over the payload alone"),
        ("ecdsa-key-ed25519-signature", DEVICE.sign(pae(payload)), "another algorithm's signature"),
    ):
        yield _refuse(name, bad, signed(sig, payload, HARDWARE_DEVICE.public.keyid), what)
    cross = signed(HARDWARE_DEVICE.sign(pae(PAYLOAD)))
    yield _refuse("ed25519-key-ecdsa-signature", bad, cross, "another algorithm's signature")


def bad_speakers() -> Iterator[Vector]:
    """Keys that may not say what they say."""
    yield _refuse(
        "device-unknown", "unknown-key", evidence(signer=STRANGER), "whole and well signed, by nobody of the register"
    )
    for grade in ("agent-key", "hardware-key", "self-declared"):
        payload = dumps(statement(device=PHONE_ID, grade=grade, station=STATION.public.keyid))
        raw = evidence(payload=payload, signer=STATION)
        yield _refuse(f"station-at-grade-{grade}", "bad-statement", raw, "a station is no device's own key")
    payload = dumps(statement(device=PHONE_ID, grade="station", station=OTHER_STATION.public.keyid))
    raw = evidence(payload=payload, signer=STATION)
    yield _refuse("station-names-another", "bad-signature", raw, "one station in another one's name")
    payload = dumps(statement(device=PHONE_ID, grade="station", station=STRANGER.public.keyid))
    raw = evidence(payload=payload, signer=STRANGER)
    yield _refuse("station-unknown", "unknown-key", raw, "a station that is not registered")
    payload = dumps(statement(device=PHONE_ID, grade="station"))
    yield _refuse("station-not-named", "unknown-key", evidence(payload=payload, signer=STATION), "no station named")
    payload = dumps(statement(grade="station", station=STATION.public.keyid))
    raw = evidence(payload=payload, signer=STRANGER)
    yield _refuse("station-named-stranger-signs", "bad-signature", raw, "a stranger in a station's name")


def bad_statements() -> Iterator[Vector]:
    """Payloads that are signed well and say what no evidence may say."""
    bad = "bad-statement"
    for kind in ("policy-bundle", "epoch", "exceptions"):
        raw = _stated("predicateType", f"urn:setapart:{kind}:v1")
        yield _refuse(f"predicate-type-{kind}", bad, raw, "evidence in all but its type")
    yield _refuse("predicate-type-evidence-v2", bad, _stated("predicateType", "urn:setapart:evidence:v2"), "v2")
    yield _refuse("predicate-type-case", bad, _stated("predicateType", "urn:setapart:Evidence:v1"), "another case")
    epoch = {"value": "a" * 64, "issued_at": "2026-11-22T22:00:00Z", "use_until": "2026-11-29T22:00:00Z"}
    for name, path, new, what in (
        ("message-epoch", "predicate", epoch, "an epoch's predicate"),
        ("statement-type-v01", "_type", "https://in-toto.io/Statement/v0.1", "an older in-toto"),
        ("statement-type-missing", "_type", ..., "no _type"),
        ("subject-none", "subject", [], "no subject"),
        ("subjects-two", "subject", [{"name": "inventory", "digest": {"sha256": sha256(INVENTORY_BYTES)}}] * 2, "two"),
        ("subject-named-otherwise", "subject/0/name", "report", "a subject of another name"),
        ("subject-digest-uppercase", "subject/0/digest/sha256", sha256(INVENTORY_BYTES).upper(), "hex in capitals"),
        ("subject-digest-sha512-only", "subject/0/digest", {"sha512": "0" * 128}, "no SHA-256"),
        ("subject-digest-newline", "subject/0/digest/sha256", sha256(INVENTORY_BYTES) + "\n", "a line feed after it"),
        ("device-id-nul", "predicate/device/id", "a\0b", "a NUL in the device's id"),
        ("device-id-empty", "predicate/device/id", "", "an empty id"),
        ("device-missing", "predicate/device", ..., "no device"),
        ("sequence-zero", "predicate/observation/sequence", 0, "sequences start with 1"),
        ("sequence-negative", "predicate/observation/sequence", -1, "below zero"),
        ("sequence-2-53", "predicate/observation/sequence", 2**53, "not exact in a double"),
        ("sequence-float", "predicate/observation/sequence", 7.0, "a number with a point"),
        ("sequence-text", "predicate/observation/sequence", "7", "a text"),
        ("sequence-true", "predicate/observation/sequence", True, "a truth value"),
        ("time-without-zone", "predicate/observation/collected_at", "2026-11-22T22:00:00", "no zone"),
        ("time-as-number", "predicate/observation/collected_at", 1795384800, "seconds since 1970"),
        ("time-year-1", "predicate/observation/collected_at", "0001-01-01T00:00:00+23:59", "no such time in UTC"),
        ("time-year-9999", "predicate/observation/collected_at", "9999-12-31T23:59:59-23:59", "no such time in UTC"),
        ("previous-without-scheme", "predicate/observation/previous", "0" * 64, "no sha256: before the digest"),
        ("grade-unknown", "predicate/origin/grade", "gold", "no grade of ours"),
        ("level-unknown", "predicate/disclosure/level", "none", "no level of ours"),
        ("origin-missing", "predicate/origin", ..., "no origin"),
    ):
        yield _refuse(name, bad, _stated(path, new), what)
    yield _refuse("statement-bom", bad, evidence(payload=b"\xef\xbb\xbf" + PAYLOAD), "a byte order mark")
    yield _refuse("statement-not-json", bad, evidence(payload=b"hello"), "a text")
    yield _refuse("statement-empty", bad, evidence(payload=b""), "no bytes")
    second = PAYLOAD.replace(b'"sequence":7', b'"sequence":7,"sequence":8')
    yield _refuse("statement-duplicate-key", bad, evidence(payload=second), "two sequences")
    second = PAYLOAD.replace(b'"device":{', b'"device":{"id":"someone-else"},"device":{')
    yield _refuse("statement-duplicate-device", bad, evidence(payload=second), "two devices")
    for name, text, what in _ambiguous():
        yield _refuse(f"statement-{name}", bad, _raw_statement(text), what)


def bad_inventories() -> Iterator[Vector]:
    """Second parts that are not the signed one, or are signed and no inventory."""
    other, bad = "wrong-digest", "bad-inventory"
    changed = INVENTORY_BYTES.replace(b"Telegram", b"Telegran")
    yield _refuse("inventory-byte-changed", other, SEALED + b"\n" + changed, "one letter")
    yield _refuse("inventory-cut-short", other, VALID[:-1], "the last byte is missing")
    yield _refuse("inventory-extra-newline", other, VALID + b"\n", "a line feed was added")
    yield _refuse("inventory-missing", other, SEALED + b"\n", "an empty second part")
    yield _refuse("inventory-crlf", other, SEALED + b"\n" + INVENTORY_BYTES + b"\r\n", "a line end was added")
    yield _refuse("inventory-empty", bad, evidence(b""), "an empty second part, signed as such")
    yield _refuse("inventory-is-a-list", bad, evidence(b"[]"), "a list")
    yield _refuse("inventory-bom", bad, evidence(b"\xef\xbb\xbf" + INVENTORY_BYTES), "a byte order mark")
    yield _refuse("inventory-two-values", bad, evidence(INVENTORY_BYTES + b"{}"), "two JSON values")
    for section in ("profiles", "apps", "accounts", "links", "coverage"):
        raw = _inventoried(section, ...)
        yield _refuse(f"inventory-without-{section}", bad, raw, "a missing list is no empty list")
    for name, path, new, what in (
        ("inventory-apps-null", "apps", None, "null is no empty list"),
        ("inventory-apps-object", "apps", {}, "an object is no list"),
        ("inventory-platform-unknown", "device/platform", "beos", "no platform of ours"),
        ("inventory-source-unknown", "apps/0/source", "rumour", "no source of ours"),
        ("inventory-status-unknown", "coverage/0/status", "fine", "no coverage status of ours"),
        ("inventory-service-unknown", "accounts/0/services", ["mail", "fax"], "no service of ours"),
        ("inventory-identifier-number", "apps/0/identifier", 7, "a number is no text"),
        ("inventory-withheld-negative", "withheld/apps", -1, "less than nothing"),
        ("inventory-withheld-2-53", "withheld/apps", 2**53, "not exact in a double"),
    ):
        yield _refuse(name, bad, _inventoried(path, new), what)
    twice = INVENTORY_BYTES.replace(b'"apps":[', b'"apps":[],"apps":[', 1)
    yield _refuse("inventory-duplicate-key", bad, evidence(twice), "two lists of apps")
    twice = INVENTORY_BYTES.replace(b'"state":', b'"\\u0073tate":"disabled","state":', 1)
    yield _refuse("inventory-duplicate-key-escaped", bad, evidence(twice), "one of the two keys written as an escape")
    broken = INVENTORY_BYTES.replace(b"Telegram", b"Tele\xffram")
    yield _refuse("inventory-name-invalid-utf8", bad, evidence(broken), "byte FF in a name")
    broken = INVENTORY_BYTES.replace(b"Telegram", b"Tele\\ud800ram")
    yield _refuse("inventory-name-lone-surrogate", bad, evidence(broken), "half of a surrogate pair in a name")
    broken = INVENTORY_BYTES.replace(b"Telegram", b"Tele\tgram")
    yield _refuse("inventory-raw-tab", bad, evidence(broken), "a control character that JSON wants escaped")
    for name, text, what in _ambiguous():
        yield _refuse(f"inventory-{name}", bad, _raw_inventory(text), what)


def _ambiguous() -> Iterator[tuple[str, bytes, str]]:
    """Members that a decoder skips as unknown, and that two readers could understand differently."""
    yield "nan", b'"x":NaN', "NaN in an unknown field"
    yield "infinity", b'"x":[-Infinity]', "-Infinity in an unknown field"
    yield "1e999", b'"x":1e999', "a number that becomes infinite"
    yield "integer-2-53", b'"x":9007199254740992', "an integer that is not exact in a double"
    yield "integer-5000-digits", b'"x":' + b"9" * 5000, "an integer that CPython refuses to read"
    yield "nested-33", b'"x":' + _nested(32), "33 levels"
    yield "nested-9000", b'"x":' + _nested(9_000), "9 000 levels"
    yield "invalid-utf8", b'"x":"\xff"', "byte FF in an unknown field"
    yield "overlong-utf8", b'"x":"\xc0\x80"', "an overlong encoding in an unknown field"
    yield "lone-surrogate", b'"x":["\\ude00"]', "half of a surrogate pair in an unknown field"
    yield "lone-surrogate-key", b'"\\ud83d":1', "half of a surrogate pair as an unknown key"
    yield "duplicate-unknown-key", b'"x":{"a":1,"b":2,"a":1}', "an unknown key twice"


def large_vectors() -> Iterator[Vector]:
    """Vectors that are made when they are needed: too large to be checked in."""
    mib = 1024 * 1024
    yield _refuse("envelope-65537", "too-large", b" " * (64 * 1024 + 1) + VALID, "an envelope over 64 KiB")
    yield _refuse("envelope-nested-100000", "too-large", b"[" * 100_000 + b"\n" + INVENTORY_BYTES, "over 64 KiB")
    yield _refuse("statement-nested-100000", "too-large", _raw_statement(b'"x":' + _nested(100_000)), "over 64 KiB")
    padding = b" " * (8 * mib - len(INVENTORY_BYTES))
    yield _accept("valid-8-mib", evidence(INVENTORY_BYTES + padding), "the largest inventory that is read")
    yield _refuse("inventory-8-mib-and-1", "too-large", evidence(INVENTORY_BYTES + padding + b" "), "one byte more")
    yield _refuse("inventory-nested-100000", "bad-inventory", _raw_inventory(b'"x":' + _nested(100_000)), "deep")
    many = b'"x":{' + b",".join(b'"%x":1' % number for number in range(400_000)) + b',"7":1}'
    yield _refuse("inventory-duplicate-of-400000", "bad-inventory", _raw_inventory(many), "found in linear time")
    many = b'"x":[' + b"[]," * 600_000 + b"[]]"
    yield _refuse("inventory-600000-lists", "bad-inventory", _raw_inventory(many), "more structure than is read")
    for section, limit in (("apps", 20_000), ("accounts", 2_000)):
        one = inventory()[section]
        for count in (limit, limit + 1):
            raw = evidence(dumps(_with(INVENTORY, section, one * count)))  # type: ignore[operator]
            if count == limit:
                yield _accept(f"valid-{limit}-{section}", raw, "as many as are read")
            else:
                yield _refuse(f"inventory-{count}-{section}", "bad-inventory", raw, "one more")


def vectors() -> tuple[Vector, ...]:
    """Every vector that is checked in."""
    return (
        *valid(),
        *bad_envelopes(),
        *bad_base64(),
        *bad_signatures(),
        *bad_speakers(),
        *bad_statements(),
        *bad_inventories(),
    )


REGISTERED = (
    ("device", DEVICE, "device", "agent-key"),
    ("other-device", OTHER_DEVICE, "device", "agent-key"),
    ("hardware-device", HARDWARE_DEVICE, "device", "hardware-key"),
    ("station", STATION, "station", "station"),
    ("other-station", OTHER_STATION, "station", "station"),
)


def manifest() -> bytes:
    """What is expected of every file, for verifiers in any language."""
    keys = [
        {"file": f"keys/{name}.pem", "role": role, "grade": grade, "keyid": sha256(signer.public.spki)}
        for name, signer, role, grade in REGISTERED
    ]
    files: list[dict[str, str | bool]] = []
    for vector in vectors():
        entry: dict[str, str | bool] = {"file": f"{vector.name}.evidence", "accepted": vector.reason is None}
        if vector.reason is None:
            line, _, second = vector.raw.partition(b"\n")
            entry |= {
                "device": vector.device,
                "grade": vector.grade,
                "statement": f"sha256:{sha256(base64.b64decode(json.loads(line)['payload']))}",
                "inventory": f"sha256:{sha256(second)}",
            }
        else:
            entry["reason"] = vector.reason
        files.append(entry | {"what": vector.what})
    return json.dumps({"keys": keys, "vectors": files}, indent=1, ensure_ascii=False).encode() + b"\n"


def write(folder: Path) -> None:
    """Writes the vectors, the keys and the manifest."""
    (folder / "keys").mkdir(parents=True, exist_ok=True)
    for name, signer, _, _ in REGISTERED:
        (folder / "keys" / f"{name}.pem").write_bytes(signer.public.pem())
    for vector in vectors():
        (folder / f"{vector.name}.evidence").write_bytes(vector.raw)
    (folder / "manifest.json").write_bytes(manifest())


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else VECTORS)
