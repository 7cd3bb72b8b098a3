"""Reading register.toml: everything that it says is checked before anything is judged with it."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from pathlib import Path

from setapart_auditor.appraisal.model import Attestation
from setapart_auditor.errors import RegisterError
from setapart_auditor.policy.refusals import YEARS
from setapart_auditor.toml_file import TomlFile, read_toml
from setapart_evidence.epoch import read_epoch
from setapart_evidence.errors import EvidenceError
from setapart_evidence.identity import hardware_id
from setapart_evidence.keys import PublicKey
from setapart_evidence.open import KeyBinding

from .key_text import is_spelled, parse_key
from .model import (
    DeviceEntry,
    EpochEntry,
    Register,
    RegisterFile,
    device_binding,
    exception_of,
    registration_of,
    station_binding,
)
from .people import check_people
from .signatures import SUFFIX, check_signatures

MAX_REGISTER = 16 * 1024 * 1024
_MAX_BESIDE = 64 * 1024


def load_register(path: Path, *, id_key: bytes | None = None) -> Register:
    """Reads a register and the files that it names.

    Args:
        path: of register.toml; keys and epochs are found relative to it. Where `register.toml.dsse` lies beside it,
            two officers must have signed the register with it, and its exceptions count as signed.
        id_key: the authority's key for ids, needed where a device is named by its serial.

    Raises:
        RegisterError: something can't be read, contradicts itself or breaks the rule of two people; `where` says the
            file and the line.
    """
    file = read_toml(_read(path), str(path), RegisterError, max_bytes=MAX_REGISTER)
    entries = file.convert(RegisterFile)
    _check_years(file, entries)
    bindings = tuple(_binding(file, at, one) for at, one in enumerate(entries.device))
    ids = tuple(_device_id(file, at, one, bindings[at], id_key) for at, one in enumerate(entries.device))
    stations = tuple(
        station_binding(_key(file, ("station", at, "key"), one.key)) for at, one in enumerate(entries.station)
    )
    officers = tuple(_key(file, ("officer", at, "key"), one.key) for at, one in enumerate(entries.officer))
    _once(file, "device", ("name",), (one.name.casefold() for one in entries.device))
    _once(file, "device", ("key", "serial", "id"), ids)
    _once(file, "device", ("key",), (one.key.keyid if one else ids[at] for at, one in enumerate(bindings)))
    _once(file, "station", ("name",), (one.name.casefold() for one in entries.station))
    _once(file, "station", ("key",), (one.key.keyid for one in stations))
    _once(file, "officer", ("id",), (one.id.casefold() for one in entries.officer))
    _once(file, "officer", ("key",), (key.keyid for key in officers))
    _once(file, "exception", ("id",), (one.id.casefold() for one in entries.exception))
    check_people(file, entries)
    signed = _is_signed(path, file.raw, officers)
    return Register(
        devices=tuple(
            registration_of(one, ids[at], _attestations(one, entries)) for at, one in enumerate(entries.device)
        ),
        keys={one: binding for one, binding in zip(ids, bindings, strict=True) if binding is not None},
        stations={one.key.keyid: one for one in stations},
        exceptions=tuple(exception_of(one, signed=signed) for one in entries.exception),
        epochs=_epochs(file, entries),
        digest=f"sha256:{hashlib.sha256(file.raw).hexdigest()}",
        entries=entries,
        source=file,
    )


def _attestations(entry: DeviceEntry, entries: RegisterFile) -> tuple[Attestation, ...]:
    return tuple(
        Attestation(client=one.client, by=one.by, date=one.date, until=one.until)
        for one in entries.attestation
        if one.device == entry.name
    )


def _binding(file: TomlFile, at: int, entry: DeviceEntry) -> KeyBinding | None:
    """The device's own key, if the entry names one."""
    named = [name for name in ("key", "id", "serial") if getattr(entry, name) is not None]
    if len(named) != 1 and named != ["key", "id"]:  # a device whose key was rotated keeps its id
        got = f"`{entry.name}` is named by {' and '.join(named) or 'nothing'}"
        raise file.refuse(("device", at), got, expected="one of: key; id; both; serial with platform")
    if (entry.platform is None) != (entry.serial is None):
        raise file.refuse(("device", at), "serial or platform alone", expected="serial and platform together")
    if entry.key is not None:
        return device_binding(_key(file, ("device", at, "key"), entry.key), hardware=entry.hardware)
    if entry.hardware:
        raise file.refuse(("device", at, "hardware"), "true for a device without a key", expected="a key")
    return None


