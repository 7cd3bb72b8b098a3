"""VPNs among the network services: `/Library/Preferences/SystemConfiguration/preferences.plist`.

Source: SCSchemaDefinitions.h of Apple's SystemConfiguration: `NetworkServices` → service → `Interface`, `PPP`, `IPSec`,
`VPN`; `Model` is the hardware's identifier. Since macOS 10.11 most VPNs stand in com.apple.networkextension.plist.
"""

from setapart_agent.collectors.apple.parse.plist import Dict, bool_of, dict_of, is_plist, read_plist, text_of
from setapart_agent.collectors.macos.parse.server import server
from setapart_agent.facts import DeviceFacts, Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "macos.network-services"
MATURITY: Maturity = "untested"

_EXPECTED = "preferences.plist of SystemConfiguration"
_VPN_TYPES = frozenset({"VPN", "IPSec"})
_VPN_SUBTYPES = frozenset({"L2TP", "PPTP"})


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By its parts."""
    return is_plist(content) and b"NetworkServices" in content and b"CurrentSet" in content


def parse(files: FileSet) -> Facts:
    """Every VPN, with its server, and the model of the Mac.

    Raises:
        ParseError: no property list.
    """
    preferences = read_plist(files.main, _EXPECTED)
    services = dict_of(preferences, "NetworkServices")
    links = [link for one in services.values() if isinstance(one, dict) for link in _links(one, files.profile)]
    return Facts(
        device=DeviceFacts(platform="macos", model=text_of(preferences, "Model")), links=tuple(dict.fromkeys(links))
    )


def _links(service: Dict, profile: str) -> tuple[Link, ...]:
    interface = dict_of(service, "Interface")
    if bool_of(service, "__INACTIVE__") or not (
        text_of(interface, "Type") in _VPN_TYPES or text_of(interface, "SubType") in _VPN_SUBTYPES
    ):
        return ()
    named = (
        text_of(dict_of(service, part), key)
        for part, key in (("PPP", "CommRemoteAddress"), ("IPSec", "RemoteAddress"), ("VPN", "RemoteAddress"))
    )
    return (Link(kind="vpn", target=server(next(filter(None, named), None)), profile=profile),)
