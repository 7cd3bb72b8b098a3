"""Gateways of Cisco AnyConnect and Cisco Secure Client: XML that a manager brings or the client keeps.

`AnyConnectProfile` has a `HostEntry` for each gateway: its `HostAddress` and those of its backup servers, or a
`HostName` alone, which is the address then. `AnyConnectPreferences` has the gateway that was used last:
`DefaultHostAddress`, or `DefaultHostName` (`DefaultHost` before version 3), an address or the name of an entry. Source:
Cisco, "AnyConnect VPN Profile" and "AnyConnect local preferences" (administrator guide). No captures were at hand.
"""

import re

from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, host_of, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.anyconnect"
MATURITY: Maturity = "untested"

_EXPECTED = "a profile or preferences of AnyConnect"
_HEAD = 4096
_PROFILE, _PREFERENCES = "AnyConnectProfile", "AnyConnectPreferences"
_MARK = re.compile(rf"<(?:\w+:)?(?:{_PROFILE}|{_PREFERENCES})\b")
_ENTRIES = frozenset({"HostEntry", _PROFILE, _PREFERENCES})
_ADDRESSES = frozenset({"HostAddress", "DefaultHostAddress"})
_NAMES = frozenset({"HostName", "DefaultHostName", "DefaultHost"})


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the name of its outermost element."""
    return _MARK.search(text(content[:_HEAD])) is not None


def parse(files: FileSet) -> Facts:
    """A link per gateway, without a target where people gave it but a name; a profile that names none is a VPN too.

    Raises:
        ParseError: broken XML, or XML with a document type, which could hold entities.
    """
    root, named = _gateways(files.main)
    if root not in (_PROFILE, _PREFERENCES):
        return Facts()
    targets = dict.fromkeys(host_of(one) if "." in one and " " not in one else None for one in named)
    if root == _PROFILE:
        targets = targets or {None: None}
    return Facts(links=tuple(Link(kind="vpn", target=target, profile=files.profile) for target in targets))


def _gateways(content: bytes) -> tuple[str, list[str]]:
    """The outermost element, and what names each gateway: the addresses of an entry, or its name if it has none."""
    import pyexpat

    roots: list[str] = []
    found: list[str] = []
    pieces: list[str] = []
    addresses: list[str] = []
    names: list[str] = []

    def start(tag: str, _attributes: object) -> None:
        if not roots:
            roots.append(_local(tag))
        pieces.clear()

    def end(tag: str) -> None:
        tag, said = _local(tag), "".join(pieces).strip()
        pieces.clear()
        if said and tag in _ADDRESSES:
            addresses.append(said)
        elif said and tag in _NAMES:
            names.append(said)
        elif tag in _ENTRIES:
            found.extend(addresses or names)
            addresses.clear()
            names.clear()

    parser = pyexpat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, pieces.append
    try:
        parser.Parse(content, True)  # noqa: FBT003 - the last part; the parameter has no name
    except (pyexpat.ExpatError, LookupError, ValueError):
        raise ParseError("broken XML", expected=_EXPECTED) from None
    return roots[0], found


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _refuse(*_declaration: object) -> None:
    raise ParseError("XML with a document type", expected=_EXPECTED)
