import pytest

from android_transcripts import WIFI_AGENT, bugreport, dumpsys_connectivity, vpn_agent
from setapart_agent.collectors.android.parse import dumpsys_connectivity as parser
from setapart_agent.collectors.android.parse.command_output import TWICE
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

ANDROID_9 = (
    "NetworkAgentInfo{ ni{[type: VPN[], state: CONNECTED/CONNECTED, reason: (unspecified), extra: (none)]}  "
    "network{101}  nethandle{2}  lp{{InterfaceName: tun0 LinkAddresses: [198.51.100.2/32,]  Domains: corp.example "
    "MTU: 0}}  nc{[ Transports: WIFI|VPN Capabilities: INTERNET Uids: <{0-99999}> EstablishingAppUid: 10032]}}"
)


def links(output: str) -> list[tuple[str, str | None]]:
    found = parser.parse(FileSet(files={"main": output.encode()})).links
    assert {link.kind for link in found} <= {"vpn"}
    return [(link.profile, link.target) for link in found]


def test_other_networks_and_requests_for_a_vpn_are_no_vpn() -> None:
    assert links(dumpsys_connectivity(WIFI_AGENT)) == []


@pytest.mark.parametrize("agent", [vpn_agent(domains="corp.example"), ANDROID_9])
def test_a_connected_vpn_is_a_link_and_its_search_domain_another(agent: str) -> None:
    assert links(dumpsys_connectivity(WIFI_AGENT, agent)) == [("0", None), ("0", "corp.example")]


def test_a_search_domain_never_takes_the_place_of_the_unknown_server() -> None:
    assert ("0", None) in links(dumpsys_connectivity(vpn_agent(domains="harmless.example")))


@pytest.mark.parametrize(
    ("domains", "expected"),
    [
        ("null", []),
        ("a.example b.example", ["a.example", "b.example"]),
        ("lan", []),
        ("A.Example.,b.example", ["a.example"]),
    ],
)
def test_search_domains_are_words(domains: str, expected: list[str]) -> None:
    assert [target for _, target in links(dumpsys_connectivity(vpn_agent(domains=domains))) if target] == expected


@pytest.mark.parametrize(
    ("uids", "users"),
    [
        ("0-99999", ["0"]),
        ("1000000-1099999", ["10"]),
        ("0-10114, 10116-99999, 1000000-1099999", ["0", "10"]),
        ("10123", ["0"]),
        ("", ["0"]),
    ],
)
def test_the_users_are_those_whose_traffic_it_takes(uids: str, users: list[str]) -> None:
    assert [user for user, _ in links(dumpsys_connectivity(vpn_agent(uids)))] == users


def test_a_range_of_everybody_is_bounded() -> None:
    assert len(links(dumpsys_connectivity(vpn_agent("0-4294967295")))) <= 200


def test_two_dumps_of_a_bug_report_are_one_answer() -> None:
    found = parser.read(dumpsys_connectivity() + TWICE.decode() + dumpsys_connectivity(vpn_agent()))
    assert len(found.vpns) == 1
    assert found.damage is None
    assert parser.read(dumpsys_connectivity() + "*** SERVICE 'connectivity' DUMP TIMEOUT EXPIRED ***\n").damage


@pytest.mark.parametrize(
    "output", ["", "NetworkInfo: type: WIFI[], state: CONNECTED\n", "Can't find service: connectivity\n"]
)
def test_what_lists_no_networks_is_no_empty_list(output: str) -> None:
    with pytest.raises(ParseError):
        parser.read(output)


def test_it_is_recognised_and_a_bug_report_is_not() -> None:
    assert parser.recognise("connectivity.txt", dumpsys_connectivity().encode())
    assert not parser.recognise("report.txt", bugreport({"connectivity": dumpsys_connectivity()}).encode())


def test_more_vpns_than_are_read_are_no_whole_list() -> None:
    found = parser.read(dumpsys_connectivity(*(vpn_agent(domains=f"d{at}.example") for at in range(150))))
    assert (len(found.vpns), found.damage) == (100, "more VPNs than are read")
