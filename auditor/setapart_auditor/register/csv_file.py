"""The register as CSV: one device in each row, whatever its state."""

import csv
import difflib
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from setapart_auditor.errors import RegisterError
from setapart_evidence.errors import EvidenceError
from setapart_evidence.identity import hardware_id
from setapart_evidence.keys import PublicKey
from setapart_evidence.open import KeyBinding
from setapart_evidence.statement import Moment

from .cells import neutral, plain
from .database import NewDevice, RegisteredDevice, State
from .incoming import Incoming, without_id
from .key_text import is_spelled, parse_key, spell_key
from .model import DeviceEntry, device_binding

COLUMNS = (
    "name", "class", "ownership", "holder", "role", "unit", "since", "id", "serial", "platform", "key", "hardware",
    "state", "state_since",
)  # fmt: skip
MAX_BYTES = 128 * 1024 * 1024
_NEEDED = ("name", "class")
_MAX_KEY = 64 * 1024


class _Row(DeviceEntry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: State = "active"
    state_since: Moment | None = None


def read_csv(raw: bytes, path: Path, id_key: bytes) -> tuple[tuple[Incoming, ...], tuple[RegisterError, ...]]:
    """Reads rows, whatever they are; commas or semicolons between them, in any order of columns.

    Args:
        raw: the file's bytes.
        path: for messages; key files are found beside it.
        id_key: the authority's key for ids.

    Returns:
        The devices that could be read, placed by their line, and an error for each row that could not.

    Raises:
        RegisterError: no such table at all.
    """
    if len(raw) > MAX_BYTES:
        raise RegisterError(f"{len(raw)} bytes", expected=f"at most {MAX_BYTES}", where=str(path))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        raise RegisterError(
            "a byte that is not UTF-8", expected="UTF-8", cure="save it as `CSV UTF-8`", where=f"{path}, line {line}"
        ) from None
    first = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True
    )
    found: list[Incoming] = []
    errors: list[RegisterError] = []
    names: tuple[str, ...] = ()
    try:
        for cells in reader:
            if not names:
                names = _columns(cells, path)
            elif any(cells):
                try:
                    found.append(_device(names, cells, reader.line_num, path, id_key))
                except RegisterError as exc:
                    where = f"{path}, line {reader.line_num}{exc.where}"
                    errors.append(RegisterError(exc.got, expected=exc.expected, cure=exc.cure, where=where))
    except csv.Error as exc:
        where = f"{path}, line {reader.line_num}"
        errors.append(RegisterError(str(exc), expected="CSV (RFC 4180)", where=where))
    if not names:
        raise RegisterError("an empty file", expected=f"a line of column names: {', '.join(_NEEDED)}", where=str(path))
    return tuple(found), tuple(errors)


def write_csv(devices: Iterable[RegisteredDevice], keys: Mapping[int, KeyBinding]) -> Iterator[str]:
    """The register's rows, line by line; `keys` are the devices' own by their number."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")

    def line(cells: Iterable[str]) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(cells)
        return buffer.getvalue()

    yield line(COLUMNS)
    for one in devices:
        own, registration = keys.get(one.no), one.registration
        since, state_since = registration.since, one.state_since
        cells = (
            registration.name,
            registration.device_class,
            registration.ownership,
            registration.holder,
            registration.role,
            registration.unit,
            since.isoformat() if since is not None else "",
            registration.id if one.enrolled else "",
            one.serial or "",
            one.platform or "",
            spell_key(own.key) if own is not None else "",
            "true" if own is not None and own.grade == "hardware-key" else "",
            one.state,
            state_since.isoformat() if state_since is not None else "",
        )
        yield line(map(neutral, cells))


def _columns(cells: list[str], path: Path) -> tuple[str, ...]:
    names = tuple(cell.strip().casefold() for cell in cells)
    where = f"{path}, line 1"
    for name in names:
        if name not in COLUMNS:
            close = difflib.get_close_matches(name, COLUMNS, 1)
            raise RegisterError(
                f"unknown column `{name[:60]}`",
                expected=f"columns of: {', '.join(COLUMNS)}",
                cure=f"did you mean `{close[0]}`?" if close else "",
                where=where,
            )
        if names.count(name) > 1:
            raise RegisterError(f"column `{name}` twice", expected="each column once", where=where)
    for name in _NEEDED:
        if name not in names:
            raise RegisterError(f"no column `{name}`", expected=f"columns {', '.join(_NEEDED)}", where=where)
    return names


def _device(names: tuple[str, ...], cells: list[str], line: int, path: Path, id_key: bytes) -> Incoming:
    """One row. The error's `where` is the column, for the caller to put the line before."""
    if len(cells) != len(names):
        raise RegisterError(f"{len(cells)} cells", expected=f"{len(names)}, one for each column")
    values = {name: text for name, cell in zip(names, cells, strict=True) if (text := plain(cell))}
    row = _converted(values)
    if (row.serial is None) != (row.platform is None):
        raise RegisterError("a serial or a platform alone", expected="both, or neither")
    key = _key(row.key, path) if row.key is not None else None
    if row.hardware and key is None:
        raise RegisterError("true for a device without a key", expected="a key", where=": hardware")
    id_ = without_id(row.id)
    if id_ is None and key is None and row.serial is not None and row.platform is not None and row.id is None:
        id_ = hardware_id(id_key, row.platform, row.serial)
    new = NewDevice(
        name=row.name,
        device_class=row.class_,
        ownership=row.ownership,
        holder=row.holder,
        role=row.role,
        unit=row.unit,
        since=row.since,
        id=id_,
        serial=row.serial,
        platform=row.platform,
    )
    binding = device_binding(key, hardware=row.hardware) if key is not None else None
    return Incoming(place=line, new=new, key=binding, state=row.state, state_since=row.state_since)


def _converted(values: dict[str, Any]) -> _Row:
    try:
        return msgspec.convert(values, _Row, strict=False)
    except msgspec.ValidationError as exc:
        words, _, place = str(exc).partition(" - at `$")
        name = place.rstrip("`").lstrip(".")
        if not name:
            raise RegisterError(words.replace("Object missing required field", "no"), expected="a value") from None
        raise RegisterError(
            repr(values.get(name, ""))[:80], expected=_expected(name, words), where=f": {name}"
        ) from None


def _expected(name: str, words: str) -> str:
    """What a column takes, in words."""
    for field in msgspec.structs.fields(_Row):
        kind: Any = field.type
        if field.encode_name == name and (choices := getattr(kind, "__args__", ())):
            plain_choices = [one for one in choices if isinstance(one, str)]
            if plain_choices:
                return f"one of {', '.join(plain_choices)}"
    told = {"since": "a day like 2026-11-22", "state_since": "a moment like 2026-11-22T10:00:00Z"}
    told |= {"hardware": "true, or nothing", "platform": "one of linux, macos, windows, android, ios"}
    return told.get(name, words.removeprefix("Expected ").replace("`", ""))


def _key(text: str, path: Path) -> PublicKey:
    try:
        if is_spelled(text):
            return parse_key(text)
        with (path.parent / text).open("rb") as file:
            return PublicKey.from_pem(file.read(_MAX_KEY))
    except EvidenceError as exc:
        raise RegisterError(exc.got, expected=exc.expected, cure=exc.cure, where=": key") from None
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "no file can be called so"
        raise RegisterError(f"`{text[:80]}`: {reason}", expected="a public key in PEM", where=": key") from None
