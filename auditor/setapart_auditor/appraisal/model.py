"""What appraisal is given, and what it answers."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from msgspec import Struct
from msgspec import field as struct_field

from setapart_auditor.policy.model import DeviceClass, Severity
from setapart_evidence.open import VerifiedReport
from setapart_evidence.statement import Grade


class Status(IntEnum):
    """The status of a device, from the best to the worst; a device gets the worst that applies."""

    COMPLIANT = 0
    EXCEPTED = 1
    PENDING = 2
    INCONCLUSIVE = 3
    STALE = 4
    VIOLATION = 5
    INVALID = 6

    @property
    def word(self) -> str:
        """The status as printed."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """An officer's dated statement that an own-store client on a device holds no internal account."""

    client: str
    by: str
    date: dt.date
    until: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A device as the register has it. `registered` is False for one that the register does not name."""

    name: str
    id: str
    device_class: DeviceClass
    ownership: Literal["organisation", "private"] = "organisation"
    holder: str = ""
    role: str = ""
    unit: str = ""
    since: dt.date | None = None
    registered: bool = True
    settled: tuple[str, ...] = ()
    attestations: tuple[Attestation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exception_:  # noqa: N801 - `Exception` is Python's
    """A documented, approved need for one app on one device by one holder; days are inclusive."""

    id: str
    device: str
    app: str
    holder: str
    need: str
    ground: str
    requested_by: str
    approved_by: str
    valid_from: dt.date
    until: dt.date
    revoked: dt.date | None = None
    signed: bool = False


class BrokenException(Struct, frozen=True, kw_only=True):
    """An exception that is recorded as granted and is not what two officers signed; `unit` is its device's.

    No `Exception_`, so that it can carry nothing: all that is done with it is to say so.
    """

    id: str
    device: str
    unit: str
    app: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A verified report and the moment of its arrival, by the auditor's clock."""

    report: VerifiedReport
    received_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """What a policy bundle let through: keys of apps and clients; accounts at `domain:…`, `host:…`, `tenant:…`.

    `internal` is None where no filter was applied to accounts. `expires_at` is None for the agent's built-in table.
    """

    identifiers: frozenset[str]
    internal: frozenset[str] | None
    expires_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known beyond the one device.

    Attributes:
        bundles: by bundle digest, and the agent's built-in tables by the digest of their identifiers.
        epochs: value to moment of issue.
        nonces: value to moment of issue.
        shared: address digest to the names of ordinary and personal devices that hold it.
        broken: by the name of its device, what is recorded as an exception and can't be believed.
    """

    bundles: Mapping[str, Disclosed] = field(default_factory=dict)
    epochs: Mapping[str, dt.datetime] = field(default_factory=dict)
    nonces: Mapping[str, dt.datetime] = field(default_factory=dict)
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    broken: Mapping[str, tuple[BrokenException, ...]] = field(default_factory=dict)


class Finding(Struct, frozen=True, kw_only=True):
    """One reason: the control, what it saw (a JSON pointer into the inventory or the statement), and what cures it."""

    control: str
    severity: Severity
    evidence: str
    message: str
    cure: str


class EvidenceRef(Struct, frozen=True, kw_only=True):
    """The newest evidence that a verdict rests on: the statement's digest, its arrival, its grade."""

    digest: str
    received_at: dt.datetime
    grade: Grade


class Verdict(Struct, frozen=True, kw_only=True):
    """RATS' Attestation Result for one device; `policy` is the digest of the policy that judged."""

    name: str
    id: str
    class_: str = struct_field(name="class")
    status: str
    findings: tuple[Finding, ...]
    evidence: EvidenceRef | None
    exceptions: tuple[str, ...] = ()
    policy: str
