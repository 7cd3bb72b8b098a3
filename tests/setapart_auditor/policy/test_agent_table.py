"""The agent's own table is the catalog's, and nobody edits it by hand."""

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from config_factory import make_config
from setapart_agent import catalog_table
from setapart_auditor.config import config_root
from setapart_auditor.policy.agent_table import TABLE, identifiers, render_table
from setapart_auditor.policy.catalog import load_catalog
from setapart_auditor.policy.load import load_policy, pack_ids
from setapart_evidence.bundle import list_digest


def run(source: str, folder: Path) -> dict[str, Any]:
    file = folder / "table.py"
    file.write_text(source, encoding="utf-8")
    return runpy.run_path(str(file))


def test_the_table_in_the_tree_is_the_catalog_s() -> None:
    assert TABLE.read_text(encoding="utf-8") == render_table(load_catalog(config_root())), "run `make catalog-table`"


def test_the_table_reads_back_as_the_catalog_says(tmp_path: Path) -> None:
    found = run(render_table(load_catalog(make_config(tmp_path))), tmp_path)
    assert found["IDENTIFIERS"] == (
        "android:com.lemon.lvoverseas", "android:com.zhiliaoapp.musically", "android:com.zhiliaoapp.musically.go",
        "android:org.telegram.messenger", "label:teiegram", "label:tiktok", "origin:tiktok.com", f"signer:{'7a' * 32}",
    )  # fmt: skip
    assert found["CLIENTS"] == ("android:com.android.calendar", "android:com.fsck.k9")
    assert found["OWN_STORE"] == (("android:com.fsck.k9", "k-9"),)
    assert found["DIGEST"] == list_digest(found["IDENTIFIERS"] + found["CLIENTS"])


def test_quotes_in_a_name_stay_a_string(tmp_path: Path) -> None:
    clients = (
        '[[client]]\nid = "odd"\nname = "Odd"\nstore = "own"\nservices = ["mail"]\n[[client.identifier]]\n'
        'kind = "desktop"\nvalue = \'it\\s "odd" ☺\'\nsource = "x"\nchecked = 2026-01-01\n'
    )
    found = run(render_table(load_catalog(make_config(tmp_path, clients=clients))), tmp_path)
    assert found["CLIENTS"] == ('desktop:it\\s "odd" ☺',)


def test_an_agent_without_a_bundle_discloses_what_every_pack_looks_for() -> None:
    for pack in pack_ids():
        assert load_policy(pack).needed_identifiers <= set(catalog_table.IDENTIFIERS), pack
    assert identifiers(load_catalog(config_root())) == catalog_table.IDENTIFIERS


def test_the_command_writes_where_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["agent_table", str(tmp_path / "t.py")])
    monkeypatch.delitem(sys.modules, "setapart_auditor.policy.agent_table")
    runpy.run_module("setapart_auditor.policy.agent_table", run_name="__main__", alter_sys=True)
    assert (tmp_path / "t.py").read_text(encoding="utf-8") == render_table(load_catalog(config_root()))
