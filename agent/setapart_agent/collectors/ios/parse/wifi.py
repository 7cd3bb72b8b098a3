"""Known Wi-Fi networks that ask who one is: `com.apple.wifi.known-networks.plist` (iOS 14) and `com.apple.wifi.plist`.

A network of an organisation carries `EAPClientConfiguration`, as in a profile, or says `Enterprise` among its security
types. Networks that a SIM card opens (EAP-SIM, -AKA) are a carrier's hotspots and no link. Networks themselves, where
somebody was and when, are not collected. Source: EAPClientConfiguration of Apple's documentation; names of the files
from a real backup of iOS 14; no capture of their content was at hand.
"""

from collections.abc import Iterator

from setapart_agent.collectors.apple.parse.payloads import facts_of_payload
from setapart_agent.collectors.apple.parse.plist import Dict, dict_of, is_plist, list_of, read_plist, texts_of
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "ios.wifi"
MATURITY: Maturity = "untested"

_NAMES = frozenset(
    {"com.apple.wifi.known-networks.plist", "com.apple.wifi.plist", "com.apple.wifi-networks.plist"}
)  # fmt: skip
_LIST = "List of known networks"
_CLIENT = "EAPClientConfiguration"
_PROFILES = ("EnterpriseProfile", "EAPProfile")
_SIM_TYPES = frozenset({18, 23, 50})  # RFC 4186, 4187, 9048
_SECURITY = ("SupportedSecurityTypes", "SecurityType", "SecurityMode")
_PAYLOAD = "com.apple.wifi.managed"


def recognise(name: str, content: bytes) -> bool:
    """By name; a Mac keeps files of the same name in `/Library/Preferences`."""
    path = name.replace("\\", "/")
    return path.rpartition("/")[2] in _NAMES and "/Library/Preferences/" not in path and is_plist(content)


def parse(files: FileSet) -> Facts:
    """A link per network of an organisation.

    Raises:
        ParseError: no property list.
    """
    found = read_plist(files.main, "known Wi-Fi networks")
    networks = [one for one in (*list_of(found, _LIST), *found.values()) if isinstance(one, dict)]
    links = [link for network in networks for link in _links(network, files.profile)]
    return Facts(links=tuple(dict.fromkeys(links)))


def _links(network: Dict, profile: str) -> tuple[Link, ...]:
    clients = tuple(_clients(network))
    if clients:
        return tuple(
            link
            for client in clients
            if not _opened_by_sim(client)
            for link in facts_of_payload(_PAYLOAD, {_CLIENT: client}, profile).links
        )
    if any("enterprise" in word.lower() for key in _SECURITY for word in texts_of(network, key)):
        return (Link(kind="wifi-enterprise", target=None, profile=profile),)
    return ()


def _opened_by_sim(client: Dict) -> bool:
    types = list_of(client, "AcceptEAPTypes")
    return bool(types) and all(isinstance(one, int) and one in _SIM_TYPES for one in types)


def _clients(network: Dict) -> Iterator[Dict]:
    """How a network is signed in to: `EAPClientConfiguration`, wherever in it that stands, or a profile without one."""
    waiting: list[object] = [network]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            profile = dict_of(one, *_PROFILES)
            client = dict_of(one, _CLIENT) or ({} if _CLIENT in profile else profile)
            if client:
                yield client
            waiting.extend(value for key, value in one.items() if key != _CLIENT)
        elif isinstance(one, list):
            waiting.extend(one)
