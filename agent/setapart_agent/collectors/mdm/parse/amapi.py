"""Devices of the Android Management API: one Device, a list, or a page `{"devices": […]}`, with policies beside them.

Fields: developers.google.com/android/management/reference/rest/v1/enterprises.devices and …/enterprises.policies.

- `applicationReports` is filled only where the policy sets `statusReportingSettings.applicationReportsEnabled`. Under
  `PROFILE_OWNER` it lists the work profile alone; the personal side is nobody's business but the holder's.
- Under `DEVICE_OWNER` the user can't add users (`addUserDisabled` is then ignored), so user 0 is the device.
- `signingKeyCertFingerprints` are SHA-1, by which nobody is told apart; only SHA-256 would be a publisher.
- A page may carry `policies`, as `policies.list` gives them: what the applied one blocks is enforcement.
"""

import re
from collections.abc import Iterator, Mapping

from setapart_agent.collectors.base import Denied, Unsupported
from setapart_agent.collectors.mdm.parse import document
from setapart_agent.collectors.mdm.parse.document import Node
from setapart_agent.collectors.mdm.parse.export import (
    PRIMARY,
    WORK,
    Export,
    apps_row,
    broken,
    each,
    moment,
    serial_of,
    side_by_side,
    unseen,
)
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts, Facts, FileSet
from setapart_evidence.model import App, Coverage, Enforcement, Link, Profile
from setapart_evidence.statement import Maturity

KIND = "mdm.amapi"
MATURITY: Maturity = "untested"

DEVICE_POLICY_APP = "com.google.android.apps.work.clouddpc"
"""Android Device Policy: the app by which this API manages a device, and what adb names as the manager."""
NO_REPORTS = Denied(
    "applicationReports is missing: the policy does not set statusReportingSettings.applicationReportsEnabled"
)
PERSONAL = Denied("the manager of a work profile does not see the personal side")
NOT_TOLD = Unsupported("the Android Management API does not tell of accounts, networks and certificates")

_DEVICE_NAME = re.compile(r'"enterprises/[^"/]{1,200}/devices/')
_PACKAGE = re.compile(r"[A-Za-z][\w]*(?:\.[\w]+)*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_PACKAGE = 255
Blocks = Mapping[str, tuple[str, ...]]
"""Name of a policy to the packages that it blocks."""
_NO_BLOCKS: Blocks = {}


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By members that only this API has."""
    begin = document.head(content)
    if not begin:
        return False
    owner = '"managementMode"' in begin and ('"DEVICE_OWNER"' in begin or '"PROFILE_OWNER"' in begin)
    return owner or '"applicationReports"' in begin or _DEVICE_NAME.search(begin) is not None


def parse(files: FileSet) -> Facts:
    """The device, or all of them side by side.

    Raises:
        ParseError: not JSON, or no device of this API in it.
    """
    return side_by_side(devices(files.main))


def devices(raw: bytes) -> Iterator[Export]:
    """Device after device.

    Raises:
        ParseError: not JSON, or something in it is no device of this API.
    """
    yield from each(_split(raw), lambda found: read_device(*found))


def _split(raw: bytes) -> Iterator[tuple[bytes, Blocks]]:
    for value in document.values(raw):
        page = document.members(value)
        if "devices" not in page:
            yield value, _NO_BLOCKS
            continue
        blocks = blocks_of(page.get("policies", b"null"))
        for element in document.elements(page["devices"]):
            yield bytes(element), blocks


def read_device(raw: bytes, blocks: Blocks = _NO_BLOCKS) -> Export:
    """One Device.

    Args:
        raw: its JSON.
        blocks: what the policies block, by their names, where they are known.

    Raises:
        ParseError: not JSON, or not a Device.
    """
    node = document.decoded(raw)
    mode = node.text("managementMode")
    if not (mode or node.has("hardwareInfo") or node.has("applicationReports") or node.has("softwareInfo")):
        raise ParseError("an object that is no device", expected="Device resources of the Android Management API")
    work = mode == "PROFILE_OWNER"
    owner = WORK if work else PRIMARY
    apps, row = _apps(node, owner, mode)
    profiles = (PRIMARY, WORK) if work else (PRIMARY,)
    rows = (row, *unseen(PRIMARY.id, KIND, PERSONAL, "apps")) if work else (row,)
    rows += tuple(one for profile in profiles for one in unseen(profile.id, KIND, NOT_TOLD, "accounts", "links"))
    return Export(
        facts=Facts(
            device=_device(node),
            profiles=profiles,
            apps=apps,
            links=(Link(kind="mdm", target=DEVICE_POLICY_APP, profile=owner.id),),
            enforcement=_enforcement(node, blocks, work=work),
            coverage=rows,
        ),
        taken_at=moment(node.text("lastStatusReportTime")),
    )


def _device(node: Node) -> DeviceFacts:
    hardware, software = node.node("hardwareInfo"), node.node("softwareInfo")
    return DeviceFacts(
        platform="android",
        os_version=software.text("androidVersion"),
        os_api_level=node.number("apiLevel"),
        patch_level=software.text("securityPatchLevel"),
        manufacturer=hardware.text("manufacturer") or hardware.text("brand"),
        model=hardware.text("model"),
        serial=serial_of(hardware.text("serialNumber")),
    )


def _apps(node: Node, owner: Profile, mode: str | None) -> tuple[tuple[App, ...], Coverage]:
    reports = node.listing("applicationReports")
    if reports is None or not (reports.items or reports.broken):
        return (), unseen(owner.id, KIND, NO_REPORTS, "apps")[0]
    found = [_app(report, owner) for report in reports.items]
    lost = reports.broken + found.count(None)
    doubts = (
        broken(lost),
        None if mode in ("DEVICE_OWNER", "PROFILE_OWNER") else "managementMode does not say whose apps are listed",
    )
    return tuple(dict.fromkeys(app for app in found if app)), apps_row(owner.id, KIND, doubts)


def _app(report: Node, owner: Profile) -> App | None:
    package = report.text("packageName")
    if package is None or len(package) > _LONGEST_PACKAGE or _PACKAGE.fullmatch(package) is None:
        return None
    prints = {value.replace(":", "").lower() for value in report.texts("signingKeyCertFingerprints")}
    signer = next(iter(prints)) if len(prints) == 1 else ""
    return App(
        identifier=package,
        name=report.text("displayName"),
        version=report.text("versionName"),
        profile=owner.id,
        source="mdm",
        state="removed-trace" if report.text("state") == "REMOVED" else "installed",
        publisher=f"sha256:{signer}" if _SHA256.fullmatch(signer) else None,
    )


def blocks_of(raw: bytes) -> Blocks:
    """What each policy of a list keeps from being installed.

    Raises:
        ParseError: not JSON.
    """
    found: dict[str, tuple[str, ...]] = {}
    for element in document.elements(raw):
        policy = document.decoded(bytes(element))
        name = policy.text("name")
        listed = policy.listing("applications")
        if name is None or listed is None:
            continue
        blocked = (app.text("packageName") for app in listed.items if app.text("installType") == "BLOCKED")
        found[name] = tuple(dict.fromkeys(package for package in blocked if package))
    return found


def _enforcement(node: Node, blocks: Blocks, *, work: bool) -> tuple[Enforcement, ...]:
    """The blocks of the policy that the device says it follows; those of a profile's owner end at the profile."""
    packages = blocks.get(node.text("appliedPolicyName") or "", ())
    if not packages or node.flag("policyCompliant") is not True:
        return ()
    return (Enforcement(kind="app-block", identifiers=packages, by="profile-owner" if work else "device-owner"),)
