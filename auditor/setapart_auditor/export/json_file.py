"""JSON: one object as `list --json` prints it, or a line for each device."""

from collections.abc import Iterable, Mapping
from typing import TextIO

from msgspec import Struct

from setapart_auditor.json_text import json_text

from .row import DeviceRow, JudgedBy


def write_json(rows: Iterable[DeviceRow], out: TextIO, more: Mapping[str, Struct | tuple[Struct, ...]]) -> None:
    """Writes `{"devices": […], …}` on one line; `more` are the members after the devices."""
    out.write('{"devices":[')
    out.writelines(("," if at else "") + json_text(row) for at, row in enumerate(rows))
    out.write("]")
    out.writelines(f',"{name}":{json_text(value)}' for name, value in more.items())
    out.write("}\n")


def write_json_lines(rows: Iterable[DeviceRow], out: TextIO, judged: JudgedBy) -> None:
    """Writes a line for each device, which ends with when it was judged."""
    end = f',"judged_at":{json_text(judged.at)}}}\n'
    out.writelines(json_text(row)[:-1] + end for row in rows)
