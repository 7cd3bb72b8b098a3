import datetime as dt

import pytest

from hostile_files import assert_survives
from mdm_maker import LINUX, MAC, PHONE, WINDOWS, Machine, Program, encoded, glpi_inventory, glpi_xml, with_programs
from setapart_agent.collectors.mdm.parse import glpi
from setapart_agent.collectors.mdm.parse.export import Export
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet
from setapart_evidence.identifiers import keys_of
from setapart_evidence.model import Link

MACHINES = (WINDOWS, MAC, LINUX, PHONE)


def one(value: object) -> Export:
    (found,) = glpi.devices(encoded(value))
    return found


def apps_row(found: Export) -> tuple[str, str | None]:
    (row,) = [row for row in found.facts.coverage if row.section == "apps"]
    return row.status, row.reason


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.platform)
def test_json_and_xml_tell_the_same(machine: Machine) -> None:
    (from_xml,) = glpi.devices(glpi_xml(machine))
    expected = one(glpi_inventory(machine))
    assert from_xml.facts == expected.facts
    assert from_xml.taken_at == expected.taken_at == dt.datetime(2026, 11, 20, 7, 15, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("machine", "version"),
    [(WINDOWS, "10.0.19045.3803"), (MAC, "14.6.1"), (LINUX, "debian 12"), (PHONE, "14.0")],
    ids=lambda value: value if isinstance(value, str) else value.platform,
)
def test_the_machine(machine: Machine, version: str) -> None:
    device = one(glpi_inventory(machine)).facts.device
    assert (device.platform, device.os_version, device.serial) == (machine.platform, version, machine.serial)
    assert (device.manufacturer, device.model) == (machine.maker, machine.model)
    assert device.os_api_level == (34 if machine is PHONE else None)
    assert device.form_factor == ("phone" if machine is PHONE else "laptop")


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.platform)
def test_no_inventory_is_a_full_view(machine: Machine) -> None:
    found = one(glpi_inventory(machine))
    assert apps_row(found)[0] == "partial"
    assert {row.status for row in found.facts.coverage if row.section != "apps"} == {"unsupported"}


@pytest.mark.parametrize(
    ("machine", "program", "key"),
    [
        (WINDOWS, Program(id=None, name="Telegram Desktop"), "uninstall:telegram desktop"),
        (LINUX, Program(id=None, name="telegram-desktop"), "linux:telegram-desktop"),
        (PHONE, Program(id="com.zhiliaoapp.musically", name="TikTok"), "android:com.zhiliaoapp.musically"),
        (MAC, Program(id=None, name="TikTok"), "label:tiktok"),
    ],
)
def test_how_programs_are_known(machine: Machine, program: Program, key: str) -> None:
    facts = one(glpi_inventory(with_programs(machine, program, keep=False))).facts
    assert facts.device.platform is not None
    (app,) = facts.apps
    assert key in keys_of(facts.device.platform, app)


def test_a_package_of_the_store_is_known_by_its_folder_or_by_its_name() -> None:
    folder = "C:\\Program Files\\WindowsApps\\BytedancePte.Ltd.TikTok_1.0.5.0_neutral__6yccndn6064se"
    listed = [
        {"name": "TikTok", "from": "uwp", "folder": folder},
        {"name": "TikTok", "from": "uwp"},
    ]
    first, second = one(glpi_inventory(WINDOWS, softwares=listed)).facts.apps
    assert keys_of("windows", first)[0] == "appx:bytedancepte.ltd.tiktok_6yccndn6064se"
    assert keys_of("windows", second)[0] == "uninstall:tiktok"


def test_a_flatpak_is_known_by_its_id() -> None:
    listed = [
        {"name": "Telegram", "from": "flatpak", "comments": "AppID: org.telegram.desktop"},
        {"name": "s", "from": "snap"},
    ]
    first, second = one(glpi_inventory(LINUX, softwares=listed)).facts.apps
    assert keys_of("linux", first)[0] == "flatpak:org.telegram.desktop"
    assert keys_of("linux", second)[0] == "snap:s"


