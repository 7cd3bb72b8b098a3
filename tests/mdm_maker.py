"""Exports of device managers, written from the vendors' documents: every field says which page it comes from.

Nothing here is a recording. A device is what the tests say of it; each writer renders it as one manager would.
"""

import io
import json
import plistlib
import zipfile
from dataclasses import dataclass, field, replace
from xml.sax.saxutils import escape

AGENT_APP = "com.google.android.apps.work.clouddpc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An app: how its system knows it, what it is called, and its version; `None` as id where there is none."""

    id: str | None
    name: str
    version: str = "1.0"
    removed: bool = False
    publisher: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A device as a manager knows it."""

    platform: str
    serial: str | None
    model: str
    maker: str = "Example"
    version: str = "14"
    programs: tuple[Program, ...] | None = ()
    seen: str = "2026-11-20T08:15:30.123Z"
    user: str | None = "kari@agency.example"
    company: bool = True
    more: dict[str, object] = field(default_factory=dict)


PHONE = Machine(
    platform="android",
    serial="R58N12ABCDE",
    model="SM-A546B",
    maker="samsung",
    programs=(
        Program(id="com.android.settings", name="Settings"),
        Program(id="org.example.camera", name="Camera", version="2.1"),
    ),
)
IPHONE = Machine(
    platform="ios",
    serial="F2LXK0ABCD12",
    model="iPhone14,5",
    maker="Apple",
    version="17.6.1",
    programs=(Program(id="org.example.notes", name="Notes+", version="3.2"),),
)
MAC = Machine(
    platform="macos",
    serial="C02ABC123DEF",
    model="MacBookPro18,3",
    maker="Apple Inc.",
    version="14.6.1",
    programs=(Program(id="org.example.draw", name="Draw", version="5.0"),),
)
WINDOWS = Machine(
    platform="windows",
    serial="5CG1234XYZ",
    model="EliteBook 840 G8",
    maker="HP",
    version="10.0.19045.3803",
    programs=(Program(id=None, name="7-Zip 23.01 (x64)", version="23.01", publisher="Igor Pavlov"),),
)
LINUX = Machine(
    platform="linux",
    serial="PF2ABCDE",
    model="20XW",
    maker="LENOVO",
    version="12",
    programs=(Program(id="coreutils", name="coreutils", version="9.1-1"),),
)


def with_programs(machine: Machine, *programs: Program, keep: bool = True) -> Machine:
    """The same machine with more programs, or with these alone."""
    return replace(machine, programs=(*(machine.programs or ()), *programs) if keep else programs)


def amapi_device(machine: Machine, *, mode: str = "DEVICE_OWNER", number: int = 1, **more: object) -> dict[str, object]:
    """developers.google.com/android/management/reference/rest/v1/enterprises.devices#Device."""
    device: dict[str, object] = {
        "name": f"enterprises/LC01abcdef/devices/3{number:015x}",
        "userName": "enterprises/LC01abcdef/users/112233445566778899000",
        "managementMode": mode,
        # #Ownership: COMPANY_OWNED, PERSONALLY_OWNED
        "ownership": "COMPANY_OWNED" if machine.company else "PERSONALLY_OWNED",
        "state": "ACTIVE",
        "appliedState": "ACTIVE",
        "policyCompliant": True,
        "enrollmentTime": "2025-01-02T03:04:05.678Z",
        "lastStatusReportTime": machine.seen,
        "lastPolicySyncTime": machine.seen,
        "appliedPolicyName": "enterprises/LC01abcdef/policies/default",
        "appliedPolicyVersion": "7",  # int64 format: a string
        "apiLevel": 34,
        # #HardwareInfo
        "hardwareInfo": {
            "brand": machine.maker,
            "hardware": "exynos",
            "manufacturer": machine.maker,
            "model": machine.model,
            **({"serialNumber": machine.serial} if machine.serial else {}),
        },
        # #SoftwareInfo
        "softwareInfo": {
            "androidVersion": machine.version,
            "androidBuildNumber": "UP1A.231005.007",
            "securityPatchLevel": "2026-10-01",
        },
        # #NetworkInfo
        "networkInfo": {"wifiMacAddress": "02:00:00:00:00:00"},
        "memoryInfo": {"totalRam": "5905580032"},
    }
    if machine.programs:
        device["applicationReports"] = [amapi_report(one) for one in machine.programs]
    return {**device, **more}


