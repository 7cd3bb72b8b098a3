"""CSV: one line a finding, and nothing that a spreadsheet would run."""

import csv
import datetime as dt
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_rows import AT, JUDGED, make_row
from setapart_auditor.export.csv_file import COLUMNS, cell_of, write_csv
from setapart_auditor.export.row import DeviceRow


def written(*rows: DeviceRow) -> list[list[str]]:
    out = io.StringIO(newline="")
    write_csv(rows, out, JUDGED)
    return list(csv.reader(io.StringIO(out.getvalue(), newline=""), strict=True))


def test_a_device_has_a_line_for_each_finding_and_one_if_it_has_none() -> None:
    lines = written(make_row("a", "compliant"), make_row("b", "violation", "one", "two"))
    assert lines[0] == list(COLUMNS)
    assert [(line[0], line[3], line[7]) for line in lines[1:]] == [
        ("a", "compliant", ""),
        ("b", "violation", "one"),
        ("b", "violation", "two"),
    ]
    assert lines[0][-1] == "judged_at"
    assert {dt.datetime.fromisoformat(line[-1]) for line in lines[1:]} == {AT}


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "  @"])
def test_no_cell_begins_as_a_formula(begin: str) -> None:
    name = f'{begin}HYPERLINK("http://evil.example";"x")'
    (_, line) = written(make_row(name, "violation", name, unit=name))[:2]
    for cell in (line[0], line[2], line[7]):
        assert cell.startswith(("'", "\\u00"))


@given(st.text(max_size=40))
def test_any_text_comes_back_as_one_cell_that_is_no_formula(text: str) -> None:
    (_, line) = written(make_row(text, "compliant"))
    assert len(line) == len(COLUMNS)
    assert line[0] == cell_of(text)
    assert not line[0].lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
