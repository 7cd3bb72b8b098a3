"""JUnit: silence never passes, and every text is well-formed XML."""

import io
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_rows import JUDGED, make_row
from setapart_auditor.appraisal.model import Status
from setapart_auditor.export.junit import write_junit
from setapart_auditor.export.row import DeviceRow


def written(*rows: DeviceRow) -> ET.Element:
    totals: dict[str, int] = {}
    for row in rows:
        totals[row.status] = totals.get(row.status, 0) + 1
    out = io.StringIO()
    write_junit(rows, out, JUDGED, totals)
    return ET.fromstring(out.getvalue().encode())


@pytest.mark.parametrize("status", [status.word for status in Status])
def test_only_a_compliant_or_excepted_device_passes(status: str) -> None:
    suite = written(make_row("a", status, "why")).find("testsuite")
    assert suite is not None
    (case,) = suite.findall("testcase")
    kinds = [child.tag for child in case]
    expected = {"compliant": [], "excepted": [], "violation": ["failure"], "invalid": ["failure"]}
    assert kinds == expected.get(status, ["error"])
    assert (suite.get("failures"), suite.get("errors")) == (str(kinds.count("failure")), str(kinds.count("error")))


def test_the_counts_are_those_of_the_cases() -> None:
    root = written(*(make_row(f"d{number}", status.word) for number, status in enumerate(Status)))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("7", "2", "3")
    assert len(root.findall(".//testcase")) == 7


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_name_and_message_is_read_back(name: str, message: str) -> None:
    (case,) = written(make_row(name, "violation", message)).findall(".//testcase")
    assert case.get("classname") == "setapart.ordinary"
    (failure,) = case
    assert failure.get("type") == "violation"
