r"""Profiles of Cisco AnyConnect and Cisco Secure Client: XML files that name the gateways.

Places: `ProgramData\Cisco\Cisco AnyConnect Secure Mobility Client\Profile`, `ProgramData\Cisco\Cisco Secure
Client\VPN\Profile`. Format: Cisco, "AnyConnect VPN Profile" (administrator guide): `AnyConnectProfile` with a list of
`HostEntry`, each with `HostAddress`, or with `HostName` alone where that is the address too.
"""

from setapart_agent.collectors.windows.parse.xml_texts import texts
from setapart_agent.facts import Facts, FileSet, host_of
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "windows.anyconnect-profile"
MATURITY: Maturity = "untested"

_HEAD = 4096


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the name of its outermost element."""
    return b"<AnyConnectProfile" in content[:_HEAD]


def parse(files: FileSet) -> Facts:
    """A link per gateway.

    Raises:
        ParseError: no such profile, or XML with a document type, which could hold entities.
    """
    found = texts(files.main, "AnyConnectProfile", ("HostAddress", "HostName"), "a profile of AnyConnect")
    named = found["HostAddress"] or [name for name in found["HostName"] if "." in name]
    hosts = dict.fromkeys(host for one in named if (host := host_of(one)) is not None)
    return Facts(links=tuple(Link(kind="vpn", target=host, profile=files.profile) for host in hosts))
