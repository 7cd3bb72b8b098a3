"""Kerberos credential caches: `/tmp/krb5cc_<uid>`.

Format: MIT Kerberos, Credential cache file format, versions 1 to 4: big endian since version 3, with a header in 4.
"""

import struct

from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.ccache"
MATURITY: Maturity = "real-hardware"

_FIRST, _BIG_ENDIAN, _LAST = 1, 3, 4
_MAX_REALM = 4096


def recognise(name: str, content: bytes) -> bool:
    """By name and first byte."""
    name = name.rpartition("/")[2]
    return content[:1] == b"\x05" and (name.startswith(("krb5cc", "tkt")) or content[1:4] == b"\x04\x00\x0c")


def parse(files: FileSet) -> Facts:
    """The realm of the default principal, as a link.

    Raises:
        ParseError: not a credential cache, or cut off.
    """
    raw = files.main
    version = raw[1] if len(raw) > 1 and raw[0] == 5 else 0  # noqa: PLR2004 - the format's mark
    if not _FIRST <= version <= _LAST:
        raise ParseError("no version of a credential cache", expected="versions 1 to 4")
    order = ">" if version >= _BIG_ENDIAN else "<"
    try:
        at = 2
        if version == _LAST:
            at += 2 + int(struct.unpack_from(">H", raw, at)[0])
        if version > _FIRST:
            at += 4  # the name type
        size = int(struct.unpack_from(f"{order}I", raw, at + 4)[0])
    except struct.error:
        raise ParseError("a cut-off header", expected="a whole credential cache") from None
    realm = raw[at + 8 : at + 8 + size]
    if size > _MAX_REALM or len(realm) != size:
        raise ParseError("a cut-off principal", expected="a whole credential cache")
    target = realm.decode("utf-8", "replace").lower() or None
    return Facts(links=(Link(kind="kerberos", target=target, profile=files.profile),))
