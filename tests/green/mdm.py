"""Exports of managers for every row of docs/devices.md that reads one."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import mdm_maker
from green.device import Build, Device
from mdm_maker import (
    UDID,
    Machine,
    Program,
    amapi_device,
    apple_response,
    apple_responses,
    encoded,
    fleet_host,
    glpi_inventory,
    glpi_xml,
    graph_device,
    plist,
    status_report,
    with_programs,
)

_NOW = f"{dt.datetime.now(dt.UTC):%FT%TZ}"
"""When the devices reported: what is a month old is not green."""
PHONE, IPHONE, MAC, WINDOWS, LINUX = (
    replace(one, seen=_NOW)
    for one in (mdm_maker.PHONE, mdm_maker.IPHONE, mdm_maker.MAC, mdm_maker.WINDOWS, mdm_maker.LINUX)
)
_AMAPI = "`mdm:FILE`, Android Management API"
_INTUNE = "`mdm:FILE`, Intune by Microsoft Graph"
_APPLE = "`mdm:FILE`, responses of Apple's MDM protocol"
_FLEET = "`mdm:FILE`, Fleet or osquery"
_GLPI = "`mdm:FILE`, GLPI inventory"
_BY_ITS_USER = {"ManagementStatus": {"IsUserEnrollment": True}}
_MAC_UDID = "66ADE930-5FDF-5EC4-8429-15640684C489"


def _export(machine: Machine, content: bytes) -> Build:
    @contextmanager
    def build(folder: Path) -> Iterator[Device]:
        (folder / "export").write_bytes(content)
        yield Device(source=f"mdm:{folder / 'export'}", platform=machine.platform, serial=machine.serial)

    return build


ROWS: dict[tuple[str, str], Build] = {
    ("Android, fully managed", _AMAPI): _export(PHONE, encoded(amapi_device(PHONE))),
    ("Android, fully managed, policy without app reports", _AMAPI): _export(
        PHONE, encoded(amapi_device(with_programs(PHONE, keep=False)))
    ),
    ("Android with a work profile, owned by the organisation or by its holder", _AMAPI): _export(
        PHONE, encoded(amapi_device(PHONE, mode="PROFILE_OWNER"))
    ),
    ("iPhone, iPad, Android or Mac", _INTUNE): _export(IPHONE, encoded({"value": [graph_device(IPHONE)]})),
    ("Windows", _INTUNE): _export(WINDOWS, encoded({"value": [graph_device(WINDOWS)]})),
    ("iPhone or iPad, enrolled by the organisation", _APPLE): _export(IPHONE, plist(apple_responses(IPHONE))),
    ("iPhone or iPad, enrolled by its user", _APPLE): _export(
        IPHONE, plist([*apple_responses(IPHONE), apple_response(IPHONE, UDID, SecurityInfo=_BY_ITS_USER)])
    ),
    ("Mac", _APPLE): _export(MAC, plist(apple_responses(MAC, _MAC_UDID))),
    ("iPhone, iPad or Mac", "`mdm:FILE`, status reports of declarative device management"): _export(
        MAC, encoded(status_report(MAC, app={"managed": {"list": []}}))
    ),
    ("Mac", _FLEET): _export(MAC, encoded({"host": fleet_host(MAC)})),
    ("iPhone or iPad, enrolled by the organisation", _FLEET): _export(IPHONE, encoded({"host": fleet_host(IPHONE)})),
    ("Windows", _FLEET): _export(WINDOWS, encoded({"host": fleet_host(WINDOWS)})),
    ("Linux", _FLEET): _export(LINUX, encoded({"host": fleet_host(LINUX)})),
    ("Android", _FLEET): _export(PHONE, encoded({"host": fleet_host(PHONE)})),
    ("Windows", _GLPI): _export(WINDOWS, encoded(glpi_inventory(WINDOWS))),
    ("Mac", _GLPI): _export(MAC, glpi_xml(MAC)),
    ("Linux", _GLPI): _export(LINUX, encoded(glpi_inventory(LINUX))),
    ("Android", _GLPI): _export(PHONE, encoded(glpi_inventory(PHONE))),
}
SPOILERS: dict[str, Build] = {
    "a web clip among the apps that an iPhone tells its manager": _export(
        IPHONE, plist(apple_responses(with_programs(IPHONE, Program(id=None, name="Wiki"))))
    ),
}
