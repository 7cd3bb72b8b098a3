"""JSON and JSON lines: the shape of `list --json`."""

import io
import json

from export_rows import JUDGED, make_row
from setapart_auditor.export.json_file import write_json, write_json_lines

ROWS = (make_row("a", "compliant"), make_row('b "quoted" \u2028', "violation", "why"))


def test_the_object_holds_every_device_and_by_what_it_was_judged() -> None:
    out = io.StringIO()
    write_json(ROWS, out, {"judged": JUDGED})
    found = json.loads(out.getvalue())
    assert [one["name"] for one in found["devices"]] == ["a", 'b "quoted" \u2028']
    assert set(found["devices"][1]) == {
        "name", "id", "class", "unit", "status", "since", "findings", "evidence", "exceptions", "policy",
    }  # fmt: skip
    assert set(found["devices"][1]["findings"][0]) == {"control", "severity", "evidence", "message", "cure"}
    assert found["judged"]["sweep"] == 3


def test_no_devices_are_an_empty_list() -> None:
    out = io.StringIO()
    write_json((), out, {})
    assert json.loads(out.getvalue()) == {"devices": []}


def test_each_device_is_one_line() -> None:
    out = io.StringIO()
    write_json_lines(ROWS, out, JUDGED)
    found = [json.loads(line) for line in out.getvalue().split("\n")[:-1]]
    assert [one["status"] for one in found] == ["compliant", "violation"]
    assert {one["judged_at"] for one in found} == {"2026-11-23T12:00:00Z"}
