"""One device written as every manager would write it: what is read back is the same, but for what a format leaves out.

Our own writers prove consistency alone; that the formats are what the vendors write, tests/corpus and the pages that
mdm_maker.py cites have to show.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_maker import (
    IPHONE,
    LINUX,
    MAC,
    PHONE,
    UDID,
    WINDOWS,
    Machine,
    Program,
    amapi_device,
    apple_responses,
    encoded,
    fleet_host,
    glpi_inventory,
    glpi_xml,
    graph_device,
    plist,
)
from setapart_agent.collectors.mdm.parse import amapi, apple_apps, glpi, graph, osquery
from setapart_agent.collectors.mdm.parse.export import Export
from setapart_evidence.identifiers import keys_of

Write = Callable[[Machine], Export]
MAC_UDID = "66ADE930-5FDF-5EC4-8429-15640684C489"


def _only(exports: object) -> Export:
    (found,) = exports  # type: ignore[misc]
    return found  # type: ignore[no-any-return]


FORMATS: dict[str, Write] = {
    "amapi": lambda machine: _only(amapi.devices(encoded(amapi_device(machine)))),
    "graph": lambda machine: _only(graph.devices(encoded({"value": [graph_device(machine)]}))),
    "fleet": lambda machine: _only(osquery.devices(encoded({"host": fleet_host(machine)}))),
    "glpi": lambda machine: _only(glpi.devices(encoded(glpi_inventory(machine)))),
    "glpi-xml": lambda machine: _only(glpi.devices(glpi_xml(machine))),
    "apple": lambda machine: _only(
        apple_apps.devices(plist(apple_responses(machine, MAC_UDID if machine.platform == "macos" else UDID)))
    ),
}
OF: dict[str, tuple[Machine, tuple[str, ...], bool]] = {
    # machine, formats that know it, whether its programs have ids
    "android": (PHONE, ("amapi", "graph", "fleet", "glpi", "glpi-xml"), True),
    "ios": (IPHONE, ("graph", "fleet", "apple"), True),
    "macos": (MAC, ("graph", "fleet", "glpi", "glpi-xml", "apple"), True),
    "windows": (WINDOWS, ("graph", "fleet", "glpi", "glpi-xml"), False),
    "linux": (LINUX, ("fleet", "glpi", "glpi-xml"), False),
}
NAMES_ONLY = {"graph", "glpi", "glpi-xml"}
"""Formats that have no ids of a Mac's programs; of phones only Graph has none."""

labels = st.sampled_from(("com", "org", "example", "zhiliaoapp", "musically", "a1", "b", "chat"))
names = st.sampled_from(("TikTok", "Å", "Notes & more", "Ünïcode", "<b>", "7", "x" * 60, "Telegram Desktop"))
versions = st.tuples(st.integers(1, 99), st.integers(0, 999)).map(lambda parts: f"{parts[0]}.{parts[1]}")
programs = st.lists(
    st.builds(Program, id=st.lists(labels, min_size=2, max_size=4).map(".".join), name=names, version=versions),
    min_size=1,
    max_size=5,
    unique_by=(lambda one: one.id, lambda one: one.name),
)
serials = st.text("ABCDEFGHJKLMNPQRSTVWXYZ123456789", min_size=8, max_size=12)


@pytest.mark.parametrize("platform", OF)
@settings(max_examples=25)
@given(listed=programs, serial=serials)
def test_every_format_tells_the_same_device(platform: str, listed: list[Program], serial: str) -> None:
    machine, formats, with_ids = OF[platform]
    if not with_ids:
        listed = [replace(one, id=None) for one in listed]
    machine = replace(machine, serial=serial, programs=tuple(listed))
    for name in formats:
        facts = FORMATS[name](machine).facts
        device = facts.device
        assert (device.platform, device.serial, device.model) == (platform, serial, machine.model), name
        assert {(app.name, app.version) for app in facts.apps} == {(one.name, one.version) for one in listed}, name
        known = name not in NAMES_ONLY or (platform == "android" and name != "graph")
        if with_ids and known:
            assert {app.identifier for app in facts.apps} == {one.id for one in listed}, name
        if not known and with_ids:
            assert {row.status for row in facts.coverage if row.section == "apps"} <= {"partial", "denied"}, name


@settings(max_examples=25)
@given(listed=programs)
def test_programs_of_windows_have_the_same_keys_by_every_format(listed: list[Program]) -> None:
    machine = replace(WINDOWS, programs=tuple(replace(one, id=None) for one in listed))
    keys = [{keys_of("windows", app) for app in FORMATS[name](machine).facts.apps} for name in OF["windows"][1]]
    assert all(one == keys[0] for one in keys)
