"""OpenVPN, openconnect, vpnc, strongSwan and pppd's peers: files of `keyword value` lines that name a gateway.

Formats: openvpn(8), openconnect(8), vpnc(8), ipsec.conf(5), swanctl.conf(5). Only files of VPN folders come here.
"""

import re

from setapart_agent.facts import Facts, FileSet, host_of, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.openvpn"
MATURITY: Maturity = "untested"

_GATEWAY = re.compile(
    r"""^[ \t]*+(?:(?:remote|IPSec[ \t]+gateway)[ \t]++|(?:server|host|right|remote_addrs|url)[ \t]*+=[ \t]*+)"""
    r"""["']?([^\s"'\#;]++)""",
    re.MULTILINE,
)
_SERVER = re.compile(r"^[ \t]*+(?:mode[ \t]+server|server[ \t]+\d+|tls-server)\b", re.MULTILINE)
_CLIENT = re.compile(
    r"^[ \t]*+(?:client|dev[ \t]+tu[n]|dev[ \t]+tap|conn\s|IPSec[ \t]+ID|protocol[ \t]*=)", re.MULTILINE
)
_HOST = re.compile(r"(?!0\.0\.0\.0$)[0-9a-z][0-9a-z.:_-]*")


def recognise(name: str, content: bytes) -> bool:
    """By name, or by a client's keywords."""
    return name.endswith(".ovpn") or (b"\nremote " in content and b"\ndev t" in content) or b"IPSec gateway" in content


def parse(files: FileSet) -> Facts:
    """The gateways; a client that names none is a VPN with no known target, a server is no tie."""
    content = text(files.main)
    named = [part for raw in _GATEWAY.findall(content) for part in raw.split(",")]
    hosts = [host for host in dict.fromkeys(map(host_of, named)) if host and _HOST.fullmatch(host)]
    if not hosts and (named or _SERVER.search(content) or not _CLIENT.search(content)):
        return Facts()
    return Facts(links=tuple(Link(kind="vpn", target=host, profile=files.profile) for host in hosts or (None,)))
