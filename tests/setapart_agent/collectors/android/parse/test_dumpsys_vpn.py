import pytest

from android_transcripts import dumpsys_vpn
from setapart_agent.collectors.android.parse import dumpsys_vpn as parser
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet


def users(output: str) -> tuple[str, ...]:
    return parser.read(output).users


@pytest.mark.parametrize("package", ["null", "[Legacy VPN]"])
def test_nobody_is_no_vpn(package: str) -> None:
    assert users(dumpsys_vpn({0: (package, -1)})) == ()
    assert users(f"VPNs:\n  0: {package}\n") == ()


def test_an_app_that_may_switch_it_on_counts_also_while_it_is_off() -> None:
    assert users(dumpsys_vpn({0: ("com.example.vpn", -1), 10: ("null", -1)})) == ("0",)
    assert users("VPNs:\n  0: null\n  10: com.example.vpn\n") == ("10",)


def test_a_vpn_of_the_settings_counts_while_it_is_on() -> None:
    assert users(dumpsys_vpn({0: ("[Legacy VPN]", 3)})) == ("0",)


def test_the_server_of_a_vpn_stays_unknown() -> None:
    links = parser.parse(FileSet(files={"main": dumpsys_vpn({0: ("com.example.vpn", 1)}).encode()})).links
    assert [(link.kind, link.target, link.profile) for link in links] == [("vpn", None, "0")]


def test_a_time_out_on_the_device_makes_the_list_doubtful() -> None:
    assert parser.read("VPNs:\n*** SERVICE 'vpn_management' DUMP TIMEOUT (10000ms) EXPIRED ***\n").damage
    assert parser.read(dumpsys_vpn()).damage is None


@pytest.mark.parametrize("output", ["", "Can't find service: vpn_management\n", "Permission Denial: can't dump\n"])
def test_no_list_is_no_empty_list(output: str) -> None:
    with pytest.raises(ParseError):
        parser.read(output)


def test_it_is_recognised() -> None:
    assert parser.recognise("vpn.txt", dumpsys_vpn().encode())
    assert not parser.recognise("x", b"Users:\n")
