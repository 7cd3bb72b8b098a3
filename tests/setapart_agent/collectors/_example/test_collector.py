"""The template's collector, end to end: file to inventory; what goes wrong is an error of ours."""

import json
from pathlib import Path

import pytest

from setapart_agent.collectors._example.collector import collect
from setapart_agent.disclosure import filter_of
from setapart_agent.errors import SourceError
from setapart_agent.inventory import build_inventory


def test_an_export_becomes_an_inventory(tmp_path: Path) -> None:
    export = tmp_path / "tablet.json"
    export.write_text(json.dumps({"example-tablet": 1, "serial": "T1", "apps": ["com.zhiliaoapp.musically"]}))
    inventory = build_inventory(collect(export).facts, filter_of(None))
    assert [app.identifier for app in inventory.apps] == ["com.zhiliaoapp.musically"]
    assert {row.status for row in inventory.coverage} == {"observed", "denied", "unsupported"}


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_export_is_refused_with_what_was_expected(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(SourceError) as refused:
        collect(tmp_path / "x")
    assert refused.value.expected


def test_a_file_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        collect(tmp_path / "none")
