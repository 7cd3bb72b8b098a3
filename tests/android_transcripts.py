"""What an Android device prints, made up by us in the shapes of AOSP, and a device that answers from such texts.

Every name is invented. The line shapes follow AOSP 10 to 16 (AccountManagerService.dump, Settings.dumpPackagesLPr,
UserManagerServiceShellCommand, PackageManagerShellCommand).
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from setapart_agent.collectors.base import Observed, Outcome, Unsupported

OWNER, WORK, CLONE = 0x4C13, 0x1030, 0x801010
DENIED = (
    "\nException occurred while executing 'list':\n"
    "java.lang.SecurityException: Shell does not have permission to access user {user}\n"
    "\tat com.android.server.am.ActivityManagerService.handleIncomingUser(ActivityManagerService.java:1)\n"
)


class RecordedDevice:
    """A source that answers what it was given, and remembers what it was asked."""

    def __init__(
        self,
        outputs: Mapping[str, str | bytes | Outcome[bytes]],
        kind: Literal["adb", "bugreport", "androidqf"] = "adb",
        serial: str | None = None,
    ) -> None:
        self.kind = kind
        self.asked: list[str] = []
        self._outputs = outputs
        self._serial = serial

    def output(self, command: str) -> Outcome[bytes]:
        self.asked.append(command)
        given = self._outputs.get(command, Unsupported(f"not recorded: {command}"))
        if isinstance(given, str):
            given = given.encode()
        return Observed(given) if isinstance(given, bytes) else given

    def serial(self) -> str | None:
        return self._serial


def getprop(**properties: str) -> str:
    """Properties by name, with `__` for a dot."""
    found = {"ro.build.version.sdk": "34", "ro.build.version.release": "14"}
    found.update({name.replace("__", "."): value for name, value in properties.items()})
    return "".join(f"[{name}]: [{value}]\n" for name, value in sorted(found.items()))


def pm_users(users: Iterable[tuple[int, str, int]]) -> str:
    """`pm list users`: id, name and flags of each."""
    return "Users:\n" + "".join(f"\tUserInfo{{{number}:{name}:{flags:x}}} running\n" for number, name, flags in users)


def cmd_users(users: Iterable[tuple[int, str, str]]) -> str:
    """`cmd user list -v`: id, name and type of each."""
    listed = list(users)
    return f"{len(listed)} users:\n\n" + "".join(
        f"{at}: id={number}, name={name}, type={kind}, flags=INITIALIZED (running)\n"
        for at, (number, name, kind) in enumerate(listed)
    )


def pm_packages(user: int, names: Iterable[str]) -> str:
    """`pm list packages -f -i -U --user N`."""
    return "".join(
        f"package:/data/app/~~AbC==/{name}-dEf==/base.apk={name}  installer=com.android.vending"
        f" uid:{user * 100_000 + 10_100 + at}\n"
        for at, name in enumerate(names)
    )


def package_block(
    name: str,
    users: Mapping[int, str],
    *,
    version: str = "1.0",
    hint: str = "b378e95c",
    code: str = "/data/app/x",
    permissions: Iterable[str] = (),
) -> str:
    """One block of `dumpsys package`; `users` gives the words behind `User N:` that differ from an installed app."""
    lines = [
        f"  Package [{name}] (1a2b3c):",
        "    userId=10143",
        f"    pkg=Package{{254559d {name}}}",
        f"    codePath={code}",
        "    versionCode=1 minSdk=29 targetSdk=29",
        f"    versionName={version}",
        f"    signatures=PackageSignatures{{b4da5e3 version:2, signatures:[{hint}], past signatures:[]}}",
        "    pkgFlags=[ HAS_CODE ALLOW_CLEAR_USER_DATA ]",
        "    requested permissions:",
        "      android.permission.READ_CONTACTS",
        "    install permissions:",
        "      android.permission.INTERNET: granted=true",
    ]
    for user, words in users.items():
        state = {
            "ceDataInode": "77",
            "installed": "true",
            "hidden": "false",
            "suspended": "false",
            "stopped": "false",
            "notLaunched": "false",
            "enabled": "0",
            "instant": "false",
            "virtual": "false",
        }
        state.update(word.split("=") for word in words.split())
        lines.append(f"    User {user}: " + " ".join(f"{key}={value}" for key, value in state.items()))
        lines += ["      gids=[3002]", "      runtime permissions:"]
        lines += [f"        android.permission.{one}: granted=true, flags=[ USER_SET]" for one in permissions]
        lines.append("        android.permission.READ_CALENDAR: granted=false, flags=[ USER_SET]")
    return "\n".join(lines) + "\n"


def dumpsys_package(blocks: Iterable[str], hidden: Iterable[str] = ()) -> str:
    """`dumpsys package` around blocks; `hidden` are blocks of factory copies."""
    text = (
        "Database versions:\n  Internal:\n    sdkVersion=34\n\nKey Set Manager:\n  [com.example.decoy]\n\nPackages:\n"
    )
    text += "".join(blocks)
    if hidden:
        text += "\nHidden system packages:\n" + "".join(hidden)
    return text + "\nQueries:\n  system apps queryable: false\n\nShared users:\n"


def dumpsys_account(users: Mapping[tuple[int, str, int], Iterable[tuple[str, str]]]) -> str:
    """`dumpsys account`: name and type of each account by user."""
    text = ""
    for (number, name, flags), accounts in users.items():
        listed = list(accounts)
        text += f"User UserInfo{{{number}:{name}:{flags:x}}}:\n  Accounts: {len(listed)}\n"
        text += "".join(f"    Account {{name={one}, type={kind}}}\n" for one, kind in listed)
        text += (
            "  \n  AccountId, Action_Type, timestamp, UID, TableName, Key\n  Accounts History\n"
            "  1,action_account_add,2026-01-02 03:04:05,10144,accounts,0\n  \n  Active Sessions: 0\n  \n"
            "  RegisteredServicesCache: 2 services\n"
            "    ServiceInfo: AuthenticatorDescription {type=com.google}, "
            "ComponentInfo{com.google.android.gms/com.google.android.gms.auth.Authenticator}, uid 10144\n"
            "    ServiceInfo: AuthenticatorDescription {type=bitfire.at.davdroid}, "
            "ComponentInfo{at.bitfire.davdroid/.AccountAuthenticatorService}, uid 10200\n"
            "  \n  Account visibility:\n    somebody@visibility.example\n      com.example.viewer, 1\n  \n"
        )
    return text


def wifi_network(number: int, *, keys: str = "WPA_PSK", fqdn: str = "null", **enterprise: str) -> str:
    """One saved network of `dumpsys wifi`, as Android 14 prints it; `enterprise` are fields such as `identity`."""
    method = enterprise.pop("eap_method", None)
    fields = "".join(f'{key} "{value}"\n' for key, value in enterprise.items())
    return (
        f'ID: {number} SSID: "Net{number}" PROVIDER-NAME: null BSSID: null FQDN: {fqdn} HOME-PROVIDER-NETWORK: false'
        " PRIO: 0 HIDDEN: false PMF: false CarrierId: -1 SubscriptionId: -1\n"
        " NetworkSelectionStatus NETWORK_SELECTION_ENABLED\n hasEverConnected: true\n"
        f" KeyMgmt: {keys} Protocols: WPA RSN\n AuthAlgorithms:\n PairwiseCiphers: CCMP\n PSK/SAE: *\n"
        f"Enterprise config:\n{fields}" + (f"eap_method: {method}\n" if method else "") + " ocsp: 0\n"
        "IP config:\nIP assignment: DHCP\nProxy settings: NONE\n cuid=1000\nrecentFailure: none\n\n"
    )


def dumpsys_wifi(networks: Iterable[str] = (), *, current_user: int | None = 0, providers: str = "") -> str:
    """`dumpsys wifi` around saved networks and Passpoint providers."""
    user = "" if current_user is None else f"mCurrentUserId={current_user}\n"
    return (
        "Wi-Fi is enabled\nVerbose logging is off\nmInIdleMode false\n\nWifiMetrics:\n"
        "Dump of WifiConfigManager\nWifiConfigManager - Log Begin ----\n"
        '2026-03-04T05:06:07 - KeyMgmt: WPA_EAP of "Log"\nWifiConfigManager - Log End ----\n'
        "WifiConfigManager - Configured networks Begin ----\n"
        + "".join(networks)
        + "WifiConfigManager - Configured networks End ----\nWifiConfigManager - ConfigurationMap Begin ----\n"
        f"mPerId={{}}\n{user}WifiConfigManager - ConfigurationMap End ----\n"
        "WifiConfigManager - Next network ID to be allocated 9\n\n"
        f"Dump of PasspointManager\nPasspointManager - Providers Begin ---\n{providers}"
        "PasspointManager - Providers End ---\nPasspointManager - Next provider ID to be assigned 1\n"
    )


def dumpsys_vpn(users: Mapping[int, tuple[str, int]] = {0: ("null", -1)}) -> str:
    """`dumpsys vpn_management`: the prepared package and the active type by user."""
    return "VPNs:\n" + "".join(
        f"  {user}: {package}\n    Active package name: {package}\n    Active vpn type: {kind}\n"
        "    NetworkCapabilities: [ Transports: VPN]\n    mEventChanges (most recent first):\n\n"
        for user, (package, kind) in users.items()
    )


WIFI_AGENT = (
    "NetworkAgentInfo{network{100}  handle{1}  ni{WIFI CONNECTED extra: }  lp{{InterfaceName: wlan0 LinkAddresses: "
    "[ 192.0.2.7/24 ] DnsAddresses: [ /192.0.2.1 ] Domains: home.example MTU: 0}}  nc{[ Transports: WIFI "
    'Capabilities: INTERNET&NOT_VPN&VALIDATED SSID: "Net"]}}'
)


def vpn_agent(uids: str = "0-99999", domains: str = "null") -> str:
    """A connected VPN as `dumpsys connectivity` of Android 12 and later prints it."""
    return (
        f"NetworkAgentInfo{{network{{101}}  handle{{2}}  ni{{VPN CONNECTED extra: }}  lp{{{{InterfaceName: tun0 "
        f"LinkAddresses: [ 198.51.100.2/32 ] DnsAddresses: [ /198.51.100.1 ] Domains: {domains} MTU: 1500}}}}  nc{{[ "
        f"Transports: WIFI|VPN Capabilities: INTERNET&VALIDATED Uids: <{{{uids}}}> OwnerUid: 10115]}}}}"
    )


def dumpsys_connectivity(*agents: str) -> str:
    """`dumpsys connectivity` around network agents."""
    return (
        "NetworkProviders for: Ethernet WifiNetworkFactory\n\nActive default network: 100\n\nCurrent Networks:\n"
        + "".join(f"  {agent}\n    Requests: REQUEST:1 LISTEN:2\n" for agent in (agents or (WIFI_AGENT,)))
        + "\nNetwork Requests:\n  NetworkRequest [ LISTEN id=7, [ Transports: VPN Capabilities: NOT_RESTRICTED] ]\n"
    )


def bugreport(services: Mapping[str, str], *, properties: str = "", timed: bool = True) -> str:
    """The main text of a bug report around dumps by service."""
    text = "=" * 56 + "\n== dumpstate: 2026-03-04 05:06:07\n" + "=" * 56 + "\n\nBuild: EX1.260101.001\n\n"
    if properties:
        text += f"------ SYSTEM PROPERTIES (getprop) ------\n{properties}"
        text += "------ 0.020s was the duration of 'SYSTEM PROPERTIES' ------\n\n"
    text += "------ DUMPSYS (/system/bin/dumpsys) ------\nCurrently running services:\n  account\n"
    for name, content in services.items():
        text += "-" * 79 + f"\nDUMP OF SERVICE {name}:\n{content}"
        if timed:
            text += f"--------- 0.017s was the duration of dumpsys {name.split()[-1]}, ending at: 2026-03-04 05:06:08\n"
    return text + "[dumpsys: 11.2s elapsed]\n"
