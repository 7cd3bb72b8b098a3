import struct

import pytest

from hostile_files import NONSENSE, parsed
from setapart_agent.collectors.linux.parse import ccache
from setapart_agent.errors import ParseError


def cache(version: int, realm: bytes = b"CORP.EXAMPLE") -> bytes:
    order = ">" if version > 2 else "<"
    header = struct.pack(">H", 12) + b"\x00\x01\x00\x08" + b"\x00" * 8 if version == 4 else b""
    kind = struct.pack(f"{order}I", 1) if version > 1 else b""
    names = struct.pack(f"{order}II", 1, len(realm)) + realm + struct.pack(f"{order}I", 3) + b"ada"
    return bytes((5, version)) + header + kind + names


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_the_realm_of_the_default_principal(version: int) -> None:
    content = cache(version)
    assert ccache.recognise("krb5cc_1000", content)
    assert [(link.kind, link.target) for link in parsed(ccache, content).links] == [("kerberos", "corp.example")]


@pytest.mark.parametrize("raw", [cache(4)[:20], cache(4)[:30], cache(3, b"x" * 5000), b"\x05\x07", *NONSENSE])
def test_what_is_cut_off_or_none_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(ccache, raw)
