"""What Linux says of the machine: os-release(5), the DMI tables in sysfs, and the kernel's boot time."""

from typing import TYPE_CHECKING

from setapart_agent.collectors.base import Observed
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.facts import DeviceFacts, text
from setapart_evidence.model import FormFactor

if TYPE_CHECKING:
    from datetime import datetime

# SMBIOS 3.7, table 17 "System Enclosure or Chassis Types".
_CHASSIS: dict[str, FormFactor] = {
    **dict.fromkeys(("3", "4", "5", "6", "7", "13", "15", "16", "24", "35", "36"), "desktop"),
    **dict.fromkeys(("8", "9", "10", "14", "31", "32"), "laptop"),
    **dict.fromkeys(("17", "23", "25", "28", "29"), "server"),
    "11": "phone",
    "30": "tablet",
}
_SMALL = 1 << 20
_WRITTEN = (
    "/var/log/wtmp",
    "/var/log/lastlog",
    "/var/log/journal",
    "/var/log/syslog",
    "/var/log/messages",
    "/var/lib/systemd/timesync/clock",
    "/var/lib/private/systemd/timesync/clock",
    "/var/lib/dpkg/status",
    "/var/lib/rpm",
)
_PLACEHOLDERS = frozenset({"", "none", "default string", "to be filled by o.e.m.", "system serial number", "0"})


def device_facts(tree: Tree) -> DeviceFacts:
    """The machine's facts; what can't be read stays `None`.

    A tree that does not run says nothing of its hardware; its machine id then stands in for the serial.
    """
    release = os_release(_read(tree, "/etc/os-release") or _read(tree, "/usr/lib/os-release"))
    chassis = _dmi(tree, "chassis_type")
    return DeviceFacts(
        platform="linux",
        os_version=release,
        manufacturer=_dmi(tree, "sys_vendor"),
        model=_dmi(tree, "product_name"),
        form_factor=_CHASSIS.get(chassis or "", "other"),
        serial=_dmi(tree, "product_serial") if tree.live else _read(tree, "/etc/machine-id").strip() or None,
        boot_time=_boot_time(_read(tree, "/proc/stat")) if tree.live else None,
    )


def last_used(tree: Tree) -> "datetime | None":
    """When a tree that does not run was running last: the newest of what a running system writes."""
    return tree.last_written(_WRITTEN)


def os_release(content: str) -> str | None:
    """`ID VERSION_ID` of an os-release file, such as `debian 12`."""
    found: dict[str, str] = {}
    for line in content.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            found[key] = value.strip().strip("\"'")
    parts = [part for part in (found.get("ID"), found.get("VERSION_ID") or found.get("BUILD_ID")) if part]
    return " ".join(parts) or None


def _boot_time(stat: str) -> str | None:
    for line in stat.splitlines():
        if line.startswith("btime "):
            from datetime import UTC, datetime

            seconds = line[6:].strip()
            if seconds.isdigit():
                return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return None


def _dmi(tree: Tree, name: str) -> str | None:
    if not tree.live:
        return None
    value = _read(tree, f"/sys/class/dmi/id/{name}").strip()
    return None if value.lower() in _PLACEHOLDERS else value


def _read(tree: Tree, path: str) -> str:
    found = tree.read(path, limit=_SMALL)
    return text(found.value) if isinstance(found, Observed) else ""
