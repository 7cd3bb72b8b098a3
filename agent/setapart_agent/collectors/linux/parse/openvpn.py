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
    r"""^\s*(?:remote\s+|IPSec\s+gateway\s+|server\s*=\s*|host\s*=\s*|right\s*=\s*|remote_addrs\s*=\s*|url\s*=\s*)["']?([^\s"'\#;]+)""",
    re.MULTILINE,
)
_SERVER = re.compile(r"^\s*(?:mode\s+server|server\s+\d+|tls-server)\b", re.MULTILINE)
_CLIENT = re.compile(r"^\s*(?:client|dev\s+tu[n]|dev\s+tap|conn\s|IPSec\s+ID|protocol\s*=)", re.MULTILINE)
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