def amapi_report(program: Program) -> dict[str, object]:
    """developers.google.com/android/management/reference/rest/v1/enterprises.devices#ApplicationReport.

    The fingerprints are "the SHA-1 hash of each android.content.pm.Signature", two digits a byte.
    """
    return {
        "packageName": program.id,
        "displayName": program.name,
        "versionName": program.version,
        "versionCode": 21,
        "packageSha256Hash": "5f" * 32,
        "signingKeyCertFingerprints": ["a1" * 20],
        "installerPackageName": "com.android.vending",
        "applicationSource": "INSTALLED_FROM_PLAY_STORE",
        "state": "REMOVED" if program.removed else "INSTALLED",
        "userFacingType": "USER_FACING",
    }


def amapi_policy(name: str, *blocked: str) -> dict[str, object]:
    """developers.google.com/android/management/reference/rest/v1/enterprises.policies#ApplicationPolicy."""
    applications: list[dict[str, object]] = [{"packageName": one, "installType": "BLOCKED"} for one in blocked]
    applications.append({"packageName": "org.example.wanted", "installType": "FORCE_INSTALLED"})
    return {"name": name, "version": "7", "applications": applications}


_GRAPH_SYSTEMS = {
    "android": "AndroidEnterprise",
    "ios": "iOS",
    "macos": "macOS",
    "windows": "Windows",
    "linux": "Linux",
}


def graph_device(machine: Machine, *, number: int = 1, apps: bool = True, **more: object) -> dict[str, object]:
    """learn.microsoft.com/graph/api/resources/intune-devices-manageddevice (v1.0), with `detectedApps` expanded."""
    device: dict[str, object] = {
        "@odata.type": "#microsoft.graph.managedDevice",
        "id": f"{number:08x}-034c-705c-4c03-5c704c035c70",
        "deviceName": "DEVICE-1",
        "managedDeviceOwnerType": "company" if machine.company else "personal",
        "enrolledDateTime": "2025-01-02T03:04:05Z",
        "lastSyncDateTime": machine.seen,
        "operatingSystem": _GRAPH_SYSTEMS[machine.platform],
        "complianceState": "compliant",
        "managementAgent": "mdm",
        "osVersion": machine.version,
        "azureADRegistered": True,
        "azureADDeviceId": "11111111-2222-3333-4444-555555555555",
        "deviceEnrollmentType": "windowsAzureADJoin" if machine.platform == "windows" else "userEnrollment",
        "emailAddress": machine.user,
        "userPrincipalName": machine.user,
        "model": machine.model,
        "manufacturer": machine.maker,
        "serialNumber": machine.serial,
        "androidSecurityPatchLevel": "2026-10-01" if machine.platform == "android" else "",
    }
    if apps and machine.programs is not None:
        device["detectedApps"] = [graph_app(one) for one in machine.programs]
    return {**device, **more}


def graph_app(program: Program, *devices: dict[str, object], number: int = 1) -> dict[str, object]:
    """learn.microsoft.com/graph/api/resources/intune-devices-detectedapp (v1.0)."""
    return {
        "@odata.type": "#microsoft.graph.detectedApp",
        "id": f"{number:08x}{'0' * 36}",
        "displayName": program.name,
        "version": program.version,
        "sizeInByte": 0,
        "deviceCount": max(1, len(devices)),
        "publisher": program.publisher,
        "platform": "unknown",
        **({"managedDevices": list(devices)} if devices else {}),
    }


_FLEET_PLATFORMS = {"macos": "darwin", "linux": "debian"}
_FLEET_SOURCES = {
    "macos": "apps", "windows": "programs", "linux": "deb_packages", "ios": "ios_apps", "android": "android_apps"
}  # fmt: skip