def test_hotfixes_are_no_programs() -> None:
    listed = [{"name": "KB5031455", "from": "WMI"}, {"name": "KB5031455 Viewer", "from": "registry"}]
    assert [app.name for app in one(glpi_inventory(WINDOWS, softwares=listed)).facts.apps] == ["KB5031455 Viewer"]


def test_an_android_id_is_no_serial() -> None:
    bios = {"ssn": "af8d3fcfa6fe4784", "smodel": "Mi 9T Pro", "smanufacturer": "Xiaomi"}
    assert one(glpi_inventory(PHONE, bios=bios)).facts.device.serial is None


def test_a_domain_is_a_join_and_a_workgroup_is_none() -> None:
    def links(machine: Machine, workgroup: str) -> tuple[Link, ...]:
        return one(glpi_inventory(machine, hardware={"workgroup": workgroup})).facts.links

    assert links(WINDOWS, "AD.Agency.Example") == (
        Link(kind="directory-join", target="ad.agency.example", profile="system"),
    )
    assert links(WINDOWS, "WORKGROUP") == ()
    assert links(LINUX, "lan.home.example") == ()


def test_without_softwares_nothing_was_seen() -> None:
    inventory = glpi_inventory(WINDOWS, softwares=None)
    assert apps_row(one(inventory))[0] == "unsupported"


def test_one_single_program_in_xml_is_a_list() -> None:
    (found,) = glpi.devices(glpi_xml(WINDOWS))
    assert [app.name for app in found.facts.apps] == ["7-Zip 23.01 (x64)"]


def test_a_program_without_a_name_makes_the_list_broken() -> None:
    listed = [{"version": "1"}, "x", {"name": "A", "from": "registry"}]
    assert apps_row(one(glpi_inventory(WINDOWS, softwares=listed))) == ("partial", "2 entries of the list are broken")


def test_lists_and_lines_give_machine_after_machine() -> None:
    both = [glpi_inventory(WINDOWS), glpi_inventory(LINUX)]
    for raw in (encoded(both), b"\n".join(map(encoded, both))):
        assert glpi.recognise("x.json", raw)
        assert [found.facts.device.platform for found in glpi.devices(raw)] == ["windows", "linux"]


@pytest.mark.parametrize("kind", ["Printer", "NetworkEquipment", "Unmanaged"])
def test_inventories_of_other_things_are_refused(kind: str) -> None:
    with pytest.raises(ParseError, match="no inventory of a computer or phone"):
        one({**glpi_inventory(LINUX), "itemtype": kind})


@pytest.mark.parametrize(
    "raw",
    [
        b"<REQUEST><CONTENT><DEVICE><TYPE>PRINTER</TYPE></DEVICE></CONTENT><QUERY>SNMPQUERY</QUERY></REQUEST>",
        b'<?xml version="1.0"?><REQUEST><QUERY>PROLOG</QUERY><CONTENT></CONTENT></REQUEST>',
        b'{"action": "contact", "deviceid": "x", "content": null}',
        b'{"deviceid": "x", "content": []}',
    ],
)
def test_other_messages_of_the_agent_are_refused(raw: bytes) -> None:
    with pytest.raises(ParseError, match="no inventory"):
        list(glpi.devices(raw))


def test_xml_with_entities_is_refused() -> None:
    raw = glpi_xml(LINUX).replace(b"<REQUEST>", b'<!DOCTYPE r [<!ENTITY a "TikTok">]><REQUEST>', 1)
    with pytest.raises(ParseError, match="document type"):
        glpi.parse(FileSet(files={"main": raw}))


def test_broken_files() -> None:
    assert_survives(glpi, "x.json", encoded(glpi_inventory(LINUX)))
    assert_survives(glpi, "x.xml", glpi_xml(WINDOWS))
    assert_survives(glpi, "phone.json", encoded([glpi_inventory(PHONE), glpi_inventory(MAC)]))
