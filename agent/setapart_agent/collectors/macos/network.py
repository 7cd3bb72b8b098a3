"""VPNs, networks that want a user's identity, and file servers."""

from setapart_agent.collectors.apple.parse.server import server
from setapart_agent.collectors.desktop import anyconnect
from setapart_agent.collectors.desktop.host import DesktopCollector, Host
from setapart_agent.collectors.desktop.survey import Place, info_of, result, survey_of, user_surveys
from setapart_agent.facts import Facts
from setapart_evidence.model import SYSTEM_PROFILE, Link, Section

_LINKS: tuple[Section, ...] = ("links",)
_SETTINGS = "Library/Preferences"
_SYSTEM = (
    Place(
        client="network services",
        parser="macos.parse.network_services",
        paths=(f"{_SETTINGS}/SystemConfiguration/preferences.plist",),
        sections=_LINKS,
    ),
    Place(
        client="vpn",
        parser="macos.parse.network_extension",
        paths=(f"{_SETTINGS}/com.apple.networkextension.plist",),
        sections=_LINKS,
    ),
    Place(
        client="wi-fi",
        parser="macos.parse.known_networks",
        paths=(
            f"{_SETTINGS}/com.apple.wifi.known-networks.plist",
            f"{_SETTINGS}/SystemConfiguration/com.apple.airport.preferences.plist",
        ),
        sections=_LINKS,
    ),
    Place(
        client="802.1x",
        parser="macos.parse.known_networks",
        paths=(f"{_SETTINGS}/SystemConfiguration/com.apple.network.eapolclient.configuration.plist",),
        sections=_LINKS,
    ),
)
_APPS = (
    Place(
        client="openvpn",
        parser="desktop.parse.openvpn",
        paths=(
            "Library/Application Support/Tunnelblick/Configurations/*.tblk/Contents/Resources/config.ovpn",
            "Library/Application Support/Tunnelblick/Configurations/*.ovpn",
            "Library/Application Support/OpenVPN Connect/profiles/*.ovpn",
            "Library/Application Support/Viscosity/OpenVPN/*/config.conf",
            "Downloads/*.ovpn",
            "Documents/*.ovpn",
        ),
        sections=_LINKS,
    ),
    anyconnect.HOME,
)
_BREW = ("opt/homebrew/etc", "usr/local/etc", "opt/local/etc")
_SHARED_APPS = (
    Place(
        client="openvpn",
        parser="desktop.parse.openvpn",
        paths=(
            "Library/Application Support/Tunnelblick/Shared/*.tblk/Contents/Resources/config.ovpn",
            *(f"{folder}/openvpn/*.{ending}" for folder in _BREW for ending in ("conf", "ovpn")),
        ),
        sections=_LINKS,
    ),
    Place(
        client="wireguard",
        parser="desktop.parse.wireguard",
        paths=tuple(f"{folder}/wireguard/*.conf" for folder in (*_BREW, "private/etc")),
        sections=_LINKS,
    ),
    anyconnect.SYSTEM,
    Place(
        client="vpn client",
        parser="macos.parse.vpn_clients",
        paths=("Library/Application Support/Fortinet/FortiClient/conf/vpn.plist",),
        sections=_LINKS,
        mixed=True,
    ),
    Place(
        client="vpn client",
        parser="macos.parse.vpn_clients",
        paths=(f"{_SETTINGS}/com.paloaltonetworks.GlobalProtect.settings.plist",),
        sections=_LINKS,
    ),
)
_REMOTE = frozenset({"smbfs", "nfs", "afpfs", "webdav", "ftp"})


class Networks:
    """VPNs and enterprise networks of the machine, VPN settings of users, and what is mounted now."""

    info = info_of(
        "macos.network",
        __name__,
        _LINKS,
        (*_SYSTEM, *_SHARED_APPS, *_APPS),
        version=2,
        maturity="untested",
        more=("the file servers that are mounted now",),
        modules=(
            anyconnect.__name__,
            *(
                f"setapart_agent.collectors.apple.parse.{name}"
                for name in ("vpn_settings", "enterprise_networks", "keyed_archive", "server")
            ),
        ),
    )

    def collect(self, host: Host) -> Facts:
        """The machine's own, and each user's. File servers are seen while they are mounted alone."""
        system = survey_of(host)
        system.look((*_SYSTEM, *_SHARED_APPS))
        if host.live:
            system.facts.append(
                Facts(links=tuple(Link(kind="file-share", target=one, profile=SYSTEM_PROFILE) for one in mounted()))
            )
        surveys = [system]
        for _, survey in user_surveys(host):
            survey.look(_APPS)
            surveys.append(survey)
        return result(self.info, host, surveys)


def mounted() -> tuple[str | None, ...]:
    """The servers of what is mounted over a network."""
    import psutil

    found = [one.device for one in psutil.disk_partitions(all=True) if one.fstype in _REMOTE]
    return tuple(dict.fromkeys(_server_of(device) for device in found))


def _server_of(device: str) -> str | None:
    """The server in `//user@server/share`, `server:/share` or a URL."""
    place = device if "://" in device else f"x://{device.lstrip('/')}"
    return server(place) or server(f"{device.partition(':')[0]}")


COLLECTORS: tuple[DesktopCollector, ...] = (Networks(),)
