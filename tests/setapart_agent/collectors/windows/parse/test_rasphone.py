import pytest

from setapart_agent.collectors.windows.parse import rasphone
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet
from setapart_evidence.model import Link

ENTRY = (
    "[{name}]\r\nEncoding=1\r\nPBVersion=6\r\nType={type}\r\n\r\nNETCOMPONENTS=\r\nms_msclient=1\r\n\r\nMEDIA=rastapi\r\n"
    "Port=VPN2-0\r\nDevice=WAN Miniport (IKEv2)\r\n\r\nDEVICE={device}\r\nPhoneNumber={server}\r\nAreaCode=\r\n\r\n"
)


def links(text: str) -> tuple[Link, ...]:
    raw = text.encode()
    assert rasphone.recognise(r"C:\x\rasphone.pbk", raw)
    return rasphone.parse(FileSet(files={"main": raw}, profile="S-1")).links


def vpn(target: str | None) -> Link:
    return Link(kind="vpn", target=target, profile="S-1")


def test_each_vpn_is_a_link_to_its_server() -> None:
    book = ENTRY.format(name="Büro", type=2, device="vpn", server="vpn.agency.example") + ENTRY.format(
        name="b", type=2, device="vpn", server="198.51.100.1"
    )
    assert links(book) == (vpn("vpn.agency.example"), vpn("198.51.100.1"))


def test_a_modem_and_pppoe_are_no_vpn() -> None:
    assert links(ENTRY.format(name="a", type=1, device="modem", server="0800")) == ()
    assert links(ENTRY.format(name="a", type=5, device="PPPoE", server="")) == ()


def test_a_vpn_without_a_server_leads_somewhere() -> None:
    assert links(ENTRY.format(name="a", type=2, device="vpn", server="")) == (vpn(None),)


def test_an_empty_book_has_no_link_and_another_file_is_refused() -> None:
    assert rasphone.parse(FileSet(files={"main": b""})).links == ()
    assert not rasphone.recognise("rasphone.pbk", b"hello")
    with pytest.raises(ParseError):
        rasphone.parse(FileSet(files={"main": b"hello"}))


def test_a_phone_book_under_another_name_is_recognised() -> None:
    assert rasphone.recognise("x", ENTRY.format(name="x", type=2, device="vpn", server="vpn.agency.example").encode())
    assert not rasphone.recognise("x", b"[x]\r\nDEVICE=vpn\r\n")
