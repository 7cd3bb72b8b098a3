"""Writes the four recorded phones of `setapart-auditor demo` as bug reports, into config/demo.

Nobody's data: every name, serial and address here is made up. The texts have the line shapes of Android 14's
`dumpstate`, so that the demo runs through the real parsers. Run with `make assets`; a test compares.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

TARGET = Path(__file__).resolve().parents[2] / "config" / "demo"
STAMP = "2026-11-20 09:00:00"


@dataclass(frozen=True, kw_only=True)
class User:
    """One Android user; `accounts` is None where the dump does not show that user's accounts and apps."""

    number: int = 0
    flags: int = 0x4C13
    type: str = "full.SYSTEM"
    accounts: tuple[tuple[str, str], ...] | None = ()


@dataclass(frozen=True, kw_only=True)
class Phone:
    """A phone: its serial, its users, and per package the version and the users who have it."""

    file: str
    serial: str
    model: str
    packages: dict[str, tuple[str, tuple[int, ...]]]
    users: tuple[User, ...] = (User(),)


SYSTEM = {
    "android": ("14", (0,)),
    "com.android.settings": ("14", (0,)),
    "com.google.android.gms": ("24.40.33", (0,)),
}
AUTHENTICATORS = {
    "com.google": "com.google.android.gms/.auth.account.authenticator.GoogleAccountAuthenticatorService",
    "com.google.android.gm.exchange": "com.google.android.gm/com.android.email.service.EasAuthenticatorService",
    "com.ss.android.ugc.trill": "com.zhiliaoapp.musically/com.ss.android.ugc.aweme.account.AuthenticatorService",
}
PHONES = (
    Phone(
        file="ordinary-with-tiktok.txt",
        serial="DEMO0ORDINARY",
        model="Demo 5",
        packages={
            **SYSTEM,
            "com.google.android.gm": ("2026.10.12", (0,)),
            "com.zhiliaoapp.musically": ("42.1.3", (0,)),
            "org.example.weather": ("3.2", (0,)),
        },
        users=(User(accounts=(("person.one@agency.example", "com.google.android.gm.exchange"),)),),
    ),
    Phone(
        file="dedicated-excepted.txt",
        serial="DEMO1PATROL",
        model="Demo 5",
        packages={**SYSTEM, "com.zhiliaoapp.musically": ("42.1.3", (0,)), "org.example.camera": ("1.0", (0,))},
        users=(User(accounts=(("patrol.unit@social.example", "com.google"),)),),
    ),
    Phone(
        file="dedicated-with-calendar.txt",
        serial="DEMO2PRESS",
        model="Demo 5a",
        packages={**SYSTEM, "com.zhiliaoapp.musically": ("41.0.0", (0,)), "com.google.android.gm": ("2026.9.1", (0,))},
        users=(
            User(
                accounts=(
                    ("press.office@social.example", "com.google"),
                    ("press@agency.example", "com.google.android.gm.exchange"),
                ),
            ),
        ),
    ),
    Phone(
        file="work-profile-unread.txt",
        serial="DEMO3FIELD",
        model="Demo Tab",
        packages={**SYSTEM, "org.example.maps": ("7.7", (0,))},
        users=(
            User(accounts=(("field.officer@mail.example", "com.google"),)),
            User(number=10, flags=0x1030, type="profile.MANAGED", accounts=None),
        ),
    ),
)


_CONNECTIVITY = (
    "NetworkProviders for: Ethernet WifiNetworkFactory\n\nActive default network: 100\n\nCurrent Networks:\n"
    "  NetworkAgentInfo{network{100}  handle{432902426637}  ni{WIFI CONNECTED extra: }  lp{{InterfaceName: wlan0 "
    "LinkAddresses: [ 192.0.2.7/24 ] DnsAddresses: [ /192.0.2.1 ] Domains: null MTU: 0}}  nc{[ Transports: WIFI "
    "Capabilities: NOT_METERED&INTERNET&NOT_VPN&VALIDATED]}}\n\nNetwork Requests:\n\n"
)
_WIFI = (
    "Verbose logging is off\nmInIdleMode false\n\nDump of WifiConfigManager\n"
    "WifiConfigManager - Configured networks Begin ----\n"
    'ID: 0 SSID: "demo" PROVIDER-NAME: null BSSID: null FQDN: null HOME-PROVIDER-NETWORK: false PRIO: 0 HIDDEN: false\n'
    " NetworkSelectionStatus NETWORK_SELECTION_ENABLED\n KeyMgmt: WPA_PSK SAE Protocols: RSN\n PSK/SAE: *\n"
    "Enterprise config:\n ocsp: 0\nIP config:\nIP assignment: DHCP\nProxy settings: NONE\n\n"
    "WifiConfigManager - Configured networks End ----\nWifiConfigManager - ConfigurationMap Begin ----\n"
    "mCurrentUserId=0\nWifiConfigManager - ConfigurationMap End ----\n"
)