def fleet_host(machine: Machine, *, number: int = 1, **more: object) -> dict[str, object]:
    """fleetdm.com/docs/rest-api/rest-api#get-host: the members of `host`."""
    host: dict[str, object] = {
        "id": number,
        "detail_updated_at": machine.seen,
        "software_updated_at": machine.seen,
        "hostname": "host-1",
        "uuid": "392547dc-0000-0000-a87a-d701ff75bc65",
        "platform": _FLEET_PLATFORMS.get(machine.platform, machine.platform),
        "osquery_version": "5.12.1",
        "os_version": machine.version,
        "hardware_vendor": machine.maker,
        "hardware_model": machine.model,
        "hardware_serial": machine.serial,
        "mdm": {
            "enrollment_status": "On (automatic)",
            "server_url": "https://fleet.agency.example/mdm/apple/mdm",
            "name": "Fleet",
        },
        "users": [{"uid": 501, "username": "kari", "type": "", "groupname": "staff", "shell": "/bin/zsh"}],
    }
    if machine.programs is not None:
        host["software"] = [fleet_software(one, _FLEET_SOURCES[machine.platform]) for one in machine.programs]
    return {**host, **more}


def fleet_software(program: Program, source: str, **more: object) -> dict[str, object]:
    """fleetdm.com/docs/rest-api/rest-api#get-host: an element of `software`."""
    bundle = {"bundle_identifier": program.id} if source in ("apps", "ios_apps", "ipados_apps") else {}
    return {
        "id": 408,
        "name": f"{program.name}.app" if source == "apps" else program.name,
        "version": program.version,
        "source": source,
        "extension_for": "",
        **bundle,
        **({"application_id": program.id} if source == "android_apps" else {}),
        "generated_cpe": "",
        "vulnerabilities": None,
        "installed_paths": [],
        **more,
    }


_GLPI_SYSTEMS = {
    "windows": ("Windows", "MSWin32", "registry"),
    "macos": ("MacOSX", "darwin", None),
    "linux": ("Debian", "linux", "deb"),
    "android": ("Upside Down Cake Android 14.0", "linux", "Android"),
}


def glpi_inventory(machine: Machine, **more: object) -> dict[str, object]:
    """github.com/glpi-project/inventory_format, inventory.schema.json."""
    name, kernel, origin = _GLPI_SYSTEMS[machine.platform]
    content: dict[str, object] = {
        "versionclient": "GLPI-Agent_v1.7",
        "accesslog": {"logdate": machine.seen[:19].replace("T", " ")},
        "bios": {"smanufacturer": machine.maker, "smodel": machine.model, "ssn": machine.serial or ""},
        "hardware": {"name": "HOST-1", "uuid": "4c4c4544-0034-3010-8048-b6c04f503732"},
        "operatingsystem": {
            "name": name,
            "full_name": f"{name} api 34",
            "version": machine.version,
            "kernel_name": kernel,
            "kernel_version": machine.version,
            "timezone": {"name": "CET", "offset": "+0100"},
        },
        "users": [{"login": "kari", "domain": "AGENCY"}],
    }
    if machine.platform != "android":
        content["hardware"] = {"name": "HOST-1", "chassis_type": "Notebook"}
    if machine.programs is not None:
        content["softwares"] = [_glpi_software(one, origin) for one in machine.programs]
    return {
        "action": "inventory",
        "deviceid": "host-1-2026-01-26-14-32-36",
        "itemtype": "Phone" if machine.platform == "android" else "Computer",
        "content": {**content, **more},
    }


def _glpi_software(program: Program, origin: str | None) -> dict[str, object]:
    """The property `softwares` of the schema; on Android the package's name stands under `comments`."""
    found: dict[str, object] = {"name": program.name, "version": program.version, "arch": "x86_64"}
    if origin is not None:
        found["from"] = origin
    if program.id is not None and origin == "Android":
        found["comments"] = program.id
    return found


