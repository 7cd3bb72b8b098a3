"""JSON: one object as `list --json` prints it, or a line for each device."""

from collections.abc import Iterable, Mapping
from typing import TextIO

import msgspec
from msgspec import Struct

from .row import DeviceRow


def write_json(rows: Iterable[DeviceRow], out: TextIO, more: Mapping[str, Struct | tuple[Struct, ...]]) -> None:
    """Writes `{"devices": […], …}` on one line; `more` are the members after the devices."""
    out.write('{"devices":[')
    out.writelines(("," if at else "") + msgspec.json.encode(row).decode() for at, row in enumerate(rows))
    out.write("]")
    out.writelines(f',"{name}":{msgspec.json.encode(value).decode()}' for name, value in more.items())
    out.write("}\n")


def write_json_lines(rows: Iterable[DeviceRow], out: TextIO) -> None:
    """Writes a line for each device."""
    out.writelines(msgspec.json.encode(row).decode() + "\n" for row in rows)
