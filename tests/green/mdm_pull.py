"""Devices that a manager on loopback knows, for every row of docs/devices.md that asks one."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from green.device import Build, Device
from mdm_servers import (
    AmapiEnterprise,
    Document,
    FleetServer,
    GraphTenant,
    Manager,
    amapi_device,
    amapi_settings,
    fleet_host,
    fleet_settings,
    graph_app,
    graph_device,
    graph_settings,
)

_NOW = f"{dt.datetime.now(dt.UTC):%FT%TZ}"
"""When the devices reported: what is a month old is not green."""


def _amapi(device: Document) -> Build:
    @contextmanager
    def build(folder: Path) -> Iterator[Device]:
        with Manager(AmapiEnterprise([{**device, "lastStatusReportTime": _NOW}])) as manager:
            source = f"mdm:amapi:{amapi_settings(folder, manager.url)}"
            yield Device(source=source, platform="android", serial=device["hardwareInfo"]["serialNumber"])

    return build


def _graph(device: Document, platform: str) -> Build:
    @contextmanager
    def build(folder: Path) -> Iterator[Device]:
        tenant = GraphTenant([{**device, "lastSyncDateTime": _NOW}], {device["id"]: [graph_app("Notes")]})
        with Manager(tenant) as manager:
            tenant.url = manager.url
            source = f"mdm:graph:{graph_settings(folder, manager.url)}"
            yield Device(source=source, platform=platform, serial=device["serialNumber"])

    return build


def _fleet(host: Document, platform: str) -> Build:
    @contextmanager
    def build(folder: Path) -> Iterator[Device]:
        with Manager(FleetServer([{**host, "detail_updated_at": _NOW, "software_updated_at": _NOW}])) as manager:
            source = f"mdm:fleet:{fleet_settings(folder, manager.url)}"
            yield Device(source=source, platform=platform, serial=host["hardware_serial"])

    return build


def _software(table: str, name: str, **more: str) -> list[Document]:
    return [{"id": 1, "name": name, "version": "1.0", "source": table, "vulnerabilities": None, **more}]


_IPHONE = _software("ios_apps", "Notes", bundle_identifier="org.example.notes")
ROWS: dict[tuple[str, str], Build] = {
    ("Android, fully managed", "`mdm:amapi`"): _amapi(amapi_device(1, "org.example.camera")),
    ("Android, fully managed, policy without app reports", "`mdm:amapi`"): _amapi(
        {name: value for name, value in amapi_device(2).items() if name != "applicationReports"}
    ),
    ("Android with a work profile, owned by the organisation or by its holder", "`mdm:amapi`"): _amapi(
        amapi_device(3, "org.example.camera", managementMode="PROFILE_OWNER")
    ),
    ("iPhone, iPad, Android or Mac", "`mdm:graph`"): _graph(
        graph_device(1, operatingSystem="iOS", osVersion="18.1", manufacturer="Apple", model="iPhone 15"), "ios"
    ),
    ("Windows", "`mdm:graph`"): _graph(graph_device(2), "windows"),
    ("Mac", "`mdm:fleet`"): _fleet(fleet_host(1, "org.example.notes"), "macos"),
    ("iPhone or iPad, enrolled by the organisation", "`mdm:fleet`"): _fleet(
        fleet_host(2, platform="ios", os_version="iOS 18.1", hardware_model="iPhone16,1", software=_IPHONE), "ios"
    ),
    ("Windows", "`mdm:fleet`"): _fleet(
        fleet_host(3, platform="windows", software=_software("programs", "Notepad++"), hardware_model="Latitude"),
        "windows",
    ),
    ("Linux", "`mdm:fleet`"): _fleet(
        fleet_host(4, platform="debian", software=_software("deb_packages", "bash"), hardware_model="Latitude"), "linux"
    ),
    ("Android", "`mdm:fleet`"): _fleet(
        fleet_host(5, platform="android", software=_software("android_apps", "Camera", application_id="org.example.c")),
        "android",
    ),
}
SPOILERS: dict[str, Build] = {}
