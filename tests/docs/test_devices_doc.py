"""docs/devices.md: a device is built for every row, read as the row says and judged."""

import json
from pathlib import Path

import pytest

from green import android, ios, linux, macos, mdm, mdm_pull, windows
from green.device import Build, Device
from markdown import document, table
from setapart_agent.collectors.base import WayIn
from setapart_agent.collectors.ways import declared
from setapart_agent.sources import SOURCES
from typed_commands import run

DEVICES = document("docs/devices.md")
AUTHORITY = """\
base = "no-2023"
id = "agency"
version = 1
title = "An agency"

[internal]
domains = ["agency.example"]
"""
PLATFORMS = (linux, android, ios, macos, windows, mdm, mdm_pull)
ROWS: dict[tuple[str, str], Build] = {row: build for one in PLATFORMS for row, build in one.ROWS.items()}
SPOILERS: dict[str, Build] = {what: build for one in PLATFORMS for what, build in one.SPOILERS.items()}
WAYS = [way for platform in declared() for way in platform.ways]
NEEDS = {"`adb`": (pytest.mark.needs("adb"),), "`ios-usb`": (pytest.mark.needs("pymobiledevice3"),)}
"""Parts that building a device of a way in needs."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority's bundle, epoch and overlay, and the keys of a station and of a workstation."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "authority.toml").write_text(AUTHORITY)
    typed(folder, "setapart-agent keygen --output station.pem")
    typed(folder, "setapart-agent keygen --output own.pem")
    typed(folder, "setapart-auditor policy bundle --pack no-2023 --overlay authority.toml --dir state --output b.json")
    (folder / "epoch.toml").write_text(typed(folder, "setapart-auditor epoch issue --dir state --output e.json"))
    return folder


def typed(folder: Path, line: str) -> str:
    ran = run(folder, *line.split())
    assert ran.code == 0, ran.printed
    return ran.printed


def verdict(authority: Path, device: Device, device_class: str) -> str:
    """Reports a device and verifies the report: the status, which must be the device's own."""
    own = device.serial is None
    key = "own" if own else "station"
    (authority / "x.evidence").unlink(missing_ok=True)
    typed(
        authority,
        f"setapart-agent report --source {device.source} --key {key}.pem --bundle b.json --epoch e.json "
        "--output x.evidence",
    )
    named = 'key = "own.pub"' if own else f'serial = "{device.serial}"\nplatform = "{device.platform}"'
    (authority / "register.toml").write_text(
        f'[[device]]\nname = "it"\n{named}\nclass = "{device_class}"\nholder = "h1"\nrole = "staff"\n\n'
        '[[station]]\nname = "helpdesk"\nkey = "station.pub"\n\n' + (authority / "epoch.toml").read_text()
    )
    rule = ("--pack", "no-2023", "--overlay", "authority.toml", "--dir", "state")
    ran = run(authority, "setapart-auditor", "verify", "x.evidence", "--register", "register.toml", *rule, "--json")
    (found,) = json.loads(ran.printed)["devices"]
    assert found["name"] == "it", ran.printed
    return str(found["status"])


def test_every_row_has_its_device_and_no_device_is_left() -> None:
    assert {(way.device, way.source) for way in WAYS} == set(ROWS)
    assert {row[0] for row in table(DEVICES, "What makes a yes inconclusive").rows} == set(SPOILERS)


def test_every_source_is_the_way_into_something() -> None:
    assert {way.source.strip("`").partition(":")[0].partition("`")[0] for way in WAYS} == set(SOURCES)


def test_a_way_in_names_collectors_that_are_declared() -> None:
    for platform in declared():
        names = {info.name for info in platform.collectors}
        for way in platform.ways:
            assert way.collectors, way.device
            assert set(way.collectors) <= names, way.device


@pytest.mark.parametrize(
    "row",
    [pytest.param(way, id=f"{way.device} {way.source}", marks=NEEDS.get(way.source, ())) for way in WAYS],
)
def test_a_device_is_green_where_the_table_says_so_and_else_inconclusive(
    row: WayIn, authority: Path, tmp_path: Path
) -> None:
    expected = {True: "compliant", False: "inconclusive"}
    with ROWS[row.device, row.source](tmp_path) as device:
        assert verdict(authority, device, "ordinary") == expected[row.ordinary]
        assert verdict(authority, device, "social-dedicated") == expected[row.dedicated]


@pytest.mark.parametrize("row", table(DEVICES, "What makes a yes inconclusive").rows, ids=lambda row: row[0])
def test_what_spoils_a_green_verdict_does(row: tuple[str, ...], authority: Path, tmp_path: Path) -> None:
    with SPOILERS[row[0]](tmp_path) as device:
        assert (verdict(authority, device, "ordinary"), verdict(authority, device, "social-dedicated")) == row[2:4]
