"""The firmware's tables of a machine: maker, model, serial number, form of the case.

Format: DMTF DSP0134, SMBIOS 3.7: structures of type 1 (System Information) and 3 (System Enclosure or Chassis), each
with its strings behind it. Windows gives them out behind a head of eight bytes (GetSystemFirmwareTable, `RSMB`).
"""

import struct
from collections.abc import Iterator

from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts
from setapart_evidence.model import FormFactor

_HEAD = 8
_SYSTEM, _CHASSIS, _END = 1, 3, 127
_MAX_STRUCTURES = 4096
_FORMS: dict[int, FormFactor] = {
    **dict.fromkeys((3, 4, 5, 6, 7, 13, 15, 16, 24, 35, 36), "desktop"),
    **dict.fromkeys((8, 9, 10, 14, 31, 32), "laptop"),
    **dict.fromkeys((17, 23, 25, 28, 29), "server"),
    11: "phone",
    30: "tablet",
}
_PLACEHOLDERS = frozenset({"", "none", "default string", "to be filled by o.e.m.", "system serial number", "0"})


def device_facts(raw: bytes) -> DeviceFacts:
    """What the tables say of the machine.

    Raises:
        ParseError: they are cut off.
    """
    found = DeviceFacts()
    form: FormFactor | None = None
    for kind, body, texts in _structures(raw):
        if kind == _SYSTEM and found == DeviceFacts():
            named = [_text(texts, body, at) for at in (4, 5, 7)]
            found = DeviceFacts(manufacturer=named[0], model=named[1], serial=named[2])
        elif kind == _CHASSIS and form is None and len(body) > 5:  # noqa: PLR2004 - where the type stands
            form = _FORMS.get(body[5] & 0x7F)
    return DeviceFacts(manufacturer=found.manufacturer, model=found.model, serial=found.serial, form_factor=form)


def _structures(raw: bytes) -> Iterator[tuple[int, bytes, tuple[bytes, ...]]]:
    """Type, formatted part and strings of each structure."""
    if len(raw) < _HEAD:
        raise ParseError("no tables", expected="SMBIOS tables")
    table = raw[_HEAD : _HEAD + struct.unpack_from("<I", raw, 4)[0]]
    at = 0
    for _ in range(_MAX_STRUCTURES):
        if at + 4 > len(table):
            return
        kind, length = table[at], table[at + 1]
        end = table.find(b"\0\0", at + length)
        if length < 4 or end < 0:  # noqa: PLR2004 - a head of four bytes
            raise ParseError("tables that are cut off", expected="SMBIOS tables")
        yield kind, table[at : at + length], tuple(table[at + length : end].split(b"\0"))
        if kind == _END:
            return
        at = end + 2


def _text(texts: tuple[bytes, ...], body: bytes, at: int) -> str | None:
    number = body[at] if at < len(body) else 0
    if not 0 < number <= len(texts):
        return None
    found = texts[number - 1].decode("utf-8", "replace").strip()
    return None if found.lower() in _PLACEHOLDERS else found
