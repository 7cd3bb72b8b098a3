import os
import plistlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest

from macos_tree import HARDWARE_UUID, SERIAL, TREES, MacTree, database, xml
from setapart_agent.collectors.macos import device
from setapart_agent.collectors.macos.device import device_facts, last_used

CACHE = "/private/var/folders/zz/zyxvpxvq6csfxvn_n00000sm00006d/C/cache_encryptedA.db"


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def mac(request: pytest.FixtureRequest, tmp_path: Path) -> MacTree:
    return MacTree(tmp_path, request.param)


def test_version_and_model_of_a_disk(mac: MacTree) -> None:
    found = device_facts(mac.tree)
    assert (found.platform, found.os_version, found.patch_level, found.manufacturer) == (
        "macos", "14.4.1", "23E224", "Apple",
    )  # fmt: skip
    assert (found.model, found.form_factor) == ("MacBookPro18,3", "laptop")
    assert found.boot_time is None


def test_the_hardwares_uuid_stands_in_for_the_serial(mac: MacTree, tmp_path: Path) -> None:
    assert device_facts(mac.tree).serial == HARDWARE_UUID
    script = f"CREATE TABLE TableInfo (SerialNumber TEXT); INSERT INTO TableInfo VALUES ('{SERIAL}');"
    mac.write(CACHE, database(tmp_path / "db", script))
    assert device_facts(mac.tree).serial == SERIAL


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00", b"bplist00"])
def test_broken_files_leave_values_unknown(mac: MacTree, content: bytes) -> None:
    for path in (
        device.SYSTEM_VERSION,
        "/Library/Preferences/SystemConfiguration/preferences.plist",
        "/private/var/db/dslocal/nodes/Default/computers/localhost.plist",
        CACHE,
    ):
        mac.write(path, content)
    found = device_facts(mac.tree)
    assert (found.platform, found.os_version, found.model, found.serial) == ("macos", None, None, None)


def test_a_volume_without_the_system_knows_what_was_installed_last(mac: MacTree) -> None:
    (mac.root / "System").rename(mac.root / "elsewhere")
    history = [{"displayName": name} for name in ("macOS 13.1", "macOS 14.2", "macOS Installer Notes", "Safari")]
    mac.write(device.HISTORY, xml(history))
    assert device_facts(mac.tree).os_version == "14.2"
    mac.write(device.HISTORY, xml([7, {"displayName": 7}, {"displayName": "macOS "}]))
    assert device_facts(mac.tree).os_version is None


def test_a_disk_was_used_last_when_the_system_wrote_last(mac: MacTree) -> None:
    for path in mac.root.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    mac.write("/private/var/log/install.log", b"x")
    os.utime(mac.root / "private/var/log/install.log", (1_700_000_500, 1_700_000_500))
    assert last_used(mac.tree) == datetime.fromtimestamp(1_700_000_500, UTC)


def test_nothing_tells_when_an_empty_disk_was_used(tmp_path: Path) -> None:
    assert last_used(TREES[0](str(tmp_path))) is None


@pytest.mark.parametrize(
    ("printed", "model", "serial"),
    [
        (plistlib.dumps([{"IOPlatformSerialNumber": SERIAL, "model": b"Mac14,2\x00"}]), "Mac14,2", SERIAL),
        (plistlib.dumps([]), "MacBookPro18,3", None),
        (b"", "MacBookPro18,3", None),
    ],
)
def test_the_running_system_is_asked_for_model_and_serial(
    mac: MacTree, printed: bytes, model: str, serial: str | None
) -> None:
    tree = mac.tree
    read = tree.read
    with (
        mock.patch.object(tree, "live", True),
        mock.patch.object(tree, "read", lambda path, owner=None, limit=0: mac.tree.read(path)),
        mock.patch.object(device, "_by_battery", return_value="laptop"),
        mock.patch.object(subprocess, "run", return_value=subprocess.CompletedProcess((), 0, stdout=printed)),
    ):
        found = device_facts(tree)
    assert read is not None
    assert (found.model, found.serial, found.form_factor) == (model, serial, "laptop")
    assert found.boot_time is not None
    assert found.boot_time.endswith("Z")


def test_a_program_that_is_not_there_leaves_values_unknown() -> None:
    with mock.patch.object(subprocess, "run", side_effect=FileNotFoundError):
        assert device._hardware() == (None, None)
