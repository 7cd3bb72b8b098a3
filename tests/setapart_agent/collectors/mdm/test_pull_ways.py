"""Asking a manager shows what its export shows: a row for a row, in words of its own."""

from green.mdm_pull import ROWS
from setapart_agent.collectors.mdm import pull_ways, ways
from setapart_agent.collectors.mdm.live import PARSED_AS, PULLS

PULLED = [way for way in ways.WAYS if "FILE" not in way.source]


def test_every_export_that_can_be_asked_for_has_its_row() -> None:
    kinds = set(PARSED_AS.values())
    exported = [way for way in ways.WAYS if "FILE" in way.source and set(way.collectors) <= kinds]
    assert [(way.device, way.ordinary, way.dedicated) for way in PULLED] == [
        (way.device, way.ordinary, way.dedicated) for way in exported
    ]
    assert {way.source for way in PULLED} == {f"`mdm:{name}`" for name in PULLS}


def test_a_row_names_who_asks_and_who_understands() -> None:
    for way in PULLED:
        name = way.source.strip("`").removeprefix("mdm:")
        assert way.collectors == (PARSED_AS[name], f"mdm.{name}-pull")


def test_no_row_speaks_of_an_export() -> None:
    for way in PULLED:
        assert "xport" not in f"{way.seen} {way.unseen} {way.holder}", way.device
    assert {(way.source.strip("`").removeprefix("mdm:"), way.device) for way in PULLED} >= set(pull_ways._WORDS)


def test_every_row_has_a_device_to_judge() -> None:
    assert {(way.device, way.source) for way in PULLED} == set(ROWS)