def glpi_xml(machine: Machine) -> bytes:
    """The same inventory as FusionInventory sends it: github.com/glpi-project/inventory_format, original.md."""
    inventory = glpi_inventory(machine)
    content = inventory["content"]
    assert isinstance(content, dict)
    body = "".join(_elements(name.upper(), value) for name, value in content.items())
    outer = "".join(_elements(name.upper(), inventory[name]) for name in ("itemtype", "deviceid"))
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n<REQUEST>\n'
        f"<QUERY>INVENTORY</QUERY>\n{outer}\n<CONTENT>{body}</CONTENT>\n</REQUEST>\n"
    ).encode()


def _elements(name: str, value: object) -> str:
    if isinstance(value, list):
        return "".join(_elements(name, one) for one in value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(_elements(key.upper(), one) for key, one in value.items())}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def apple_response(machine: Machine, udid: str, **answer: object) -> dict[str, object]:
    """github.com/apple/device-management, docs and mdm/commands: what every response has."""
    return {"CommandUUID": "76eda240-5488-4989-8339-f2ae160113c4", "Status": "Acknowledged", "UDID": udid, **answer}


def installed_applications(machine: Machine) -> list[dict[str, object]]:
    """mdm/commands/application.installed.list.yaml: InstalledApplicationListItem."""
    return [
        {
            **({"Identifier": one.id} if one.id else {}),
            "Name": one.name,
            "ShortVersion": one.version,
            "Version": f"{one.version}.100",
            "BundleSize": 123456,
            "Installing": False,
            **(
                {"DynamicSize": 4096, "IsValidated": True, "AppStoreVendable": True}
                if machine.platform == "ios"
                else {}
            ),
        }
        for one in machine.programs or ()
    ]


def device_information(machine: Machine, udid: str) -> dict[str, object]:
    """mdm/commands/information.device.yaml: QueryResponses."""
    return {
        "UDID": udid,
        "DeviceName": "Somebody's device",
        "OSVersion": machine.version,
        "BuildVersion": "21G93",
        "ModelName": machine.model.rstrip("0123456789,"),
        "ProductName": machine.model,
        "SerialNumber": machine.serial,
        "IsSupervised": True,
    }


def profile_list() -> list[dict[str, object]]:
    """mdm/commands/profile.list.yaml: ProfileListItem; payloads come with their types and names alone."""
    return [
        {
            "PayloadIdentifier": "example.agency.mail",
            "PayloadUUID": "8846C027-9F51-4574-9042-33C118F3D43E",
            "PayloadDisplayName": "Mail",
            "PayloadContent": [
                {"PayloadType": kind, "PayloadVersion": 1, "PayloadIdentifier": f"example.agency.{at}"}
                for at, kind in enumerate(("com.apple.eas.account", "com.apple.vpn.managed", "com.apple.mdm"))
            ],
            "IsManaged": True,
        }
    ]


UDID = "00008110-001A2B3C4D5E6F70"


def apple_responses(machine: Machine, udid: str = UDID) -> list[dict[str, object]]:
    """What a manager gets of one device: its apps, its profiles, what it is."""
    return [
        apple_response(machine, udid, InstalledApplicationList=installed_applications(machine)),
        apple_response(machine, udid, ProfileList=profile_list()),
        apple_response(machine, udid, QueryResponses=device_information(machine, udid)),
    ]


def status_report(machine: Machine, **items: object) -> dict[str, object]:
    """github.com/apple/device-management, declarative/status: device.*; further items by their first level."""
    family = {"ios": "iOS", "macos": "macOS"}[machine.platform]
    return {
        "StatusItems": {
            "device": {
                "identifier": {"serial-number": machine.serial, "udid": UDID},
                "model": {"identifier": machine.model, "family": "iPhone", "marketing-name": "iPhone 13"},
                "operating-system": {"family": family, "version": machine.version, "build-version": "21G93"},
            },
            **items,
        },
        "Errors": [],
    }


def plist(value: object, *, binary: bool = False) -> bytes:
    return plistlib.dumps(value, fmt=plistlib.FMT_BINARY if binary else plistlib.FMT_XML)


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()
