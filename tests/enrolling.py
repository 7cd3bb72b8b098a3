"""Agents that enrol, for tests: keys, requests, and an auditor's answers read as an agent reads them."""

import datetime as dt
import itertools
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection

from setapart_auditor.enrolment.enrol import enrol
from setapart_auditor.enrolment.rotate import rotate
from setapart_auditor.enrolment.tokens import issue_token
from setapart_auditor.installation import Installation
from setapart_auditor.register.database import NewDevice, RegisteredDevice, add_device
from setapart_evidence.enrolment import (
    Enrolment,
    EnrolmentAnswer,
    Rotation,
    Token,
    encoded_key,
    make_enrolment,
    make_rotation,
    read_answer,
)
from setapart_evidence.envelope import parse
from setapart_evidence.keys import Ed25519Signer, Signer
from setapart_evidence.statement import digest

NOW = dt.datetime(2026, 11, 26, 9, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
_SEEDS = itertools.count(1)


def new_key() -> Ed25519Signer:
    return Ed25519Signer(next(_SEEDS).to_bytes(32, "big"))


def request(token: Token, signer: Signer, **changed: Any) -> bytes:
    plain = Enrolment(
        token=token.secret.hex(),
        auditor=token.auditor,
        key=encoded_key(signer.public),
        name="laptop",
        platform="linux",
        agent="setapart-agent 0.1.0",
        requested_at=NOW,
    )
    return make_enrolment(msgspec.structs.replace(plain, **changed), signer)


def rotation(device: str, auditor: str, old: Signer, new: Signer, /, **changed: Any) -> bytes:
    plain = Rotation(
        device=device, auditor=auditor, old=old.public.keyid, key=encoded_key(new.public), requested_at=NOW
    )
    return make_rotation(msgspec.structs.replace(plain, **changed), old, new)


def digest_of(raw: bytes) -> str:
    return digest(parse(raw.removesuffix(b"\n")).payload_bytes())


def bundle_of(unit: str) -> str:
    """The digest of the bundle that a unit should have: each has its own."""
    return digest(unit.encode())


@dataclass
class Office:
    """An auditor, and shorthand for what officers and agents ask of it, each in a transaction of its own."""

    installation: Installation
    nonces: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def add(self, name: str, **fields: Any) -> RegisteredDevice:
        with self.installation.store.write() as connection:
            return add_device(connection, NewDevice(name=name, device_class="ordinary", **fields), "ada", NOW)

    def issue(self, **choices: Any) -> Token:
        with self.installation.store.write() as connection:
            return issue_token(
                connection, self.installation, **({"url": "", "actor_name": "ada", "now": NOW} | choices)
            )

    def fleet(self, **choices: Any) -> Token:
        return self.issue(**({"device_class": "ordinary", "unit": "north", "quota": 10} | choices))

    def enrol(self, raw: bytes, now: dt.datetime = NOW) -> bytes:
        with self.installation.store.write() as connection:
            return self.enrol_in(connection, raw, now)

    def enrol_in(self, connection: Connection, raw: bytes, now: dt.datetime = NOW) -> bytes:
        return enrol(
            connection,
            self.installation,
            raw,
            now,
            nonce=lambda id_: f"{id_[:8]}-{next(self.nonces):012}",
            bundle_of=bundle_of,
        )

    def rotate(self, raw: bytes, now: dt.datetime = NOW) -> bytes:
        with self.installation.store.write() as connection:
            return rotate(connection, self.installation, raw, now)

    def read(self, answer: bytes, raw: bytes) -> EnrolmentAnswer:
        return read_answer(answer, self.installation.keyid, digest_of(raw))[0].predicate

    def answered(self, raw: bytes, now: dt.datetime = NOW) -> EnrolmentAnswer:
        return self.read(self.enrol(raw, now), raw)