def _device_id(file: TomlFile, at: int, entry: DeviceEntry, binding: KeyBinding | None, id_key: bytes | None) -> str:
    if entry.id is not None:
        return entry.id
    if binding is not None:
        return binding.key.keyid
    if id_key is None or entry.serial is None or entry.platform is None:
        raise file.refuse(
            ("device", at, "serial"),
            f"`{entry.name}` is named by its serial, and there is no authority to make its id",
            expected="the authority's folder",
            cure="name the folder with --dir, or write the id that the device reports",
        )
    return hardware_id(id_key, entry.platform, entry.serial)


def _check_years(file: TomlFile, entries: RegisterFile) -> None:
    """A year that nobody means is a slip, and no date to count days from."""
    for table in ("device", "exception", "attestation", "epoch"):
        for at, entry in enumerate(getattr(entries, table)):
            for name in entry.__struct_fields__:
                day = getattr(entry, name)
                if isinstance(day, dt.date) and day.year not in YEARS:
                    raise file.refuse(
                        (table, at, name.rstrip("_")), f"{day}", expected=f"a year from {YEARS[0]} to {YEARS[-1]}"
                    )


def _once(file: TomlFile, table: str, names: tuple[str, ...], values: Iterable[str]) -> None:
    """No two entries of a table share a value; `names` are the keys that it may stand under."""
    seen: dict[str, int] = {}
    for at, value in enumerate(values):
        if (first := seen.setdefault(value, at)) != at:
            name = next((one for one in names if file.has(table, at, one)), names[0])
            raise file.refuse(
                (table, at, name), f"the same {name} as [[{table}]] {first + 1}", expected="one entry for each"
            )


def _epochs(file: TomlFile, entries: RegisterFile) -> dict[str, dt.datetime]:
    found: dict[str, dt.datetime] = {}
    for at, one in enumerate(entries.epoch):
        value, issued_at = _epoch(file, at, one, entries)
        if found.setdefault(value, issued_at) != issued_at:
            raise file.refuse(("epoch", at), "an epoch that stands here twice, with different times")
    return found


def _epoch(file: TomlFile, at: int, entry: EpochEntry, entries: RegisterFile) -> tuple[str, dt.datetime]:
    if entry.file is None and entry.value is not None and entry.issued_at is not None:
        return entry.value, entry.issued_at
    if entry.file is None or entry.value is not None or entry.issued_at is not None:
        raise file.refuse(("epoch", at), "a part of an epoch", expected="value and issued_at, or file")
    if entries.authority is None:
        raise file.refuse(
            ("epoch", at, "file"),
            "an epoch file, and no key to verify it with",
            expected="[authority] key",
            cure="name the authority's public key, or write value and issued_at",
        )
    key = _key(file, ("authority", "key"), entries.authority.key)
    try:
        found = read_epoch(_beside(file, ("epoch", at, "file"), entry.file, "an epoch file"), (key,)).predicate
    except EvidenceError as exc:
        raise file.refuse(("epoch", at, "file"), exc.got, expected=exc.expected, cure=exc.cure) from None
    return found.value, found.issued_at


def _key(file: TomlFile, path: tuple[str | int, ...], name: str) -> PublicKey:
    try:
        return (
            parse_key(name)
            if is_spelled(name)
            else PublicKey.from_pem(_beside(file, path, name, "a public key in PEM"))
        )
    except EvidenceError as exc:
        raise file.refuse(path, f"`{name[:80]}`: {exc.got}", expected=exc.expected, cure=exc.cure) from None


def _beside(file: TomlFile, path: tuple[str | int, ...], name: str, expected: str) -> bytes:
    """The bytes of a small file that is named relative to the register."""
    try:
        with (Path(file.name).parent / name).open("rb") as stream:
            return stream.read(_MAX_BESIDE)
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "no file can be called so"
        raise file.refuse(path, f"`{name}`: {reason}", expected=expected) from None


def _is_signed(path: Path, raw: bytes, officers: tuple[PublicKey, ...]) -> bool:
    beside = path.with_name(path.name + SUFFIX)
    try:
        signatures = beside.read_bytes()
    except FileNotFoundError:
        return False
    except OSError as exc:
        raise RegisterError(f"can't be read: {exc.strerror}", where=str(beside)) from None
    check_signatures(raw, signatures, officers, str(beside))
    return True


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise RegisterError(
            f"can't be read: {exc.strerror or 'input failed'}", expected="a register in TOML", where=str(path)
        ) from None
