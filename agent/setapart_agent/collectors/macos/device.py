"""What a Mac says of itself: its system's version, its model, and when it was used last.

Sources: SystemVersion.plist; `Model` of SystemConfiguration's preferences; InstallHistory.plist, where the volume of
the system is not there; on the running system `ioreg`, since no file holds model and serial. A disk alone has the
serial in the cache of the location service (`TableInfo.SerialNumber`), which recent versions no longer keep; else the
hardware's UUID, as opendirectoryd records it of the machine itself, stands in for it.
"""

import re
from typing import TYPE_CHECKING

from setapart_agent.collectors.apple.parse.plist import data_of, dicts_of, read_plist, read_value, text_of, texts_of
from setapart_agent.collectors.base import Observed
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.macos.parse.model_name import form_factor
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts
from setapart_evidence.model import FormFactor

if TYPE_CHECKING:
    from datetime import datetime

SYSTEM_VERSION = "/System/Library/CoreServices/SystemVersion.plist"
HISTORY = "/Library/Receipts/InstallHistory.plist"
_NETWORK = "/Library/Preferences/SystemConfiguration/preferences.plist"
_LOCATION_CACHES = tuple(
    f"/private/var/folders/zz/zyxvpxvq6csfxvn_n00000sm00006d/C/{name}.db"
    for name in ("consolidated", "cache_encryptedA", "lockCache_encryptedA")
)
_WRITTEN = (
    "/private/var/log/install.log",
    "/private/var/log/system.log",
    "/private/var/log/wifi.log",
    "/private/var/db/diagnostics",
    "/private/var/db/uuidtext",
    "/private/var/db/dslocal/nodes/Default",
    "/private/var/db/dslocal/nodes/Default/users",
    "/private/var/run/utmpx",
    "/private/var/vm",
    "/Library/Preferences",
    _NETWORK,
)
_COMPUTER = "/private/var/db/dslocal/nodes/Default/computers/localhost.plist"
_SYSTEM_NAME = re.compile(r"macOS (\d[\d.]{0,20})", re.ASCII)
_SMALL = 16 * 1024 * 1024
_PATIENCE = 20
_IOREG = ("/usr/sbin/ioreg", "-a", "-r", "-d", "1", "-c", "IOPlatformExpertDevice")


def device_facts(tree: Tree) -> DeviceFacts:
    """The machine's facts; what can't be read stays `None`."""
    version = _plist(tree, SYSTEM_VERSION)
    model, serial = _hardware() if tree.live else (None, None)
    model = model or text_of(_plist(tree, _NETWORK), "Model")
    kind = form_factor(model)
    return DeviceFacts(
        platform="macos",
        os_version=text_of(version, "ProductUserVisibleVersion", "ProductVersion") or _installed_version(tree),
        patch_level=text_of(version, "ProductBuildVersion"),
        manufacturer="Apple",
        model=model,
        form_factor=kind or (_by_battery() if tree.live else None),
        serial=serial or (None if tree.live else _cached_serial(tree) or _hardware_uuid(tree)),
        boot_time=_boot_time() if tree.live else None,
    )


def last_used(tree: Tree) -> "datetime | None":
    """When a tree that does not run was running last: the newest of what a running system writes."""
    return tree.last_written(_WRITTEN)


def _installed_version(tree: Tree) -> str | None:
    """The version of the last system that was installed: what a volume without the system can tell."""
    raw = tree.read(HISTORY, limit=_SMALL)
    if not isinstance(raw, Observed):
        return None
    try:
        listed = read_value(raw.value)
    except ParseError:
        return None
    names = (_SYSTEM_NAME.match(text_of(one, "displayName") or "") for one in dicts_of({"": listed}, ""))
    systems = [name[1] for name in names if name]
    return systems[-1] if systems else None


def _plist(tree: Tree, path: str) -> dict[str, object]:
    raw = tree.read(path, limit=_SMALL)
    if not isinstance(raw, Observed):
        return {}
    try:
        return read_plist(raw.value)
    except ParseError:
        return {}


def _cached_serial(tree: Tree) -> str | None:
    from setapart_agent.collectors.sqlite_snapshot import read_rows

    for path in _LOCATION_CACHES:
        raw = tree.read(path)
        if isinstance(raw, Observed):
            try:
                rows = read_rows(raw.value, {"serial": "SELECT SerialNumber FROM TableInfo"})
            except ParseError:
                continue
            for row in rows.get("serial", ()):
                if isinstance(row[0], str) and row[0].isalnum():
                    return row[0]
    return None


def _hardware_uuid(tree: Tree) -> str | None:
    return next(iter(texts_of(_plist(tree, _COMPUTER), "hardwareuuid")), None)


def _hardware() -> tuple[str | None, str | None]:
    """Model and serial of the running Mac."""
    import subprocess

    try:
        ran = subprocess.run(_IOREG, capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603 - our own words
        found = dicts_of({"": read_value(ran.stdout)}, "")
    except (OSError, subprocess.SubprocessError, ParseError):
        return None, None
    expert = found[0] if found else {}
    raw = data_of(expert, "model")
    model = raw.rstrip(b"\x00").decode("ascii", "replace") if raw else None
    return model, text_of(expert, "IOPlatformSerialNumber")


def _by_battery() -> FormFactor | None:
    """Laptops have a battery: identifiers since 2022 do not tell."""
    import psutil

    try:
        return "laptop" if psutil.sensors_battery() is not None else "desktop"
    except (OSError, AttributeError, NotImplementedError, RuntimeError):
        return None


def _boot_time() -> str | None:
    from datetime import UTC, datetime

    import psutil

    try:
        return datetime.fromtimestamp(psutil.boot_time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OSError, RuntimeError, ValueError):
        return None
