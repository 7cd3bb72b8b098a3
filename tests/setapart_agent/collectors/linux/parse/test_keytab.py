import struct

import pytest

from hostile_files import NONSENSE, parsed
from setapart_agent.collectors.linux.parse import keytab
from setapart_agent.errors import ParseError
from setapart_evidence.model import Link


def entry(realm: bytes, order: str = ">") -> bytes:
    body = struct.pack(f"{order}HH", 2, len(realm)) + realm + struct.pack(f"{order}H", 4) + b"host" + b"\x00" * 20
    return struct.pack(f"{order}i", len(body)) + body


GOOD = (
    b"\x05\x02"
    + entry(b"CORP.EXAMPLE")
    + struct.pack(">i", -8)
    + b"\xff" * 8
    + entry(b"CORP.EXAMPLE")
    + entry(b"B.EXAMPLE")
)


def test_realms_of_all_entries_and_holes_are_skipped() -> None:
    assert keytab.recognise("krb5.keytab", GOOD)
    assert parsed(keytab, GOOD).links == (
        Link(kind="kerberos", target="corp.example", profile="1000"),
        Link(kind="kerberos", target="b.example", profile="1000"),
    )


def test_the_old_version_in_native_order() -> None:
    assert [link.target for link in parsed(keytab, b"\x05\x01" + entry(b"OLD.EXAMPLE", "<")).links] == ["old.example"]


def test_an_empty_keytab_has_no_realm() -> None:
    assert parsed(keytab, b"\x05\x02").links == ()


@pytest.mark.parametrize("raw", [b"\x05\x02" + entry(b"A.EXAMPLE")[:-5], b"\x05\x02\x00\x00\x00\x01x", *NONSENSE])
def test_what_is_cut_off_or_none_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(keytab, raw)
