"""What a register says, as written in register.toml and as the auditor uses it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec import field as struct_field

from setapart_auditor.appraisal.model import Attestation, Exception_, Registration
from setapart_auditor.policy.model import DeviceClass, Slug
from setapart_auditor.toml_file import TomlFile
from setapart_evidence.keys import PublicKey
from setapart_evidence.model import Platform
from setapart_evidence.open import KeyBinding, KeyLookup
from setapart_evidence.statement import DeviceId, Hex256, Moment

Name = Annotated[str, Meta(pattern=r"\A\S(.*\S)?\Z", max_length=128)]
_Line = Annotated[str, Meta(pattern=r"\A.*\S.*\Z", max_length=1000)]
_Path = Annotated[str, Meta(min_length=1, max_length=1000)]


class DeviceEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[device]]`: known by its key's file, by its id, or by its serial and platform.

    `hardware` says that the key never leaves the device's hardware; `settled` holds digests of statements whose fork
    two officers have settled.
    """

    name: Name
    key: _Path | None = None
    hardware: bool = False
    id: DeviceId | None = None
    serial: Annotated[str, Meta(pattern=r"\A.*\S.*\Z", max_length=128)] | None = None
    platform: Platform | None = None
    class_: DeviceClass = struct_field(name="class")
    ownership: Literal["organisation", "private"] = "organisation"
    holder: Annotated[str, Meta(max_length=128)] = ""
    role: Annotated[str, Meta(max_length=64)] = ""
    unit: Annotated[str, Meta(max_length=128)] = ""
    since: dt.date | None = None
    settled: tuple[str, ...] = ()


class StationEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[station]]`: a workstation that may read other devices and sign for them."""

    name: Name
    key: _Path


class ExceptionEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[exception]]`: a need for one app on one device by one holder, asked for by one and approved by another."""

    id: Name
    device: Name
    app: Slug
    holder: Name
    need: _Line
    ground: Slug | None = None
    requested_by: Name
    approved_by: Name
    approver_role: Name | None = None
    from_: dt.date = struct_field(name="from")
    until: dt.date
    revoked: dt.date | None = None


class OfficerEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[officer]]`: who may sign the register's exceptions."""

    id: Name
    key: _Path


class EpochEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[epoch]]`: its value and when it was issued, or the signed file that says both."""

    value: Hex256 | None = None
    issued_at: Moment | None = None
    file: _Path | None = None


class AttestationEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[attestation]]`: an officer looked into a client whose accounts no collector can read."""

    device: Name
    client: Slug
    by: Name
    date: dt.date
    until: dt.date


class AuthorityEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[authority]`: the public key that epochs are signed with."""

    key: _Path


class RegisterFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tables of register.toml."""

    device: tuple[DeviceEntry, ...] = ()
    station: tuple[StationEntry, ...] = ()
    exception: tuple[ExceptionEntry, ...] = ()
    officer: tuple[OfficerEntry, ...] = ()
    epoch: tuple[EpochEntry, ...] = ()
    attestation: tuple[AttestationEntry, ...] = ()
    authority: AuthorityEntry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register that contradicts nothing.

    Attributes:
        devices: in the file's order.
        keys: device id to its own key; devices that only stations read have none.
        stations: key id to the station's key.
        exceptions: in the file's order.
        epochs: value to the moment of issue.
        digest: of the file's bytes.
        entries, source: the tables and the file as read: what later checks point to.
    """

    devices: tuple[Registration, ...]
    keys: Mapping[str, KeyBinding]
    stations: Mapping[str, KeyBinding]
    exceptions: tuple[Exception_, ...]
    epochs: Mapping[str, dt.datetime]
    digest: str
    entries: RegisterFile = field(repr=False)
    source: TomlFile = field(repr=False)

    def device(self, id_: str) -> Registration | None:
        """The registration of a device id."""
        return next((one for one in self.devices if one.id == id_), None)


class RegisterKeys(KeyLookup):
    """Who may speak for whom: a device with its own key, a registered station for every device."""

    def __init__(self, register: Register) -> None:
        self._register = register

    def keys_for(self, device: str, station: str | None) -> tuple[KeyBinding, ...]:
        """The device's own key, and the key of the named station if that station is registered."""
        own = self._register.keys.get(device)
        other = self._register.stations.get(station) if station is not None else None
        return tuple(binding for binding in (own, other) if binding is not None)


def device_binding(key: PublicKey, *, hardware: bool) -> KeyBinding:
    """A device's own key, and the best grade that it can give."""
    return KeyBinding(key=key, role="device", grade="hardware-key" if hardware else "agent-key")


def station_binding(key: PublicKey) -> KeyBinding:
    """A station's key."""
    return KeyBinding(key=key, role="station", grade="station")


def registration_of(entry: DeviceEntry, id_: str = "", attestations: tuple[Attestation, ...] = ()) -> Registration:
    """A `[[device]]` as appraisal wants it."""
    return Registration(
        name=entry.name,
        id=id_,
        device_class=entry.class_,
        ownership=entry.ownership,
        holder=entry.holder,
        role=entry.role,
        unit=entry.unit,
        since=entry.since,
        settled=entry.settled,
        attestations=attestations,
    )


def exception_of(entry: ExceptionEntry, *, signed: bool = False) -> Exception_:
    """An `[[exception]]` as appraisal wants it."""
    return Exception_(
        id=entry.id,
        device=entry.device,
        app=entry.app,
        holder=entry.holder,
        need=entry.need,
        ground=entry.ground or "",
        requested_by=entry.requested_by,
        approved_by=entry.approved_by,
        valid_from=entry.from_,
        until=entry.until,
        revoked=entry.revoked,
        signed=signed,
    )
