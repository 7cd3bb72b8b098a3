"""Damage in a package database is never silent."""

import pytest

from setapart_agent.collectors.linux.parse.damage import app_facts
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet
from setapart_evidence.model import App

FILES = FileSet(files={}, profile="7")
APP = App(identifier="a", profile="7", source="dpkg")


def test_damage_becomes_one_failed_row_per_reason() -> None:
    facts = app_facts((APP,), ("cut", "cut", "odd"), kind="linux.x", files=FILES)
    assert facts.apps == (APP,)
    assert [(row.section, row.profile, row.collector, row.status, row.reason) for row in facts.coverage] == [
        ("apps", "7", "linux.x", "failed", "cut"),
        ("apps", "7", "linux.x", "failed", "odd"),
    ]


def test_damage_without_any_app_is_an_error_and_a_whole_empty_file_is_not() -> None:
    assert app_facts((), (), kind="linux.x", files=FILES).coverage == ()
    with pytest.raises(ParseError, match="cut"):
        app_facts((), ("cut",), kind="linux.x", files=FILES)
