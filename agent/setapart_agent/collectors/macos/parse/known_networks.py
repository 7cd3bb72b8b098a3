"""Wi-Fi networks that want a user's identity.

`com.apple.wifi.known-networks.plist` and, before macOS 11, `com.apple.airport.preferences.plist` hold a dictionary
per network with `SupportedSecurityTypes` or `SecurityType` ("WPA2 Enterprise"); where an enterprise network was set
up, an EAP profile may name who signs in (`UserName`) and whom the server must be (`TLSTrustedServerNames`). Sources:
public readers of these files and EAPClientConfiguration keys of Apple's profile reference; no capture of an
enterprise network was at hand.
"""

from collections.abc import Iterator

from setapart_agent.collectors.apple.parse.plist import Dict, dict_of, is_plist, read_plist, text_of, texts_of
from setapart_agent.facts import Facts, FileSet, domain_of
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "macos.known-networks"
MATURITY: Maturity = "untested"

_EXPECTED = "a list of known Wi-Fi networks"
_KNOWN = "wifi.network."
_NESTED = ("KnownNetworks", "RememberedNetworks", "List of known networks")
_SECURITY = ("SupportedSecurityTypes", "SecurityType", "SecurityMode")
_ENTERPRISE = ("enterprise", "802.1x", "eap")
_PROFILE = ("EAPProfile", "EnterpriseProfile")


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the names of networks, or by the lists' names."""
    return is_plist(content) and (
        (_KNOWN.encode() in content and b"SupportedSecurityTypes" in content)
        or (b"KnownNetworks" in content and b"SSID" in content)
    )


def parse(files: FileSet) -> Facts:
    """Every enterprise network, with the organisations that it names, or none.

    Raises:
        ParseError: no property list.
    """
    listed = read_plist(files.main, _EXPECTED)
    found = (link for one in _networks(listed) for link in _links(one, files.profile))
    return Facts(links=tuple(dict.fromkeys(found)))


def _networks(listed: Dict) -> Iterator[Dict]:
    groups: list[object] = [listed, *(listed.get(name) for name in _NESTED)]
    for group in groups:
        members = group.values() if isinstance(group, dict) else group if isinstance(group, list) else ()
        yield from (one for one in members if isinstance(one, dict))


def _links(network: Dict, profile: str) -> tuple[Link, ...]:
    security = " ".join(value for key in _SECURITY for value in texts_of(network, key)).lower()
    eap = dict_of(network, *_PROFILE)
    if not eap and not any(word in security for word in _ENTERPRISE):
        return ()
    settings = dict_of(eap, "EAPClientConfiguration") or eap
    named = [domain_of(text_of(settings, "UserName", "OuterIdentity"))]
    named += [name.lower().lstrip("*").strip(".") for name in texts_of(settings, "TLSTrustedServerNames")]
    targets = [one for one in dict.fromkeys(named) if one and "." in one]
    return tuple(Link(kind="wifi-enterprise", target=one, profile=profile) for one in targets or (None,))
