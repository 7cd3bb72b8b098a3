"""Ties by network: Wi-Fi networks that want a user's identity, and VPNs that are on or one tap from on.

Saved Wi-Fi networks are shown for the user in the foreground and its profiles; what another full user has saved for
himself alone is not. VPNs are shown by the VPN service (from Android 12), of every user who runs, and by the networks
that are connected, which is all that an older Android tells. What nobody shows: VPN profiles of the settings that are
off, and certificates, which reach nothing without the account, the VPN or the Wi-Fi network that uses them.
"""

from setapart_agent.collectors.android import source as commands
from setapart_agent.collectors.android.answers import Answer, ask
from setapart_agent.collectors.android.parse import dumpsys_connectivity, dumpsys_vpn, dumpsys_wifi
from setapart_agent.collectors.android.parse.android_user import AndroidUser
from setapart_agent.collectors.android.parse.dumpsys_connectivity import Connectivity
from setapart_agent.collectors.android.parse.dumpsys_vpn import VpnState
from setapart_agent.collectors.android.parse.dumpsys_wifi import SavedWifi
from setapart_agent.collectors.android.source import AndroidSource
from setapart_agent.collectors.base import Denied, Failed, Observed, Unseen, Unsupported, uncovered
from setapart_agent.facts import Facts
from setapart_evidence.model import Coverage

COLLECTOR = "android.networks"
OWN_WIFI = "Wi-Fi networks that a user who is not in the foreground has saved for himself are not shown"
NOT_RUNNING = "the VPN service does not show this user"

_VPN_SERVICE_API = 31
_FULL_USERS = frozenset({"primary", "secondary", "guest"})


def collect_networks(
    source: AndroidSource, users: tuple[AndroidUser, ...], current: str | None = None, api_level: int | None = None
) -> Facts:
    """The links of all users, with one coverage row for each.

    Args:
        source: the device.
        users: every user that is known, at least one.
        current: the user in the foreground, where something says so.
        api_level: decides whether there is a VPN service, which tells more than the networks do.
    """
    wifi = ask(source, commands.DUMPSYS_WIFI, dumpsys_wifi.read)
    vpn = ask(source, commands.DUMPSYS_VPN, dumpsys_vpn.read)
    connected = ask(source, commands.DUMPSYS_CONNECTIVITY, dumpsys_connectivity.read)
    foreground = _foreground(wifi, current, users)
    owner = foreground if any(user.id == foreground for user in users) else users[0].id
    links = dumpsys_wifi.links(wifi.value, owner) if isinstance(wifi, Observed) else ()
    links += dumpsys_vpn.links(vpn.value) if isinstance(vpn, Observed) else ()
    links += dumpsys_connectivity.links(connected.value) if isinstance(connected, Observed) else ()
    return Facts(
        links=tuple(dict.fromkeys(links)),
        coverage=tuple(
            _coverage(user, foreground, wifi, _vpn_doubt(user, vpn, connected, api_level)) for user in users
        ),
    )


def _foreground(wifi: Answer[SavedWifi], current: str | None, users: tuple[AndroidUser, ...]) -> str:
    """The user in the foreground: as the Wi-Fi service says, whose list it is; as others say; else the main user."""
    said = wifi.value.current_user if isinstance(wifi, Observed) else None
    return said or current or next((user.id for user in users if user.is_main), users[0].id)


def _vpn_doubt(
    user: AndroidUser, vpn: Answer[VpnState], connected: Answer[Connectivity], api_level: int | None
) -> str | Unseen | None:
    """Why this user may have VPNs that neither the VPN service nor the list of networks shows; else `None`."""
    doubts: list[str | Unseen | None] = [
        answer.value.damage if isinstance(answer, Observed) else answer for answer in (vpn, connected)
    ]
    if api_level is not None and api_level >= _VPN_SERVICE_API:
        return NOT_RUNNING if isinstance(vpn, Observed) and user.id not in vpn.value.shown else doubts[0]
    if None in doubts:
        return None
    return next((doubt for doubt in doubts if isinstance(doubt, str)), doubts[1])


def _coverage(user: AndroidUser, foreground: str, wifi: Answer[SavedWifi], vpn: str | Unseen | None) -> Coverage:
    if not isinstance(wifi, Observed) and isinstance(vpn, Denied | Failed | Unsupported):
        return uncovered("links", user.id, COLLECTOR, wifi)
    reasons = [wifi.value.damage if isinstance(wifi, Observed) else f"Wi-Fi networks: {wifi.reason}"]
    if user.id != foreground and user.kind in _FULL_USERS and not user.is_headless:
        reasons.append(OWN_WIFI)
    if vpn is not None:
        reasons.append(f"VPNs: {vpn if isinstance(vpn, str) else vpn.reason}")
    told = [reason for reason in reasons if reason is not None]
    return Coverage(
        section="links",
        profile=user.id,
        collector=COLLECTOR,
        status="partial" if told else "observed",
        reason="; ".join(told) or None,
    )
