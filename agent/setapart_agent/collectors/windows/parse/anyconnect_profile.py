r"""Profiles and preferences of Cisco AnyConnect and Cisco Secure Client: XML files that name the gateways.

Places: `ProgramData\Cisco\Cisco AnyConnect Secure Mobility Client\Profile`, `ProgramData\Cisco\Cisco Secure
Client\VPN\Profile`; and `preferences_global.xml` beside them, `AppData\Local\Cisco\…\preferences.xml` of each user.
Format: Cisco, "AnyConnect VPN Profile" and "AnyConnect local preferences" (administrator guide): `AnyConnectProfile`
with a list of `HostEntry`, each with `HostAddress`, or with `HostName` alone where that is the address too;
`AnyConnectPreferences` with `DefaultHostName`, the gateway that was used last, by its address or by its profile's
name.
"""

from setapart_agent.collectors.windows.parse.xml_texts import texts
from setapart_agent.facts import Facts, FileSet, host_of
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "windows.anyconnect-profile"
MATURITY: Maturity = "untested"

_HEAD = 4096
_LAST_USED = ("DefaultHostName", "DefaultHost")
"""The latter before AnyConnect 3."""
_PROFILE, _PREFERENCES = "AnyConnectProfile", "AnyConnectPreferences"


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the name of its outermost element."""
    return any(b"<" + root.encode() in content[:_HEAD] for root in (_PROFILE, _PREFERENCES))


def parse(files: FileSet) -> Facts:
    """A link per gateway.

    Raises:
        ParseError: no such profile, or XML with a document type, which could hold entities.
    """
    if f"<{_PREFERENCES}".encode() in files.main[:_HEAD]:
        return _preferred(files)
    found = texts(files.main, _PROFILE, ("HostAddress", "HostName"), "a profile of AnyConnect")
    named = found["HostAddress"] or [name for name in found["HostName"] if "." in name]
    hosts = dict.fromkeys(host for one in named if (host := host_of(one)) is not None)
    return Facts(links=tuple(Link(kind="vpn", target=host, profile=files.profile) for host in hosts))


def _preferred(files: FileSet) -> Facts:
    """A link to the gateway that was used last; one that is known by a profile's name leads somewhere."""
    found = texts(files.main, _PREFERENCES, _LAST_USED, "preferences of AnyConnect")
    name = next((one for named in found.values() for one in named if one), "")
    target = host_of(name) if "." in name else None
    return Facts(links=(Link(kind="vpn", target=target, profile=files.profile),) if name else ())
