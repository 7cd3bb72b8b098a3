"""VPNs, networks that want a user's identity, and file servers."""

from setapart_agent.collectors.base import Absent, Failed, Observed
from setapart_agent.collectors.desktop import anyconnect
from setapart_agent.collectors.desktop.host import DesktopCollector, Host
from setapart_agent.collectors.desktop.survey import Place, Survey, info_of, result, survey_of, user_surveys
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.facts import Facts
from setapart_evidence.model import SYSTEM_PROFILE, Link, Section

_LINKS: tuple[Section, ...] = ("links",)
_NETWORKS = (
    Place(
        client="networkmanager",
        parser="linux.parse.networkmanager",
        paths=(
            "etc/NetworkManager/system-connections/*",
            "run/NetworkManager/system-connections/*",
            "usr/lib/NetworkManager/system-connections/*",
        ),
        sections=_LINKS,
        mixed=True,
    ),
    Place(client="netplan", parser="linux.parse.netplan", paths=("etc/netplan/*.yaml",), sections=_LINKS),
    Place(
        client="802.1x",
        parser="linux.parse.wpa",
        paths=(
            "etc/wpa_supplicant.conf",
            "etc/wpa_supplicant/*.conf",
            "var/lib/iwd/*.8021x",
            "etc/sysconfig/network-scripts/ifcfg-*",
        ),
        sections=_LINKS,
    ),
    Place(
        client="wireguard",
        parser="desktop.parse.wireguard",
        paths=("etc/wireguard/*.conf", "etc/systemd/network/*.netdev", "run/systemd/network/*.netdev"),
        sections=_LINKS,
    ),
    Place(
        client="vpn",
        parser="desktop.parse.openvpn",
        paths=(
            "etc/openvpn/*.conf",
            "etc/openvpn/*.ovpn",
            "etc/openvpn/*/*.conf",
            "etc/openvpn/*/*.ovpn",
            "etc/vpnc/*.conf",
            "etc/openfortivpn/config",
            "etc/ipsec.conf",
            "etc/ipsec.d/*.conf",
            "etc/swanctl/swanctl.conf",
            "etc/swanctl/conf.d/*.conf",
        ),
        sections=_LINKS,
    ),
    anyconnect.SYSTEM,
)
_HOME = (
    Place(
        client="vpn",
        parser="desktop.parse.openvpn",
        paths=tuple(
            f"{folder}*.ovpn" for folder in ("", "Downloads/", "Documents/", "vpn/", ".openvpn/", ".config/openvpn/")
        ),
        sections=_LINKS,
    ),
    anyconnect.HOME,
)
_FSTAB = Place(client="mounts", parser="linux.parse.mounts", paths=("etc/fstab",), sections=_LINKS)
_MOUNTED = Place(client="mounts", parser="linux.parse.mounts", paths=(), sections=_LINKS)
_SHARES = (
    _FSTAB,
    Place(
        client="mounts",
        parser="linux.parse.mount_unit",
        paths=("etc/systemd/system/*.mount",),
        sections=_LINKS,
        mixed=True,
    ),
    Place(
        client="autofs",
        parser="linux.parse.autofs",
        paths=("etc/auto.*", "etc/auto.master.d/*", "etc/autofs/auto.*"),
        sections=_LINKS,
        mixed=True,
    ),
)
_BOOKMARKS = Place(
    client="file manager",
    parser="linux.parse.bookmarks",
    paths=(".config/gtk-3.0/bookmarks", ".gtk-bookmarks", ".local/share/user-places.xbel"),
    sections=_LINKS,
)
_TUNNELS = ("tun", "tap", "wg", "ppp", "ipsec", "xfrm", "vti", "tailscale", "zt", "vpn", "cscotun", "gpd", "nordlynx")
_UP = 1


class Networks:
    """VPNs and 802.1X networks, as links."""

    info = info_of(
        "linux.network",
        __name__,
        _LINKS,
        (*_NETWORKS, *_HOME),
        version=3,
        more=("network interfaces that are up",),
        modules=(anyconnect.__name__,),
    )

    def collect(self, host: Host) -> Facts:
        """The machine's connections, profiles for VPNs in homes, and tunnels that are up without either."""
        system = survey_of(host)
        system.look(_NETWORKS)
        surveys = [system]
        for _, survey in user_surveys(host):
            survey.look(_HOME)
            surveys.append(survey)
        explained = any(link.kind == "vpn" for survey in surveys for facts in survey.facts for link in facts.links)
        if host.live and not explained and _tunnel_is_up(host.tree, system):
            system.facts.append(Facts(links=(Link(kind="vpn", target=None, profile=SYSTEM_PROFILE),)))
        return result(self.info, host, surveys)


class Shares:
    """File servers that are mounted, would be, or are bookmarked, as links."""

    info = info_of(
        "linux.shares", __name__, _LINKS, (*_SHARES, _BOOKMARKS), more=("mounted file systems",), maturity="untested"
    )

    def collect(self, host: Host) -> Facts:
        """The machine's mounts, and each user's bookmarks."""
        system = survey_of(host)
        system.look(_SHARES)
        if host.live:
            content = system.read(_MOUNTED, "/proc/self/mounts")
            if content is not None:
                system.parse(_MOUNTED, "/proc/self/mounts", content)
        surveys = [system]
        for _, survey in user_surveys(host):
            survey.look((_BOOKMARKS,))
            surveys.append(survey)
        return result(self.info, host, surveys)


def _tunnel_is_up(tree: Tree, survey: Survey) -> bool:
    names = tree.entries("/sys/class/net")
    if not isinstance(names, Observed):
        survey.fail("interfaces", _LINKS, Failed("not listed") if isinstance(names, Absent) else names)
        return False
    for name in names.value:
        flags = tree.read(f"/sys/class/net/{name}/flags") if name.startswith(_TUNNELS) else Absent()
        if isinstance(flags, Observed) and flags.value.strip().startswith(b"0x") and int(flags.value, 16) & _UP:
            return True
    return False


COLLECTORS: tuple[DesktopCollector, ...] = (Networks(), Shares())
