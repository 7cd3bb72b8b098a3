"""The networks that are connected: `dumpsys connectivity`, from Android 5, of which VPNs count here.

Below `Current Networks:` a line `NetworkAgentInfo{…}` per network, with `ni{[type: VPN[], state: CONNECTED/…` (to 11)
or `ni{VPN CONNECTED …` (from 12), `lp{{InterfaceName: tun0 … Domains: corp.example MTU: …}}` and `nc{[ Transports:
WIFI|VPN … Uids: <{0-99999}> …]}`: the uids whose traffic it takes tell the users. Bug reports hold the dump twice,
short and long. Source: ConnectivityService.dump, NetworkAgentInfo, LinkProperties and NetworkCapabilities.toString of
AOSP.

A search domain may show whose network a VPN leads to, and never that it leads nowhere else: anybody may write one
into a profile. So it is a second link beside the one without a target.
"""

import re

from msgspec import Struct

from setapart_agent.collectors.android.parse.command_output import TWICE, damaged, normal, refusal
from setapart_agent.collectors.android.parse.pm_list import UIDS_OF_A_USER
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, host_of
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "android.dumpsys-connectivity"
MATURITY: Maturity = "untested"

_SHAPE = re.compile(r"^Current Networks:|^[ ]*+NetworkAgentInfo ?[\[{]", re.MULTILINE)
_AGENT = re.compile(r"^[ ]*+NetworkAgentInfo ?[\[{][^\n]{0,65536}", re.MULTILINE)
_VPN = re.compile(r"\bTransports: (?:[A-Z_0-9]+\|)*VPN\b|\bni\{(?:\[type: )?VPN\b")
_DOMAINS = " Domains: "
_MOST_DOMAINS = 32
_UIDS = re.compile(r"\bUids?: <?([^>\n]{1,4096})")
_RANGE = re.compile(r"(?<![\d.-])(\d{1,10})(?:-(\d{1,10}))?(?![\d.])")
_MOST_VPNS = 100
_MOST_USERS = 100


class ConnectedVpn(Struct, frozen=True, kw_only=True):
    """One VPN: the users whose traffic it takes, and its search domains."""

    users: tuple[str, ...]
    domains: tuple[str, ...] = ()


class Connectivity(Struct, frozen=True, kw_only=True):
    """The VPNs that are connected; `damage` says why there may be more."""

    vpns: tuple[ConnectedVpn, ...]
    damage: str | None = None


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether this is the dump of the connectivity service and not a whole bug report."""
    head = normal(content[: 256 * 1024])
    return "DUMP OF SERVICE " not in head and _SHAPE.search(head) is not None


def parse(files: FileSet) -> Facts:
    """The links; no coverage, since the users are not listed here."""
    return Facts(links=links(read(normal(files.main))))


def links(connectivity: Connectivity) -> tuple[Link, ...]:
    """Per user one link without a target and one per search domain."""
    return tuple(
        dict.fromkeys(
            Link(kind="vpn", target=target, profile=user)
            for vpn in connectivity.vpns
            for user in vpn.users
            for target in (None, *vpn.domains)
        )
    )


def read(output: str) -> Connectivity:
    """The VPNs that a dump shows.

    Args:
        output: normal text of the dump, or of both dumps of a bug report.

    Raises:
        ParseError: no networks are listed, as before Android 5; the message says why if the device told.
    """
    if _SHAPE.search(output) is None:
        why = refusal(output)
        raise ParseError(why.reason if why else "no networks are listed", expected="the output of dumpsys connectivity")
    agents = (found[0] for found in _AGENT.finditer(output))
    vpns = dict.fromkeys(
        ConnectedVpn(users=_users(agent), domains=_domains(agent)) for agent in agents if _VPN.search(agent) is not None
    )
    damage = "more VPNs than are read" if len(vpns) > _MOST_VPNS else None
    return Connectivity(vpns=tuple(vpns)[:_MOST_VPNS], damage=damaged(output.replace(TWICE.decode(), "")) or damage)


def _users(agent: str) -> tuple[str, ...]:
    """The users of the uids whose traffic a VPN takes; user 0 where none are printed."""
    uids = _UIDS.search(agent)
    found: dict[str, None] = {}
    for first, last in _RANGE.findall(uids[1]) if uids else ():
        start, end = int(first) // UIDS_OF_A_USER, int(last or first) // UIDS_OF_A_USER
        found.update(dict.fromkeys(str(user) for user in range(start, min(end, start + _MOST_USERS) + 1)))
        if len(found) >= _MOST_USERS:
            break
    return tuple(found) or ("0",)


def _domains(agent: str) -> tuple[str, ...]:
    """The search domains: words up to the next label, such as `MTU:`."""
    found: dict[str, None] = {}
    for word in agent.partition(_DOMAINS)[2].split(" ", _MOST_DOMAINS)[:_MOST_DOMAINS]:
        if word.endswith(":"):
            break
        host = host_of(word.strip(",}"))
        if host is not None and "." in host:
            found.setdefault(host)
    return tuple(found)
