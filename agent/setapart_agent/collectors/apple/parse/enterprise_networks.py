"""Networks that ask who one is, and the organisations that their settings name.

An `EAPClientConfiguration` says how somebody signs in: `UserName`, `OuterIdentity`, and whom the server must be,
`TLSTrustedServerNames` (Apple's "EAPClientConfiguration" of the Wi-Fi payload). Lists of known networks hold one, or an
`EAPProfile` or `EnterpriseProfile` around it or in its place, or say `Enterprise` among a network's security types and
no more; so do the profiles of 802.1X that macOS keeps (EAPOLClientConfiguration.c of Apple's eap8021x: `Profiles`).
Networks that a SIM card opens (EAP-SIM, -AKA) are a carrier's hotspots and no link. The networks themselves, where
somebody was and when, are not collected.
"""

from collections.abc import Iterator

from setapart_agent.collectors.apple.parse.plist import Dict, dict_of, list_of, text_of, texts_of
from setapart_agent.facts import domain_of
from setapart_evidence.model import Link

CLIENT = "EAPClientConfiguration"
_PROFILES = ("EnterpriseProfile", "EAPProfile")
_SIM_TYPES = frozenset({18, 23, 50})  # RFC 4186, 4187, 9048
_SECURITY = ("SupportedSecurityTypes", "SecurityType", "SecurityMode")
_ENTERPRISE = ("enterprise", "802.1x", "eap")
_LISTS = ("KnownNetworks", "RememberedNetworks", "List of known networks", "Profiles")


def links_of(listed: Dict, profile: str) -> tuple[Link, ...]:
    """A link for every organisation that a list's networks name, or one without a target where a network names none.

    Args:
        listed: names of networks to their settings, or one of the lists in such a dictionary.
        profile: whose links they are.
    """
    links = (link for network in _networks(listed) for link in _links(network, profile))
    return tuple(dict.fromkeys(links))


def links_of_client(client: Dict, profile: str, *more: str | None) -> tuple[Link, ...]:
    """The links of one `EAPClientConfiguration`, servers first; `more` are further names of the organisation.

    A network is often run by somebody else than the organisation whose name opens it: both count.
    """
    named = [name.lower().lstrip("*").strip(".") for name in texts_of(client, "TLSTrustedServerNames")]
    users = (text_of(client, "UserName"), text_of(client, "OuterIdentity"))
    organisations = (*named, *(domain_of(user) or domain_of_login(user) for user in users), *more)
    targets = dict.fromkeys(name.lower() for name in organisations if name)
    return tuple(Link(kind="wifi-enterprise", target=one, profile=profile) for one in targets or (None,))


def domain_of_login(user: str | None) -> str | None:
    """The Windows domain before the backslash of a login name, where it is a full name."""
    domain, backslash, _ = (user or "").partition("\\")
    return domain_of(f"x@{domain}") if backslash and "." in domain else None


def _networks(listed: Dict) -> Iterator[Dict]:
    for group in (listed, *(listed.get(name) for name in _LISTS)):
        if isinstance(group, dict):
            yield from (one for name, one in group.items() if isinstance(one, dict) and name not in _LISTS)
        elif isinstance(group, list):
            yield from (one for one in group if isinstance(one, dict))


def _links(network: Dict, profile: str) -> tuple[Link, ...]:
    clients = tuple(_clients(network))
    if clients:
        return tuple(
            link for client in clients if not _opened_by_sim(client) for link in links_of_client(client, profile)
        )
    security = " ".join(value for key in _SECURITY for value in texts_of(network, key)).lower()
    if any(word in security for word in _ENTERPRISE):
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
            client = dict_of(one, CLIENT) or ({} if CLIENT in profile else profile)
            if client:
                yield client
            waiting.extend(value for key, value in one.items() if key != CLIENT)
        elif isinstance(one, list):
            waiting.extend(one)
