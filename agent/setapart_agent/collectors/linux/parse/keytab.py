"""Keytabs: `/etc/krb5.keytab`, the keys of a machine or service that is joined to a realm.

Format: MIT Kerberos, The Kerberos keytab binary file format, versions 0x0501 (native order) and 0x0502 (big endian).
"""

import struct

from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.keytab"
MATURITY: Maturity = "real-hardware"

_ORDERS = {b"\x05\x02": ">", b"\x05\x01": "<"}
_MIN_PRINCIPAL = 4


def recognise(name: str, content: bytes) -> bool:
    """By the version in its first two bytes."""
    return content[:2] in _ORDERS and (len(content) > 2 or name.endswith(".keytab"))  # noqa: PLR2004 - the version


def parse(files: FileSet) -> Facts:
    """The realms of its principals, as links.

    Raises:
        ParseError: not a keytab, or cut off.
    """
    raw = files.main
    order = _ORDERS.get(raw[:2])
    if order is None:
        raise ParseError("no keytab version", expected="0x0502 or 0x0501")
    realms: list[str] = []
    at = 2
    while at + 4 <= len(raw):
        size = int(struct.unpack_from(f"{order}i", raw, at)[0])
        at += 4
        if size == 0:
            break
        if size > 0:
            if at + size > len(raw):
                raise ParseError("a cut-off entry", expected="a whole keytab")
            realms.append(_realm(raw[at : at + size], order))
        at += abs(size)
    found = dict.fromkeys(realm for realm in realms if realm)
    return Facts(links=tuple(Link(kind="kerberos", target=realm, profile=files.profile) for realm in found))


def _realm(entry: bytes, order: str) -> str:
    if len(entry) < _MIN_PRINCIPAL:
        raise ParseError("an entry without a principal", expected="a whole keytab")
    size = int(struct.unpack_from(f"{order}H", entry, 2)[0])
    if len(entry) < _MIN_PRINCIPAL + size:
        raise ParseError("a cut-off principal", expected="a whole keytab")
    return entry[_MIN_PRINCIPAL : _MIN_PRINCIPAL + size].decode("utf-8", "replace").lower()
