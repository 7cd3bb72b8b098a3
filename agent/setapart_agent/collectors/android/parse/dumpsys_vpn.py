"""The VPN of every user: `dumpsys vpn_management`, from Android 12.

Below `VPNs:` a line ` <user>: <package>` per user whose apps run: the app that may switch a VPN on without asking,
also while it is off; `null` or `[Legacy VPN]` where there is none. From Android 13 `Active package name:` and `Active
vpn type: N` follow, -1 for none: type 3 is a VPN of the settings, which has no app. Source: VpnManagerService.dump
and Vpn.dump of AOSP. What a VPN leads to is not told.
"""

import re

from msgspec import Struct

from setapart_agent.collectors.android.parse.android_user import canonical
from setapart_agent.collectors.android.parse.command_output import damaged, normal, refusal
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "android.dumpsys-vpn"
MATURITY: Maturity = "untested"

_HEADING = re.compile(r"^VPNs:[ ]*$", re.MULTILINE)
_USER = re.compile(r"\s{0,8}(\d{1,10}): (\S.*)")
_ACTIVE = re.compile(r"\s*Active vpn type: (-?\d{1,3})\s*")
_NOBODY = frozenset({"null", "[Legacy VPN]"})


class VpnState(Struct, frozen=True, kw_only=True):
    """The users with a VPN, on or one tap from on; all users who are shown; `damage` says why there may be more."""

    users: tuple[str, ...]
    shown: frozenset[str] = frozenset()
    damage: str | None = None


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether this is the dump of the VPN service and nothing more."""
    head = normal(content[:4096])
    return head.lstrip().startswith("VPNs:\n") and "DUMP OF SERVICE " not in head


def parse(files: FileSet) -> Facts:
    """The links; no coverage, since a user who does not run has no line here."""
    return Facts(links=links(read(normal(files.main))))


def links(state: VpnState) -> tuple[Link, ...]:
    """One link per user; the app is no network's name, so the target stays unknown."""
    return tuple(Link(kind="vpn", target=None, profile=user) for user in state.users)


def read(output: str) -> VpnState:
    """The users with a VPN.

    Args:
        output: normal text of the dump.

    Raises:
        ParseError: there is no list; the message says why if the device told.
    """
    heading = _HEADING.search(output)
    if heading is None:
        why = refusal(output)
        raise ParseError(why.reason if why else "no list of VPNs", expected="the output of dumpsys vpn_management")
    found: dict[str, None] = {}
    shown: set[str] = set()
    user: str | None = None
    for line in output[heading.end() :].split("\n"):
        if (of := _USER.fullmatch(line)) is not None:
            user = canonical(of[1])
            shown.add(user)
            if of[2].strip() not in _NOBODY:
                found.setdefault(user)
        elif user is not None and (active := _ACTIVE.fullmatch(line)) is not None and active[1] != "-1":
            found.setdefault(user)
    return VpnState(users=tuple(found), shown=frozenset(shown), damage=damaged(output))