def bug_report(phone: Phone) -> str:
    """The text of one bug report."""
    services = {
        "account": _accounts(phone),
        "connectivity": _CONNECTIVITY,
        "content": "Data connected: true\nauto sync: u0=true\n\nActive Syncs: 0\n\nSync Status\n",
        "device_policy": _device_policy(phone),
        "package": _packages(phone),
        "user": _users(phone),
        "vpn_management": "VPNs:\n  0: [Legacy VPN]\n    Active vpn type: -1\n\n",
        "wifi": _WIFI,
    }
    dumps = "".join(
        f"{'-' * 79}\nDUMP OF SERVICE {name}:\n{text}"
        f"--------- 0.012s was the duration of dumpsys {name}, ending at: {STAMP}\n"
        for name, text in services.items()
    )
    properties = {
        "ro.build.characteristics": "default",
        "ro.build.version.release": "14",
        "ro.build.version.sdk": "34",
        "ro.build.version.security_patch": "2026-10-05",
        "ro.product.manufacturer": "Setapart",
        "ro.product.model": phone.model,
        "ro.serialno": phone.serial,
    }
    return (
        f"========================================================\n== dumpstate: {STAMP}\n"
        "========================================================\n\n"
        f"Build: DEMO.261120.001\nBuild fingerprint: 'setapart/demo/demo:14/DEMO.261120.001/1:user/release-keys'\n"
        "Bugreport format version: 2.0\n\n"
        "------ SYSTEM PROPERTIES (getprop) ------\n"
        + "".join(f"[{key}]: [{value}]\n" for key, value in properties.items())
        + "------ 0.021s was the duration of 'SYSTEM PROPERTIES' ------\n\n"
        "------ DUMPSYS HIGH (/system/bin/dumpsys) ------\nCurrently running services:\n"
        + "".join(f"  {name}\n" for name in services)
        + dumps
        + "------ 0.210s was the duration of 'DUMPSYS' ------\n== dumpstate: done (id 1)\n"
    )


def _info(user: User) -> str:
    return f"UserInfo{{{user.number}:null:{user.flags:x}}}"


def _accounts(phone: Phone) -> str:
    services = "".join(
        f"    ServiceInfo: AuthenticatorDescription {{type={kind}}}, ComponentInfo{{{component}}}, uid 10144\n"
        for kind, component in AUTHENTICATORS.items()
    )
    return "".join(
        f"User {_info(user)}:\n  Accounts: {len(user.accounts)}\n"
        + "".join(f"    Account {{name={name}, type={kind}}}\n" for name, kind in user.accounts)
        + "\n  AccountId, Action_Type, timestamp, UID, TableName, Key\n  Accounts History\n\n  Active Sessions: 0\n\n"
        f"  RegisteredServicesCache: {len(AUTHENTICATORS)} services\n{services}\n  Account visibility:\n\n"
        for user in phone.users
        if user.accounts is not None
    )


def _device_policy(phone: Phone) -> str:
    return "Current Device Policy Manager state:\n  Immutable state:\n    mHasFeature=true\n" + "".join(
        f"  Enabled Device Admins (User {user.number}, provisioningState: 0):\n" for user in phone.users
    )


def _users(phone: Phone) -> str:
    return "Current user: 0\n\nUsers:\n" + "".join(
        f"  {_info(user)} serialNo={user.number} isPrimary={str(user.number == 0).lower()}\n"
        f"    Type: android.os.usertype.{user.type}\n    State: RUNNING_UNLOCKED\n"
        for user in phone.users
    )


def _packages(phone: Phone) -> str:
    blocks = ""
    for at, (name, (version, installed)) in enumerate(sorted(phone.packages.items()), 1):
        system = name in SYSTEM
        path = f"/system/app/{name}" if system else f"/data/app/~~ZGVtbw==/{name}-ZGVtbw=="
        blocks += (
            f"  Package [{name}] ({at:x}5f0a1):\n    userId={10100 + at}\n    codePath={path}\n"
            f"    versionCode={at}00 minSdk=26 targetSdk=34\n    versionName={version}\n"
            f"    signatures=PackageSignatures{{{at:x}abcdef version:2, signatures:[{at:08x}], past signatures:[]}}\n"
            f"    pkgFlags=[ {'SYSTEM ' if system else ''}HAS_CODE ALLOW_CLEAR_USER_DATA ]\n"
        )
        for user in phone.users:
            if user.accounts is not None:
                there = str(user.number in installed).lower()
                blocks += (
                    f"    User {user.number}: ceDataInode=4242 deDataInode=4243 installed={there} hidden=false "
                    "suspended=false stopped=false notLaunched=false enabled=0 instant=false virtual=false\n"
                )
    return (
        "Database versions:\n  Internal:\n    sdkVersion=34 databaseVersion=3\n\n"
        f"Packages:\n{blocks}\nQueries:\n  system apps queryable: false\n\n"
    )


def main(target: Path = TARGET) -> None:
    """Writes every phone."""
    target.mkdir(parents=True, exist_ok=True)
    for phone in PHONES:
        (target / phone.file).write_text(bug_report(phone), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
