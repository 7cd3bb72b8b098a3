"""Threat 21: somebody names a device, a holder or a unit so that the officer's spreadsheet runs it."""

import csv
import io
from pathlib import Path

from evidence_factory import NOW
from register_undone import undone
from setapart_auditor.register.csv_file import read_csv, write_csv
from setapart_auditor.register.database import NewDevice, add_device, devices, find_device
from setapart_auditor.register.incoming import carry_out, plan
from stores import make_installation

FORMULAS = (
    "=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("https://example.org","x")', "'=1", "\uff1d1", "\uff0b1", "\uff20x",
)  # fmt: skip


def test_no_cell_of_the_registers_export_is_a_formula(tmp_path: Path) -> None:
    installation = make_installation(tmp_path / "auditor")
    with undone(installation.store) as connection:
        for text in FORMULAS:
            add_device(connection, NewDevice(name=text, device_class="ordinary", holder=text, unit=text), "o1", NOW)
        exported = "".join(write_csv(devices(connection), {}))
    for row in csv.reader(io.StringIO(exported)):
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    with undone(installation.store) as connection:
        incoming, errors = read_csv(exported.encode(), tmp_path / "r.csv", b"k" * 32)
        assert errors == ()
        carry_out(connection, plan(connection, incoming, NOW, where=str, may_change=False), "o1", NOW)
        for text in FORMULAS:
            assert find_device(connection, text).registration.holder == text
    installation.store.close()
