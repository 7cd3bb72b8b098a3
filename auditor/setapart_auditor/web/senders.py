"""Who sends: the address that limits count against, also behind proxies that are trusted to name it."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from setapart_auditor.errors import AuditorError

Address = IPv4Address | IPv6Address
_SUBSCRIBER = 64
"""Bits of an IPv6 address that one subscriber does not choose."""


class Networks:
    """Addresses and networks, as settings list them.

    Raises:
        AuditorError: one is neither.
    """

    def __init__(self, listed: Iterable[str], setting: str) -> None:
        self._networks: list[IPv4Network | IPv6Network] = []
        for one in listed:
            try:
                self._networks.append(ip_network(one, strict=False))
            except ValueError:
                raise AuditorError(
                    f"{one!r} is no address", expected="an IP address, or a network like 10.0.0.0/8", where=setting
                ) from None

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def __bool__(self) -> bool:
        return bool(self._networks)


def sender_of(peer: str, forwarded: Iterable[str], proxies: Networks) -> Address | None:
    """The address that a request comes from.

    Args:
        peer: whoever is connected.
        forwarded: the X-Forwarded-For headers, in their order; believed as far as trusted proxies wrote them.
        proxies: the trusted ones.

    Returns:
        The nearest address that is no trusted proxy; None if the peer has none (a local socket).
    """
    found = _parsed(peer)
    if found is None or found not in proxies:
        return found
    for entry in reversed([one for header in forwarded for one in header.split(",")]):
        address = _parsed(entry.strip())
        if address is None:
            break
        found = address
        if found not in proxies:
            break
    return found


def address_of(peer: str) -> Address | None:
    """The address of whoever is connected, None if it has none."""
    return _parsed(peer)


def counted_as(address: Address | None) -> str:
    """What limits count an address as: IPv6 by subscriber, who has 2^64 of them."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _SUBSCRIBER), strict=False))
    return str(address)


def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
