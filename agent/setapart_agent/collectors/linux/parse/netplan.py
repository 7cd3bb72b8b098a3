"""netplan: `/etc/netplan/*.yaml`, where Ubuntu's NetworkManager keeps its connections as well.

Format: netplan's YAML configuration reference. Read line by line for the few keys that matter, without a YAML parser.
"""

import re

from setapart_agent.collectors.linux.parse.wpa import organisation_of
from setapart_agent.facts import Facts, FileSet, host_of, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.netplan"
MATURITY: Maturity = "untested"

_LINE = re.compile(r"""^[\s\-]*+["']?([\w.\-]+)["']?\s*+:\s*+(.*)$""")
_INLINE = re.compile(r"""["']?\b(endpoint|identity|anonymous-identity)["']?\s*+:\s*+["']?([^"',}\s]++)""")
_ENDPOINTS = frozenset({"endpoint", "vpn.remote", "vpn.gateway", "vpn.address", "vpn.right", "vpn.host"})
_IDENTITIES = frozenset({"identity", "anonymous-identity", "802-1x.identity", "802-1x.anonymous-identity"})
_SERVERS = frozenset({"802-1x.domain-suffix-match", "802-1x.domain-match"})
_ENTERPRISE = re.compile(r"""key-management["']?\s*:\s*["']?(?:eap\b|eap-sha256|802\.1x)""")


def recognise(name: str, content: bytes) -> bool:
    """By its only top key."""
    return name.endswith((".yaml", ".yml")) and re.search(rb"^network:", content, re.MULTILINE) is not None


def parse(files: FileSet) -> Facts:
    """WireGuard endpoints, gateways of VPNs, and networks that want a user's identity."""
    content = "\n".join(line for line in text(files.main).split("\n") if not line.lstrip().startswith("#"))
    endpoints: list[str | None] = []
    identities: list[str] = []
    servers: list[str] = []
    for line in content.split("\n"):
        match = _LINE.match(line)
        pairs = [(match[1], match[2])] if match else []
        for key, raw in [*pairs, *_INLINE.findall(line)]:
            value = raw.strip().strip("\"'")
            if key in _ENDPOINTS and value:
                endpoints.append(host_of(value))
            elif key in _IDENTITIES and value:
                identities.append(value)
            elif key in _SERVERS and value:
                servers.append(value)
    if not endpoints and re.search(r"""mode["']?\s*:\s*["']?wireguard|connection\.type["']?\s*:\s*["']?vpn""", content):
        endpoints.append(None)
    links = [Link(kind="vpn", target=host, profile=files.profile) for host in endpoints]
    if identities or servers or _ENTERPRISE.search(content):
        links += [
            Link(kind="wifi-enterprise", target=domain, profile=files.profile)
            for domain in organisation_of(identities, servers)
        ]
    return Facts(links=tuple(dict.fromkeys(links)))
